"""Deletes what is kept for a while only."""

import asyncio
from collections.abc import Callable

import structlog

from storage.database import Database
from storage.errors import StorageError
from storage.retention import forget_addresses

_log = structlog.get_logger(__name__)

_DAY_S = 24 * 3600.0
KEPT_S = 7 * _DAY_S - 3600.0
"""From a job's end, for Try again and Make another version: seven days less an hour, to be there in time."""
_LOOKS_EVERY_S = 60.0
_AT_ONCE = 200


class Forgetting:
    """Each process looks by itself: there is nothing to lease, for what is deleted twice is deleted."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            try:
                while await self.turn():
                    pass
            except StorageError as error:
                _log.warning("nothing was forgotten", error=str(error))
            except Exception:  # noqa: BLE001 - nobody awaits the loop: this is where it is told
                _log.exception("forgetting broke")
            await asyncio.sleep(_LOOKS_EVERY_S)

    async def turn(self) -> bool:
        """Delete what is due, up to a limit; whether there may be more.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._database.write() as conn:
            number = await forget_addresses(conn, ended_before=self._clock() - KEPT_S, limit=_AT_ONCE)
        if number:
            _log.info("forgot the addresses of links", jobs=number)
        return number == _AT_ONCE
