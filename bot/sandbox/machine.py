"""Faults of the machine under the app, made from outside its process, for the page's panel and for tests."""

import asyncio
import mmap
import os
import signal
import sqlite3
import struct
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_OFFSET = struct.Struct("d")


class Clock:
    """The time of day, wrong by as many seconds as the file at `path` says: two processes share it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0.0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _OFFSET.size)

    def __call__(self) -> float:
        """Seconds since the epoch, as the app is made to believe."""
        return time.time() + self.offset_s

    @property
    def offset_s(self) -> float:
        """How much it is ahead."""
        return float(_OFFSET.unpack_from(self._shared)[0])

    def set_ahead(self, seconds: float) -> None:
        """Step it to so much ahead of the true time; less than 0: behind."""
        _OFFSET.pack_into(self._shared, 0, seconds)


@asynccontextmanager
async def paused(pid: int) -> AsyncIterator[None]:
    """Stop a process where it stands, as a machine does that sleeps or swaps."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[None]:
    """Hold the SQLite file's one lock for writing, as a backup or somebody's shell would."""
    connection = await asyncio.to_thread(_lock, database)
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def _lock(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None, timeout=10, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection


@contextmanager
def _no_room(pid: int) -> Iterator[None]:
    import resource  # noqa: PLC0415 - not there on every system

    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@asynccontextmanager
async def full_disk(pid: int) -> AsyncIterator[None]:
    """Let a process write no more to any file."""
    with _no_room(pid):
        yield


@dataclass(frozen=True, slots=True)
class _Kind:
    """A switch as the panel offers it."""

    title: str
    description: str
    params: Mapping[str, float] = field(default_factory=dict)


_KINDS: dict[str, _Kind] = {
    "kill": _Kind("Kill the app", "Ends it on the spot; it is started again."),
    "pause": _Kind("Pause the app", "It stands still, then goes on.", {"seconds": 10.0}),
    "lock": _Kind("Lock the database", "Another process holds it.", {"seconds": 30.0}),
    "fill": _Kind("Fill the disk", "The app can write to no file.", {"seconds": 30.0}),
    "clock": _Kind("Set the clock", "The app's clock is wrong; below 0 it is behind.", {"minutes": 60.0}),
}


class _Turn(BaseModel):
    """Body of a POST: one switch on or off."""

    model_config = ConfigDict(extra="forbid")

    name: str
    active: bool = True
    params: dict[str, float] = Field(default_factory=dict)


class Machine:
    """The switches. `pid` tells the app's process; None: it does not run."""

    def __init__(self, pid: Callable[[], int | None], *, database: Path, clock: Clock) -> None:
        self._pid = pid
        self._database = database
        self._clock = clock
        self._lasting: dict[str, asyncio.Task[None]] = {}
        self._params = {name: dict(kind.params) for name, kind in _KINDS.items()}

    async def faults(self, request: Request) -> Response:
        """`/ui/machine`: show the switches; POST turns one first."""
        if request.method == "POST":
            try:
                turn = _Turn.model_validate_json(await request.body())
                await self.turn(turn.name, turn.params, active=turn.active)
            except (ValidationError, KeyError, OSError, sqlite3.Error) as wrong:
                return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse({"faults": [self._shown(name) for name in self._kinds()]})

    async def turn(
        self, name: str, params: Mapping[str, float] | None = None, *, active: bool = True
    ) -> None:
        """Turn one on or off.

        Raises:
            KeyError: there is no such switch.
            OSError: the system does not allow it.
        """
        self._params[name] |= dict(params or {})
        await self._end(name)
        if name == "clock":
            self._clock.set_ahead(self._params[name]["minutes"] * 60 if active else 0.0)
        elif active and (pid := self._pid()) is not None:
            if name == "kill":
                os.kill(pid, signal.SIGKILL)
            else:
                self._begin(name, self._fault(name, pid))

    async def close(self) -> None:
        """End all that lasts."""
        for name in list(self._lasting):
            await self._end(name)

    @staticmethod
    def _kinds() -> list[str]:
        """Those that this system can do."""
        return [name for name in _KINDS if name != "fill" or sys.platform == "linux"]

    def _fault(self, name: str, pid: int) -> AbstractAsyncContextManager[None]:
        match name:
            case "pause":
                return paused(pid)
            case "lock":
                return locked(self._database)
        return full_disk(pid)

    def _begin(self, name: str, fault: AbstractAsyncContextManager[None]) -> None:
        async def last() -> None:
            async with fault:
                await asyncio.sleep(self._params[name]["seconds"])

        self._lasting[name] = asyncio.create_task(last(), name=name)

    async def _end(self, name: str) -> None:
        task = self._lasting.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _shown(self, name: str) -> dict[str, Any]:
        kind, task = _KINDS[name], self._lasting.get(name)
        lasts = self._clock.offset_s != 0 if name == "clock" else task is not None and not task.done()
        return {
            "name": name,
            "title": kind.title,
            "description": kind.description,
            "active": lasts,
            "params": self._params[name],
            "choices": {},
        }
