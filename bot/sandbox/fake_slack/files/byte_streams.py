"""Sends a file's bytes in pieces, whole or one Range of it, with the faults of a bad day."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.responses import Response, StreamingResponse

_CHUNK_BYTES = 256 * 1024
_CHUNKS_A_SECOND = 10
"""Of a slow download: what trickles does not come in gulps."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PARTIAL, _UNSATISFIABLE = 206, 416


def _span(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header; None where there is none that counts."""
    match = _RANGE.fullmatch(header or "")
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size - 1
    return int(match[1]), min(int(match[2]), size - 1) if match[2] else size - 1


async def _read(
    path: Path, start: int, length: int, bytes_per_s: float | None, cut_when: Callable[[], bool]
) -> AsyncIterator[bytes]:
    most = max(1, int(min(bytes_per_s / _CHUNKS_A_SECOND, _CHUNK_BYTES))) if bytes_per_s else _CHUNK_BYTES
    with path.open("rb") as source:
        source.seek(start)
        while length > 0 and not cut_when():
            piece = await asyncio.to_thread(source.read, min(most, length))
            if not piece:
                return
            length -= len(piece)
            yield piece
            if bytes_per_s:
                await asyncio.sleep(len(piece) / bytes_per_s)


def send_file(
    path: Path,
    mimetype: str,
    *,
    range_header: str | None = None,
    bytes_per_s: float | None = None,
    tell_length: bool = True,
    cut_after: int | None = None,
    cut_when: Callable[[], bool] = lambda: False,
) -> Response:
    """A response with the file, never in memory as a whole.

    Args:
        path: The file.
        mimetype: Its Content-Type.
        range_header: The request's Range.
        bytes_per_s: Speed limit.
        tell_length: Whether Content-Length is told; else the bytes come in chunks.
        cut_after: Promise the whole length, but break the connection after so many bytes.
        cut_when: The same as soon as this is true, such as when the file is deleted meanwhile.
    """
    size = path.stat().st_size
    span = _span(range_header, size)
    if span is not None and (span[0] >= size or span[0] > span[1]):
        return Response(status_code=_UNSATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    start, last = span or (0, size - 1)
    length = last - start + 1
    sent = {"Accept-Ranges": "bytes"}
    if tell_length:
        sent["Content-Length"] = str(length)
    if span is not None:
        sent["Content-Range"] = f"bytes {start}-{last}/{size}"
    sent_length = length if cut_after is None else min(length, cut_after)
    body = _read(path, start, sent_length, bytes_per_s, cut_when)
    return StreamingResponse(body, _PARTIAL if span else 200, headers=sent, media_type=mimetype)
