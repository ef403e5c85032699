"""The card lane: one shower at a time, and never an older truth left standing."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import job_cards, job_store
from storage.database import Database
from storage.jobs import Job, JobStatus
from tests.integration.storage.builders import NOW, ask

LEASE_S = 20.0
LATER = NOW + 5


async def claim(conn: AsyncConnection, *, now: float = NOW, token: str = "held") -> list[Job]:
    return await job_cards.claim_cards(conn, now=now, lease_s=LEASE_S, token=token, limit=10)


async def claimed_card(conn: AsyncConnection) -> Job:
    await job_store.create(conn, ask(show_card=True), now=NOW)
    (job,) = await claim(conn)
    return job


async def shown(conn: AsyncConnection, job: Job, *, revision: int = 1, ts: str = "1.0") -> Job | None:
    return await job_cards.card_shown(
        conn, job, now=LATER, revision=revision, channel="C1", ts=ts, moved=False
    )


async def test_a_card_is_claimed_once_and_settles_when_it_is_shown(db: Database) -> None:
    async with db.write() as conn:
        job = await claimed_card(conn)
        assert (job.card_lease, job.card_due_at) == ("held", NOW + LEASE_S)
        assert await claim(conn, now=LATER) == []
        after = await job_cards.card_shown(
            conn, job, now=LATER, revision=1, channel="D1", ts="1.0", moved=True
        )
        assert after == replace(
            job,
            card_shown=1,
            card_channel="D1",
            card_ts="1.0",
            card_moved=True,
            card_due_at=None,
            card_lease=None,
        )
        assert await job_store.find(conn, job.id) == after
        assert await claim(conn, now=NOW + 10 * LEASE_S) == []


async def test_a_change_while_the_card_is_shown_waits_for_its_shower_and_is_shown_next(db: Database) -> None:
    async with db.write() as conn:
        job = await claimed_card(conn)
        await job_store.move(conn, job, JobStatus.PREPARING, now=LATER)
        assert await claim(conn, now=LATER, token="other") == []
        after = await shown(conn, job)
        assert after is not None
        assert (after.card_shown, after.card_revision, after.card_due_at) == (1, 2, LATER)
        (again,) = await claim(conn, now=LATER, token="other")
        assert (again.id, again.status) == (job.id, JobStatus.PREPARING)


async def test_a_change_of_a_card_at_rest_makes_it_due(db: Database) -> None:
    async with db.write() as conn:
        after = await shown(conn, await claimed_card(conn))
        assert after is not None
        await job_store.move(conn, after, JobStatus.PREPARING, now=LATER)
        (due,) = await claim(conn, now=LATER)
        assert (due.card_revision, due.card_ts) == (2, "1.0")


async def test_who_lost_the_card_stores_nothing(db: Database) -> None:
    async with db.write() as conn:
        slow = await claimed_card(conn)
        (quick,) = await claim(conn, now=NOW + LEASE_S, token="quick")
        assert await shown(conn, slow, ts="slow") is None
        assert not await job_cards.card_later(conn, slow, due_at=None)
        after = await shown(conn, quick, ts="quick")
        assert after is not None
        assert after.card_ts == "quick"


async def test_a_card_that_slack_puts_off_comes_again_then(db: Database) -> None:
    async with db.write() as conn:
        job = await claimed_card(conn)
        assert await job_cards.card_later(conn, job, due_at=NOW + 60)
        assert await claim(conn, now=NOW + 59) == []
        (again,) = await claim(conn, now=NOW + 60)
        assert again.id == job.id


async def test_a_card_that_cannot_be_shown_rests_until_the_job_changes(db: Database) -> None:
    async with db.write() as conn:
        job = await claimed_card(conn)
        assert await job_cards.card_later(conn, job, due_at=None)
        assert await claim(conn, now=NOW + 1_000) == []
        await job_store.move(conn, job, JobStatus.PREPARING, now=LATER)
        assert len(await claim(conn, now=LATER)) == 1


async def test_a_card_at_rest_can_be_asked_to_be_shown_once_more(db: Database) -> None:
    async with db.write() as conn:
        after = await shown(conn, await claimed_card(conn))
        assert after is not None
        await job_cards.card_again(conn, after.id, now=LATER)
        (again,) = await claim(conn, now=LATER)
        assert replace(again, card_due_at=None, card_lease=None) == replace(
            after, card_due_at=None, card_revision=after.card_revision + 1
        )


async def test_a_card_asked_for_while_it_is_shown_is_shown_again_right_after(db: Database) -> None:
    async with db.write() as conn:
        job = await claimed_card(conn)
        await job_cards.card_again(conn, job.id, now=LATER)
        assert await claim(conn, now=LATER) == []
        after = await shown(conn, job)
        assert after is not None
        assert after.card_due_at is not None
        assert len(await claim(conn, now=after.card_due_at)) == 1


async def test_a_job_that_has_no_card_gets_none_by_being_asked(db: Database) -> None:
    async with db.write() as conn:
        job, _ = await job_store.create(conn, ask(show_card=False), now=NOW)
        await job_cards.card_again(conn, job.id, now=LATER)
        assert await claim(conn, now=LATER) == []
