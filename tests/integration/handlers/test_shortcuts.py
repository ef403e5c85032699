"""The message shortcut: which video it finds."""

import json

import pytest

from bot.asking.drafts import Draft, SlackFile
from handlers import stubs
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


@pytest.mark.parametrize("late", [False, True], ids=["told at once", "told at the second time"])
async def test_each_stub_is_asked_for_not_the_first_alone(
    app: Front,
    late: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stubs, "_AGAIN_AFTER_S", 0.01)
    box = app.there.box
    voice = await box.upload(b"ID3" + b"a" * 100, "voice.mp3", "audio/mpeg")
    clip = await box.upload(b"\0\0 ftypisom" + b"v" * 100, "clip.mp4")
    await box.as_ada("/ui/message", channel=VIDEOS, text="look", file_ids=[voice["id"], clip["id"]])
    if late:
        await box.page.post("/ui/faults", json={"name": "file_untold", "params": {"times": 2, "stub": True}})
    shown = [
        {"id": file["id"], "created": 0, "mode": "file_access", "file_access": "check_file_info"}
        for file in (voice, clip)
    ]
    pressed = {"callback_id": "lipsync_message", "message": {"ts": "1790000000.000001", "files": shown}}
    payload = {**block_action(""), "type": "message_action", "channel": {"id": VIDEOS}, **pressed}

    assert (await app.interaction(payload)).status_code == 200
    await app.settled()

    [job] = await app.jobs()
    draft = Draft.model_validate_json(job.draft)
    assert isinstance(draft.video, SlackFile)
    assert isinstance(draft.speech, SlackFile)
    assert (draft.video.name, draft.speech.name, draft.arriving) == ("clip.mp4", "voice.mp3", None)
