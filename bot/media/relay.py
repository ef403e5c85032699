"""Sources are opened and checked, then streamed into a sink at the pace of the slower side."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Literal, Self

import aiohttp
from yarl import URL

from bot.media.errors import (
    Empty,
    Gone,
    NoLength,
    NotMedia,
    Redirected,
    SinkRefused,
    SinkUnavailable,
    SourceCut,
    SourceUnavailable,
    Stalled,
    TooLarge,
    UnsafeAddress,
    WrongType,
)

Progress = Callable[[int], Awaitable[None]]
"""Told how many bytes have gone out so far; what it raises ends the transfer and reaches the caller."""

SLACK_FILE_HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
"""Where `url_private` and `url_private_download` point (Slack: file object)."""

_READ_BUFFER = 64 * 1024
"""Bytes. Twice as much took 1.4 times the processor time: malloc refetched the pages of each chunk."""
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10)
"""Seconds. No limit on the whole, which would cut long files; the watchdogs see to the rest."""
_PROGRESS_EVERY_S = 3.0
_MOST_REDIRECTS = 5
_REFUSAL_BYTES = 500
_SUCCESS = range(200, 300)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CLIENT_ERRORS = range(400, 500)
_PASSING = frozenset({408, 425, 429})
"""Refusals by a client-error status that mean "later", not "no"."""
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_OPAQUE = frozenset({"application/octet-stream", "binary/octet-stream", "application/mp4", "application/ogg"})
"""Content types that storage hosts give to media, which say nothing about the kind."""
_PAGE_STARTS = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class Expect:
    """What a source must be, to be worth opening."""

    kinds: frozenset[str]
    """Main types, such as `video`; what storage hosts serve as plain bytes passes too."""
    max_bytes: int


class Source:
    """An open file at its origin, checked, with its first bytes at hand. Read it once."""

    def __init__(self, response: aiohttp.ClientResponse, length: int, first: bytes) -> None:
        self.length = length
        """Bytes, from `Content-Length`."""
        self.content_type = response.content_type
        self._content = response.content
        self._first = first
        self._received = 0

    async def chunk(self) -> bytes:
        """The next bytes, as many as have arrived; none at the end.

        Raises:
            SourceCut: The connection ended before the whole length came.
        """
        chunk, self._first = self._first or await self._arriving(), b""
        self._received += len(chunk)
        if not chunk and self._received < self.length:
            raise SourceCut(f"{self._received} of {self.length} bytes")
        return chunk

    async def _arriving(self) -> bytes:
        try:
            return await self._content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise SourceCut(f"{self._received} of {self.length} bytes ({type(error).__name__})") from error


class _Outflow:
    """The bytes on their way to the sink: an iterator that aiohttp pulls at the sink's pace.

    aiohttp reports whatever fails in here as trouble of the sink's connection, so what really happened is
    kept in `failure`. Each chunk that moves renews the watchdog: neither a slow source nor a long file is
    cut, but a side that stands still is (a sink that never reads escapes every socket timeout).
    """

    def __init__(
        self,
        source: Source,
        watchdog: asyncio.Timeout,
        on_progress: Progress | None,
        *,
        stall_s: float,
        answer_s: float,
    ) -> None:
        self.failure: Exception | None = None
        self.waiting_for: Literal["source", "sink"] = "sink"
        self.sent = 0
        self._source = source
        self._watchdog = watchdog
        self._on_progress = on_progress
        self._stall_s = stall_s
        self._answer_s = answer_s
        self._clock = asyncio.get_running_loop().time
        self._told_at = self._clock()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._next()
        except Exception as error:
            self.failure = error
            raise
        if not chunk:
            raise StopAsyncIteration
        return chunk

    @property
    def complete(self) -> bool:
        """Whether the sink was given all there is."""
        return self.sent == self._source.length

    async def _next(self) -> bytes:
        self._wait_for("source", self._stall_s)
        chunk = await self._source.chunk()
        self.sent += len(chunk)
        self._wait_for("sink", self._stall_s if chunk else self._answer_s)
        await self._tell(last=not chunk)
        return chunk

    def _wait_for(self, side: Literal["source", "sink"], seconds: float) -> None:
        self.waiting_for = side
        self._watchdog.reschedule(self._clock() + seconds)

    async def _tell(self, *, last: bool) -> None:
        now = self._clock()
        if self._on_progress and (last or now - self._told_at >= _PROGRESS_EVERY_S):
            self._told_at = now
            await self._on_progress(self.sent)


def media_session(*, ssl_context: ssl.SSLContext | None = None) -> aiohttp.ClientSession:
    """The session that a `MediaRelay` wants: no connection is used twice, no cookie is kept.

    On a kept connection that the other side has just closed, aiohttp would send a PUT anew, though its
    bytes are gone. The caller closes it.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True, ssl=ssl_context or True),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


