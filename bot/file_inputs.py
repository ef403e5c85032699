"""Slack file objects into records, or into the reason why a file cannot be used. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from bot.drafts import SlackFile

Medium = Literal["video", "audio", "text"]

MAX_BYTES = 1024**3
"""Slack's own general limit for one file."""

_MEDIA: Mapping[str, tuple[Medium, str]] = {
    "mp4": ("video", "video/mp4"),
    "m4v": ("video", "video/mp4"),
    "mov": ("video", "video/quicktime"),
    "webm": ("video", "video/webm"),
    "avi": ("video", "video/x-msvideo"),
    "mp3": ("audio", "audio/mpeg"),
    "wav": ("audio", "audio/wav"),
    "m4a": ("audio", "audio/mp4"),
    "aac": ("audio", "audio/aac"),
    "ogg": ("audio", "audio/ogg"),
    "oga": ("audio", "audio/ogg"),
    "flac": ("audio", "audio/flac"),
    "wma": ("audio", "audio/x-ms-wma"),
    "txt": ("text", "text/plain"),
    "text": ("text", "text/plain"),
}
"""What sync.so takes, by extension (sync.so: supported media), and text for scripts."""

_BY_MIMETYPE: Mapping[str, tuple[Medium, str]] = {
    **{mimetype: (medium, mimetype) for medium, mimetype in _MEDIA.values()},
    "audio/x-wav": ("audio", "audio/wav"),
    "audio/mp3": ("audio", "audio/mpeg"),
    "audio/x-m4a": ("audio", "audio/mp4"),
    "video/avi": ("video", "video/x-msvideo"),
}


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Why a file cannot be used; `bot.messages.failures` has the words for `code`."""

    code: str
    name: str | None = None


def slack_file(file: Mapping[str, Any]) -> SlackFile | FileProblem:
    """The record of a video, audio or text file that the app can read.

    Args:
        file: A file object of a message, of `files.info` or of a file field.

    Returns:
        The file with the mimetype that sync.so knows, or a problem with one of the codes
        `slack_file_deleted`, `slack_file_not_visible` (`files.info` has to tell more), `slack_file_external`,
        `slack_file_wrong_type`, `slack_file_empty` and `slack_file_too_large`
        (Slack: file object, `mode` and `file_access`).
    """
    name = str(file.get("name") or file.get("title") or "file")
    problem = _unavailable(file)
    if problem:
        return FileProblem(problem, name)
    known = _known_type(name, str(file.get("filetype") or ""), str(file.get("mimetype") or ""), file)
    if known is None:
        return FileProblem("slack_file_wrong_type", name)
    num_bytes = _number(file.get("size"))
    if not num_bytes or num_bytes > MAX_BYTES:
        return FileProblem("slack_file_too_large" if num_bytes else "slack_file_empty", name)
    duration_ms = _number(file.get("duration_ms"))
    return SlackFile(
        file_id=str(file["id"]),
        name=name,
        mimetype=known[1],
        size=int(num_bytes),
        duration_s=duration_ms / 1_000 if duration_ms else None,
    )


def slack_file_or_stub(file: Mapping[str, Any]) -> SlackFile | FileProblem:
    """As `slack_file`; one that Slack shows only a stub of is taken for a video of no known size.

    It may be seen later: by `files.info`, or once the app is in its channel (Slack: file object).
    """
    known = slack_file(file)
    if isinstance(known, FileProblem) and known.code == "slack_file_not_visible" and file.get("id"):
        name = str(file.get("name") or file.get("title") or "video")
        return SlackFile(file_id=str(file["id"]), name=name, mimetype="video/mp4", size=0)
    return known


def medium_of(file: SlackFile) -> Medium:
    """Whether a file is a video, audio or a text, by the mimetype that `slack_file` settled."""
    return _BY_MIMETYPE[file.mimetype][0]


def served_as(file: Mapping[str, Any], medium: str) -> frozenset[str]:
    """The main content types under which Slack may serve a file that is this medium."""
    return frozenset({medium, "video"}) if _is_voice_clip(file) else frozenset({medium})


def _is_voice_clip(file: Mapping[str, Any]) -> bool:
    """Whether it was recorded in Slack: mp4 or webm without a picture, called a video all the same."""
    return file.get("subtype") == "slack_audio"


def _unavailable(file: Mapping[str, Any]) -> str | None:
    mode = file.get("mode")
    if mode in {"tombstone", "hidden_by_limit"} or file.get("deleted"):
        return "slack_file_deleted"
    if mode == "file_access" or file.get("file_access") in {
        "check_file_info",
        "access_denied",
        "file_not_found",
    }:
        return "slack_file_not_visible"
    if mode == "external" or file.get("is_external"):
        return "slack_file_external"
    return None if file.get("id") else "slack_file_not_visible"


def _known_type(
    name: str, filetype: str, mimetype: str, file: Mapping[str, Any]
) -> tuple[Medium, str] | None:
    """The mimetype decides, then the extension; a voice clip is audio whatever they say."""
    base = mimetype.partition(";")[0].strip().lower()
    suffix = PurePath(name).suffix.lower().removeprefix(".")
    known = _BY_MIMETYPE.get(base) or _MEDIA.get(filetype.lower()) or _MEDIA.get(suffix)
    if known and known[0] == "video" and _is_voice_clip(file):
        return ("audio", "audio/mp4")
    return known


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None
