"""Files behind links, most of which lead to strangers: what their servers tell of them, and parts of them."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING

import certifi
from yarl import URL

from bot.media.addresses import REDIRECTS, parsed, redirected, secure
from bot.media.errors import Gone, IsPage, NoRanges, Redirected, SourceUnavailable, UnsafeAddress
from bot.media.source import CLIENT_ERRORS, PASSING, is_identity, is_web_page, whole_number
from bot.probe.behind import Behind
from bot.web_addresses import is_loopback, is_public

if TYPE_CHECKING:
    from bot.media.transfers import Download, Transfers

_MOST_REDIRECTS = 4
_FIRST_PART = 256 * 1024
"""Asked for with the question what is there: mostly it is all that is needed."""
_ANSWER_S = 5.0
_NO = frozenset(CLIENT_ERRORS) - PASSING - {HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}
"""Answers after which there is no such file for us. The last is said of one without any bytes."""
_TAG_LENGTH = 200
"""Characters of an ETag or a date that are kept; longer ones are no use to compare."""


class LinkFile:
    """An open file behind a link. `ranges` are its parts; None: the server gives it as a whole only."""

    def __init__(self, behind: Behind, ranges: "Parts | None") -> None:
        self.behind = behind
        self.ranges = ranges


@dataclass(frozen=True, slots=True)
class Links:
    """Opens addresses: https only, public addresses only, and strangers' with nothing that is ours.

    Names are looked up by libcurl, and looked at where they have become the address that it connects to: a
    name that leads somewhere else the next time is refused there as well.
    """

    loopback: bool = False
    """Whether links lead to this machine, by http as well, and nowhere else: in the sandbox."""
    authorities: str | None = None
    """Path of the certificates (PEM) that are trusted; None: those that httpx trusts."""
    token_hosts: frozenset[str] = frozenset()
    """Who may see a bearer token: `host` on any port, or `host:port`."""
    resolved: Sequence[str] = ()
    """Names that are not looked up: `host:port:address`."""
    answer_s: float = _ANSWER_S
    """Seconds for the first answer, redirects included."""

    @asynccontextmanager
    async def open(self, url: str, *, bearer: str | None = None) -> AsyncIterator[LinkFile]:
        """Ask what is behind a link, without loading it. `bearer` is a token for Slack's file hosts.

        Raises:
            UnsafeAddress: It, or where it sends on, is not https, leads to this machine or its network, or
                must not see the token.
            Redirected: It sends on too often, or nowhere.
            Gone: It is not there, or not for everybody.
            IsPage: A web page is there, and no file.
            SourceUnavailable: It could not be had now.
        """
        library = await asyncio.to_thread(import_module, "bot.media.transfers")
        authorities = self.authorities or os.environ.get("SSL_CERT_FILE") or certifi.where()
        guard = partial(_may_connect, loopback=self.loopback)
        transfers: Transfers = library.Transfers(authorities, guard=guard, resolved=self.resolved)
        try:
            yield await self._opened(transfers, parsed(url), bearer)
        finally:
            await transfers.aclose()

    async def _opened(self, transfers: "Transfers", url: URL, bearer: str | None) -> LinkFile:
        try:
            async with asyncio.timeout(self.answer_s):
                return await self._followed(transfers, self._secure(url, bearer), bearer)
        except TimeoutError as error:
            raise SourceUnavailable("no answer") from error

    async def _followed(self, transfers: "Transfers", url: URL, bearer: str | None) -> LinkFile:
        for _ in range(1 + _MOST_REDIRECTS):
            at = _Place(transfers, url, bearer)
            download = await at.asked(0, _FIRST_PART)
            if download.status not in REDIRECTS or "location" not in download.headers:
                return await _seen(at, download)
            url = self._secure(redirected(url, download.headers["location"]), bearer)
            download.close()
        raise Redirected(f"more than {_MOST_REDIRECTS} times")

    def _secure(self, url: URL, bearer: str | None) -> URL:
        if bearer is not None and not self.token_hosts & {url.host, url.host_port_subcomponent}:
            raise UnsafeAddress("the host must not see the token")
        if self.loopback and not is_loopback(url.host):
            raise UnsafeAddress("the sandbox asks nobody else")
        return secure(url, loopback=self.loopback)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file is, and what opens it."""

    transfers: "Transfers"
    url: URL
    bearer: str | None

    async def asked(self, offset: int, length: int) -> "Download":
        """The head of an answer. Raises Gone, SourceUnavailable, UnsafeAddress."""
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={offset}-{offset + length - 1}"}
        if self.bearer is not None:
            headers["Authorization"] = f"Bearer {self.bearer}"
        download = self.transfers.download(self.url, headers)
        while not download.begun and not download.over:
            await download.news()
        if not download.begun:
            if self.transfers.has_refused:
                raise UnsafeAddress("it leads to this machine or its network")
            raise SourceUnavailable(download.failure)
        if download.status in _NO:
            raise Gone(download.status)
        if download.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, *REDIRECTS}:
            raise SourceUnavailable(f"the server answered {download.status}")
        return download


