"""A video dropped with words: what they ask for is done, or it is told why not; the video is taken anyway."""

import json

import pytest

from tests.integration.handlers.front import VIDEO_FILE, Front, message_event


@pytest.mark.parametrize(
    ("words", "told"),
    [("let her say “hello”", ["in quotes"]), ('say "Hello', ["not closed"]), ("look at this", [])],
)
async def test_words_beside_a_video_that_are_not_understood_are_told_why(
    app: Front, words: str, told: list[str]
) -> None:
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))

    answer = await app.event(message_event(words, channel=channel, subtype="file_share", files=[VIDEO_FILE]))
    await app.settled()

    assert answer.status_code == 200
    said = app.there.messages(channel)[before:]
    assert len(said) == len(told)
    assert all(part in message.text for part, message in zip(told, said, strict=True))
    [job] = await app.jobs()
    assert json.loads(job.draft)["speech"] is None


async def say(app: Front, event: dict[str, object], *, times: int = 1) -> list[str]:
    """Deliver a message to the app so often, and give what it says."""
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))
    for _ in range(times):
        assert (await app.event({**event, "channel": channel})).status_code == 200
    await app.settled()
    return [message.text for message in app.there.messages(channel)[before:]]


async def test_a_message_that_is_delivered_again_is_answered_once(app: Front) -> None:
    assert len(await say(app, message_event("help"), times=3)) == 1
    assert len(await say(app, message_event("help"))) == 1


async def test_words_to_say_without_a_video_are_told_where_they_belong(app: Front) -> None:
    [told] = await say(app, message_event('say "Hello"'))
    assert "Which video should say that?" in told


async def test_a_file_of_which_only_a_stub_is_shown_is_looked_up_later(app: Front) -> None:
    stub = {"id": "F2", "mode": "file_access", "file_access": "check_file_info", "created": 0}

    assert await say(app, message_event('say "Hello"', subtype="file_share", files=[stub])) == []

    [job] = await app.jobs()
    assert json.loads(job.draft)["video"]["file_id"] == "F2"
