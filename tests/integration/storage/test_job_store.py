"""One job at a time, in a real database: born with all it needs, moved, changed, and ended by one door."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from storage import card_store, endings, job_store
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.jobs import ENDED, JOB_MOVES, Job, JobStatus, NewJob, body_at
from storage.rows import JOBS
from storage.schema import jobs
from tests.integration.storage.builders import NOW, job_in

CIPHER = Cipher([new_key()])
LATER = NOW + 60
LEGAL = [(source, target) for source in JobStatus for target in sorted(JOB_MOVES[source])]


async def stored(db: Database, job: Job) -> Job:
    async with db.read() as conn:
        found = await job_store.find(conn, job.id)
    assert found is not None
    return found


async def card_of(db: Database, job: Job) -> tuple[int, float | None]:
    async with db.read() as conn:
        card = await card_store.of_order(conn, job.order_id)
    assert card is not None
    return card.revision, card.due_at


def born(position: int = 0, **given: Any) -> NewJob:
    usual: dict[str, Any] = {
        "order_id": "order",
        "position": position,
        "label": f"Part {position}",
        "enterprise_id": None,
        "team_id": "T1",
        "user_id": "U1",
        "account_key": "account-1",
        "estimate_usd": Decimal("0.42"),
        "idempotency_key": f"key-{position}",
        "request_body": CIPHER.seal(f"body {position} \0 and \ud7ff and 🎬", body_at(f"order-{position:02}")),
    }
    return NewJob(**usual | given)


async def test_jobs_are_born_queued_and_due_with_their_bodies(db: Database) -> None:
    new = [born(0), born(1)]
    async with db.write() as conn:
        await job_store.bear(conn, new, now=NOW)
        found = await job_store.of_orders(conn, ["order"])
        bodies = [await job_store.body_of(conn, job.id) for job in found]
    assert [(job.id, job.position, job.label) for job in found] == [
        ("order-00", 0, "Part 0"),
        ("order-01", 1, "Part 1"),
    ]
    assert {(job.status, job.due_at, job.created_at) for job in found} == {(JobStatus.QUEUED, NOW, NOW)}
    assert bodies == [each.request_body.as_found() for each in new]


async def test_a_part_of_an_order_cannot_be_born_twice(db: Database) -> None:
    async with db.write() as conn:
        await job_store.bear(conn, [born()], now=NOW)
    with pytest.raises(IntegrityError):
        async with db.write() as conn:
            await job_store.bear(
                conn, [born(request_body=CIPHER.seal("another", body_at("order-00")))], now=NOW
            )


@pytest.mark.parametrize(("source", "target"), LEGAL)
async def test_a_legal_move_is_made_and_frees_the_job(
    db: Database, source: JobStatus, target: JobStatus
) -> None:
    change = endings.end if target in ENDED else job_store.move
    async with db.write() as conn:
        before = await job_in(conn, source, lease_token="held", due_at=LATER, attempts=3)
        after = await change(conn, before, target, now=LATER)
        body = await job_store.body_of(conn, before.id)
    assert after == replace(
        before,
        status=target,
        lease_token=None,
        due_at=None,
        attempts=0,
        updated_at=LATER,
        ended_at=LATER if target in ENDED else None,
    )
    assert await stored(db, before) == after
    assert await card_of(db, before) == (2, LATER)
    assert (body is None) == (target in ENDED)


@pytest.mark.parametrize("source", JobStatus)
async def test_an_illegal_move_changes_nothing(db: Database, source: JobStatus) -> None:
    async with db.write() as conn:
        before = await job_in(conn, source, due_at=LATER)
    for target in set(JobStatus) - JOB_MOVES[source]:
        change = endings.end if target in ENDED else job_store.move
        async with db.write() as conn:
            assert await change(conn, before, target, now=LATER, due_at=NOW) is None
            assert await job_store.body_of(conn, before.id) is not None
        assert await stored(db, before) == before


async def test_there_is_one_door_to_an_end_and_it_leads_nowhere_else(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.QUEUED)
        with pytest.raises(ValueError, match="endings"):
            await job_store.move(conn, job, JobStatus.CANCELLED, now=LATER)
        with pytest.raises(ValueError, match="no end"):
            await endings.end(conn, job, JobStatus.SUBMITTING, now=LATER)


@pytest.mark.parametrize("racers", [2, 8])
async def test_of_racers_for_one_end_one_wins(open_again: Callable[[], Database], racers: int) -> None:
    """As when a webhook and a poll finish the same job."""
    async with open_again() as here, open_again() as there:
        async with here.write() as conn:
            job = await job_in(conn, JobStatus.PROCESSING)

        async def finish(number: int) -> Job | None:
            async with (here, there)[number % 2].write() as conn:
                return await endings.end(conn, job, JobStatus.FAILED, now=LATER, failure_code=f"{number}")

        won = [moved for moved in await asyncio.gather(*map(finish, range(racers))) if moved is not None]
        assert len(won) == 1
        assert await stored(here, job) == won[0]


async def test_a_stale_lease_moves_nothing(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.SUBMITTING, lease_token="new holder", due_at=LATER)
        lost = await job_store.move(conn, job, JobStatus.PROCESSING, now=LATER, lease_token="old holder")
        assert lost is None
        assert await job_store.find(conn, job.id) == job
        won = await job_store.move(conn, job, JobStatus.PROCESSING, now=LATER, lease_token="new holder")
        assert won is not None


@pytest.mark.parametrize("column", ["status", "team_id", "attempts", "ended_at", "cost_usd", "misspelt"])
async def test_what_the_statements_keep_for_themselves_cannot_be_changed(db: Database, column: str) -> None:
    changes: dict[str, Any] = {column: "x"}
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.QUEUED)
        with pytest.raises(ValueError, match=column):
            await JOBS.move(conn, job.id, JobStatus.SUBMITTING, now=LATER, changes=changes, guards={})


async def test_a_visible_save_makes_the_card_due_and_another_leaves_it(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PROCESSING)
        await job_store.save(conn, job, now=LATER, lease_token=None, generation_id="g1")
    assert await card_of(db, job) == (1, None)
    async with db.write() as conn:
        await job_store.save(conn, job, now=LATER, lease_token=None, visible=True, generation_id="g1")
    assert await card_of(db, job) == (2, LATER)


async def test_a_save_by_a_stale_holder_or_into_another_status_changes_nothing(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.DELIVERING, lease_token="new holder")
        stale = await job_store.save(
            conn, job, now=LATER, lease_token="old holder", generation_status="PENDING"
        )
        read_earlier = replace(job, status=JobStatus.PROCESSING)
        moved_on = await job_store.save(
            conn, read_earlier, now=LATER, lease_token=None, generation_status="PENDING"
        )
        assert (stale, moved_on) == (None, None)
        assert await job_store.find(conn, job.id) == job


@pytest.mark.parametrize(("count", "attempts"), [(True, 3), (False, 0)])
async def test_a_job_is_given_back_for_later(db: Database, count: bool, attempts: int) -> None:  # noqa: FBT001
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PROCESSING, lease_token="held", due_at=NOW, attempts=2)
        rested = await job_store.retry_later(
            conn, job, now=NOW, due_at=LATER, lease_token="held", count=count, generation_status="PENDING"
        )
    assert rested == replace(
        job,
        due_at=LATER,
        lease_token=None,
        attempts=attempts,
        generation_status="PENDING",
        updated_at=NOW,
    )


async def test_a_stale_holder_gives_nothing_back(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PROCESSING, lease_token="new holder", due_at=LATER)
        assert await job_store.retry_later(conn, job, now=NOW, due_at=None, lease_token="old holder") is None
        assert await job_store.find(conn, job.id) == job


@pytest.mark.parametrize(
    ("status", "due_at", "made"),
    [
        (JobStatus.PROCESSING, LATER, True),
        (JobStatus.PROCESSING, None, True),
        (JobStatus.PROCESSING, NOW - 1, False),
        (JobStatus.DELIVERED, None, False),
    ],
)
async def test_a_hint_makes_a_job_due_unless_it_is_or_stands_elsewhere(
    db: Database,
    status: JobStatus,
    due_at: float | None,
    made: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    async with db.write() as conn:
        job = await job_in(conn, status, due_at=due_at)
        assert await job_store.make_due(conn, job.id, now=NOW, statuses={JobStatus.PROCESSING}) is made
        assert await job_store.find(conn, job.id) == (replace(job, due_at=NOW) if made else job)


async def test_the_database_itself_knows_the_statuses(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.QUEUED)
    with pytest.raises(IntegrityError, match="status"):
        async with db.write() as conn:
            await conn.execute(text("UPDATE jobs SET status = 'lost' WHERE id = :id"), {"id": job.id})


@pytest.mark.parametrize("dollars", ["0.000001", "1.234567", "0", "-3.5", "123456789.123456"])
async def test_money_comes_back_to_the_micro_dollar_and_sums_in_the_database(
    db: Database, dollars: str
) -> None:
    async with db.write() as conn:
        for _ in range(3):
            await job_in(conn, JobStatus.QUEUED, estimate_usd=Decimal(dollars))
        prices = (await conn.execute(select(jobs.c.estimate_usd))).scalars().all()
        total = (await conn.execute(text("SELECT sum(estimate_micro_usd) FROM jobs"))).scalar_one()
    assert prices == [Decimal(dollars)] * 3
    assert total == 3 * Decimal(dollars).scaleb(6)
