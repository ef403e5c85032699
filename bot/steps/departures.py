"""Departures: delete the data of people who asked for that, as far as it can go by now.

what                                   when
an order that was not sent             ended at once, its money free
one that sync.so has                   when it has come to its end, its video delivered
one of which nobody knows its end      when somebody says so, else it is given up after 7 days
words, files and results at sync.so    with their order's end
Home, recent files, what they are      at once
their name in the books                when the month is over: until then their budget holds
their name in the audit log            after 30 days: nobody can take away at once what they did
"""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.errors import NotInstalled
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from bot.troubles import log_trouble
from storage import audit, deletions, departures, endings, order_store, pseudonyms
from storage.audit import Action, Entry
from storage.data_map import DAY_S, REQUESTS_KEPT_S, UNRESOLVED_KEPT_S
from storage.departures import Departure
from storage.errors import StorageError, Undecryptable
from storage.jobs import JobStatus
from storage.money import month_of
from storage.orders import ORDER_MOVES, OrderStatus

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 5.0
_AGAIN_S = 3600.0
"""Where something has to wait for another day, and the sooner look while a video is being made."""
_SOON_S = 60.0
_AT_ONCE, _ENTRIES_AT_ONCE = 50, 500
_CANCELLABLE = frozenset(
    status for status, targets in ORDER_MOVES.items() if OrderStatus.CANCELLED in targets
)


class Departures:
    """Each process looks by itself: whatever it does may be done twice, or cut anywhere."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="departures")

    async def turn(self) -> bool:
        """Do some of what is left to do; whether there is more.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._tools.database.read() as conn:
            due = await departures.due(conn, now=self._tools.clock(), limit=1)
        for left in due:
            await self._guarded(left)
        return bool(due)

    async def _guarded(self, left: Departure) -> None:
        """What breaks for one person is tried again later: the others do not wait for it."""
        try:
            await self._go_on(left)
        except Exception as error:
            if isinstance(error, StorageError) and not isinstance(error, Undecryptable):
                raise
            log_trouble("a departure broke", error, team=left.team_id, next_try_s=_AGAIN_S)
            await self._wait(left, _AGAIN_S)

    async def _go_on(self, left: Departure) -> None:
        async with self._tools.database.read() as conn:
            open_ids = await departures.open_orders(conn, left, limit=_AT_ONCE)
            ended_ids = await departures.ended_orders(conn, left, limit=_AT_ONCE)
        is_late = self._tools.clock() >= left.asked_at + UNRESOLVED_KEPT_S
        await self._each(open_ids, self._give_up if is_late else self._end)
        await self._each(ended_ids, self._delete)
        if len(ended_ids) == _AT_ONCE:
            return
        async with self._tools.database.read() as conn:
            still_open = await departures.open_orders(conn, left, limit=1)
            more = await departures.ended_orders(conn, left, limit=1)
        async with self._tools.database.write() as conn:
            await departures.forget_traces(conn, left)
        if more:
            return
        if still_open:
            await self._wait(left, _SOON_S)
            return
        await self._leave_books(left)

    async def _leave_books(self, left: Departure) -> None:
        """Take their name from what has to stay, when nothing is open that is to be booked."""
        now = self._tools.clock()
        owner_id = await self._owner(left)
        is_late = now >= left.asked_at + REQUESTS_KEPT_S
        if is_late:
            await self._leave_log(left)
        async with self._tools.database.write() as conn:
            number = await pseudonyms.rename(
                conn,
                owner_id,
                left.user_id,
                left.pseudonym,
                before_month=month_of(now - DAY_S),
                limit=_ENTRIES_AT_ONCE,
            )
            if number >= _ENTRIES_AT_ONCE:
                return
            is_named = await pseudonyms.is_named(
                conn, owner_id, left.user_id, until_month=month_of(left.asked_at + DAY_S)
            )
            if not is_late or is_named:
                await departures.wait(conn, left, until=now + _AGAIN_S)
                return
            if await departures.done(conn, left):
                gone = Entry(
                    team_id=left.team_id, action=Action.FORGOTTEN, subject=left.pseudonym, actor=None
                )
                await audit.append(conn, gone, now=now)
        _log.info("forgot a person", team=left.team_id)

    async def _leave_log(self, left: Departure) -> None:
        """Take their name from the audit logs: a long one is read beside whatever is written meanwhile."""
        while True:
            async with self._tools.database.read() as conn:
                keys = await departures.logged(conn, left)
            if not keys:
                return
            async with self._tools.database.write() as conn:
                await departures.unname(conn, keys)

    async def _owner(self, left: Departure) -> str:
        """The installation in whose books they stand."""
        try:
            return (await self._tools.teams.need(left.enterprise_id, left.team_id)).id
        except NotInstalled:
            return left.team_id

    async def _wait(self, left: Departure, wait_s: float) -> None:
        async with self._tools.database.write() as conn:
            await departures.wait(conn, left, until=self._tools.clock() + wait_s)

    async def _end(self, conn: AsyncConnection, order_id: str) -> None:
        """End what was not sent."""
        now = self._tools.clock()
        order = await order_store.find(conn, order_id, lock=True)
        if order is None:
            return
        if order.status in _CANCELLABLE:
            await order_store.move(conn, order, OrderStatus.CANCELLED, now=now)
        elif order.status is OrderStatus.RUNNING:
            await endings.end_unsent(conn, order.id, now=now)

    async def _give_up(self, conn: AsyncConnection, order_id: str) -> None:
        """End also what nobody has said for long what became of it: it counts as spent."""
        await self._end(conn, order_id)
        for job in await deletions.jobs_of(conn, order_id):
            ended = await endings.end(
                conn,
                job,
                JobStatus.FAILED,
                now=self._tools.clock(),
                expect={JobStatus.UNRESOLVED},
                failure_code="given_up",
            )
            if ended is not None:
                await audit.append(conn, audited.given_up(ended, None), now=self._tools.clock())

    async def _delete(self, conn: AsyncConnection, order_id: str) -> None:
        order = await order_store.find(conn, order_id, lock=True)
        if order is not None and order.ended_at is not None:
            await deletions.delete_order(conn, order, now=self._tools.clock(), with_videos=False)

    async def _each(self, ids: Sequence[str], do: Callable[[AsyncConnection, str], Awaitable[None]]) -> None:
        """In a transaction each: who changes several at once could wait for somebody who waits for them."""
        for order_id in ids:
            async with self._tools.database.write() as conn:
                await do(conn, order_id)
