"""The files that a message carries, wherever Slack put them, and whether Slack has told all of them. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

_DEEPEST = 4
"""Forwards of forwards that are looked into."""
_LONGEST_ID = 255
_UNTOLD = frozenset({"check_file_info", "access_denied", "file_not_found"})
_SETTLED = frozenset({"tombstone", "hidden_by_limit", "external"})
"""Modes of which `files.info` has no more to tell (Slack: file object)."""

Json = Mapping[str, Any]


def files_in(message: Json) -> list[Json]:
    """Every file of a message once, in the order in which they are shown.

    They stand in `files`, for one in `file`; in the attachments of forwarded and of quoted messages, which
    hold `files` or whole messages in `message_blocks`, or only a `file_id`; and in `file` blocks, which name
    only an id (Slack: message events, message payloads, file block).
    """
    found: dict[str, Json] = {}
    for file in _walk(message, depth=0):
        file_id = file.get("id")
        if (
            isinstance(file_id, str)
            and len(file_id) <= _LONGEST_ID
            and len(file) > len(found.get(file_id, ()))
        ):
            found[file_id] = file
    return list(found.values())


def is_told(file: Json) -> bool:
    """Whether Slack has said all that it will say of a file; else `files.info` says more, perhaps soon.

    A message may come before Slack has looked at its files: without size, type or address. In channels that
    are shared with others only a stub is told (Slack: file object, `file_access`; Slack Connect).
    """
    if not file.get("id") or file.get("deleted") or file.get("is_external") or file.get("mode") in _SETTLED:
        return True
    if file.get("mode") == "file_access" or file.get("file_access") in _UNTOLD:
        return False
    has_address = file.get("url_private") or file.get("url_private_download")
    has_type = file.get("mimetype") or file.get("filetype")
    return bool(has_address and has_type and file.get("size") is not None)


def _walk(holder: Json, *, depth: int) -> Iterator[Json]:
    if depth > _DEEPEST:
        return
    yield from _maps(holder.get("files"))
    yield from _maps([holder.get("file")])
    for block in _maps(holder.get("blocks")):
        if block.get("type") == "file" and block.get("file_id"):
            yield {"id": block["file_id"]}
    for attachment in _maps(holder.get("attachments")):
        yield from _walk(attachment, depth=depth + 1)
        if attachment.get("file_id"):
            yield {"id": attachment["file_id"], "name": attachment.get("filename")}
        for quoted in _maps(attachment.get("message_blocks")):
            yield from _walk(quoted.get("message") or {}, depth=depth + 1)


def _maps(values: Any) -> Iterator[Json]:
    """The objects of a list; whatever else stands there is passed over."""
    yield from (value for value in (values if isinstance(values, list) else []) if isinstance(value, Mapping))
