"""An open file at its origin: whether it is what was expected, and whether all of it comes."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from bot.media.errors import (
    Empty,
    Gone,
    IsPage,
    NoLength,
    NotMedia,
    SourceCut,
    SourceUnavailable,
    Stalled,
    TooLarge,
    WrongLength,
    WrongType,
)

if TYPE_CHECKING:
    from bot.media.transfers import Download

CLIENT_ERRORS = range(400, 500)
PASSING = frozenset({408, 425, 429})
"""Refusals by a client-error status that mean "later", not "no"."""
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_OPAQUE = frozenset(
    {
        "application/octet-stream",
        "binary/octet-stream",
        "application/mp4",
        "application/ogg",
        "application/x-ogg",
    }
)
"""Content types that storage hosts give to media, which say nothing about the kind."""
_PAGE_STARTS = (b"<!doctype html", b"<html")
_PAGE_WITHIN = 1024
"""Bytes in which a page begins, blanks before it included."""
_LENGTH_DIGITS = 18
"""More than any file needs; Python reads no number of thousands."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What a source must be, to be worth opening."""

    kinds: frozenset[str]
    """Main types, such as `video`; what storage hosts serve as plain bytes passes too."""
    max_bytes: int
    head_bytes: int = 0
    """How many of the first bytes are to be looked at before any is used."""
    length: int | None = None
    """Bytes, where somebody has told: used for a source that sends its bytes without telling."""


class Source:
    """An open file at its origin, checked, with its first bytes at hand. Read it once."""

    def __init__(self, download: "Download", length: int, head: bytes) -> None:
        self.download = download
        self.head = head
        """The first bytes, as many as were expected, or all; they still come first."""
        self.length = length
        """Bytes, from `Content-Length`, or else as expected."""
        self.content_type = _content_type(download)

    def check(self) -> None:
        """See that no more and no fewer bytes come than the length.

        Raises:
            SourceCut: The connection ended before the whole length came.
            WrongLength: The file is another than was expected.
        """
        received, length = self.download.received, self.length
        if received > length:
            raise WrongLength(received, length)
        if self.download.over and received < length:
            if self.download.failure is None and "transfer-encoding" in self.download.headers:
                raise WrongLength(received, length)
            raise SourceCut(f"{received} of {length} bytes ({self.download.failure})")

    async def end(self, *, within_s: float) -> None:
        """Wait until the source says that this was all. Raises as `check`, and Stalled."""
        try:
            async with asyncio.timeout(within_s):
                while not self.download.over:
                    self.check()
                    await self.download.news()
        except TimeoutError as error:
            raise Stalled("source", self.length) from error
        self.check()

    async def chunk(self) -> bytes:
        """The next bytes, as many as have arrived; none at the end. Raises as `check`."""
        while self.download.empty and not self.download.over:
            await self.download.news()
        self.check()
        return self.download.take(self.length)


async def checked(download: "Download", expect: Expect) -> Source:
    """What has begun to come, once it was looked at.

    Raises:
        Unusable: It is not what was expected.
        SourceUnavailable: It could not be had now.
    """
    length = _checked_length(download, expect)
    page = await _begins_as_page(download)
    head = await _head(download, min(expect.head_bytes, length))
    if page:
        raise _page(download, expect)
    if download.empty:
        raise SourceUnavailable(f"no byte came ({download.failure})")
    return Source(download, length, head)


async def is_web_page(download: "Download") -> bool:
    """Whether what begins to come is a web page: by its first bytes, or by its type where they are text."""
    is_page = await _begins_as_page(download)
    return is_page or (_content_type(download) in _PAGES and b"\0" not in download.peek(_PAGE_WITHIN))


async def _begins_as_page(download: "Download") -> bool:
    while (page := _is_page(download.peek(_PAGE_WITHIN))) is None and not download.over:
        await download.news()
    return bool(page)


def _content_type(download: "Download") -> str:
    told = download.headers.get("content-type", "").partition(";")[0].strip().lower()
    return told or "application/octet-stream"


def whole_number(told: str) -> int | None:
    """A length as servers write them; None: it is none."""
    return int(told) if told.isdecimal() and len(told) <= _LENGTH_DIGITS else None


def is_identity(download: "Download") -> bool:
    """Whether the bytes that come are those of the file, not packed ones."""
    return download.headers.get("content-encoding", "identity") in {"", "identity"}


def _content_length(download: "Download") -> int | None:
    is_told = "transfer-encoding" not in download.headers
    return whole_number(download.headers.get("content-length", "")) if is_told else None


def _is_page(first: bytes) -> bool | None:
    """Whether a web page begins there; None: more must be seen."""
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")[: len(_PAGE_STARTS[0])].lower()
    if start.startswith(_PAGE_STARTS):
        return True
    if len(first) < _PAGE_WITHIN and any(page.startswith(start) for page in _PAGE_STARTS):
        return None
    return False


def _page(download: "Download", expect: Expect) -> NotMedia | IsPage:
    """The file itself, if the page has its length; else what Slack shows in place of it."""
    length = _content_length(download)
    if length is not None and length == expect.length:
        return IsPage("the file is a web page")
    return NotMedia("a web page came instead of the file")


def _checked_length(download: "Download", expect: Expect) -> int:
    """The body's length, if the head of the answer is that of the expected file."""
    status, content_type, length = download.status, _content_type(download), _content_length(download)
    if status in CLIENT_ERRORS and status not in PASSING:
        raise Gone(status)
    if status != HTTPStatus.OK:
        raise SourceUnavailable(f"the source answered {status}")
    if content_type in _PAGES:
        raise _page(download, expect)
    if content_type not in _OPAQUE and content_type.partition("/")[0] not in expect.kinds:
        raise WrongType(content_type)
    if length is None:
        length = expect.length
    if length is None or not is_identity(download):
        raise NoLength("the source does not tell the file's length")
    if length == 0:
        raise Empty("no bytes")
    if length > expect.max_bytes:
        raise TooLarge(length, expect.max_bytes)
    return length


async def _head(download: "Download", wanted: int) -> bytes:
    while len(seen := download.peek(wanted)) < wanted and not download.over:
        await download.news()
    return seen
