"""Sources are opened and checked, then streamed into a sink at the pace of the slower side."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import certifi
from yarl import URL

from bot.media.addresses import REDIRECTS, may_lead_to, parsed, redirected, secure
from bot.media.errors import (
    Redirected,
    SinkRefused,
    SinkUnavailable,
    SourceUnavailable,
    Stalled,
    UnsafeAddress,
)
from bot.media.source import CLIENT_ERRORS, PASSING, Expect, Source, checked

if TYPE_CHECKING:
    from bot.media.transfers import Download, Transfers, Upload

Progress = Callable[[int], Awaitable[None]]
"""Told how many bytes have gone out so far; what it raises ends the transfer and reaches the caller."""

SLACK_FILE_HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
"""Where `url_private` and `url_private_download` point (Slack: file object)."""

_PROGRESS_EVERY_S = 3.0
_LOOK_EVERY_S = 1.0
_WORDS_S = 1.0
"""How long the words of a refusal are waited for."""
_MOSTREDIRECTS = 5
_SUCCESS = range(200, 300)


class _Watch:
    """Sees that bytes move: neither a slow source nor a long file is cut, but a side that stands still is.

    libcurl's own limits would count the time in which a source is held back for a slow sink.
    """

    def __init__(
        self, upload: "Upload", on_progress: Progress | None, *, stall_s: float, answer_s: float
    ) -> None:
        self.tick_s = min(_LOOK_EVERY_S, stall_s / 4, answer_s / 4)
        """Seconds after which it wants to look again."""
        self._upload = upload
        self._on_progress = on_progress
        self._stall_s = stall_s
        self._answer_s = answer_s
        self._clock = asyncio.get_running_loop().time
        self._moved = self._told = (0, 0)
        self._moved_at = self._told_at = self._clock()
        self._told_all = False

    def look(self) -> None:
        """Raises Stalled: nothing has moved for too long."""
        upload, now = self._upload, self._clock()
        moved = upload.given, upload.taken
        if moved != self._moved:
            self._moved, self._moved_at = moved, now
        elif now - self._moved_at > (self._answer_s if upload.complete else self._stall_s):
            raise Stalled("source" if upload.starved else "sink", upload.given)

    async def tell(self) -> None:
        """Tell of progress, where it is time; what that raises is raised."""
        upload, now = self._upload, self._clock()
        all_out = upload.complete and not self._told_all
        due = now - self._told_at >= _PROGRESS_EVERY_S and self._moved != self._told
        if self._on_progress and (all_out or due):
            self._told, self._told_at, self._told_all = self._moved, now, upload.complete
            await self._on_progress(upload.given)


class MediaRelay:
    """Opens sources and sends them on, a few hundred kilobytes at a time, at the pace of the slower side.

    libcurl is loaded with the first transfer, since an app at rest need not hold its memory.
    """

    def __init__(
        self,
        *,
        slack_token_hosts: Collection[str] = SLACK_FILE_HOSTS,
        loopback: bool = False,
        stall_s: float = 30,
        answer_s: float = 60,
        authorities: str | None = None,
    ) -> None:
        """Set limits. To be closed with `aclose`.

        Args:
            slack_token_hosts: Who may see a bearer token: `host` on any port, or `host:port`.
            loopback: Whether files may come from this machine and go to it, by http as well: in the sandbox.
            stall_s: Seconds without a byte after which a transfer has stalled.
            answer_s: Seconds that a sink may take for its answer once it has every byte. A lease that
                `on_progress` renews must outlast it.
            authorities: Path of the certificates (PEM) that are trusted; None: those that httpx trusts.
        """
        self._slack_token_hosts = frozenset(slack_token_hosts)
        self._loopback = loopback
        self._stall_s = stall_s
        self._answer_s = answer_s
        self._authorities = authorities or os.environ.get("SSL_CERT_FILE") or certifi.where()
        self._transfers: Transfers | None = None

    def may_lead_to(self, host: str) -> bool:
        """Whether a link may lead to a host: to this machine only in the sandbox."""
        return may_lead_to(host, loopback=self._loopback)

    async def aclose(self) -> None:
        """Break off what still moves."""
        if self._transfers is not None:
            await self._transfers.aclose()

    @asynccontextmanager
    async def open(self, url: str, *, bearer: str | None = None, expect: Expect) -> AsyncIterator[Source]:
        """Ask for a file and check what comes before its bytes are used.

        Args:
            url: Used unaltered, since it may be signed. https; in the sandbox also http on loopback.
            bearer: Token for Slack's file hosts; no other sees it, and a redirect to another host drops it.
            expect: Kind and size.

        Raises:
            Unusable: It is not what was expected.
            SourceUnavailable: It could not be had now.
        """
        origin = self._secure(parsed(url))
        with ExitStack() as stack:
            try:
                async with asyncio.timeout(self._stall_s):
                    source = await checked(await self._follow(stack, origin, bearer), expect)
            except TimeoutError as error:
                raise SourceUnavailable("no answer") from error
            yield source

    async def read(self, url: str, *, bearer: str | None = None, expect: Expect) -> bytes:
        """The whole of a small file, such as a script: keep `expect.max_bytes` small.

        Raises:
            Unusable, SourceUnavailable: As `open`.
            SourceCut, WrongLength: It ended before its length, or not with it.
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
        on_bytes: Callable[[bytes], None] | None = None,
    ) -> None:
        """Stream an open source into an upload URL, which answers 2xx when it has it all.

        Args:
            source: Just opened; a second try needs it opened again, and mostly a new upload URL.
            url: Used unaltered. https; in the sandbox also http on loopback. No token is sent.
            method: PUT for sync.so's storage (sync.so docs, assets), POST for Slack's (Slack: files guide).
            headers: Such as `Content-Type`; `Content-Length` is added.
            on_progress: Awaited every few seconds while bytes move, and once when all are out.
            on_bytes: Shown every byte on its way, in order.

        Raises:
            SourceCut: The source ended early.
            WrongLength: It brought more or fewer bytes than expected, so that the sink has another file.
            SinkRefused: The sink answered with an error of ours, a redirect included.
            SinkUnavailable: The sink broke off, or answered with an error of its own.
            Stalled: No byte moved for `stall_s`, or no answer came for `answer_s`.
            UnsafeAddress: Plain http, or this machine where that may not be.
        """
        target = self._secure(parsed(url))
        transfers = await self._moving()
        upload = transfers.upload(source.download, source.length, target, method, headers or {})
        upload.on_bytes = on_bytes
        watch = _Watch(upload, on_progress, stall_s=self._stall_s, answer_s=self._answer_s)
        try:
            while not (upload.over or upload.settled):
                await _news(upload, within_s=watch.tick_s)
                source.check()
                watch.look()
                await watch.tell()
            await watch.tell()
            if upload.status not in _SUCCESS and not upload.over:
                await _news(upload, within_s=_WORDS_S)
            _raise_unless_taken(upload)
            await source.end(within_s=self._stall_s)
        finally:
            upload.close()

    async def _moving(self) -> "Transfers":
        if self._transfers is None:
            # In a thread: on the loop it would hold up answers to Slack for 10 to 15 ms.
            library = await asyncio.to_thread(import_module, "bot.media.transfers")
            self._transfers = self._transfers or library.Transfers(self._authorities)
        return self._transfers

    async def _follow(self, stack: ExitStack, url: URL, bearer: str | None) -> "Download":
        """Follow redirects by hand, so that none carries a token to another host."""
        slack = bearer is not None
        if slack and not self._may_see_token(url):
            raise UnsafeAddress("the host must not see the token")
        for _ in range(1 + _MOSTREDIRECTS):
            download = await self._get(stack, url, bearer)
            if download.status not in REDIRECTS or "location" not in download.headers:
                return download
            target = self._secure(redirected(url, download.headers["location"]))
            download.close()
            if slack and not self._may_see_token(target):
                raise Redirected("away from Slack's file hosts")
            if target.origin() != url.origin():
                bearer = None
            url = target
        raise Redirected(f"more than {_MOSTREDIRECTS} times")

    def _secure(self, url: URL) -> URL:
        return secure(url, loopback=self._loopback)

    def _may_see_token(self, url: URL) -> bool:
        return bool(self._slack_token_hosts & {url.host, url.host_port_subcomponent})

    async def _get(self, stack: ExitStack, url: URL, bearer: str | None) -> "Download":
        headers = {"Accept-Encoding": "identity"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        download = (await self._moving()).download(url, headers)
        stack.callback(download.close)
        while not download.begun:
            if download.over:
                raise SourceUnavailable(download.failure)
            await download.news()
        return download


async def _news(upload: "Upload", *, within_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await upload.news()


def _raise_unless_taken(upload: "Upload") -> None:
    status = upload.status if upload.begun else 0
    if status in _SUCCESS and upload.settled and not upload.early:
        return
    if status in REDIRECTS or (status in CLIENT_ERRORS and status not in PASSING):
        raise SinkRefused(status, upload.answer.decode(errors="replace"))
    raise SinkUnavailable(f"{upload.failure or f'the sink answered {status}'} after {upload.given} bytes")
