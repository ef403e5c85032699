"""The message shortcut: which video it finds."""

import json

import pytest

from tests.integration.fake_slack.harness import VIDEOS
from tests.integration.handlers.front import VIDEO_FILE, Front, Json, block_action


@pytest.mark.parametrize(
    "message",
    [
        {"files": [VIDEO_FILE]},
        {"attachments": [{"text": "no file"}, {"is_share": True, "files": [VIDEO_FILE]}]},
    ],
    ids=["its own", "forwarded in it"],
)
async def test_the_video_of_a_message_is_taken(app: Front, message: Json) -> None:
    pressed = {"callback_id": "lipsync_message", "message": {"ts": "1790000000.000001", **message}}
    payload = {**block_action(""), "type": "message_action", "channel": {"id": VIDEOS}, **pressed}

    assert (await app.interaction(payload)).status_code == 200

    [job] = await app.jobs()
    assert json.loads(job.draft)["video"]["file_id"] == VIDEO_FILE["id"]
