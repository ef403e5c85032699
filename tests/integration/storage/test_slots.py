"""The lines of accounts in a real database: limits hold, people take turns, no account delays another."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import accounts, job_store, slots
from storage.database import Database
from storage.jobs import Job, JobStatus
from storage.standing import CREATES_A_MINUTE, MINUTE_S, SENT_AT_ONCE
from tests.integration.storage.builders import NOW, job_in

LEASE_S = 30.0
AFTER_LEASE = NOW + LEASE_S + 1


async def queued(conn: AsyncConnection, account: str = "A", user: str = "U1", **columns: Any) -> Job:
    usual = {"confirmed_at": NOW, "due_at": NOW}
    return await job_in(conn, JobStatus.QUEUED, account_key=account, user_id=user, **usual | columns)


async def running(conn: AsyncConnection, account: str = "A", user: str = "U1", **columns: Any) -> Job:
    usual = {"confirmed_at": NOW, "submitted_at": NOW - 900}
    return await job_in(conn, JobStatus.PROCESSING, account_key=account, user_id=user, **usual | columns)


async def limit(conn: AsyncConnection, concurrency: int | None, account: str = "A") -> None:
    """The account has told its limit."""
    await accounts.tell_limit(conn, account, concurrency=concurrency, now=NOW)


async def claim(
    conn: AsyncConnection, *, now: float = NOW, token: str = "held", at_most: int = 50
) -> list[Job]:
    return await slots.claim(conn, now=now, lease_s=LEASE_S, token=token, limit=at_most)


async def send(conn: AsyncConnection, claimed: Sequence[Job], *, now: float) -> None:
    """What the step of queued jobs does: sync.so takes them."""
    for job in claimed:
        for status in (JobStatus.SUBMITTING, JobStatus.PROCESSING):
            assert await job_store.move(conn, job, status, now=now, submitted_at=now)


async def end(conn: AsyncConnection, job: Job, *, now: float = NOW) -> None:
    assert await job_store.move(conn, job, JobStatus.DELIVERING, now=now)


def people(claimed: Sequence[Job]) -> list[str]:
    return sorted(job.user_id for job in claimed)


async def test_a_claim_takes_as_many_as_the_account_has_slots(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 3)
        await running(conn)
        waiting = [await queued(conn, confirmed_at=NOW + second) for second in range(5)]
        claimed = await claim(conn)
        assert {job.id for job in claimed} == {job.id for job in waiting[:2]}
        assert {(job.status, job.lease_token, job.due_at) for job in claimed} == {
            (JobStatus.QUEUED, "held", NOW + LEASE_S)
        }
        assert await claim(conn, token="other") == []
        await send(conn, claimed, now=NOW)
        assert await claim(conn, token="other") == []
        await end(conn, claimed[0])
        assert [job.id for job in await claim(conn, token="other")] == [waiting[2].id]


async def test_a_full_line_of_one_account_does_not_delay_another(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1, "full")
        await limit(conn, 1, "free")
        await running(conn, "full")
        for _ in range(50):
            await queued(conn, "full", due_at=NOW - 500)
        late = await queued(conn, "free")
        assert [job.id for job in await claim(conn, at_most=1)] == [late.id]


async def test_a_busy_account_leaves_room_in_a_claim_for_an_idle_one(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 100, "busy")
        await limit(conn, 100, "idle")
        for _ in range(20):
            await queued(conn, "busy", due_at=NOW - 500)
        first = await claim(conn, at_most=2)
        late = await queued(conn, "idle")
        assert Counter(job.account_key for job in first) == {"busy": 2}
        assert [job.id for job in await claim(conn, token="next", at_most=1)] == [late.id]
        await claim(conn, token="rest")
        held = await claim(conn, token="none left")
        assert held == [], f"never more than {SENT_AT_ONCE} of an account on their way"


async def test_people_take_turns_across_claims(db: Database) -> None:
    served: list[str] = []
    async with db.write() as conn:
        await limit(conn, 1)
        for second in range(4):
            await queued(conn, user="Ana", confirmed_at=NOW + second)
        for second in range(2):
            await queued(conn, user="Ben", confirmed_at=NOW + 10 + second)
        for turn in range(6):
            now = NOW + 100 + turn
            (taken,) = await claim(conn, now=now, token=f"turn-{turn}")
            served.append(taken.user_id)
            await send(conn, [taken], now=now)
            await end(conn, taken, now=now)
    assert served == ["Ana", "Ben", "Ana", "Ben", "Ana", "Ana"]


async def test_who_has_a_job_running_waits_for_who_has_none(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 3)
        await running(conn, user="Ana")
        await queued(conn, user="Ana", confirmed_at=NOW - 50)
        await queued(conn, user="Ben", confirmed_at=NOW - 2)
        await queued(conn, user="Chidi", confirmed_at=NOW - 1)
        assert people(await claim(conn)) == ["Ben", "Chidi"]


async def test_an_account_whose_limit_is_not_known_lets_one_job_go_ahead_and_ask(db: Database) -> None:
    async with db.write() as conn:
        for _ in range(10):
            await queued(conn)
        assert len(await claim(conn)) == 1
        assert await claim(conn, token="other") == []
        await limit(conn, None)
        assert len(await claim(conn, token="other")) == SENT_AT_ONCE - 1


async def test_sixty_create_calls_a_minute_and_not_one_more(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1_000)
        for _ in range(CREATES_A_MINUTE + 20):
            await queued(conn)
        sent: list[float] = []
        now = NOW
        while len(sent) < CREATES_A_MINUTE + 20:
            claimed = await claim(conn, now=now, token=f"at-{now}")
            sent += [now] * len(claimed)
            await send(conn, claimed, now=now)
            opens_at = await slots.next_due(conn, now=now)
            now = max(now + 0.25, opens_at) if opens_at is not None else now + 0.25
    for moment in sent:
        assert sum(moment <= other < moment + 60 for other in sent) <= CREATES_A_MINUTE
    assert sent[-1] < NOW + 2 * MINUTE_S


async def test_a_rate_limit_holds_its_account_alone_and_for_as_long_as_asked(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 5, "A")
        await limit(conn, 5, "B")
        await queued(conn, "A")
        await accounts.wait_for_rate(conn, "A", until=NOW + 17)
        assert await slots.next_due(conn, now=NOW) == NOW + 17
        other = await queued(conn, "B")
        assert [job.id for job in await claim(conn)] == [other.id]
        assert len(await claim(conn, now=NOW + 17, token="later")) == 1


async def test_a_lowered_limit_holds_at_once_and_is_looked_at_again(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 5)
        jobs = [await running(conn) for _ in range(3)]
        for _ in range(3):
            await queued(conn)
        await accounts.lower_limit(conn, "A", limit=2)
        assert not await accounts.is_fresh(conn, "A", now=NOW, for_s=600)
        await end(conn, jobs[0])
        assert await claim(conn) == []
        await end(conn, jobs[1])
        assert len(await claim(conn)) == 1


async def test_where_others_use_the_account_too_a_job_starts_only_where_one_ends(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 5)
        ours = await running(conn)
        for _ in range(3):
            await queued(conn)
        await accounts.keep_to_running(conn, "A", until=NOW + 8)
        assert await claim(conn) == []
        assert await slots.next_due(conn, now=NOW) == NOW + 8
        await end(conn, ours)
        assert len(await claim(conn)) == 1
        assert len(await claim(conn, now=NOW + 8, token="later")) == 2


async def test_what_a_dead_worker_holds_keeps_its_slot_and_goes_first(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1)
        first, second = await queued(conn), await queued(conn, user="Ben", confirmed_at=NOW - 10)
        held = await claim(conn, token="dies")
        assert [job.id for job in held] == [second.id]
        assert await claim(conn, now=NOW + LEASE_S - 1, token="too early") == []
        again = await claim(conn, now=AFTER_LEASE, token="heir")
        assert [job.id for job in again] == [second.id]
        assert (
            await job_store.move(conn, held[0], JobStatus.SUBMITTING, now=AFTER_LEASE, lease_token="dies")
            is None
        )
        assert (await slots.places(conn, "A", now=AFTER_LEASE)) == {second.id: 1, first.id: 2}


async def test_limits_are_good_for_a_while_and_what_is_not_told_stands(db: Database) -> None:
    async with db.write() as conn:
        assert not await accounts.is_fresh(conn, "A", now=NOW, for_s=600)
        await limit(conn, 2)
        assert await accounts.is_fresh(conn, "A", now=NOW + 599, for_s=600)
        assert not await accounts.is_fresh(conn, "A", now=NOW + 600, for_s=600)
        assert not await accounts.is_fresh(conn, "A", now=NOW - 3_000, for_s=600), "the clock was set back"
        await accounts.look_again(conn, "A")
        assert not await accounts.is_fresh(conn, "A", now=NOW, for_s=600)
        await limit(conn, None)
        for _ in range(3):
            await queued(conn)
        assert len(await claim(conn)) == 2


async def test_the_clock_may_be_set_back_without_stopping_the_line(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1_000)
        for _ in range(CREATES_A_MINUTE):
            await running(conn, submitted_at=NOW)
        await queued(conn, due_at=NOW - 3_600)
        assert await claim(conn, now=NOW) == []
        assert len(await claim(conn, now=NOW - 3_600)) == 1


async def test_places_follow_the_turns(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1)
        await running(conn, user="Ben")
        ana = [await queued(conn, user="Ana", confirmed_at=NOW + second) for second in range(3)]
        ben = await queued(conn, user="Ben", confirmed_at=NOW - 5)
        later = await queued(conn, user="Chidi", confirmed_at=NOW + 50, due_at=NOW + 60)
        await queued(conn, "another account")
        places = await slots.places(conn, "A", now=NOW)
    assert places == {ana[0].id: 1, later.id: 2, ben.id: 3, ana[1].id: 4, ana[2].id: 5}


async def test_of_three_claimers_at_once_none_takes_what_another_has(
    open_again: Callable[[], Database],
) -> None:
    """Each goes on claiming, sending and ending jobs; what is under way is counted after every step."""
    most, under_way, seen = 4, set[str](), list[int]()
    async with open_again() as one, open_again() as two, open_again() as three:
        async with one.write() as conn:
            await limit(conn, most)
            for number in range(50):
                await queued(conn, user=f"U{number % 5}")

        async def work(db: Database, name: str) -> int:
            done = 0
            for turn in range(400):
                async with db.write() as conn:
                    claimed = await claim(conn, token=f"{name}-{turn}", at_most=3)
                under_way.update(job.id for job in claimed)
                seen.append(len(under_way))
                await asyncio.sleep(0)
                async with db.write() as conn:
                    await send(conn, claimed, now=NOW)
                for job in claimed:
                    under_way.remove(job.id)
                    async with db.write() as conn:
                        await end(conn, job)
                done += len(claimed)
                if not claimed and await left(db) == 0:
                    return done
            pytest.fail("claims did not end")

        async def left(db: Database) -> int:
            async with db.read() as conn:
                return len(await slots.places(conn, "A", now=NOW))

        done = await asyncio.gather(work(one, "one"), work(two, "two"), work(three, "three"))
    assert sum(done) == 50
    assert 1 < max(seen) <= most
