"""What one replica makes due, the others hear of at once; on SQLite there are no others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, claims, endings, job_store, leases, order_store
from storage.database import Database, open_database
from storage.jobs import Job, JobStatus
from storage.orders import OrderStatus
from tests.integration.storage.builders import add_order, ask, job_in, order_in
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres

PAST, NOW, FUTURE = 1_000.0, 2_000.0, 9e9
"""The triggers go by the server's clock."""
ALL = tuple(JobStatus)


@pytest.fixture
def engine() -> str:
    return "postgresql"


@asynccontextmanager
async def listening(db: Database) -> AsyncIterator[asyncio.Event]:
    """A replica that listens; the event is set by each notice, and cleared after the first."""
    heard = asyncio.Event()
    task = asyncio.create_task(db.listen(heard.set))
    try:
        await asyncio.wait_for(heard.wait(), 60)
        heard.clear()
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def is_heard(heard: asyncio.Event, *, within_s: float = 60) -> bool:
    try:
        await asyncio.wait_for(heard.wait(), within_s)
    except TimeoutError:
        return False
    heard.clear()
    return True


Change = Callable[[AsyncConnection, Job], Awaitable[object]]


async def asked(conn: AsyncConnection, _: Job) -> None:
    await order_store.create(conn, ask(due_at=NOW), now=NOW)


async def asked_with_a_card(conn: AsyncConnection, _: Job) -> None:
    await order_store.create(conn, ask(show_card=True), now=NOW)


async def moved_on(conn: AsyncConnection, job: Job) -> None:
    assert await job_store.move(conn, job, JobStatus.SUBMITTING, now=NOW, due_at=NOW, visible=False)


async def prepared(conn: AsyncConnection, _: Job) -> None:
    await order_in(conn, OrderStatus.PREPARING, due_at=PAST)


async def cancelled(conn: AsyncConnection, job: Job) -> None:
    assert await endings.end(conn, job, JobStatus.CANCELLED, now=NOW)


async def hinted(conn: AsyncConnection, job: Job) -> None:
    assert await job_store.make_due(conn, job.id, now=NOW, statuses=ALL)


async def changed_on_the_card(conn: AsyncConnection, job: Job) -> None:
    assert await job_store.save(conn, job, now=NOW, lease_token=None, visible=True)


async def released(conn: AsyncConnection, _: Job) -> None:
    await job_in(conn, JobStatus.DELIVERING, due_at=PAST)
    held = await claims.claim_jobs(conn, now=NOW, lease_s=FUTURE, token="t", statuses=ALL)
    await leases.JOBS.release(conn, [job.id for job in held], "t", now=NOW)


@pytest.mark.parametrize(
    "change",
    [asked, asked_with_a_card, moved_on, prepared, cancelled, hinted, changed_on_the_card, released],
)
async def test_what_falls_due_is_heard_by_another_replica(
    open_again: Callable[[], Database], change: Change
) -> None:
    async with open_again() as here:
        async with here.write() as conn:
            job = await job_in(conn, JobStatus.QUEUED, due_at=FUTURE)
        async with open_again() as there, listening(there) as heard:
            async with here.write() as conn:
                await change(conn, job)
                assert not await is_heard(heard, within_s=0.1), "heard before it was committed"
            assert await is_heard(heard)


async def asked_by_an_open_form(conn: AsyncConnection, _: Job) -> None:
    await order_store.create(conn, ask(due_at=FUTURE), now=NOW)


async def claimed(conn: AsyncConnection, _: Job) -> None:
    assert await claims.claim_jobs(conn, now=NOW, lease_s=FUTURE, token="t", statuses=ALL)
    assert await card_store.claim_cards(conn, now=NOW, lease_s=FUTURE, token="t")


async def put_off(conn: AsyncConnection, job: Job) -> None:
    assert await job_store.save(conn, job, now=NOW, lease_token=None, due_at=FUTURE)


async def noted(conn: AsyncConnection, job: Job) -> None:
    assert await job_store.save(conn, job, now=NOW, lease_token=None, generation_status="PENDING")


@pytest.mark.parametrize("change", [asked_by_an_open_form, claimed, put_off, noted])
async def test_what_falls_due_for_nobody_wakes_nobody(
    open_again: Callable[[], Database], change: Change
) -> None:
    async with open_again() as here:
        async with here.write() as conn:
            job = await job_in(conn, JobStatus.PROCESSING, due_at=PAST, card_due_at=PAST)
        async with open_again() as there, listening(there) as heard:
            async with here.write() as conn:
                await change(conn, job)
            assert not await is_heard(heard, within_s=0.2)


async def test_what_was_undone_was_never_due(open_again: Callable[[], Database]) -> None:
    async def undone(db: Database) -> None:
        async with db.write() as conn:
            await order_store.create(conn, ask(due_at=NOW), now=NOW)
            raise RuntimeError

    async with open_again() as here, open_again() as there, listening(there) as heard:
        with pytest.raises(RuntimeError):
            await undone(here)
        assert not await is_heard(heard, within_s=0.2)


async def test_a_listener_that_is_cut_off_listens_again_and_looks_for_what_it_missed(db: Database) -> None:
    async with listening(db) as heard:
        async with db.write() as conn:
            cut = await conn.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
            )
            assert cut.scalars().all() == [True]
        assert await is_heard(heard), "it did not come back"
        await add_order(db, due_at=NOW)
        assert await is_heard(heard)


async def test_a_listener_outlasts_its_server(db: Database, postgres: PostgresServer) -> None:
    async with listening(db) as heard:
        postgres.stop()
        try:
            assert not await is_heard(heard, within_s=0.3)
        finally:
            postgres.start()
        assert await is_heard(heard), "it did not come back"
        await add_order(db, due_at=NOW)
        assert await is_heard(heard)


async def test_a_replica_may_start_before_its_server(url: str, postgres: PostgresServer) -> None:
    postgres.stop()
    heard = asyncio.Event()
    async with open_database(url) as db:
        task = asyncio.create_task(db.listen(heard.set))
        try:
            assert not await is_heard(heard, within_s=0.2)
        finally:
            postgres.start()
        assert await is_heard(heard)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_who_stops_listening_leaves_no_connection(db: Database) -> None:
    async with listening(db):
        pass
    async with db.read() as conn:
        left = await conn.execute(text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
        assert left.scalar() == 0


async def test_on_sqlite_there_is_nobody_to_hear(path: Path) -> None:
    async with open_database(f"sqlite:///{path}") as db:
        await asyncio.wait_for(db.listen(pytest.fail), 60)
