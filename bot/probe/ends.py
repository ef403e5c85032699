"""What of a file is kept while it flows by, for servers that give no parts of it."""

from typing import Final

from bot.probe.ranges import Unread

_FIRST: Final = 1024 * 1024
_LAST: Final = 4 * 1024 * 1024
"""An index stands at the beginning or at the end; that of half an hour has its place there."""

SEEN_WHOLE = _FIRST + _LAST
"""Bytes of a file of which everything is kept."""


class Ends:
    """The beginning and the end of a file, to be read once it has flowed by."""

    def __init__(self, size: int) -> None:
        """Begin with nothing of the file's `size` bytes."""
        self.size = size
        self._passed = 0
        self._first = bytearray()
        self._last_from = max(size - _LAST, 0)
        self._last = bytearray()

    def add(self, data: bytes) -> None:
        """The next bytes of the file."""
        self._first += data[: max(_FIRST - self._passed, 0)]
        self._last += data[max(self._last_from - self._passed, 0) :]
        self._passed += len(data)

    async def read(self, offset: int, length: int) -> bytes:
        """That part as far as it was kept. Raises Unread: not even its first byte was."""
        kept = self._first[offset : offset + length]
        if offset >= self._last_from:
            begin = offset - self._last_from
            kept = self._last[begin : begin + length]
        if not kept:
            raise Unread("not kept")
        return bytes(kept)
