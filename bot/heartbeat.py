"""This process's sign of life, and its eye on that of the others that share its database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from storage import leases
from storage.database import Database
from storage.errors import StorageError

_log = structlog.get_logger(__name__)

_STEADY_BEATS = 3
"""Who was away itself, with its machine or its database, first waits for so many beats of the others."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. Between `fresh_s` and `silent_s` lies the time for a request to get out of the house."""

    every_s: float = 2.0
    fresh_s: float = 6.0
    """So long after its last beat a process may be sure that nobody has taken its work over."""
    silent_s: float = 8.0
    """After so much silence, by the database's clock, others take it over."""


def since_boot() -> float:
    """Seconds that nobody sets, and that go on while the process, or the machine, stands still."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Heartbeat:
    """Beats for one process. On SQLite, which has no other process, it only tells who stood still.

    Args:
        database: where holders are told of.
        holder: this process's id, with which its lease tokens begin.
        clock: seconds since the epoch; what is taken over is due then.
        rhythm: how often, and when silence is death.
        elapsed: seconds that go on while a process is stopped.
    """

    def __init__(
        self,
        database: Database,
        holder: str,
        *,
        clock: Callable[[], float],
        rhythm: Rhythm = Rhythm(),
        elapsed: Callable[[], float] = since_boot,
    ) -> None:
        self.holder = holder
        self._database = database
        self._clock = clock
        self._rhythm = rhythm
        self._elapsed = elapsed
        self._beat_at = float("-inf")
        self._steady = 0

    @property
    def is_fresh(self) -> bool:
        """Whether nobody can have taken this process for dead by now."""
        return self._elapsed() - self._beat_at < self._rhythm.fresh_s

    async def beat(self) -> None:
        """Show that this process lives.

        Raises:
            StorageError: that could not be stored.
        """
        sent_at = self._elapsed()  # before it is stamped there, so that no way to the database counts for us
        if self._database.is_shared:
            async with self._database.write() as conn:
                await leases.beat(conn, self.holder)
        self._beat_at = sent_at

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Beat from before the first claim until after the last.

        Raises:
            StorageError: the first beat could not be stored.
        """
        await self.beat()
        beating = asyncio.create_task(self.run(), name="heartbeat")
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await self.stop()

    async def run(self) -> None:
        """Beat, and take over from who fell silent, until cancelled."""
        while True:
            try:
                await self.turn()
            except StorageError as error:
                self._steady = 0
                _log.warning("no heartbeat", error=str(error))
            except Exception:  # noqa: BLE001 - nothing may end the loop by which others know that we live
                _log.exception("heartbeat broke")
            await asyncio.sleep(self._rhythm.every_s)

    async def turn(self) -> None:
        """One beat, and one look at the others.

        Raises:
            StorageError: the database cannot be used.
        """
        self._steady = self._steady + 1 if self.is_fresh else 0
        await self.beat()
        if self._database.is_shared and self._steady >= _STEADY_BEATS:
            await self._take_over()

    async def stop(self) -> None:
        """Leave, with all that was held given back; what was not is taken over as from the dead."""
        if not self._database.is_shared:
            return
        try:
            async with self._database.write() as conn:
                await leases.leave(conn, self.holder)
        except StorageError as error:
            _log.warning("left without a word", error=str(error))

    async def _take_over(self) -> None:
        silent_s, now = self._rhythm.silent_s, self._clock()
        async with self._database.write() as conn:
            freed = await leases.take_over(conn, self.holder, silent_s=silent_s, now=now)
        for holder, number in freed.items():
            _log.warning("another process fell silent; its work is taken over", holder=holder, held=number)


async def free_what_the_dead_held(database: Database, *, now: float) -> None:
    """Have all that an earlier process held be due at once. For who knows that no other process is left."""
    async with database.write() as conn:
        number = await leases.release_all(conn, now=now)
    if number:
        _log.info("takes up what an earlier process left", held=number)
