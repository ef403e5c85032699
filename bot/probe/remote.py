"""A file whose bytes the parent has: read in blocks, so that few requests go out. In the child."""

import io
import socket
from typing import Final

from bot.probe.wire import ASK, GIVE, MOST_AT_ONCE, REFUSED

_FIRST_BLOCK: Final = 256 * 1024
"""Enough for the index of a short clip."""


class Refused(OSError):
    """The parent gives no more of this file: it has read enough, or cannot."""


class RemoteFile:
    """What PyAV reads as a file.

    Blocks double while reading goes straight on. Once refused it raises for good: an empty read would pass
    for the end of the file, and what was read by then for all of it.
    """

    name: Final = "input"
    """PyAV would take an own name for an address to open."""

    def __init__(self, channel: socket.socket, size: int) -> None:
        self.size = size
        self.is_refused = False
        self._channel = channel
        self._at = 0
        self._blocks: list[tuple[int, bytes]] = []
        self._block = _FIRST_BLOCK
        self._expected = 0

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def seekable(self) -> bool:
        """Any part of it, in any order."""
        return True

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there. Raises ValueError for a place before the beginning."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, most: int) -> bytes:
        """The next bytes, no more than that; none at the end only. Raises Refused."""
        if self._at >= self.size or most <= 0:
            return b""
        begin, block = self._block_at(self._at)
        data = block[self._at - begin :][:most]
        self._at += len(data)
        return data

    def part(self, offset: int, length: int) -> bytes:
        """That part of it, as far as it reaches; where it stands stays, since FFmpeg counts on that."""
        stood, self._at = self._at, max(0, offset)
        parts = bytearray()
        while len(parts) < length and (data := self.read(length - len(parts))):
            parts += data
        self._at = stood
        return bytes(parts)

    def _block_at(self, offset: int) -> tuple[int, bytes]:
        for begin, block in reversed(self._blocks):
            if begin <= offset < begin + len(block):
                return begin, block
        self._block = min(2 * self._block, MOST_AT_ONCE) if offset == self._expected != 0 else _FIRST_BLOCK
        block = self._fetch(offset, min(self._block, self.size - offset))
        self._expected = offset + len(block)
        self._blocks.append((offset, block))
        return offset, block

    def raise_if_refused(self) -> None:
        """Raises Refused: FFmpeg may have taken the end of what was given for the end of the file."""
        if self.is_refused:
            raise Refused("no more of this file is given")

    def _fetch(self, offset: int, length: int) -> bytes:
        self.raise_if_refused()
        self._channel.sendall(ASK.pack(offset, length))
        (given,) = GIVE.unpack(received(self._channel, GIVE.size))
        if given == REFUSED:
            self.is_refused = True
            self.raise_if_refused()
        return received(self._channel, given)


def received(channel: socket.socket, length: int) -> bytes:
    """So many bytes, however they come. Raises EOFError: the other side is gone."""
    content = bytearray()
    while len(content) < length:
        data = channel.recv(length - len(content))
        if not data:
            raise EOFError("the other side is gone")
        content += data
    return bytes(content)
