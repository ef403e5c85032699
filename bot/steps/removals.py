"""Removals: end, settle and at last forget what belongs to workspaces that have removed the app.

    where it stands                at once              installed again    after a week
    an order without jobs          failed, released     its card says so   deleted
    queued                         failed, released     its card says so   deleted
    submitting, sync.so has it not failed after 5 min   its card says so   deleted
    submitting, sync.so has it     processing           goes on            written off
    processing                     settled and billed   goes on            written off
    delivering                     waits, charged       delivered          given up
    unresolved                     waits                waits for a person written off
    its bill                       asked for            asked for          noted as a difference

Steps that need Slack end or wait by the table of `bot.steps.trouble`; those of sync.so need the key alone.
"""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.steps.bill import ASKED_FOR_S
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from storage import purging, removals
from storage.purging import Removed

_log = structlog.get_logger(__name__)

KEPT_S = ASKED_FOR_S
"""How long a key is kept for what was sent with it, and a finished video for whoever comes back."""
BACK_SOON_S = 3600.0
"""An uninstall is often the first half of an install: for so long everything stays as it is."""
_LOOKS_EVERY_S = 5.0
_AGAIN_S = 60.0
"""Where a look found nothing to do and nobody has removed the app since, the next one can wait."""
_AT_ONCE = 50
_ROWS_AT_ONCE = 500

_End = Callable[[AsyncConnection, str], Awaitable[None]]


class Removals:
    """Each process looks by itself: whatever it does may be done twice, or cut anywhere."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._left, self._looked_at = removals.NOTHING_LEFT, 0.0
        """Where nothing was left to do, and when."""
        self._forgotten: set[Removed] = set()
        """A workspace that was taken out stays listed; what is gone is not looked for again."""

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="removals")

    async def turn(self) -> bool:
        """Do some of what is left to do; whether there is more.

        Raises:
            StorageError: the database cannot be used.
        """
        now = self._tools.clock()
        async with self._tools.database.read() as conn:
            left = await removals.left(conn)
        if left == removals.NOTHING_LEFT or (left == self._left and now < self._looked_at + _AGAIN_S):
            return False
        if await self._end_unsent() or await self._give_up_late() or await self._forget():
            return True
        self._left, self._looked_at = left, now
        return False

    async def _end_unsent(self) -> bool:
        now = self._tools.clock()
        async with self._tools.database.read() as conn:
            orders, queued = await removals.unsent(conn, now=now, limit=_AT_ONCE)
        await self._each(orders, lambda conn, row_id: removals.end_order(conn, row_id, now=now))
        await self._each(queued, lambda conn, row_id: removals.end_queued(conn, row_id, now=now))
        if orders or queued:
            _log.info("ended where the app was removed", orders=len(orders), jobs=len(queued))
        return _AT_ONCE in {len(orders), len(queued)}

    async def _give_up_late(self) -> bool:
        now = self._tools.clock()
        before = now - KEPT_S
        async with self._tools.database.read() as conn:
            late = await removals.undelivered(conn, before=before, limit=_AT_ONCE)
        await self._each(late, lambda conn, row_id: removals.give_up(conn, row_id, before=before, now=now))
        if late:
            _log.warning("given up where the app stays removed", jobs=len(late))
        return len(late) == _AT_ONCE

    async def _forget(self) -> bool:
        """Delete at sync.so what nothing needs, then key and data here."""
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            await removals.let_go_of_inputs(conn, now=now)
        async with self._tools.database.read() as conn:
            removed = [each for each in await purging.removed(conn) if each not in self._forgotten]
            over = [each for each in removed if await self._is_over(conn, each, now)]
        return any([await self._purge(each) for each in over])

    async def _is_over(self, conn: AsyncConnection, removed: Removed, now: float) -> bool:
        age_s = now - removed.removed_at
        if age_s >= KEPT_S:
            return not await purging.is_needed_elsewhere(conn, removed.id)
        if removed.may_come_back or age_s < BACK_SOON_S:
            return False
        return not await purging.is_needed(conn, removed.id)

    async def _purge(self, removed: Removed) -> bool:
        async with self._tools.database.write() as conn:
            is_more = await purging.purge(conn, removed.id, now=self._tools.clock(), limit=_ROWS_AT_ONCE)
        if not is_more:
            self._forgotten.add(removed)
            self._tools.teams.forget()
            _log.info("forgot a workspace that removed the app", team=removed.id)
        return is_more

    async def _each(self, ids: Sequence[str], end: _End) -> None:
        """In a transaction each: who ends several at once could wait for somebody who waits for them."""
        for row_id in ids:
            async with self._tools.database.write() as conn:
                await end(conn, row_id)
