"""Sends a file's bytes in pieces, whole or one Range of it, with the faults of a bad day."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bot.sandbox.fake_slack.faults import Faults

_CHUNK_BYTES = 256 * 1024
_CHUNKS_A_SECOND = 10
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PARTIAL, _UNSATISFIABLE = 206, 416


class Line:
    """A line that all who use it share. A fault may make it slow; what is on its way feels each change."""

    def __init__(self, faults: Faults, slow: str) -> None:
        self._faults = faults
        self._slow = slow
        self._free_at = 0.0

    @property
    def _bytes_per_s(self) -> float:
        slow = self._faults.take(self._slow)
        return max(float(slow["bytes_per_s"]), 1.0) if slow else math.inf

    @property
    def piece(self) -> int:
        """Bytes that pass at a time: what trickles does not come in gulps."""
        return max(1, int(min(self._bytes_per_s / _CHUNKS_A_SECOND, _CHUNK_BYTES)))

    async def carry(self, count: int) -> None:
        """Wait until so many more bytes have passed, behind those of others."""
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + count / self._bytes_per_s
        await asyncio.sleep(self._free_at - now)


def _span(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header; None where there is none that counts."""
    match = _RANGE.fullmatch(header or "")
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size - 1
    return int(match[1]), min(int(match[2]), size - 1) if match[2] else size - 1


async def _read(
    path: Path, start: int, length: int, line: Line, cut_when: Callable[[], bool]
) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as source:
        source.seek(start)
        while length > 0 and not cut_when():
            piece = await asyncio.to_thread(source.read, min(line.piece, length))
            if not piece:
                return
            length -= len(piece)
            await line.carry(len(piece))
            yield piece


class _Pieces(StreamingResponse):
    """Closes what it reads from, though nobody may hear it to its end."""

    body_iterator: AsyncGenerator[bytes, None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        async with aclosing(self.body_iterator):
            await super().__call__(scope, receive, send)


@dataclass(frozen=True)
class Manner:
    """How a server gives a file out.

    Attributes:
        line: What the bytes pass through.
        gives_parts: Whether a Range is heeded; a server may give the whole instead (RFC 9110, 14.2).
        tells_length: Whether Content-Length is told; else the bytes come in chunks.
        cut_after: The whole length is promised, but the connection breaks after so many bytes.
        cut_when: The same as soon as this is true, such as when the file is deleted meanwhile.
        headers: What else is told.
    """

    line: Line
    gives_parts: bool = True
    tells_length: bool = True
    cut_after: int | None = None
    cut_when: Callable[[], bool] = lambda: False
    headers: Mapping[str, str] = field(default_factory=dict)


def send_file(path: Path, mimetype: str, range_header: str | None, manner: Manner) -> Response:
    """A response with the file, or the part that the request's Range names; never in memory as a whole."""
    size = path.stat().st_size
    span = _span(range_header, size) if manner.gives_parts else None
    if span is not None and (span[0] >= size or span[0] > span[1]):
        return Response(status_code=_UNSATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    start, last = span or (0, size - 1)
    length = last - start + 1
    sent = {**manner.headers, "Accept-Ranges": "bytes" if manner.gives_parts else "none"}
    if manner.tells_length:
        sent["Content-Length"] = str(length)
    if span is not None:
        sent["Content-Range"] = f"bytes {start}-{last}/{size}"
    sent_length = length if manner.cut_after is None else min(length, manner.cut_after)
    body = _read(path, start, sent_length, manner.line, manner.cut_when)
    return _Pieces(body, _PARTIAL if span else 200, headers=sent, media_type=mimetype)
