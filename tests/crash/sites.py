"""Names for the places of the program at which something is committed or called."""

import re
from collections.abc import Iterator
from types import FrameType
from urllib.parse import urlsplit

_OURS = ("bot.", "handlers.", "storage.")
_DEPTH = 2
_NAME = re.compile(r"(?=[^/]*\d)[^/]{4,}|[\w-]{20,}|[^/]*\.(mp4|wav|mp3)")
"""A part of a path that is an id or a file's name."""


def commit_site(frame: FrameType | None) -> str:
    """Who commits, and in which status the job or order was, or in which lane, if it is about one."""
    return " < ".join([*_who(frame), *_about(frame)])


def call_site(frame: FrameType | None, method: str, url: str) -> str:
    """What is called, and for a job or an order of which status."""
    parts = urlsplit(url)
    path = "/".join("*" if _NAME.fullmatch(part) else part for part in parts.path.split("/"))
    question = "?ids" if "ids=" in parts.query else ""
    return " < ".join([f"{method} {path}{question}", *_about(frame)])


def _who(frame: FrameType | None) -> list[str]:
    return [each.f_code.co_qualname for each in _ours(frame)][:_DEPTH]


def _about(frame: FrameType | None) -> list[str]:
    for each in _ours(frame):
        for name, told in (("job", "status"), ("order", "status"), ("lane", "name")):
            about = getattr(each.f_locals.get(name), told, None)
            if about is not None:
                return [str(about)]
    return []


def _ours(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames of the product, from the innermost; awaiting coroutines stand in line like calls."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith(_OURS):
            yield frame
        frame = frame.f_back
