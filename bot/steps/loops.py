"""Loops beside the worker, for what is looked at now and then."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from storage.errors import StorageError

_log = structlog.get_logger(__name__)


async def look_now_and_then(turn: Callable[[], Awaitable[bool]], *, every_s: float, what: str) -> None:
    """Take turns until cancelled: at once while there may be more, else after a while.

    Args:
        turn: does some of what is due; whether there may be more.
        every_s: seconds between looks.
        what: names the loop in the log, where a turn fails; the next one comes all the same.
    """
    while True:
        try:
            while await turn():
                pass
        except StorageError as error:
            _log.warning("a look came to nothing; the next one follows", what=what, error=str(error))
        except Exception:  # noqa: BLE001 - nobody awaits the loop: this is where it is told
            _log.exception("a look broke", what=what)
        await asyncio.sleep(every_s)
