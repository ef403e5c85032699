"""Sends a file's bytes in pieces, whole or one Range of it, with the faults of a bad day."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from starlette.responses import Response, StreamingResponse

_CHUNK_BYTES = 256 * 1024
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


async def _read(path: Path, start: int, length: int, bytes_per_s: float | None) -> AsyncIterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while length > 0:
            piece = await asyncio.to_thread(source.read, min(_CHUNK_BYTES, length))
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
    headers: Mapping[str, str] | None = None,
    bytes_per_s: float | None = None,
    cut_after: int | None = None,
) -> Response:
    """A response with the file, never in memory as a whole.

    Args:
        path: The file.
        mimetype: Its Content-Type.
        range_header: The request's Range.
        headers: More headers.
        bytes_per_s: Speed limit.
        cut_after: Promise the whole length, but break the connection after so many bytes.
    """
    size = path.stat().st_size
    span = _span(range_header, size)
    if span is not None and (span[0] >= size or span[0] > span[1]):
        return Response(status_code=_UNSATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    start, last = span or (0, size - 1)
    length = last - start + 1
    sent = {"Content-Length": str(length), "Accept-Ranges": "bytes", **(headers or {})}
    if span is not None:
        sent["Content-Range"] = f"bytes {start}-{last}/{size}"
    body = _read(path, start, length if cut_after is None else min(length, cut_after), bytes_per_s)
    return StreamingResponse(body, _PARTIAL if span else 200, headers=sent, media_type=mimetype)