class Parts:
    """The parts of one file, asked for one by one at the server that gave the first."""

    def __init__(self, at: _Place, behind: Behind, size: int, first: bytes) -> None:
        self.size = size
        """Bytes of all of it."""
        self._at = at
        self._behind = behind
        self._first = first

    async def read(self, offset: int, length: int) -> bytes:
        """That part, or its first bytes at least.

        Raises:
            NoRanges: The server gives something else: the file may have changed meanwhile.
            Gone, SourceUnavailable: It gives nothing.
        """
        if offset < len(self._first):
            return self._first[offset : offset + length]
        download = await self._at.asked(offset, length)
        try:
            if _behind(download) != self._behind or _begin(download) != offset:
                raise NoRanges("another file, or another part")
            return await _body(download, length)
        finally:
            download.close()


def _may_connect(address: str, *, loopback: bool) -> bool:
    return is_loopback(address) if loopback else is_public(address)


async def _seen(at: _Place, download: "Download") -> LinkFile:
    if await is_web_page(download):
        download.close()
        raise IsPage("a web page is there")
    behind = _behind(download)
    if _begin(download) != 0 or not behind.size or not is_identity(download):
        download.close()
        return LinkFile(behind, None)
    first = await _body(download, _FIRST_PART)
    download.close()
    return LinkFile(behind, Parts(at, behind, behind.size, first))


def _behind(download: "Download") -> Behind:
    """What the head of an answer tells of the whole file."""
    headers = download.headers
    if download.status == HTTPStatus.PARTIAL_CONTENT:
        told = headers.get("content-range", "").rpartition("/")[2]
    else:
        told = headers.get("content-length", "") if is_identity(download) else ""
    return Behind(whole_number(told), _short(headers.get("etag")), _short(headers.get("last-modified")))


def _begin(download: "Download") -> int | None:
    """Where the part begins that comes; None: it is none (RFC 9110, 14.4)."""
    unit, _, place = download.headers.get("content-range", "").partition(" ")
    if download.status != HTTPStatus.PARTIAL_CONTENT or unit.lower() != "bytes":
        return None
    return whole_number(place.partition("-")[0])


async def _body(download: "Download", most: int) -> bytes:
    """All that comes, up to so many bytes. A server that sends more than it was asked for is cut off."""
    content = bytearray()
    while len(content) < most and not (download.over and download.empty):
        if download.empty:
            await download.news()
        content += download.take(most - len(content))
    while not download.over and download.received <= most:
        await download.news()  # its end: the connection may serve again
    if not content:
        raise SourceUnavailable(f"no byte came ({download.failure})")
    return bytes(content)


def _short(told: str | None) -> str | None:
    return told if told and len(told) <= _TAG_LENGTH and told.isprintable() else None
