"""Deletes what is kept for a while only."""

from collections.abc import Callable

import structlog

from bot.steps.loops import look_now_and_then
from storage import answers, connect_links, input_store, install_states, reviews, sync_keys
from storage.database import Database
from storage.retention import forget_addresses

_log = structlog.get_logger(__name__)

_DAY_S = 24 * 3600.0
KEPT_S = 7 * _DAY_S - 3600.0
"""From the end of an order's last job, for Try again and Make another version: seven days less an hour, to
be there in time."""
ANSWERS_KEPT_S = 2 * 3600.0
"""Slack tries to deliver an event for about an hour (Slack: Events API, retries)."""
KEY_RESTS_S, KEY_KEPT_S = 3600.0, 7 * _DAY_S
"""A replaced key goes when nothing is left to settle with it: not before the first, and never after the
second."""
_LOOKS_EVERY_S = 60.0
_AT_ONCE = 200


class Forgetting:
    """Each process looks by itself: there is nothing to lease, for what is deleted twice is deleted."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="forgetting")

    async def turn(self) -> bool:
        """Delete what is due, up to a limit; whether there may be more.

        Raises:
            StorageError: the database cannot be used.
        """
        now = self._clock()
        async with self._database.write() as conn:
            number = await forget_addresses(conn, ended_before=now - KEPT_S, limit=_AT_ONCE)
            await answers.forget(conn, before=now - ANSWERS_KEPT_S)
            await connect_links.forget_old(conn, now=now)
            await install_states.forget_old(conn, now=now)
            await sync_keys.forget_unneeded(
                conn, replaced_before=now - KEY_RESTS_S, at_last_before=now - KEY_KEPT_S
            )
            await input_store.let_go_of_left_behind(conn, now=now)
            old = await input_store.forget_old(conn, now=now, limit=_AT_ONCE)
        async with self._database.write() as conn:
            gone = await reviews.forget_keyless(conn)
        if gone:
            _log.info("accounts without a key are not looked at any more", accounts=gone)
        if number or old:
            _log.info("forgot the addresses of links, and inputs", orders=number, inputs=old)
        return _AT_ONCE in {number, old}