class MediaRelay:
    """Opens sources and sends them on, a few hundred kilobytes at a time, at the pace of the slower side."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        slack_token_hosts: Collection[str] = SLACK_FILE_HOSTS,
        stall_s: float = 30,
        answer_s: float = 60,
    ) -> None:
        """Set limits.

        Args:
            session: As `media_session` makes it.
            slack_token_hosts: Who may see a bearer token: `host` on any port, or `host:port`.
            stall_s: Seconds without a byte after which a transfer has stalled.
            answer_s: Seconds that a sink may take for its answer once it has every byte. A lease that
                `on_progress` renews must outlast it.
        """
        self._session = session
        self._slack_token_hosts = frozenset(slack_token_hosts)
        self._stall_s = stall_s
        self._answer_s = answer_s

    @asynccontextmanager
    async def open(self, url: str, *, bearer: str | None = None, expect: Expect) -> AsyncIterator[Source]:
        """Ask for a file and check what comes before its bytes are used.

        Args:
            url: Used unaltered, since it may be signed. https, or http on loopback.
            bearer: Token for Slack's file hosts; no other sees it, and a redirect to another host drops it.
            expect: Kind and size.

        Raises:
            Unusable: It is not what was expected.
            SourceUnavailable: It could not be had now.
        """
        origin = _secure(URL(url, encoded=True))
        response: aiohttp.ClientResponse | None = None
        try:
            try:
                async with asyncio.timeout(self._stall_s):
                    response = await self._follow(origin, bearer)
                    length = _checked_length(response, expect)
                    first = await response.content.readany()
            except (aiohttp.ClientError, OSError) as error:
                raise SourceUnavailable(type(error).__name__) from error
            if first.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith(_PAGE_STARTS):
                raise NotMedia("a web page came instead of the file")
            yield Source(response, length, first)
        finally:
            if response is not None:
                response.close()

    async def read(self, url: str, *, bearer: str | None = None, expect: Expect) -> bytes:
        """The whole of a small file, such as a script: keep `expect.max_bytes` small.

        Raises:
            Unusable, SourceUnavailable: As `open`.
            SourceCut: It ended before its length.
            Stalled: Nothing came for too long.
        """
        content = bytearray()
        async with self.open(url, bearer=bearer, expect=expect) as source:
            try:
                async with asyncio.timeout(self._stall_s) as watchdog:
                    while chunk := await source.chunk():
                        content += chunk
                        watchdog.reschedule(asyncio.get_running_loop().time() + self._stall_s)
            except TimeoutError as error:
                raise Stalled("source", len(content)) from error
        return bytes(content)

    async def send(
        self,
        source: Source,
        url: str,
        *,
        method: Literal["PUT", "POST"] = "PUT",
        headers: Mapping[str, str] | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        """Stream an open source into an upload URL, which answers 2xx when it has it all.

        Args:
            source: Just opened; a second try needs it opened again, and mostly a new upload URL.
            url: Used unaltered. https, or http on loopback. No token is sent.
            method: PUT for sync.so's storage (sync.so docs, assets), POST for Slack's (Slack: files guide).
            headers: Such as `Content-Type`; `Content-Length` is added.
            on_progress: Awaited every few seconds while bytes move, and once when all are out.

        Raises:
            SourceCut: The source ended early.
            SinkRefused: The sink answered with an error of ours, a redirect included.
            SinkUnavailable: The sink broke off, or answered with an error of its own.
            Stalled: No byte moved for `stall_s`, or no answer came for `answer_s`.
            UnsafeAddress: Plain http outside loopback.
        """
        target = _secure(URL(url, encoded=True))
        watchdog = asyncio.timeout(self._stall_s)
        outflow = _Outflow(source, watchdog, on_progress, stall_s=self._stall_s, answer_s=self._answer_s)
        try:
            async with watchdog:
                await self._upload(
                    target, outflow, method, {**(headers or {}), "Content-Length": str(source.length)}
                )
        except (aiohttp.ClientError, OSError) as error:
            if outflow.failure:
                raise outflow.failure from error
            if watchdog.expired():
                raise Stalled(outflow.waiting_for, outflow.sent) from error
            raise SinkUnavailable(f"{type(error).__name__} after {outflow.sent} bytes") from error

    async def _upload(self, url: URL, outflow: _Outflow, method: str, headers: Mapping[str, str]) -> None:
        async with self._session.request(
            method,
            url,
            data=outflow,
            headers=headers,
            allow_redirects=False,
            timeout=_TIMEOUT,
        ) as response:
            if response.status in _SUCCESS and outflow.complete:
                return
            text = await _beginning(response)
            response.close()  # else aiohttp goes on sending to a sink that has said no
        status = response.status
        if status in _REDIRECTS or (status in _CLIENT_ERRORS and status not in _PASSING):
            raise SinkRefused(status, text)
        raise SinkUnavailable(f"the sink answered {status} after {outflow.sent} bytes")

    async def _follow(self, url: URL, bearer: str | None) -> aiohttp.ClientResponse:
        """Follow redirects by hand, so that none carries a token to another host."""
        slack = bearer is not None
        if slack and not self._may_see_token(url):
            raise UnsafeAddress("the host must not see the token")
        for _ in range(1 + _MOST_REDIRECTS):
            response = await self._get(url, bearer)
            if response.status not in _REDIRECTS or "Location" not in response.headers:
                return response
            response.close()
            target = _redirected(url, response.headers["Location"])
            if slack and not self._may_see_token(target):
                raise Redirected("away from Slack's file hosts")
            if target.origin() != url.origin():
                bearer = None
            url = target
        raise Redirected(f"more than {_MOST_REDIRECTS} times")

    def _may_see_token(self, url: URL) -> bool:
        return bool(self._slack_token_hosts & {url.host, url.host_port_subcomponent})

    async def _get(self, url: URL, bearer: str | None) -> aiohttp.ClientResponse:
        headers = {"Accept-Encoding": "identity"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        return await self._session.get(
            url,
            headers=headers,
            allow_redirects=False,
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
            timeout=_TIMEOUT,
        )


def _secure(url: URL) -> URL:
    if url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host or "")):
        return url
    raise UnsafeAddress("only https is spoken with other machines")


def _redirected(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location, encoded=True))
    except ValueError as error:
        raise Redirected("to nowhere") from error
    if url.scheme == "https" and target.scheme != "https":
        raise Redirected("away from https")
    return _secure(target)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked_length(response: aiohttp.ClientResponse, expect: Expect) -> int:
    """The body's length, if the head of the answer is that of the expected file."""
    status, content_type, length = response.status, response.content_type, response.content_length
    if status in _CLIENT_ERRORS and status not in _PASSING:
        raise Gone(status)
    if status != HTTPStatus.OK:
        raise SourceUnavailable(f"the source answered {status}")
    if content_type in _PAGES:
        raise NotMedia("a web page came instead of the file")
    if content_type not in _OPAQUE and content_type.partition("/")[0] not in expect.kinds:
        raise WrongType(content_type)
    if length is None or "Content-Encoding" in response.headers:
        raise NoLength("the source does not tell the file's length")
    if length == 0:
        raise Empty("no bytes")
    if length > expect.max_bytes:
        raise TooLarge(length, expect.max_bytes)
    return length


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """What the answer says, if it can still be had: the sink may have hung up on the rest of our bytes."""
    try:
        return (await response.content.read(_REFUSAL_BYTES)).decode(errors="replace")
    except aiohttp.ClientError:
        return ""
