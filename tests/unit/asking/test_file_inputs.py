"""Slack file objects: which can be used, and why the others cannot."""

from typing import Any

import pytest

from bot.asking.drafts import SlackFile
from bot.asking.file_inputs import (
    FileProblem,
    found,
    medium_of,
    private_address,
    seen,
    served_as_other,
    slack_file,
    slack_file_or_stub,
)
from tests.media import media

CLIP = {
    "id": "F1",
    "name": "clip.mp4",
    "mimetype": "video/mp4",
    "filetype": "mp4",
    "mode": "hosted",
    "size": 41_000_000,
    "duration_ms": 97_391_000,  # what a file claims that was streamed: no part of the record
}


def test_a_video_keeps_what_is_needed() -> None:
    assert slack_file(CLIP) == SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=41_000_000)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mode": "tombstone"}, "slack_file_deleted"),
        ({"mode": "hidden_by_limit"}, "slack_file_hidden"),
        ({"mode": "file_access", "file_access": "check_file_info"}, "slack_file_not_visible"),
        ({"file_access": "access_denied"}, "slack_file_not_visible"),
        ({"mode": "external"}, "slack_file_external"),
        ({"is_external": True}, "slack_file_external"),
        ({"id": ""}, "slack_file_not_visible"),
        ({"name": "a.pdf", "mimetype": "application/pdf", "filetype": "pdf"}, "slack_file_wrong_type"),
        ({"name": "a.png", "mimetype": "image/png", "filetype": "png"}, "slack_file_picture"),
        ({"name": "report.mp4", "mimetype": "application/pdf"}, "slack_file_wrong_type"),
        ({"name": "IMG_1.MOV", "mimetype": "image/heic"}, "slack_file_picture"),
        ({"name": "a.mkv", "mimetype": "video/x-matroska", "filetype": "mkv"}, "slack_file_wrong_video"),
        ({"name": "a.aif", "mimetype": "audio/aiff", "filetype": "aif"}, "slack_file_wrong_audio"),
        ({"size": 0}, "slack_file_empty"),
        ({"size": None}, "slack_file_not_ready"),
        ({"name": "Video from iOS", "mimetype": "", "filetype": ""}, "slack_file_not_ready"),
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


def test_bytes_without_a_name_are_left_to_say_what_they_are() -> None:
    nameless = {**CLIP, "name": "Recording 4", "mimetype": "application/octet-stream", "filetype": "binary"}
    file = slack_file(nameless)
    assert isinstance(file, SlackFile)
    assert isinstance(seen(file, "video", MP4), SlackFile)
    assert seen(file, "video", b"%PDF-1.7\n") == FileProblem("slack_file_wrong_type", "Recording 4")


@pytest.mark.parametrize(
    "changes",
    [
        {"subtype": "slack_audio"},
        {"name": "x.mp4", "media_display_type": "audio"},
        {},
        {"mimetype": "audio/mp4", "filetype": "m4a"},
    ],
    ids=["subtype", "shown as audio", "only its name", "called audio"],
)
def test_what_was_spoken_into_slack_is_audio(changes: dict[str, Any]) -> None:
    file = slack_file({**CLIP, "name": "audio_message.mp4", **changes})
    assert isinstance(file, SlackFile)
    assert file.mimetype == "audio/mp4"
    assert medium_of(file) == "audio"


@pytest.mark.parametrize(
    ("stub", "medium"),
    [
        ({"id": "F1", "mode": "file_access", "file_access": "check_file_info"}, "video"),
        ({"id": "F1", "name": "voice.mp3", "mode": "file_access", "file_access": "check_file_info"}, "audio"),
        ({"id": "F1", "name": "clip.mp4"}, "video"),
        ({"id": "F1", "name": "clip.mp4", "mimetype": "video/mp4"}, "video"),
        ({"id": "F1"}, "video"),
        ({"id": "F1", "name": "Video from iOS", "mimetype": "", "filetype": "", "size": 0}, "video"),
    ],
)
def test_what_slack_does_not_describe_yet_is_kept_for_a_later_look(stub: dict[str, Any], medium: str) -> None:
    file = slack_file_or_stub(stub)
    assert isinstance(file, SlackFile)
    assert (file.size, medium_of(file)) == (0, medium)


def test_whose_a_file_must_be_is_looked_at_each_time_that_slack_describes_it() -> None:
    named = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1, must_be_of="U1")

    once = found(named, {**CLIP, "user": "U1"})
    assert isinstance(once, SlackFile)
    assert found(once, {**CLIP, "user": "U2"}) == FileProblem("slack_file_not_found", "clip.mp4")


def test_a_stub_that_is_named_as_something_else_is_no_video() -> None:
    stub = {"id": "F1", "name": "plan.pdf", "mode": "file_access", "file_access": "check_file_info"}
    assert slack_file_or_stub(stub) == FileProblem("slack_file_wrong_type", "plan.pdf")


NAMED_MP4 = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1)
MP4 = media("mp4", sound="aac", pictures="libx264")


@pytest.mark.parametrize(
    ("medium", "head", "settled"),
    [
        ("video", MP4, "video/mp4"),
        ("video", media("mov", sound="aac", pictures="libx264"), "video/quicktime"),
        ("video", media("webm", sound="libopus", pictures="libvpx"), "video/webm"),
        ("video", b"nothing known", "video/mp4"),
        ("audio", media("ogg", sound="libopus"), "audio/ogg"),
        ("audio", media("mp4", sound="aac"), "audio/mp4"),
        ("audio", media("wav", sound="pcm_s16le"), "audio/wav"),
    ],
)
def test_a_file_is_sent_on_as_its_bytes_show_it(medium: Any, head: bytes, settled: str) -> None:
    file = seen(NAMED_MP4, medium, head)
    assert isinstance(file, SlackFile)
    assert file.mimetype == settled


@pytest.mark.parametrize(
    ("medium", "head", "code"),
    [
        ("video", b"%PDF-1.7", "slack_file_wrong_type"),
        ("audio", b"%PDF-1.7", "slack_file_wrong_type"),
        ("video", b"\x89PNG\r\n\x1a\n" + bytes(60), "slack_file_picture"),
        ("video", media("mp4", sound="aac"), "slack_file_no_pictures"),
        ("video", media("mp3", sound="libmp3lame"), "slack_file_no_pictures"),
        ("video", media("matroska", sound="aac", pictures="libx264"), "slack_file_wrong_video"),
        ("audio", media("aiff", sound="pcm_s16be"), "slack_file_wrong_audio"),
        ("audio", media("avi", sound="libmp3lame", pictures="mpeg4"), "slack_file_wrong_video"),
    ],
)
def test_bytes_of_another_kind_are_told_as_what_they_are(medium: Any, head: bytes, code: str) -> None:
    assert seen(NAMED_MP4, medium, head) == FileProblem(code, "clip.mp4")


@pytest.mark.parametrize(
    ("content_type", "code"),
    [("application/pdf", "slack_file_wrong_type"), ("image/heic", "slack_file_picture")],
)
def test_what_slack_serves_as_something_else_is_told(content_type: str, code: str) -> None:
    assert served_as_other(content_type, "clip.mp4") == FileProblem(code, "clip.mp4")


@pytest.mark.parametrize(
    "told",
    [
        {
            "url_private_download": "https://files.example/download",
            "url_private": "https://files.example/show",
        },
        {"url_private_download": "https://files.example/download"},
        {"url_private": "https://files.example/download"},
    ],
)
def test_the_bytes_are_had_from_whichever_address_slack_names(told: dict[str, str]) -> None:
    assert private_address(told) == "https://files.example/download"
