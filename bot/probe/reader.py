"""Files are read by a child process that can open nothing: it asks for bytes, and says what they are."""

import asyncio
import importlib.util
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.probe.facts import Answer, Facts
from bot.probe.ranges import Ranges, Unread
from bot.probe.wire import ANSWER, ASK, GIVE, LONGEST_ANSWER, MOST_AT_ONCE, MOST_BYTES, MOST_TRIPS, REFUSED

_ROOT: Final = str(Path(__file__).parents[2])
_START: Final = """
import sys
sys.path.append(sys.argv[1])
from bot.probe.child import main
main(int(sys.argv[2]))
"""
_WITHIN_S: Final = 10.0
_AT_ONCE: Final = 2
"""Children; each takes up to 50 MB, and a core while it reads."""


@dataclass(slots=True)
class _Budget:
    """What may still be read of one file."""

    trips: int = MOST_TRIPS
    left: int = MOST_BYTES

    def allows(self, length: int) -> bool:
        """Whether one more part of that length may be read; it is counted."""
        self.trips -= 1
        self.left -= length
        return self.trips >= 0 and self.left >= 0


def is_installed() -> bool:
    """Whether the library is there that the child needs (the extra `probe`). It is not loaded."""
    return importlib.util.find_spec("av") is not None


@dataclass(frozen=True)
class Reader:
    """Reads what files are. The child gets no environment, no file and no socket but the one to here."""

    within_s: float = _WITHIN_S
    """Seconds for one file, its child's start and all its parts included."""
    command: tuple[str, ...] = (sys.executable, "-I", "-c", _START, _ROOT)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def read(self, ranges: Ranges) -> Facts:
        """What a file is.

        Raises:
            Unread: It does not say, or not in time.
            Exception: As `ranges` raises.
        """
        async with self._slots:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                ours.setblocking(False)
                child = await self._child(theirs, ranges.size)
                theirs.close()  # so that its end is seen here
                try:
                    async with asyncio.timeout(self.within_s):
                        return await _conversation(ours, ranges)
                except TimeoutError:
                    raise Unread("too slow") from None
                finally:
                    await _end(child)

    async def _child(self, channel: socket.socket, size: int) -> asyncio.subprocess.Process:
        nothing = asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(
            *self.command, str(size), stdin=channel.fileno(), stdout=nothing, stderr=nothing, env={}, cwd="/"
        )


async def _conversation(channel: socket.socket, ranges: Ranges) -> Facts:
    """Give what is asked for until the child answers. What it says is as little trusted as what it read."""
    budget = _Budget()
    loop = asyncio.get_running_loop()
    while True:
        offset, length = ASK.unpack(await _received(channel, ASK.size))
        if offset == ANSWER:
            return _facts(await _received(channel, min(length, LONGEST_ANSWER)))
        part = await _part(ranges, budget, offset, length)
        try:
            await loop.sock_sendall(channel, GIVE.pack(len(part) if part else REFUSED) + part)
        except OSError as error:
            raise Unread("the child ended") from error


async def _part(ranges: Ranges, budget: _Budget, offset: int, length: int) -> bytes:
    """What the child asks for; nothing where it gets no more of the file."""
    fits = 0 < length <= MOST_AT_ONCE and offset + length <= ranges.size
    if not (fits and budget.allows(length)):
        return b""
    try:
        return (await ranges.read(offset, length))[:length]
    except Unread:
        return b""


def _facts(content: bytes) -> Facts:
    try:
        answer = Answer.model_validate_json(content)
    except ValidationError:
        raise Unread("not to be believed") from None
    if answer.facts is None:
        raise Unread(answer.why)
    return answer.facts


async def _received(channel: socket.socket, length: int) -> bytes:
    loop = asyncio.get_running_loop()
    content = bytearray()
    while len(content) < length:
        try:
            data = await loop.sock_recv(channel, length - len(content))
        except OSError as error:
            raise Unread("the child ended") from error
        if not data:
            raise Unread("the child ended")
        content += data
    return bytes(content)


async def _end(child: asyncio.subprocess.Process) -> None:
    """End it, whatever it does, and wait until it is gone: it says all before it ends, or too late."""
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()
