"""Slack file objects: which can be used, and why the others cannot."""

from typing import Any

import pytest

from bot.drafts import SlackFile
from bot.file_inputs import FileProblem, medium_of, served_as, slack_file

CLIP = {
    "id": "F1",
    "name": "clip.mp4",
    "mimetype": "video/mp4",
    "filetype": "mp4",
    "mode": "hosted",
    "size": 41_000_000,
    "duration_ms": 12_400,
}


def test_a_video_keeps_what_is_needed() -> None:
    assert slack_file(CLIP) == SlackFile(
        file_id="F1", name="clip.mp4", mimetype="video/mp4", size=41_000_000, duration_s=12.4
    )


@pytest.mark.parametrize("duration_ms", [None, 0, "12", -4, True])
def test_a_length_that_slack_does_not_tell_is_unknown(duration_ms: object) -> None:
    file = slack_file({**CLIP, "duration_ms": duration_ms})
    assert isinstance(file, SlackFile)
    assert file.duration_s is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mode": "tombstone"}, "slack_file_deleted"),
        ({"mode": "hidden_by_limit"}, "slack_file_deleted"),
        ({"mode": "file_access", "file_access": "check_file_info"}, "slack_file_not_visible"),
        ({"file_access": "access_denied"}, "slack_file_not_visible"),
        ({"mode": "external"}, "slack_file_external"),
        ({"is_external": True}, "slack_file_external"),
        ({"id": ""}, "slack_file_not_visible"),
        ({"name": "a.pdf", "mimetype": "application/pdf", "filetype": "pdf"}, "slack_file_wrong_type"),
        ({"name": "a.png", "mimetype": "image/png", "filetype": "png"}, "slack_file_wrong_type"),
        ({"name": "a.mkv", "mimetype": "video/x-matroska", "filetype": "mkv"}, "slack_file_wrong_type"),
        ({"size": 0}, "slack_file_empty"),
        ({"size": None}, "slack_file_empty"),
        ({"size": 1024**3 + 1}, "slack_file_too_large"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(changes: dict[str, Any], code: str) -> None:
    file = slack_file({**CLIP, **changes})
    assert isinstance(file, FileProblem)
    assert file.code == code
    assert file.name == changes.get("name", "clip.mp4")


def test_a_stub_without_anything_is_a_problem_and_not_a_crash() -> None:
    assert slack_file({}) == FileProblem("slack_file_not_visible", "file")
    assert slack_file({"id": "F1", "mode": "tombstone"}) == FileProblem("slack_file_deleted", "file")


@pytest.mark.parametrize(
    ("name", "filetype", "mimetype", "medium", "settled"),
    [
        ("a.MOV", "mov", "video/quicktime", "video", "video/quicktime"),
        ("a.webm", "webm", "video/webm", "video", "video/webm"),
        ("a.m4a", "m4a", "audio/x-m4a", "audio", "audio/mp4"),
        ("a.wav", "wav", "audio/x-wav", "audio", "audio/wav"),
        ("a.mp3", "mp3", "audio/mpeg; codecs=mp3", "audio", "audio/mpeg"),
        ("a.flac", "binary", "application/octet-stream", "audio", "audio/flac"),
        ("script.txt", "text", "text/plain", "text", "text/plain"),
    ],
)
def test_the_kind_is_known_by_type_or_by_ending(
    name: str, filetype: str, mimetype: str, medium: str, settled: str
) -> None:
    file = slack_file({**CLIP, "name": name, "filetype": filetype, "mimetype": mimetype})
    assert isinstance(file, SlackFile)
    assert medium_of(file) == medium
    assert file.mimetype == settled


def test_a_voice_clip_recorded_in_slack_is_audio() -> None:
    file = slack_file({**CLIP, "name": "audio_message.mp4", "subtype": "slack_audio"})
    assert isinstance(file, SlackFile)
    assert medium_of(file) == "audio"


def test_a_voice_clip_may_be_served_as_video_and_nothing_else_may() -> None:
    assert served_as({**CLIP, "subtype": "slack_audio"}, "audio") == {"audio", "video"}
    assert served_as(CLIP, "audio") == {"audio"}
    assert served_as(CLIP, "video") == {"video"}
