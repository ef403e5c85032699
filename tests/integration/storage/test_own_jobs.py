"""A person's own jobs: only theirs, only those with a card, newest first, each once over all pages."""

from typing import Any

from sqlalchemy import update

from storage import own_jobs
from storage.database import Database
from storage.jobs import Job, JobStatus
from storage.own_jobs import NEWEST, Mark
from storage.schema import jobs
from tests.integration.storage.builders import NOW, job_in


async def stored(db: Database, status: JobStatus = JobStatus.DELIVERED, **columns: Any) -> Job:
    async with db.write() as conn:
        return await job_in(conn, status, **{"card_revision": 1, **columns})


async def own(db: Database, **given: Any) -> list[str]:
    usual: dict[str, Any] = {"statuses": frozenset(JobStatus), "before": NEWEST, "limit": 100}
    async with db.read() as conn:
        return [job.id for job in await own_jobs.own(conn, "T1", "U1", **usual | given)]


async def test_nobody_sees_anothers_jobs_nor_a_form_that_was_only_opened(db: Database) -> None:
    mine = await stored(db)
    await stored(db, user_id="U2")
    await stored(db, team_id="T2")
    await stored(db, JobStatus.DRAFT, card_revision=0)

    assert await own(db) == [mine.id]


async def test_statuses_are_picked(db: Database) -> None:
    failed = await stored(db, JobStatus.FAILED)
    await stored(db, JobStatus.QUEUED)

    assert await own(db, statuses={JobStatus.FAILED, JobStatus.EXPIRED}) == [failed.id]
    assert await own(db, statuses=frozenset()) == []


async def test_page_by_page_each_comes_once_and_the_newest_first(db: Database) -> None:
    made = [await stored(db) for _ in range(7)]
    async with db.write() as conn:
        for age, job in enumerate(made):
            when = jobs.c.id == job.id
            await conn.execute(update(jobs).where(when).values(created_at=NOW - age // 3))
    whole = await own(db)

    pages: list[str] = []
    before = NEWEST
    while page := await own(db, before=before, limit=2):
        pages += page
        async with db.read() as conn:
            last = next(
                job
                for job in await own_jobs.own(conn, "T1", "U1", statuses=frozenset(JobStatus), limit=100)
                if job.id == page[-1]
            )
        before = Mark.after(last)

    assert pages == whole
    assert set(whole[:3]) == {job.id for job in made[:3]}
    assert len(whole) == len(set(whole)) == 7
