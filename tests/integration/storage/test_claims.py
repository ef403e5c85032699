"""Leases in a real database: who holds what, and what one who lost it can still do."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import accounts, card_store, claims, endings, job_store, leases, order_store
from storage.database import Database
from storage.jobs import Job, JobStatus
from storage.orders import OrderStatus
from storage.schema import accounts as account_rows
from tests.integration.storage.builders import NOW, job_in, order_in

ALL = tuple(JobStatus)
LEASE_S = 30.0
SOON = NOW + 10
AFTER_LEASE = NOW + LEASE_S + 1


async def claim(
    conn: AsyncConnection, *, now: float = NOW, token: str = "held", limit: int = 50
) -> list[Job]:
    return await claims.claim_jobs(conn, now=now, lease_s=LEASE_S, token=token, statuses=ALL, limit=limit)


async def test_due_jobs_are_claimed_with_a_lease_and_others_are_not(db: Database) -> None:
    async with db.write() as conn:
        due = await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        await job_in(conn, JobStatus.DELIVERING, due_at=SOON)
        await job_in(conn, JobStatus.UNRESOLVED, due_at=None)
        claimed = await claim(conn)
        assert [(job.id, job.lease_token, job.due_at) for job in claimed] == [(due.id, "held", NOW + LEASE_S)]
        assert claimed == [await job_store.find(conn, due.id)]


async def test_due_orders_are_claimed_the_same_way_and_apart_from_jobs(db: Database) -> None:
    async with db.write() as conn:
        due = await order_in(conn, OrderStatus.PREPARING, due_at=NOW)
        await order_in(conn, OrderStatus.PREPARING, due_at=SOON)
        await order_in(conn, OrderStatus.OFFERED, due_at=NOW)
        await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        claimed = await claims.claim_orders(
            conn, now=NOW, lease_s=LEASE_S, token="held", statuses={OrderStatus.PREPARING}
        )
        assert claimed == [await order_store.find(conn, due.id)]
        assert (claimed[0].lease_token, claimed[0].due_at) == ("held", NOW + LEASE_S)


async def test_a_claim_takes_the_longest_due_of_the_asked_statuses(db: Database) -> None:
    async with db.write() as conn:
        for late in range(5):
            await job_in(conn, JobStatus.QUEUED, due_at=NOW - late)
        await job_in(conn, JobStatus.PROCESSING, due_at=NOW - 100)
        claimed = await claims.claim_jobs(
            conn, now=NOW, lease_s=LEASE_S, token="t", statuses={JobStatus.QUEUED}, limit=2
        )
        assert {job.status for job in claimed} == {JobStatus.QUEUED}
        left = await claim(conn, token="u")
        assert len(claimed) == 2
        assert len(left) == 4
        assert {job.id for job in claimed}.isdisjoint(job.id for job in left)


async def test_what_is_held_is_claimed_again_only_when_the_lease_ends(db: Database) -> None:
    async with db.write() as conn:
        await job_in(conn, JobStatus.SUBMITTING, due_at=NOW)
        (first,) = await claim(conn, token="first")
        assert await claim(conn, now=NOW + LEASE_S - 1, token="second") == []
        (again,) = await claim(conn, now=AFTER_LEASE, token="second")
        assert again.id == first.id
        stale = await job_store.move(conn, first, JobStatus.PROCESSING, now=AFTER_LEASE, lease_token="first")
        assert stale is None
        assert await job_store.find(conn, first.id) == again


async def test_many_claimers_of_one_database_never_get_the_same_job(
    open_again: Callable[[], Database],
) -> None:
    async with open_again() as here, open_again() as there:
        async with here.write() as conn:
            for _ in range(200):
                await job_in(conn, JobStatus.QUEUED, due_at=NOW)

        async def claim_until_empty(db: Database, name: str) -> list[str]:
            got: list[str] = []
            for number in range(100):
                async with db.write() as conn:
                    batch = await claim(conn, token=f"{name}-{number}", limit=7)
                if not batch:
                    return got
                got += [job.id for job in batch]
            pytest.fail("claims did not end")

        claimers = [claim_until_empty(db, f"{number}") for number, db in enumerate((here, there) * 4)]
        times = Counter(job_id for got in await asyncio.gather(*claimers) for job_id in got)
    assert len(times) == 200
    assert set(times.values()) == {1}


async def test_long_work_renews_what_it_still_holds_and_learns_what_it_lost(db: Database) -> None:
    async with db.write() as conn:
        await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        kept, lost = await claim(conn)
        await endings.end(conn, lost, JobStatus.FAILED, now=NOW)
        held = await leases.JOBS.renew(conn, [kept.id, lost.id], "held", until=AFTER_LEASE + LEASE_S)
        assert held == {kept.id}
        assert await claim(conn, now=AFTER_LEASE, token="other") == []


async def test_released_jobs_are_due_at_once_but_not_those_that_others_hold(db: Database) -> None:
    async with db.write() as conn:
        await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        claimed = await claim(conn, token="first")
        (taken, *_) = await claim(conn, now=AFTER_LEASE, token="second", limit=1)
        await leases.JOBS.release(conn, [job.id for job in claimed], "first", now=AFTER_LEASE)
        await leases.JOBS.release(conn, [], "first", now=AFTER_LEASE)
        free = await claim(conn, now=AFTER_LEASE, token="third")
        assert {job.id for job in free} == {job.id for job in claimed} - {taken.id}


async def test_a_hint_takes_a_held_job_from_its_holder(db: Database) -> None:
    """The webhook came after the holder's read began: what that read says may be old."""
    async with db.write() as conn:
        await job_in(conn, JobStatus.PROCESSING, due_at=NOW)
        (reading,) = await claim(conn, token="reading")
        assert await job_store.make_due(conn, reading.id, now=NOW + 1, statuses={JobStatus.PROCESSING})
        (fresh,) = await claim(conn, now=NOW + 1, token="fresh")
        assert fresh.id == reading.id
        assert (
            await job_store.retry_later(conn, reading, now=NOW + 2, due_at=None, lease_token="reading")
            is None
        )


