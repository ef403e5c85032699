"""Downloads and uploads by libcurl on the event loop: what one callback is given, another hands on.

libcurl takes less processor time than aiohttp for the same bytes (docs/benchmarks.md).
"""

import asyncio
import fcntl
import socket
import struct
import termios
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

import pycurl
from yarl import URL

_BUFFER = 256 * 1024
"""Bytes that libcurl reads or sends at a time."""
_HELD_BACK_AT = 512 * 1024
"""Bytes that wait to be taken, from which on a source is not read."""
_ANSWER_BYTES = 500
_CONNECT_S = 10
_SUPPRESS_CONNECT_HEADERS = 265
"""As curl.h numbers it; pycurl has no name for it. What a proxy says is not the answer."""
_USER_AGENT = "lipsync-slack"
_ALIASES = ("E_MULTI_", "E_FTP_")
_NAMES = {
    getattr(pycurl, name): name
    for name in sorted(dir(pycurl), key=lambda name: not name.startswith(_ALIASES))  # later ones win
    if name.startswith("E_")
}

_INTERNET = (socket.AF_INET, socket.AF_INET6)

Listener = Callable[[], None]
Guard = Callable[[str], bool]
"""Whether a connection may be made to an IP address."""
_Address = tuple[int, int, int, tuple[str | int, ...]]
"""As pycurl hands it on: family, kind, protocol, and where."""


class Transfers:
    """All that move on the running loop. No redirect is followed, no unguarded connection serves twice."""

    def __init__(self, authorities: str, *, guard: Guard | None = None, resolved: Sequence[str] = ()) -> None:
        """Begin with none.

        Args:
            authorities: Path of the certificates that are trusted (PEM).
            guard: Says to which addresses a connection may be made, whatever a name leads to. Then no proxy
                is asked, for it would look names up by itself, and a connection may serve again.
            resolved: Names that are not looked up, as libcurl takes them: `host:port:address`.
        """
        self.has_refused = False
        """Whether the guard has kept a connection from being made."""
        self._multi = pycurl.AsyncCurlMulti()
        self._authorities = authorities
        self._guard = guard
        self._resolved = list(resolved)

    def download(self, url: URL, headers: Mapping[str, str]) -> "Download":
        """Begin to ask for a file."""
        return Download(self._multi, self._curl(url, headers))

    def upload(
        self, source: "Download", length: int, url: URL, method: str, headers: Mapping[str, str]
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

    def _curl(self, url: URL, headers: Mapping[str, str]) -> pycurl.Curl:
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, str(url.origin()))
        curl.setopt(pycurl.REQUEST_TARGET, url.raw_path_qs.encode())  # libcurl would write escapes anew
        if url.scheme == "http":
            curl.setopt(pycurl.PROXY, "")  # it goes no further than loopback
        curl.setopt(pycurl.USERAGENT, _USER_AGENT)
        curl.setopt(pycurl.HTTPHEADER, [_header(name, value) for name, value in headers.items()])
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.CAINFO, self._authorities)
        curl.setopt(pycurl.CONNECTTIMEOUT, _CONNECT_S)
        if self._guard is None:
            curl.setopt(pycurl.FORBID_REUSE, 1)
        else:
            curl.setopt(pycurl.PROXY, "")
            curl.setopt(pycurl.OPENSOCKETFUNCTION, self._on_open_socket)
            curl.setopt(pycurl.RESOLVE, self._resolved)
        curl.setopt(_SUPPRESS_CONNECT_HEADERS, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.BUFFERSIZE, _BUFFER)
        curl.setopt(pycurl.UPLOAD_BUFFERSIZE, _BUFFER)
        return curl

    def _on_open_socket(self, _purpose: int, to: _Address) -> socket.socket | int:
        """The last moment before a connection: here a name has become the address that will be asked."""
        family, kind, protocol, place = to
        address = place[0] if family in _INTERNET else ""
        if self._guard is None or not self._guard(str(address)):
            self.has_refused = True
            return pycurl.SOCKET_BAD
        opened = socket.socket(family, kind, protocol)
        asyncio.get_running_loop().call_soon(opened.close)  # libcurl is given a copy
        return opened


