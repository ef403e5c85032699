"""One job at a time, in a real database: making, reading, moving, changing."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from storage import job_store
from storage.database import Database
from storage.encryption import Cipher, Sealed, new_key
from storage.jobs import ENDED, LEGAL_MOVES, Job, JobStatus, sources_of
from storage.schema import jobs
from tests.integration.storage.builders import NOW, ask, job_in

CIPHER = Cipher([new_key()])

LATER = NOW + 60
MOVES = [(source, target) for source in JobStatus for target in JobStatus]
LEGAL = [(source, target) for source, target in MOVES if target in LEGAL_MOVES[source]]


async def stored(db: Database, job: Job) -> Job:
    async with db.read() as conn:
        found = await job_store.find(conn, job.id)
    assert found is not None
    return found


# Making and reading


async def test_a_new_job_is_stored_as_it_is_returned(db: Database) -> None:
    async with db.write() as conn:
        made, new = await job_store.create(
            conn, ask(thread_ts="1.0", enterprise_id="E1", due_at=NOW), now=NOW
        )
    assert new
    assert made.status is JobStatus.DRAFT
    assert await stored(db, made) == made


@pytest.mark.parametrize(("show_card", "revision", "due_at"), [(True, 1, NOW), (False, 0, None)])
async def test_a_new_jobs_card_is_due_only_if_it_is_to_be_shown(
    db: Database,
    show_card: bool,  # noqa: FBT001 - a parameter of the case
    revision: int,
    due_at: float | None,
) -> None:
    async with db.write() as conn:
        made, _ = await job_store.create(conn, ask(show_card=show_card), now=NOW)
    assert (made.card_revision, made.card_due_at, made.card_shown) == (revision, due_at, 0)


async def test_the_same_request_again_is_the_same_job_as_it_is_now(db: Database) -> None:
    async with db.write() as conn:
        first, _ = await job_store.create(conn, ask(request_key="command-1"), now=NOW)
        moved = await job_store.move(conn, first, JobStatus.PREPARING, now=LATER)
    async with db.write() as conn:
        again, new = await job_store.create(conn, ask(request_key="command-1", draft="other"), now=LATER)
    assert not new
    assert again == moved


async def test_of_many_deliveries_of_one_request_one_makes_the_job(
    open_again: Callable[[], Database],
) -> None:
    async with open_again() as here, open_again() as there:

        async def deliver(db: Database) -> tuple[Job, bool]:
            async with db.write() as conn:
                return await job_store.create(conn, ask(request_key="form-1"), now=NOW)

        made = await asyncio.gather(*(deliver(db) for db in (here, there) for _ in range(5)))
    assert [new for _, new in made].count(True) == 1
    assert len({job.id for job, _ in made}) == 1


async def test_one_team_cannot_see_anothers_job_by_id_nor_by_request_nor_in_lists(db: Database) -> None:
    async with db.write() as conn:
        theirs, _ = await job_store.create(conn, ask(team_id="T1", request_key="same"), now=NOW)
        ours, new = await job_store.create(conn, ask(team_id="T2", request_key="same"), now=NOW)
        assert new
        assert await job_store.get(conn, theirs.id, team_id="T2") is None
        assert await job_store.get(conn, theirs.id, team_id="T1") == theirs
        assert await job_store.recent(conn, "T2", "U1", limit=10) == [ours]


async def test_a_job_that_is_not_there_is_none(db: Database) -> None:
    async with db.write() as conn:
        assert await job_store.find(conn, "none") is None
        assert await job_store.move(conn, "none", JobStatus.PREPARING, now=NOW) is None
        assert not await job_store.make_due(conn, "none", now=NOW, statuses=list(JobStatus))


async def test_recent_jobs_come_newest_first_and_not_too_many(db: Database) -> None:
    async with db.write() as conn:
        made = [(await job_store.create(conn, ask(), now=NOW + second))[0] for second in range(4)]
        await job_store.create(conn, ask(user_id="U2"), now=LATER)
        assert await job_store.recent(conn, "T1", "U1", limit=3) == made[:0:-1]


# Moving


@pytest.mark.parametrize(("source", "target"), LEGAL)
async def test_a_legal_move_is_made_and_frees_the_job(
    db: Database, source: JobStatus, target: JobStatus
) -> None:
    async with db.write() as conn:
        before = await job_in(conn, source, lease_token="held", due_at=LATER, attempts=3)
        after = await job_store.move(conn, before, target, now=LATER)
    assert after == replace(
        before,
        status=target,
        lease_token=None,
        due_at=None,
        attempts=0,
        card_revision=1,
        card_due_at=LATER,
        updated_at=LATER,
        ended_at=LATER if target in ENDED else None,
    )
    assert await stored(db, before) == after


@pytest.mark.parametrize("source", JobStatus)
async def test_an_illegal_move_changes_nothing(db: Database, source: JobStatus) -> None:
    async with db.write() as conn:
        before = await job_in(conn, source, due_at=LATER)
    for target in set(JobStatus) - LEGAL_MOVES[source]:
        async with db.write() as conn:
            if sources_of(target):
                assert await job_store.move(conn, before, target, now=LATER, due_at=NOW) is None
            else:
                with pytest.raises(ValueError, match="draft"):
                    await job_store.move(conn, before, target, now=LATER)
        assert await stored(db, before) == before


@pytest.mark.parametrize("racers", [2, 8])
async def test_of_racers_for_one_move_one_wins(open_again: Callable[[], Database], racers: int) -> None:
    """As when the yes is clicked twice at once, or a webhook and a poll finish the same job."""
    async with open_again() as here, open_again() as there:
        async with here.write() as conn:
            job = await job_in(conn, JobStatus.AWAITING_CONFIRMATION)

        async def click(number: int) -> Job | None:
            async with (here, there)[number % 2].write() as conn:
                return await job_store.move(
                    conn, job, JobStatus.QUEUED, now=LATER, idempotency_key=f"key-{number}"
                )

        won = [moved for moved in await asyncio.gather(*map(click, range(racers))) if moved is not None]
        assert len(won) == 1
        assert await stored(here, job) == won[0]


async def test_a_yes_and_a_cancel_at_once_do_not_both_happen(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.AWAITING_CONFIRMATION)

    async def click(to: JobStatus) -> Job | None:
        async with db.write() as conn:
            return await job_store.move(conn, job, to, now=LATER, expect={JobStatus.AWAITING_CONFIRMATION})

    outcomes = await asyncio.gather(click(JobStatus.QUEUED), click(JobStatus.CANCELLED))
    assert outcomes.count(None) == 1


async def test_expected_statuses_narrow_a_move(db: Database) -> None:
    async with db.write() as conn:
        queued = await job_in(conn, JobStatus.QUEUED)
        drafts = {JobStatus.DRAFT}
        assert await job_store.move(conn, queued, JobStatus.CANCELLED, now=LATER, expect=drafts) is None
        with pytest.raises(ValueError, match="queued"):
            await job_store.move(conn, queued, JobStatus.QUEUED, now=LATER, expect=drafts)


async def test_a_stale_lease_moves_nothing(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.SUBMITTING, lease_token="new holder", due_at=LATER)
        lost = await job_store.move(conn, job, JobStatus.PROCESSING, now=LATER, lease_token="old holder")
        assert lost is None
        assert await job_store.find(conn, job.id) == job
        won = await job_store.move(conn, job, JobStatus.PROCESSING, now=LATER, lease_token="new holder")
        assert won is not None


async def test_an_old_estimates_button_spends_nothing(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.AWAITING_CONFIRMATION, estimate_id="second")
        assert await job_store.move(conn, job, JobStatus.QUEUED, now=LATER, spends="first") is None
        assert await job_store.move(conn, job, JobStatus.QUEUED, now=LATER, spends="second") is not None


async def test_a_move_carries_its_changes(db: Database) -> None:
    changes: dict[str, Any] = {
        "due_at": LATER,
        "estimate_usd": Decimal("1.234567"),
        "request_body": Sealed("the body, sealed"),
        "card_moved": True,
        "length_s": 5.25,
    }
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PREPARING)
        moved = await job_store.move(conn, job.id, JobStatus.AWAITING_CONFIRMATION, now=LATER, **changes)
    assert moved is not None
    assert {name: getattr(moved, name) for name in changes} == changes
    assert await stored(db, job) == moved


async def test_a_move_that_nobody_is_to_see_leaves_the_card(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.DRAFT)
        moved = await job_store.move(conn, job, JobStatus.CANCELLED, now=LATER, visible=False)
    assert moved is not None
    assert (moved.card_revision, moved.card_due_at) == (0, None)


@pytest.mark.parametrize("column", ["status", "team_id", "card_revision", "attempts", "ended_at", "misspelt"])
async def test_what_the_statements_keep_for_themselves_cannot_be_changed(db: Database, column: str) -> None:
    changes: dict[str, Any] = {column: "x"}
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.DRAFT)
        with pytest.raises(ValueError, match=column):
            await job_store.move(conn, job, JobStatus.PREPARING, now=LATER, **changes)


# Changing


async def test_a_save_keeps_status_lease_and_card(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PREPARING, lease_token="held", due_at=LATER, attempts=1)
        saved = await job_store.save(conn, job, now=LATER, lease_token="held", prepared='{"video":{}}')
    assert saved == replace(job, prepared='{"video":{}}', updated_at=LATER)


async def test_a_visible_save_makes_the_card_due(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PROCESSING)
        saved = await job_store.save(
            conn, job, now=LATER, lease_token=None, visible=True, generation_status="PROCESSING"
        )
    assert saved is not None
    assert (saved.card_revision, saved.card_due_at) == (1, LATER)


async def test_a_save_by_a_stale_holder_or_into_another_status_changes_nothing(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.DELIVERING, lease_token="new holder")
        stale = await job_store.save(conn, job, now=LATER, lease_token="old holder", slack_file_id="F1")
        read_earlier = replace(job, status=JobStatus.PROCESSING)
        moved_on = await job_store.save(conn, read_earlier, now=LATER, lease_token=None, slack_file_id="F1")
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


async def test_two_jobs_cannot_claim_the_same_generation(db: Database) -> None:
    """The database refuses it; that is a mistake of ours, so it passes as the bare error."""
    async with db.write() as conn:
        await job_in(conn, JobStatus.PROCESSING, generation_id="g1")
    with pytest.raises(IntegrityError):
        async with db.write() as conn:
            await job_in(conn, JobStatus.PROCESSING, generation_id="g1")


async def test_the_database_itself_knows_the_statuses(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.DRAFT)
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


async def test_times_lengths_and_bytes_come_back_exactly(db: Database) -> None:
    columns = {
        "due_at": 1_763_769_600.123_456_7,
        "length_s": 0.1 + 0.2,
        "request_body": CIPHER.seal("\0 and \ud7ff and 🎬" * 1_000),
        "draft": '{"script":"Grüße — 你好 🎬 \\u0000"}',
    }
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.QUEUED, **columns)
    assert {name: getattr(job, name) for name in columns} == columns


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Grüße — 你好 🎬", "Grüße — 你好 🎬"),
        ("cut\0short", "cut\ufffdshort"),
        ("half a pair \ud83d", "half a pair \ufffd"),
        ("pair by pair \ud83c\udfac", "pair by pair 🎬"),
    ],
)
async def test_whatever_is_sent_as_text_can_be_stored_and_looked_for(
    db: Database, sent: str, stored: str
) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.FAILED, failure_detail=sent)
        assert job.failure_detail == stored
        assert await job_store.get(conn, sent, team_id=sent) is None