async def test_the_worker_learns_which_step_is_due_when(db: Database) -> None:
    async with db.write() as conn:
        await order_in(conn, OrderStatus.PREPARING, due_at=SOON)
        await order_in(conn, OrderStatus.PREPARING, due_at=NOW, card_due_at=SOON)
        await job_in(conn, JobStatus.PROCESSING, due_at=SOON, card_due_at=NOW)
        await job_in(conn, JobStatus.DELIVERED, due_at=None)
        assert await claims.next_due(conn) == {OrderStatus.PREPARING: NOW, JobStatus.PROCESSING: SOON}
        assert await card_store.next_due(conn) == NOW


async def test_a_holder_may_go_on_under_its_lease(db: Database) -> None:
    async with db.write() as conn:
        await job_in(conn, JobStatus.QUEUED, due_at=NOW)
        [held] = await claims.claim_jobs(
            conn, now=NOW, lease_s=LEASE_S, token="mine", statuses={JobStatus.QUEUED}
        )
        submitting = await job_store.move(
            conn, held, JobStatus.SUBMITTING, now=NOW, lease_token="mine", keep_lease=True
        )
        assert submitting is not None
        assert (submitting.lease_token, submitting.due_at) == ("mine", NOW + LEASE_S)


# Whole accounts


async def polls(conn: AsyncConnection, *, token: str, accounts: int = 10, limit: int = 100) -> list[Job]:
    return await claims.claim_polls(
        conn, now=NOW, ahead_s=15, lease_s=LEASE_S, token=token, accounts=accounts, limit=limit
    )


async def processing(conn: AsyncConnection, account: str, due_at: float | None, **columns: object) -> Job:
    return await job_in(conn, JobStatus.PROCESSING, account_key=account, due_at=due_at, **columns)


