"""`/lipsync` in one line: what is wrong with it is told to its author alone, before there is a job."""

import pytest

from tests.integration.handlers.front import Front

VOICES = [{"id": "pNIn", "name": "Adam"}, {"id": "21m0", "name": "Rachel"}, {"id": "TxGE", "name": "Adam"}]


@pytest.fixture
def voices(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(json=VOICES)
    app.there.sync.get("/v2/models").respond(json=[{"name": "sync-3"}])


@pytest.mark.usefixtures("voices")
async def test_a_name_that_two_voices_have_is_asked_about(app: Front) -> None:
    answer = await app.command('https://example.com/v.mp4 say "Hi" voice adam')

    assert "More than one voice could be meant by adam" in answer.text
    assert "Adam (pNIn), Adam (TxGE)" in answer.text
    assert await app.jobs() == []


@pytest.mark.usefixtures("voices")
async def test_a_voice_of_two_is_taken_by_the_name_that_tells_it_apart(app: Front) -> None:
    answer = await app.command("https://example.com/v.mp4 say Hi everybody voice Adam (TxGE)")

    assert answer.text == ""
    assert len(await app.jobs()) == 1


@pytest.mark.usefixtures("voices")
async def test_a_voice_that_nobody_has_may_be_part_of_what_is_said(app: Front) -> None:
    answer = await app.command("https://example.com/v.mp4 say Use your voice wisely")

    assert "no voice called wisely" in answer.text
    assert "put all of it in quotes" in answer.text
    assert await app.jobs() == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("what can you do?", "I make a video say something else"),
        ("Hello!", "I make a video say something else"),
        ("thanks :tada:", "You are welcome"),
    ],
)
async def test_short_words_to_the_app_itself_are_answered_as_such(app: Front, words: str, told: str) -> None:
    answer = await app.command(words)

    assert told in answer.json()["text"]
    assert await app.jobs() == []
