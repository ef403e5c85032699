"""Downloads and uploads by libcurl on the event loop: what one callback is given, another hands on.

libcurl takes a quarter less processor time than aiohttp, most of it saved on TLS (docs/benchmarks.md).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

import pycurl

_BUFFER = 256 * 1024
"""Bytes that libcurl reads or sends at a time."""
_HELD_BACK_AT = 512 * 1024
"""Bytes that wait to be taken, from which on a source is not read."""
_ANSWER_BYTES = 500
_CONNECT_S = 10
_SUPPRESS_CONNECT_HEADERS = 265
"""As curl.h numbers it; pycurl has no name for it. What a proxy says is not the answer."""
_NAMES = {getattr(pycurl, name): name for name in dir(pycurl) if name.startswith("E_")}

Listener = Callable[[], None]


class Transfers:
    """All that move on the running loop. No connection is used twice, no redirect is followed."""

    def __init__(self, authorities: str) -> None:
        """Begin with none.

        Args:
            authorities: Path of the certificates that are trusted (PEM).
        """
        self._multi = pycurl.AsyncCurlMulti()
        self._authorities = authorities

    def download(self, url: str, headers: Mapping[str, str]) -> "Download":
        """Begin to ask for a file."""
        return Download(self._multi, self._curl(url, headers))

    def upload(
        self, source: "Download", length: int, url: str, method: str, headers: Mapping[str, str]
    ) -> "Upload":
        """Begin to send what a download brings, `length` bytes in all."""
        curl = self._curl(url, {**headers, "Expect": ""})
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        curl.setopt(pycurl.INFILESIZE_LARGE, length)
        return Upload(self._multi, curl, source, length)

    async def aclose(self) -> None:
        """End all that still move."""
        await self._multi.aclose()

    def _curl(self, url: str, headers: Mapping[str, str]) -> pycurl.Curl:
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url.encode())
        curl.setopt(pycurl.PATH_AS_IS, 1)
        curl.setopt(pycurl.HTTPHEADER, [_header(name, value) for name, value in headers.items()])
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.CAINFO, self._authorities)
        curl.setopt(pycurl.CONNECTTIMEOUT, _CONNECT_S)
        curl.setopt(pycurl.FORBID_REUSE, 1)
        curl.setopt(_SUPPRESS_CONNECT_HEADERS, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.BUFFERSIZE, _BUFFER)
        curl.setopt(pycurl.UPLOAD_BUFFERSIZE, _BUFFER)
        return curl


def _header(name: str, value: str) -> bytes:
    """A line that stays one: libcurl sends what it is given. Without a value it keeps its own header back."""
    plain = "".join(character for character in value if character.isprintable())
    return (f"{name}: {plain}" if plain else f"{name}:").encode()


class _Transfer:
    """One request under way."""

    def __init__(self, multi: pycurl.AsyncCurlMulti, curl: pycurl.Curl) -> None:
        self.failure: str | None = None
        """libcurl's name of what broke it off."""
        self._multi = multi
        self._curl = curl
        self._loop = asyncio.get_running_loop()
        curl.setopt(pycurl.WRITEFUNCTION, self._on_body)
        self._ended = multi.add_handle(curl)
        self._ended.add_done_callback(self._on_end)

    @property
    def over(self) -> bool:
        """Whether nothing more will come or go."""
        return self._ended.done()

    @property
    def status(self) -> int:
        """Of the answer; 0: none has come."""
        return int(self._curl.getinfo(pycurl.RESPONSE_CODE))

    def close(self) -> None:
        """End it, and its connection, wherever it stands."""
        if not self.over:
            self._multi.remove_handle(self._curl)
        self._curl.close()

    def _on_body(self, data: bytes) -> int | None:
        raise NotImplementedError

    def _tell(self) -> None:
        raise NotImplementedError

    def _on_end(self, ended: asyncio.Future[pycurl.Curl]) -> None:
        if not ended.cancelled() and (error := ended.exception()):
            self.failure = _NAMES.get(error.args[0], "E_UNKNOWN")
        self._tell()

    def _resume(self) -> None:
        if not self.over:
            self._curl.pause(pycurl.PAUSE_CONT)


