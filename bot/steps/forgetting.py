"""Deletes what is kept for a while only; how long is in `storage.data_map`."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import structlog

from bot.steps.loops import look_now_and_then
from bot.teams.rules import Rules
from storage import (
    answers,
    connect_links,
    input_store,
    install_states,
    installations,
    lives,
    reviews,
    rules,
    sync_keys,
)
from storage.data_map import ANSWERS_KEPT_S, DAY_S, LINKS_KEPT_S
from storage.database import Database
from storage.lives import Over
from storage.retention import forget_addresses

_log = structlog.get_logger(__name__)

KEY_RESTS_S, KEY_KEPT_S = 3600.0, 7 * DAY_S
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
            number = await forget_addresses(conn, ended_before=now - LINKS_KEPT_S, limit=_AT_ONCE)
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
        cleared = [await self._clear(kind, now) for kind in await self.over()]
        return _AT_ONCE in {number, old, *cleared}

    async def over(self) -> Sequence[Over]:
        """What is over by the map of the data, and by how long each team keeps what people wrote."""
        kept_days: defaultdict[int, list[str]] = defaultdict(list)
        async with self._database.read() as conn:
            set_by = await rules.every(conn)
            for owner in await installations.ids(conn):
                kept_days[_kept_days(set_by.get(owner))].append(owner)
        return lives.over(kept_days, now=self._clock())

    async def _clear(self, kind: Over, now: float) -> int:
        """Delete some of a kind; how many were found."""
        async with self._database.read() as conn:
            rows = await lives.some(conn, kind, limit=_AT_ONCE)
        if rows:
            async with self._database.write() as conn:
                await kind.clear(conn, rows, now)
            _log.info("deleted what was over", what=kind.what, number=len(rows))
        return len(rows)


def _kept_days(stored: str | None) -> int:
    return (Rules() if stored is None else Rules.model_validate_json(stored)).words_kept_days
