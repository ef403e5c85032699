"""Files of which parts can be read, and what is said of one that tells nothing."""

from typing import Protocol


class Unread(Exception):
    """A file told nothing of itself: broken, of an unknown kind, too much to read, or too slow."""


class Ranges(Protocol):
    """A file of which any part can be read."""

    @property
    def size(self) -> int:
        """Bytes of all of it."""

    async def read(self, offset: int, length: int) -> bytes:
        """That part, which lies within it, or its first bytes at least.

        Raises:
            Unread: This part is not to be had; others may be.
            Exception: Anything else ends the reading, and reaches the caller.
        """