async def test_a_due_poll_takes_its_accounts_soon_due_ones_along(db: Database) -> None:
    async with db.write() as conn:
        due = await processing(conn, "A", NOW)
        soon = await processing(conn, "A", SOON)
        await processing(conn, "A", NOW + 20)
        await processing(conn, "A", None)
        await processing(conn, "B", SOON)
        await job_in(conn, JobStatus.QUEUED, account_key="A", due_at=NOW)
        assert {job.id for job in await polls(conn, token="t")} == {due.id, soon.id}


async def test_nothing_that_is_held_is_taken_along(db: Database) -> None:
    async with db.write() as conn:
        await processing(conn, "A", SOON, lease_token="someone")
        due = await processing(conn, "A", NOW)
        assert [job.id for job in await polls(conn, token="t")] == [due.id]
        assert await polls(conn, token="u") == []


async def test_the_accounts_that_wait_longest_come_first_and_whole(db: Database) -> None:
    async with db.write() as conn:
        for number, account in enumerate("CAB"):
            for second in range(3):
                await processing(conn, account, NOW - 10 * number + second)
        assert {job.account_key for job in await polls(conn, token="t", accounts=1)} == {"B"}
        assert {job.account_key for job in await polls(conn, token="u", accounts=1)} == {"A"}
        assert len(await polls(conn, token="v", limit=2)) == 2


async def test_by_how_much_a_clock_was_set_back_all_comes_sooner_but_what_is_held_or_waits_for_a_person(
    db: Database,
) -> None:
    async with db.write() as conn:
        jobs = [
            await job_in(conn, JobStatus.PROCESSING, due_at=NOW + 150, card_due_at=NOW + 250),
            await job_in(conn, JobStatus.DELIVERING, due_at=NOW + 250),
            await job_in(conn, JobStatus.SUBMITTING, due_at=NOW + 150, lease_token="someone"),
            await job_in(conn, JobStatus.UNRESOLVED, due_at=NOW + 150),
            await job_in(conn, JobStatus.QUEUED, due_at=NOW - 5),
        ]
        patient = await order_in(conn, OrderStatus.OFFERED, due_at=NOW + 300)
        await accounts.wait_for_rate(conn, "A", until=NOW + 230)
        await claims.pull_in(conn, now=NOW, ahead_s=600, back_s=200)
        due = [await job_store.find(conn, job.id) for job in jobs]
        waits = await order_store.find(conn, patient.id)
        card = await card_store.of_order(conn, jobs[0].order_id)
        rested = (await conn.execute(select(account_rows.c.rate_limited_until))).scalar_one()
    assert [job.due_at for job in due if job] == [NOW, NOW + 50, NOW + 150, NOW + 150, NOW - 5]
    assert waits == patient
    assert card is not None
    assert card.due_at == NOW + 50
    assert rested == NOW + 30


async def test_what_a_clock_that_was_ahead_put_off_is_pulled_in(db: Database) -> None:
    hour = NOW + 3_600
    async with db.write() as conn:
        stuck = await job_in(conn, JobStatus.PROCESSING, due_at=hour, card_due_at=hour)
        soon = await job_in(conn, JobStatus.PROCESSING, due_at=SOON)
        patient = await order_in(conn, OrderStatus.OFFERED, due_at=hour)
        await accounts.wait_for_rate(conn, "A", until=hour)
        await claims.pull_in(conn, now=NOW, ahead_s=600, back_s=0)
        due = [await job_store.find(conn, job.id) for job in (stuck, soon)]
        waits = await order_store.find(conn, patient.id)
        card = await card_store.of_order(conn, stuck.order_id)
        rested = (await conn.execute(select(account_rows.c.rate_limited_until))).scalar_one()
    assert [job.due_at for job in due if job] == [NOW, SOON]
    assert waits == patient
    assert card is not None
    assert card.due_at == NOW
    assert rested == NOW
