"""Slack file objects into records, or into the reason why a file cannot be used. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, cast

from bot.asking.drafts import SlackFile
from bot.asking.file_kinds import Kind, Medium, content_of, kind_by_labels

MAX_BYTES = 1024**3
"""Slack's own general limit for one file."""
SCRIPT_MAX_BYTES = 100 * 1024
"""A text file beyond this is surely too long for a script; it is not read to count."""
SERVED_AS = frozenset({"video", "audio"})
"""The main content types under which Slack may serve video and audio: its host goes by a file's ending, which
does not tell one from the other. The bytes do."""

_UNKNOWN = Kind("unknown")
_SEEN_LATER = frozenset({"slack_file_not_visible", "slack_file_not_ready"})
_RECORDING = "audio_message"
"""How Slack calls what is recorded in it (openclaw/openclaw, issue 14941)."""
_UNUSABLE: Mapping[str, str] = {
    "video": "slack_file_wrong_video",
    "audio": "slack_file_wrong_audio",
    "image": "slack_file_picture",
}
"""What is wrong with a file that is this, and of no type that can be used."""


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
        The file with the mimetype under which it is sent on, or a problem with one of the codes
        `slack_file_deleted`, `slack_file_hidden`, `slack_file_not_visible` (`files.info` has to tell more),
        `slack_file_not_ready` (`files.info` will, once Slack has looked at it), `slack_file_external`,
        `slack_file_picture`, `slack_file_wrong_video`, `slack_file_wrong_audio`, `slack_file_wrong_type`,
        `slack_file_empty` and `slack_file_too_large`
        (Slack: file object, `mode` and `file_access`).
    """
    name = str(file.get("name") or file.get("title") or "file")
    problem = _unavailable(file)
    if problem:
        return FileProblem(problem, name)
    kind = _kind(file, name)
    if kind == _UNKNOWN and file.get("mimetype"):
        kind = Kind("video", "video/mp4")  # bytes without a name: they say themselves what they are
    if kind == _UNKNOWN or file.get("size") is None:
        return FileProblem("slack_file_not_ready", name)
    if kind.mimetype is None:
        return FileProblem(_UNUSABLE.get(kind.main, "slack_file_wrong_type"), name)
    num_bytes = _number(file.get("size"))
    if not num_bytes or num_bytes > MAX_BYTES:
        return FileProblem("slack_file_too_large" if num_bytes else "slack_file_empty", name)
    return SlackFile(
        file_id=str(file["id"]),
        name=name,
        mimetype=kind.mimetype,
        size=int(num_bytes),
    )


def private_address(file: Mapping[str, Any]) -> str:
    """Where the bytes of a file are, for the app's token; Slack names one of the two, or both."""
    return str(file.get("url_private_download") or file.get("url_private"))


def slack_file_or_stub(file: Mapping[str, Any]) -> SlackFile | FileProblem:
    """As `slack_file`, where one that Slack does not describe yet has size 0, and may be seen later.

    By `files.info`, or once the app is in its channel (Slack: file object). Till then its name tells what it
    is; where that tells nothing, it is taken for a video.
    """
    known = slack_file(file)
    if isinstance(known, FileProblem) and known.code in _SEEN_LATER and file.get("id"):
        name = str(file.get("name") or file.get("title") or "video")
        kind = _kind(file, name)
        if kind == _UNKNOWN:
            return SlackFile(file_id=str(file["id"]), name=name, mimetype="video/mp4", size=0)
        if kind.mimetype is None:
            return FileProblem(_UNUSABLE.get(kind.main, "slack_file_wrong_type"), name)
        return SlackFile(file_id=str(file["id"]), name=name, mimetype=kind.mimetype, size=0)
    return known


def medium_of(file: SlackFile) -> Medium:
    """Whether a file is a video, audio or a text, by the mimetype that `slack_file` settled."""
    return cast("Medium", file.mimetype.partition("/")[0])


def found(known: SlackFile, info: Mapping[str, Any]) -> SlackFile | FileProblem:
    """A known file as `files.info` describes it now; what belongs to somebody else is as good as not there.

    Returns:
        As `slack_file`, or the problem `slack_file_not_found`, which says nothing of that file.
    """
    if known.must_be_of is not None and info.get("user") != known.must_be_of:
        return FileProblem("slack_file_not_found", known.name)
    file = slack_file(info)
    if isinstance(file, FileProblem):
        return file
    return file.model_copy(update={"must_be_of": known.must_be_of})


def seen(file: SlackFile, medium: Medium, head: bytes) -> SlackFile | FileProblem:
    """The file as its first bytes show it, to be sent on as `medium`.

    Args:
        file: By what was told of it.
        medium: `video` or `audio`.
        head: Its first `file_kinds.HEAD_BYTES`, or all of it.

    Returns:
        The file with the mimetype that its bytes have; as it was where they tell nothing; or a problem with
        one of the codes `slack_file_no_pictures`, `slack_file_picture`, `slack_file_wrong_video`,
        `slack_file_wrong_audio` and `slack_file_wrong_type`.
    """
    content = content_of(head)
    if content is None:
        return file
    mimetype = content.as_medium(medium)
    if mimetype is not None:
        return file.model_copy(update={"mimetype": mimetype})
    if medium == "video" and content.main in {"audio", "either"}:
        return FileProblem("slack_file_no_pictures", file.name)
    return FileProblem(_UNUSABLE.get(content.main, "slack_file_wrong_type"), file.name)


def served_as_other(content_type: str, name: str) -> FileProblem:
    """What is wrong with a file that Slack serves under a type that is neither video nor audio."""
    kind = kind_by_labels(mimetype=content_type, label="", name="")
    return FileProblem(_UNUSABLE.get(kind.main, "slack_file_wrong_type"), name)


def _unavailable(file: Mapping[str, Any]) -> str | None:
    mode = file.get("mode")
    if mode == "hidden_by_limit":
        return "slack_file_hidden"
    if mode == "tombstone" or file.get("deleted"):
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


def _kind(file: Mapping[str, Any], name: str) -> Kind:
    """What it is by what Slack tells; a recording made in Slack is audio, though it may be called a video."""
    kind = kind_by_labels(
        mimetype=str(file.get("mimetype") or ""), label=str(file.get("filetype") or ""), name=name
    )
    if kind.main == "video" and _is_recording(file, name):
        return Kind("audio", "audio/webm" if kind.mimetype == "video/webm" else "audio/mp4")
    return kind


def _is_recording(file: Mapping[str, Any], name: str) -> bool:
    """Whether it was spoken into Slack: MP4 or WebM without a picture."""
    told = file.get("subtype") == "slack_audio" or file.get("media_display_type") == "audio"
    return told or PurePath(name).stem == _RECORDING


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None
