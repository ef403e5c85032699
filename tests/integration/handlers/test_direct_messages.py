"""A video dropped with words: what they ask for is done, or it is told why not; the video is taken anyway."""

import json

import pytest

from tests.integration.handlers.front import Front, message_event

VIDEO = {
    "id": "F1",
    "name": "clip.mp4",
    "mimetype": "video/mp4",
    "filetype": "mp4",
    "size": 1_000,
    "url_private": "https://files.slack.com/clip.mp4",
}


@pytest.mark.parametrize(
    ("words", "told"),
    [("say hello to everybody", ["in quotes"]), ('say "Hello', ["not closed"]), ("look at this", [])],
)
async def test_words_beside_a_video_that_are_not_understood_are_told_why(
    app: Front, words: str, told: list[str]
) -> None:
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))

    answer = await app.event(message_event(words, channel=channel, subtype="file_share", files=[VIDEO]))
    await app.settled()

    assert answer.status_code == 200
    said = app.there.messages(channel)[before:]
    assert len(said) == len(told)
    assert all(part in message.text for part, message in zip(told, said, strict=True))
    [job] = await app.jobs()
    assert json.loads(job.draft)["speech"] is None