def _header(name: str, value: str) -> bytes:
    """A line that stays one: libcurl sends what it is given. Without a value it keeps its own header back."""
    line = f"{name}: {value}" if value else f"{name}:"
    return "".join(character for character in line if character.isprintable()).encode()


class _Transfer:
    """One request under way."""

    def __init__(self, multi: pycurl.AsyncCurlMulti, curl: pycurl.Curl) -> None:
        self.failure: str | None = None
        """libcurl's name of what broke it off."""
        self.begun = False
        """Whether the head of the answer is complete."""
        self.headers: dict[str, str] = {}
        """Of the answer, by names in small letters."""
        self._status_line = True
        self._interim = False
        self._multi = multi
        self._curl = curl
        self._loop = asyncio.get_running_loop()
        curl.setopt(pycurl.HEADERFUNCTION, self._on_header)
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

    def _on_header(self, line: bytes) -> None:
        """One line of a head: its first, a header, or the empty one that ends it."""
        text = line.decode("latin-1").strip()
        if self._status_line:
            self._status_line = False
            self._interim = text.partition(" ")[2].startswith("1")
            self.headers.clear()
        elif text:
            name, _, value = text.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        elif self._interim:
            self._status_line = True
        elif not self.begun:  # else these were trailers
            self._on_head()

    def _on_head(self) -> None:
        self.begun = True
        self._tell()

    def _on_body(self, data: bytes) -> int | None:
        raise NotImplementedError

    def _tell(self) -> None:
        raise NotImplementedError

    def _on_end(self, ended: asyncio.Future[pycurl.Curl]) -> None:
        if ended.cancelled():
            self.failure = "closed"
        elif error := ended.exception():
            self.failure = _NAMES.get(error.args[0], "unknown")
        self._tell()

    def _resume(self) -> None:
        if not self.over:
            self._curl.pause(pycurl.PAUSE_CONT)


class Download(_Transfer):
    """A file on its way here, and its bytes that wait to be taken."""

    def __init__(self, multi: pycurl.AsyncCurlMulti, curl: pycurl.Curl) -> None:
        self.received = 0
        self._listener: Listener | None = None
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._held_back = False
        super().__init__(multi, curl)

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return not self._waiting

    def peek(self, most: int) -> bytes:
        """The first bytes that wait, which still can be taken."""
        seen = b""
        for piece in self._pieces:
            seen += piece[: most - len(seen)]
            if len(seen) == most:
                break
        return seen

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
        self.early = False
        """Whether the sink answered before all was given."""
        self.answer = b""
        """The beginning of what the sink says."""
        self._changed = asyncio.Event()
        self.on_bytes: Callable[[bytes], None] | None = None
        """Shown every byte that is given to libcurl."""
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
    def taken(self) -> int:
        """About how many bytes the sink's machine has: TLS adds its own to those that wait here."""
        socket = int(self._curl.getinfo(pycurl.ACTIVESOCKET))
        if socket < 0:
            return self.sent
        (queued,) = struct.unpack("i", fcntl.ioctl(socket, termios.TIOCOUTQ, bytes(4)))
        return self.sent - int(queued)

    @property
    def settled(self) -> bool:
        """Whether the answer says it all: a refusal, or what it says now that every byte is out."""
        return self.begun and (self.status >= HTTPStatus.MULTIPLE_CHOICES or self.sent == self._length)

    @property
    def complete(self) -> bool:
        """Whether the source has brought all there is."""
        return self.given == self._length

    async def news(self) -> None:
        """Wait until all is given, or nothing more will come or go."""
        await self._changed.wait()
        self._changed.clear()

    def _on_read(self, most: int) -> bytes | int:
        content = self._source.take(min(most, self._length - self.given))
        if not content and not self.complete:
            self.starved = True
            self._source.when_news(self._on_news)
            return pycurl.READFUNC_PAUSE
        if self.on_bytes:
            self.on_bytes(content)
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

    def _on_head(self) -> None:
        self.early = not self.complete
        super()._on_head()

    def _on_body(self, data: bytes) -> None:
        self.answer += data[: _ANSWER_BYTES - len(self.answer)]
