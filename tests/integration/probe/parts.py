"""Files that give parts of themselves, well or badly."""

import asyncio
from dataclasses import dataclass, field

from bot.probe.ranges import Unread


@dataclass
class Parts:
    """A file in memory, which keeps what was asked of it."""

    content: bytes
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def given(self) -> int:
        return sum(length for _, length in self.asked)

    async def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return self.content[offset : offset + length]


@dataclass
class Endless(Parts):
    """The same content over and over, for as long as anybody asks."""

    @property
    def size(self) -> int:
        return 2**40

    async def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        begin = offset % len(self.content)
        times = 2 + length // len(self.content)
        return (self.content * times)[begin : begin + length]


@dataclass
class Silent(Parts):
    """A server that never answers."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        self.begun.set()
        await asyncio.Event().wait()
        raise AssertionError


@dataclass
class Headless(Parts):
    """A file whose first bytes are the only ones to be had."""

    kept: int = 0

    async def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        if offset >= self.kept:
            raise Unread("not kept")
        return self.content[offset : min(offset + length, self.kept)]
