"""Sends a file's bytes in pieces, whole or one Range of it, with the faults of a bad day."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.responses import Response, StreamingResponse

_CHUNK_BYTES = 256 * 1024
_CHUNKS_A_SECOND = 10
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PARTIAL, _UNSATISFIABLE = 206, 416


class Line:
    """A line that all who use it share, of a certain number of bytes a second."""

    def __init__(self) -> None:
        self._bytes_per_s = 1.0
        self._free_at = 0.0

    def at(self, bytes_per_s: float) -> "Line":
        """The same, as fast as this from now on."""
        self._bytes_per_s = max(bytes_per_s, 1.0)
        return self

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
    path: Path, start: int, length: int, line: Line | None, cut_when: Callable[[], bool]
) -> AsyncIterator[bytes]:
    most = line.piece if line else _CHUNK_BYTES
    with path.open("rb") as source:
        source.seek(start)
        while length > 0 and not cut_when():
            piece = await asyncio.to_thread(source.read, min(most, length))
            if not piece:
                return
            length -= len(piece)
            if line:
                await line.carry(len(piece))
            yield piece


@dataclass(frozen=True)
class Manner:
    """How a server gives a file out.

    Attributes:
        gives_parts: Whether a Range is heeded; a server may give the whole instead (RFC 9110, 14.2).
        line: What the bytes pass through; None: nothing holds them up.
        tells_length: Whether Content-Length is told; else the bytes come in chunks.
        cut_after: The whole length is promised, but the connection breaks after so many bytes.
        cut_when: The same as soon as this is true, such as when the file is deleted meanwhile.
        headers: What else is told.
    """

    gives_parts: bool = True
    line: Line | None = None
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
    return StreamingResponse(body, _PARTIAL if span else 200, headers=sent, media_type=mimetype)
