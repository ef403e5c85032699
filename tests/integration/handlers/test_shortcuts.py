"""The message shortcut: which video it finds."""

import json

import pytest

from bot.asking.addresses import open_draft
from bot.asking.drafts import Draft, Link, SlackFile
from bot.messages import notices
from bot.messages.catalogue import ENGLISH
from handlers import stubs
from handlers.forms import Forms
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

    [job] = await app.orders()
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

    [job] = await app.orders()
    draft = Draft.model_validate_json(job.draft)
    assert isinstance(draft.video, SlackFile)
    assert isinstance(draft.speech, SlackFile)
    assert (draft.video.name, draft.speech.name, draft.arriving) == ("clip.mp4", "voice.mp3", None)


CLIP_LINK, VOICE_LINK = "https://example.com/a/clip.mp4?key=1&b=2", "https://example.com/voice.mp3"
SENT = "See <https://example.com/why.html|why>: <https://example.com/a/clip.mp4?key=1&amp;b=2|clip>"


@pytest.mark.parametrize(
    ("message", "video", "speech"),
    [
        ({"text": SENT}, CLIP_LINK, None),
        ({"text": f"{SENT} and <{VOICE_LINK}>"}, CLIP_LINK, VOICE_LINK),
        ({"text": "", "attachments": [{"is_share": True, "text": SENT}]}, CLIP_LINK, None),
        ({"text": "", "attachments": [{"from_url": "https://example.com", "text": SENT}]}, None, None),
        ({"text": "<https://example.com/why.html>"}, None, None),
        ({"text": SENT, "files": [VIDEO_FILE]}, VIDEO_FILE["id"], None),
    ],
)
async def test_the_link_to_a_video_in_a_message_is_filled_in(
    app: Front, message: Json, video: str | None, speech: str | None
) -> None:
    pressed = {"callback_id": "lipsync_message", "message": {"ts": "1790000000.000001", **message}}
    payload = {**block_action(""), "type": "message_action", "channel": {"id": VIDEOS}, **pressed}

    assert (await app.interaction(payload)).status_code == 200

    [job] = await app.orders()
    draft = open_draft(job, app.there.tools.cipher)
    assert [_address(draft.video), _address(draft.speech)] == [video, speech]


def _address(media: object) -> str | None:
    return media.url if isinstance(media, Link) else media.file_id if isinstance(media, SlackFile) else None


async def test_a_page_that_plays_a_video_is_told_as_what_it_is(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str | None] = []
    monkeypatch.setattr(Forms, "open", lambda _self, _ask, _job, *, notice: told.append(notice))
    message = {"ts": "1790000000.000001", "text": "<https://youtu.be/dQw4w9WgXcQ>"}
    pressed = {"callback_id": "lipsync_message", "message": message}
    payload = {**block_action(""), "type": "message_action", "channel": {"id": VIDEOS}, **pressed}

    await app.interaction(payload)

    assert told == [notices.page_in_message(ENGLISH)]
