"""The worker: due jobs are found, lanes keep their limits, and nothing ends the loop but a stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.app import new_id
from bot.worker import Lane, Worker, claim_cards, claim_polls, claims_of
from storage import claims, leases
from storage.cards import Card
from storage.errors import StorageBusy
from storage.jobs import Job, JobStatus
from storage.orders import OrderStatus
from tests.integration.core.world import World

P, D = JobStatus.SUBMITTING, JobStatus.DELIVERING
Step = Callable[[list[Job]], Awaitable[None]]


async def nothing(_jobs: list[Job]) -> None:
    return


class Hands:
    """A step that shows how many run at once, and waits until it is let go."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.running = 0
        self.most = 0
        self.let_go = asyncio.Event()
        self.cut = 0

    async def __call__(self, jobs: list[Job]) -> None:
        self.started += [job.id for job in jobs]
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cut += 1
            raise
        finally:
            self.running -= 1


def lane(
    step: Callable[[list[Job]], Awaitable[None]], status: JobStatus = P, *, at_once: int = 2, limit: int = 1
) -> Lane[Job]:
    return Lane(f"lane of {status}", frozenset({status}), claims_of({status}, limit=limit), step, at_once)


@asynccontextmanager
async def working(
    there: World,
    *lanes: Lane[Job],
    cards: Callable[[list[Any]], Awaitable[None]] = nothing,
    tell_slow: Callable[[], None] = lambda: None,
) -> AsyncIterator[Worker]:
    showing = Lane("cards", frozenset(), claim_cards, cards, at_once=1, lease=leases.CARDS)
    worker = Worker(
        there.db,
        lanes,
        showing,
        clock=there.clock,
        new_token=new_id,
        tell_slow=tell_slow,
        overwritten=there.tools.live_cards.overwritten,
    )
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await worker.stop(within_s=0)


async def until(holds: Callable[[], bool], *, within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for may be anything
            await asyncio.sleep(0.005)


async def due(there: World, status: JobStatus = P, count: int = 1) -> list[Job]:
    return [await there.job(status, due_at=there.clock()) for _ in range(count)]


async def test_a_lane_runs_no_more_at_once_than_it_may_and_takes_the_rest_after(there: World) -> None:
    jobs, hands = await due(there, count=5), Hands()
    async with working(there, lane(hands, at_once=2)):
        await until(lambda: len(hands.started) == 2)
        await asyncio.sleep(0.05)
        assert len(hands.started) == 2

        hands.let_go.set()
        await until(lambda: len(hands.started) == 5)

    assert hands.most == 2
    assert sorted(hands.started) == sorted(job.id for job in jobs)


async def test_a_full_lane_holds_up_no_other(there: World) -> None:
    await due(there, P, count=3)
    (delivering,) = await due(there, D)
    slow, quick = Hands(), Hands()
    async with working(there, lane(slow, P, at_once=1), lane(quick, D)):
        await until(lambda: quick.started == [delivering.id])


async def test_a_batch_comes_to_the_step_whole_under_one_lease(there: World) -> None:
    await due(there, count=4)
    batches: list[list[Job]] = []

    async def keep(jobs: list[Job]) -> None:
        batches.append(jobs)

    async with working(there, lane(keep, limit=50)):
        await until(lambda: bool(batches))

    assert [len(batch) for batch in batches] == [4]
    assert len({job.lease_token for job in batches[0]}) == 1


async def test_a_wake_finds_what_was_made_due_just_now(there: World) -> None:
    hands = Hands()
    async with working(there, lane(hands)) as worker:
        await asyncio.sleep(0.05)
        (job,) = await due(there)
        worker.wake()
        await until(lambda: hands.started == [job.id])


async def test_a_job_due_in_a_moment_is_taken_then_and_not_before(there: World) -> None:
    (job,), hands = await due(there), Hands()
    await there.change(job, due_at=there.clock() + 0.1)
    async with working(there, lane(hands)):
        await asyncio.sleep(0.05)
        assert hands.started == []
        there.clock.pass_by(0.1)
        await until(lambda: hands.started == [job.id])


async def test_cards_that_are_behind_come_to_their_own_lane(there: World) -> None:
    job = await there.job(P, card_due_at=there.clock(), card_revision=1)
    shown: list[str] = []

    async def show(jobs: list[Card]) -> None:
        shown.extend(card.id for card in jobs)

    async with working(there, cards=show):
        await until(lambda: shown == [job.order_id])


async def test_polls_of_an_account_come_together(there: World) -> None:
    batches: list[int] = []

    async def settle(jobs: list[Job]) -> None:
        batches.append(len(jobs))

    for soon_s in (0, 0.5, 1.5, 60):
        await there.job(JobStatus.PROCESSING, account_key="a", due_at=there.clock() + soon_s)
    polls = Lane("settle", frozenset({JobStatus.PROCESSING}), claim_polls, settle, at_once=1)
    async with working(there, polls):
        await until(lambda: bool(batches))

    assert batches == [3]


async def test_a_step_that_breaks_ends_nothing(there: World) -> None:
    tried: list[str] = []

    async def breaks(jobs: list[Job]) -> None:
        tried.append(jobs[0].id)
        raise RuntimeError("no such luck")

    await due(there, count=3)
    async with working(there, lane(breaks, at_once=1)):
        await until(lambda: len(tried) == 3)


async def test_what_a_broken_step_held_is_due_again_long_before_its_lease_ends(there: World) -> None:
    async def breaks(_jobs: list[Job]) -> None:
        raise RuntimeError("no such luck")

    (job,) = await due(there)
    async with working(there, lane(breaks)):
        async with asyncio.timeout(60):
            while (job := await there.now(job)).due_at == there.clock() or job.lease_token is not None:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)

    assert there.wait_s(job) < leases.LEASE_S / 2


