"""`/lipsync` in one line: what is wrong with it is told to its author alone, before there is a job."""

import json
from typing import Any

import pytest

from bot.asking.drafts import Draft
from bot.asking.plan import plan
from bot.messages.ids import Field
from bot.slack import SlackTeam
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
    assert await app.orders() == []


@pytest.mark.usefixtures("voices")
async def test_a_voice_of_two_is_taken_by_the_name_that_tells_it_apart(app: Front) -> None:
    answer = await app.command("https://example.com/v.mp4 say Hi everybody voice Adam (TxGE)")

    assert answer.text == ""
    assert len(await app.orders()) == 1


@pytest.mark.usefixtures("voices")
async def test_a_voice_that_nobody_has_may_be_part_of_what_is_said(app: Front) -> None:
    answer = await app.command("https://example.com/v.mp4 say Use your voice wisely")

    assert "no voice called wisely" in answer.text
    assert "put all of it in quotes" in answer.text
    assert await app.orders() == []


async def test_a_line_may_say_for_which_project_it_is(app: Front) -> None:
    answer = await app.command('https://example.com/v.mp4 say "Hi" project "Spring sale"')

    assert answer.text == ""
    [order] = await app.orders()
    assert Draft.model_validate_json(order.draft).project == "Spring sale"


@pytest.fixture
def forms(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Slack is asked to show."""
    shown: list[str] = []

    async def open_view(_slack: SlackTeam, _trigger_id: str, view: dict[str, Any]) -> dict[str, Any]:
        shown.append(json.dumps(view, ensure_ascii=False))
        return {"id": "V1"}

    monkeypatch.setattr(SlackTeam, "open_view", open_view)
    return shown


@pytest.mark.usefixtures("voices")
@pytest.mark.parametrize("line", ['say "Good morning" voice rachel', "say Good morning voice Rach"])
async def test_words_without_a_video_open_the_form_with_them_and_their_voice(
    app: Front, forms: list[str], line: str
) -> None:
    answer = await app.command(line)
    await app.settled()

    assert answer.text == ""
    [view] = map(json.loads, forms)
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if "element" in block}
    assert fields[Field.SCRIPT]["initial_value"] == "Good morning"
    assert fields[Field.VOICE]["initial_option"]["value"] == "21m0"


@pytest.mark.usefixtures("voices")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('say "Hi" voice Adam', "More than one voice could be meant by Adam"),
        ('say "Hi" voice Nobody', "no voice called Nobody"),
        ('say "Hi" model sync-9', "no model called sync-9"),
    ],
)
async def test_a_form_that_cannot_choose_what_was_named_says_so(
    app: Front, forms: list[str], line: str, told: str
) -> None:
    await app.command(line)
    await app.settled()

    [view] = forms
    assert told in view
    assert "/lipsync" not in view


async def test_a_line_that_begins_with_what_to_say_is_told_what_is_wrong_with_that(app: Front) -> None:
    answer = await app.command('say "Hello')

    assert "is not closed" in answer.text
    assert await app.orders() == []


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
    assert await app.orders() == []


@pytest.mark.usefixtures("voices")
async def test_several_lines_behind_a_link_are_one_order_of_several_videos(app: Front) -> None:
    answer = await app.command(
        'https://example.com/v.mp4\nsay "Hi" voice Rachel\nsay "Bye" voice "Adam (TxGE)"'
    )

    assert answer.text == ""
    (order,) = await app.orders()
    takes = plan(Draft.model_validate_json(order.draft))
    assert [take.label for take in takes] == ["“Hi”", "“Bye”"]
    assert [getattr(take.draft.speech, "voice_name", None) for take in takes] == ["Rachel", "Adam (TxGE)"]


@pytest.mark.usefixtures("voices")
async def test_a_voice_of_any_of_the_lines_is_looked_up(app: Front) -> None:
    answer = await app.command('https://example.com/v.mp4 say "Hi"\nsay "Bye" voice Nobody')

    assert "no voice called Nobody" in answer.text
    assert await app.orders() == []