class Download(_Transfer):
    """A file on its way here: the head of the answer, and the bytes that wait to be taken."""

    def __init__(self, multi: pycurl.AsyncCurlMulti, curl: pycurl.Curl) -> None:
        self.begun = False
        """Whether the head of the answer is complete."""
        self.headers: dict[str, str] = {}
        """By names in small letters."""
        self.received = 0
        self._listener: Listener | None = None
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._held_back = False
        self._interim = False
        curl.setopt(pycurl.HEADERFUNCTION, self._on_header)
        super().__init__(multi, curl)

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return not self._waiting

    def peek(self) -> bytes:
        """The first bytes that wait, which still can be taken."""
        return self._pieces[0] if self._pieces else b""

    async def news(self) -> None:
        """Wait for the next arrival, be it the head or bytes, or for the end."""
        arrived = asyncio.Event()
        self.when_news(arrived.set)
        await arrived.wait()

    def when_news(self, listener: Listener) -> None:
        """Tell of the next arrival, or of the end, once: it costs too much to tell of each."""
        if self.over:
            self._loop.call_soon(listener)
        else:
            self._listener = listener

    def take(self, most: int) -> bytes:
        """What has arrived, up to that many bytes."""
        taken = []
        while self._pieces and most:
            piece = self._pieces.popleft()
            if len(piece) > most:
                self._pieces.appendleft(piece[most:])
                piece = piece[:most]
            taken.append(piece)
            most -= len(piece)
        content = b"".join(taken)
        self._waiting -= len(content)
        if self._held_back and self._waiting < _HELD_BACK_AT:
            self._held_back = False
            self._loop.call_soon(self._resume)  # libcurl must not be called from within its callbacks
        return content

    def _on_header(self, line: bytes) -> None:
        name, _, value = line.decode("latin-1").strip().partition(":")
        if name.startswith("HTTP/"):
            self._interim = name.split(" ", 2)[1].startswith("1")
            self.headers.clear()
        elif name:
            self.headers[name.lower()] = value.strip()
        elif not self._interim:
            self.begun = True
            self._tell()

    def _on_body(self, data: bytes) -> int | None:
        if self._waiting >= _HELD_BACK_AT:
            self._held_back = True
            return pycurl.WRITEFUNC_PAUSE
        self._pieces.append(data)
        self._waiting += len(data)
        self.received += len(data)
        if self._listener:
            self._tell()
        return None

    def _tell(self) -> None:
        listener, self._listener = self._listener, None
        if listener:
            listener()


class Upload(_Transfer):
    """A file on its way out, at the pace of the slower side."""

    def __init__(
        self, multi: pycurl.AsyncCurlMulti, curl: pycurl.Curl, source: Download, length: int
    ) -> None:
        self.starved = False
        """Whether it waits for the source."""
        self.answer = b""
        """The beginning of what the sink says."""
        self._changed = asyncio.Event()
        self._source = source
        self._length = length
        self.given = 0
        """Bytes that the source has brought and libcurl has."""
        curl.setopt(pycurl.READFUNCTION, self._on_read)
        super().__init__(multi, curl)

    @property
    def sent(self) -> int:
        """Bytes that have gone out."""
        return int(self._curl.getinfo(pycurl.SIZE_UPLOAD_T))

    @property
    def complete(self) -> bool:
        """Whether the source has brought all there is."""
        return self.given == self._length

    async def news(self) -> None:
        """Wait until all is given, or nothing more will come or go."""
        await self._changed.wait()
        self._changed.clear()

    def _on_read(self, most: int) -> bytes | int:
        content = self._source.take(most)
        if not content and not self.complete:
            self.starved = True
            self._source.when_news(self._on_news)
            return pycurl.READFUNC_PAUSE
        self.given += len(content)
        if self.complete:
            self._tell()
        return content

    def _on_news(self) -> None:
        if self._source.empty:
            self._tell()
        else:
            self.starved = False
            self._loop.call_soon(self._resume)

    def _tell(self) -> None:
        self._changed.set()

    def _on_body(self, data: bytes) -> None:
        self.answer += data[: _ANSWER_BYTES - len(self.answer)]
