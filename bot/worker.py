"""The worker: finds what is due, claims it by lease and runs the step of its status."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.steps.tools import SLOW_AFTER_S
from storage import card_store, claims, leases, relays, slots
from storage.cards import Card
from storage.database import Database
from storage.errors import StorageError
from storage.inputs import Input, InputStatus
from storage.jobs import Job, JobStatus
from storage.leases import LEASE_S, Lease
from storage.orders import Order, OrderStatus
from storage.standing import Standing

_log = structlog.get_logger(__name__)

_LOOK_AT_LEAST_EVERY_S = 5.0
"""Whatever wakes the worker can be missed; this bounds the wait."""
_LOOK_AGAIN_AFTER_S = 1.0
_TRIES_TO_GIVE_BACK = 90
_SET_BACK_S = 5.0
"""A clock that is so much behind itself was set back, not merely trimmed."""
_LONGEST_WAIT_S = 600.0
"""Further ahead no step puts a job, and no lease ends."""
_AHEAD_S = 2.0
"""Polls that are due so soon ride along with one that is due."""
_POLLS_IN_A_CLAIM = 500
"""Each claim looks through all that is due, and holds the writer and the loop for some milliseconds."""
_SENT_IN_A_CLAIM = 8
"""Sent side by side: a claim ends when the slowest answer is there."""
_PRICED_IN_A_CLAIM = 8
"""Asked for side by side, as above."""
_GIVEN_BACK_WITHIN_S = 2.0
_AFTER_BREAK_S = 10.0
"""A mistake of ours stays one for a while, but the rows that it has not met are not to wait for long."""
_CARDS_IN_A_CLAIM = 5
"""Shown one after the other under one lease."""

Row = TypeVar("Row", Order, Job, Input, Card)
Step = Callable[[list[Row]], Awaitable[None]]
Claim = Callable[[AsyncConnection, str, float], Awaitable[list[Row]]]
"""Takes what is due under a fresh lease token, at a time: `claim(conn, token, now)`."""


@dataclass(frozen=True, slots=True)
class Lane(Generic[Row]):
    """Rows of some statuses, how they are claimed, their step, and how many claims run at once here.

    Long work (media) has many claims of one row side by side; reading has one claim of many.
    """

    name: str
    statuses: Collection[OrderStatus | JobStatus | InputStatus]
    claim: Claim[Row]
    step: Step[Row]
    at_once: int
    opens_at: Callable[[Standing, float], float | None] | None = None
    """When a line of jobs may be claimed from; None: their own times decide."""
    lease: Lease = leases.JOBS

    def due_at(self, due: Mapping[str, float], lines: Sequence[Standing], now: float) -> float | None:
        """When there is something to claim, as far as the clock decides; None: not before some job moves on.

        Args:
            due: when the next row of each status is due.
            lines: the accounts in whose lines jobs wait.
            now: seconds since the epoch.
        """
        if self.opens_at is None:
            moments = [due.get(status) for status in self.statuses]
        else:
            moments = [self.opens_at(line, now) for line in lines]
        return min((moment for moment in moments if moment is not None), default=None)


def claims_of(statuses: Collection[JobStatus], *, limit: int) -> Claim[Job]:
    """Claims of at most `limit` jobs, the longest due first."""

    async def claim(conn: AsyncConnection, token: str, now: float) -> list[Job]:
        return await claims.claim_jobs(
            conn, now=now, lease_s=LEASE_S, token=token, statuses=statuses, limit=limit
        )

    return claim


def claims_of_orders(statuses: Collection[OrderStatus], *, limit: int) -> Claim[Order]:
    """Claims of at most `limit` orders, the longest due first."""

    async def claim(conn: AsyncConnection, token: str, now: float) -> list[Order]:
        return await claims.claim_orders(
            conn, now=now, lease_s=LEASE_S, token=token, statuses=statuses, limit=limit
        )

    return claim


async def claim_polls(conn: AsyncConnection, token: str, now: float) -> list[Job]:
    """Claims whole accounts, so that one request reads many generations."""
    return await claims.claim_polls(
        conn, now=now, ahead_s=_AHEAD_S, lease_s=LEASE_S, token=token, limit=_POLLS_IN_A_CLAIM
    )


async def claim_prices(conn: AsyncConnection, token: str, now: float) -> list[Job]:
    """Claims queued jobs whose turn it is to be priced once more."""
    return await slots.claim_to_price(conn, now=now, lease_s=LEASE_S, token=token, limit=_PRICED_IN_A_CLAIM)


async def claim_slots(conn: AsyncConnection, token: str, now: float) -> list[Job]:
    """Claims queued jobs whose price holds and for which their accounts have a slot."""
    return await slots.claim(conn, now=now, lease_s=LEASE_S, token=token, limit=_SENT_IN_A_CLAIM)


async def claim_inputs(conn: AsyncConnection, token: str, now: float) -> list[Input]:
    """Claims an input that is to be brought to sync.so."""
    return await relays.claim(conn, now=now, lease_s=LEASE_S, token=token, limit=1)


async def claim_cards(conn: AsyncConnection, token: str, now: float) -> list[Card]:
    """Claims cards that are behind."""
    return await card_store.claim_cards(conn, now=now, lease_s=LEASE_S, token=token, limit=_CARDS_IN_A_CLAIM)


class Worker:
    """One loop that keeps the lanes busy. `cards` is the lane that has no status: it shows what changed.

    `tell_slow` is called where the database keeps everybody waiting; when it works again, so are the cards of
    `overwritten` shown again.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Lane[Any]],
        cards: Lane[Card],
        *,
        clock: Callable[[], float],
        new_token: Callable[[], str],
        tell_slow: Callable[[], None],
        overwritten: set[str],
    ) -> None:
        self._database = database
        self._lanes = lanes
        self._cards = cards
        self._clock = clock
        self._new_token = new_token
        self._tell_slow = tell_slow
        self._overwritten = overwritten
        self._due = asyncio.Event()
        self._finishing = False
        self._last_look = math.inf  # so that the first look finds what an earlier process's clock did
        self._running: dict[str, set[asyncio.Task[None]]] = {lane.name: set() for lane in [*lanes, cards]}

    def wake(self) -> None:
        """Look for due jobs now: a handler or a webhook made one due."""
        self._due.set()

    def finish(self) -> None:
        """Claim nothing more: `run` comes to its end, after the claim that it may be at."""
        self._finishing = True
        self._due.set()

    async def run(self) -> None:
        """Work until `finish`; a database that cannot be used for a while is waited for."""
        while not self._finishing:
            self._due.clear()
            try:
                wait_s = await self._turn()
            except StorageError as error:
                _log.warning("the database cannot be used now", error=str(error))
                self._tell_slow()
                wait_s = _LOOK_AGAIN_AFTER_S
            except Exception:  # noqa: BLE001 - nothing may end the one loop that all jobs depend on
                _log.exception("could not look for due jobs")
                wait_s = _LOOK_AT_LEAST_EVERY_S
            with contextlib.suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 a cancel is lost there when it comes together with the event.
                async with asyncio.timeout(wait_s):
                    await self._due.wait()

    async def stop(self, *, within_s: float) -> None:
        """Let running steps end, then cut them and give back what they hold, for whoever works on.

        Where the database does not take it back soon, the leases end by themselves.
        """
        running = [task for tasks in self._running.values() for task in tasks]
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_GIVEN_BACK_WITHIN_S)

    async def _turn(self) -> float:
        """Claim what is due and has room; returns the seconds until something may be due."""
        now = self._clock()
        if now < self._last_look - _SET_BACK_S:
            back_s = self._last_look - now if math.isfinite(self._last_look) else 0.0
            async with self._database.write() as conn:
                await claims.pull_in(conn, now=now, ahead_s=_LONGEST_WAIT_S, back_s=back_s)
        self._last_look = now
        nearest = now + _LOOK_AT_LEAST_EVERY_S
        await self._show_overwritten(now)
        async with self._database.read() as conn:
            due = await claims.next_due(conn)
            lines = await slots.standings(conn, now=now) if JobStatus.QUEUED in due else []
            cards_due = await card_store.next_due(conn)
        for lane in self._lanes:
            nearest = await self._serve(lane, lane.due_at(due, lines, now), now, nearest)
        nearest = await self._serve(self._cards, cards_due, now, nearest)
        # By a clock that may just have been set.
        return min(max(0.0, nearest - self._clock()), _LOOK_AT_LEAST_EVERY_S)

    async def _show_overwritten(self, now: float) -> None:
        again = set(self._overwritten)
        # Taken out first: a card that is told again meanwhile has to be shown again after that.
        self._overwritten -= again
        if again:
            try:
                async with self._database.write() as conn:
                    await card_store.newer_many(conn, again, now=now)
            except StorageError:
                self._overwritten |= again
                raise

    async def _serve(self, lane: Lane[Any], due_at: float | None, now: float, nearest: float) -> float:
        if due_at is None or len(self._running[lane.name]) >= lane.at_once:
            return nearest
        if due_at > now or self._finishing:
            return min(nearest, due_at)
        claimed = await self._claim(lane, now)
        if claimed:
            self._start(lane, claimed)
            # There may be more; a full lane looks again when a task ends.
            return now if len(self._running[lane.name]) < lane.at_once else nearest
        return nearest

    async def _claim(self, lane: Lane[Row], now: float) -> list[Row]:
        late = asyncio.get_running_loop().call_later(SLOW_AFTER_S, self._tell_slow)
        try:
            async with self._database.write() as conn:
                return await lane.claim(conn, self._new_token(), now)
        finally:
            late.cancel()

    def _start(self, lane: Lane[Row], rows: list[Row]) -> None:
        task = asyncio.create_task(self._run_step(lane, rows), name=f"{lane.name} × {len(rows)}")
        running = self._running[lane.name]
        running.add(task)
        task.add_done_callback(running.discard)
        task.add_done_callback(lambda _task: self._due.set())

    async def _run_step(self, lane: Lane[Row], rows: list[Row]) -> None:
        try:
            await lane.step(rows)
        except asyncio.CancelledError:
            await self._give_back(lane, rows)
            raise
        except StorageError as error:
            _log.warning("step not stored; it is repeated", lane=lane.name, error=str(error))
            self._tell_slow()
            await self._give_back_later(lane, rows)
        except Exception:  # noqa: BLE001 - nobody awaits the task: this is where it is told
            _log.exception("step broke", lane=lane.name)
            await self._give_back(lane, rows, after_s=_AFTER_BREAK_S)

    async def _give_back_later(self, lane: Lane[Row], rows: list[Row]) -> None:
        """As soon as the database takes it; nothing is lost if it never does, for the leases end."""
        for _ in range(_TRIES_TO_GIVE_BACK):
            await asyncio.sleep(_LOOK_AGAIN_AFTER_S)
            if await self._give_back(lane, rows):
                return

    async def _give_back(self, lane: Lane[Row], rows: list[Row], *, after_s: float = 0.0) -> bool:
        """Due at once or soon, instead of when the lease ends; what the step has moved on is not touched."""
        due_at = self._clock() + after_s
        try:
            async with self._database.write() as conn:
                held = [row.id for row in rows]
                await lane.lease.release(conn, held, rows[0].lease_token or "", now=due_at)
        except StorageError:
            return False
        return True