@pytest.mark.parametrize("trouble", [StorageBusy("locked"), RuntimeError("a bug")])
async def test_a_database_that_cannot_be_read_for_a_while_is_waited_for(
    there: World, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr("bot.worker._LOOK_AT_LEAST_EVERY_S", 0.01)
    real, failures = claims.next_due, [trouble, trouble]

    async def next_due(conn: AsyncConnection) -> dict[str, float]:
        if failures:
            raise failures.pop()
        return await real(conn)

    monkeypatch.setattr(claims, "next_due", next_due)
    (job,), hands = await due(there), Hands()
    async with working(there, lane(hands)):
        await until(lambda: hands.started == [job.id])

    assert failures == []


async def test_a_database_that_is_away_has_those_who_wait_told(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def next_due(_conn: AsyncConnection) -> dict[JobStatus, float]:
        raise StorageBusy("locked")

    told: list[None] = []
    monkeypatch.setattr(claims, "next_due", next_due)
    async with working(there, lane(nothing), tell_slow=lambda: told.append(None)):
        await until(lambda: bool(told))


async def test_a_claim_that_stands_still_has_those_who_wait_told(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker.SLOW_AFTER_S", 0.05)
    told: list[None] = []

    async def claim(_conn: AsyncConnection, _token: str, _now: float) -> list[Job]:
        await asyncio.Event().wait()
        return []

    await due(there)
    stuck = Lane("stuck", frozenset({P}), claim, nothing, at_once=1)
    async with working(there, stuck, tell_slow=lambda: told.append(None)):
        await until(lambda: bool(told))


async def test_two_workers_share_what_is_due_and_never_a_job(there: World) -> None:
    jobs = await due(there, count=20)
    taken: list[str] = []

    async def take(batch: list[Job]) -> None:
        taken.extend(job.id for job in batch)
        await asyncio.sleep(0)

    async with working(there, lane(take)), working(there, lane(take)):
        await until(lambda: len(taken) >= 20)

    assert sorted(taken) == sorted(job.id for job in jobs)


async def test_a_stop_waits_for_what_is_held(there: World) -> None:
    await due(there)
    hands = Hands()
    async with working(there, lane(hands)) as worker:
        await until(lambda: bool(hands.started))
        asyncio.get_running_loop().call_later(0.05, hands.let_go.set)
        await worker.stop(within_s=2)

    assert (hands.running, hands.cut) == (0, 0)


async def test_a_stop_cuts_what_takes_too_long_and_gives_it_back(there: World) -> None:
    (job,) = await due(there)
    hands = Hands()
    async with working(there, lane(hands)):
        await until(lambda: bool(hands.started))

    assert hands.cut == 1
    job = await there.now(job)
    assert (job.status, job.due_at, job.lease_token) == (P, there.clock(), None)


async def test_a_card_that_a_stop_cut_is_shown_by_the_next_process(there: World) -> None:
    job = await there.job(P, card_due_at=there.clock(), card_revision=1)
    hands = Hands()
    async with working(there, cards=hands):
        await until(lambda: bool(hands.started))

    job = await there.now(job)
    assert ((await there.card(job)).due_at, (await there.card(job)).lease_token) == (there.clock(), None)


async def test_what_was_moved_on_before_the_cut_stays_where_it_is(there: World) -> None:
    (job,) = await due(there)
    hands = Hands()
    async with working(there, lane(hands)):
        await until(lambda: bool(hands.started))
        await there.change(job, status=JobStatus.CANCELLED, lease_token=None, due_at=None)

    job = await there.now(job)
    assert (job.status, job.due_at) == (JobStatus.CANCELLED, None)


async def test_a_stop_ends_the_loop_even_when_work_ends_in_the_same_moment(there: World) -> None:
    """A cancel that comes together with the wake-up must not be lost."""
    for _ in range(5):
        await due(there)
        hands = Hands()
        async with asyncio.timeout(60), working(there, lane(hands)) as worker:
            await until(lambda h=hands: bool(h.started))  # type: ignore[misc]
            hands.let_go.set()
            worker.wake()


@pytest.mark.parametrize("back_s", [3_600, 200])
async def test_a_clock_that_is_set_back_puts_nothing_off(there: World, back_s: float) -> None:
    hands = Hands()
    async with working(there, lane(hands)) as worker:
        await asyncio.sleep(0.05)
        job = await there.job(P, due_at=there.clock() + 1)
        there.clock.pass_by(-back_s)
        worker.wake()
        await asyncio.sleep(0.05)
        there.clock.pass_by(1)
        worker.wake()
        await until(lambda: hands.started == [job.id])
        hands.let_go.set()


async def test_a_step_that_could_not_be_stored_is_repeated_when_it_can(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker._LOOK_AGAIN_AFTER_S", 0.01)
    (job,) = await due(there)
    tries: list[str] = []

    async def step(jobs: list[Job]) -> None:
        tries.extend(one.id for one in jobs)
        if len(tries) == 1:
            raise StorageBusy

    told: list[None] = []
    async with working(there, lane(step), tell_slow=lambda: told.append(None)):
        await until(lambda: tries == [job.id, job.id])
    assert told == [None]


async def test_a_worker_that_finishes_claims_nothing_more(there: World) -> None:
    hands = Hands()
    async with working(there, lane(hands)) as worker:
        await asyncio.sleep(0.05)
        worker.finish()
        await due(there)
        worker.wake()
        await asyncio.sleep(0.1)
    assert hands.started == []


async def test_a_card_that_was_told_from_memory_is_shown_again_when_the_database_works(there: World) -> None:
    """Another replica may have shown newer words meanwhile, which the old ones have come over."""
    job = await there.order(
        OrderStatus.OFFERED, card_revision=3, card_shown=3, card_channel="C1", card_ts="1.0"
    )
    there.tools.live_cards.overwritten.add(job.id)
    shown = Hands()
    shown.let_go.set()
    async with working(there, cards=shown):
        await until(lambda: job.id in shown.started)
    assert there.tools.live_cards.overwritten == set()
