"""Transactions on a real file: nothing lost between writers, nothing left by errors, trouble said clearly."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import job_store
from storage.database import Database, migrate, open_database
from storage.errors import (
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageUnreadable,
    UnsupportedDatabase,
)
from storage.jobs import JobStatus
from tests.integration.storage.builders import NOW, ask, job_in

COUNT_JOBS = text("SELECT count(*) FROM jobs")


async def jobs_in(db: Database) -> int:
    async with db.read() as conn:
        return int((await conn.execute(COUNT_JOBS)).scalar_one())


async def add_job(db: Database) -> None:
    async with db.write() as conn:
        await job_store.create(conn, ask(), now=NOW)


async def test_of_concurrent_read_modify_writes_all_are_kept(open_again: Callable[[], Database]) -> None:
    async with open_again() as here, open_again() as there:
        async with here.write() as conn:
            job = await job_in(conn, JobStatus.PREPARING, length_s=0.0)

        async def add_a_second(db: Database) -> None:
            async with db.write() as conn:
                found = await job_store.find(conn, job.id)
                assert found is not None
                assert found.length_s is not None
                await asyncio.sleep(0)  # where another would slip in between
                await job_store.save(conn, found, now=NOW, lease_token=None, length_s=found.length_s + 1)

        await asyncio.gather(*(add_a_second(db) for db in (here, there) for _ in range(30)))
        async with here.read() as conn:
            after = await job_store.find(conn, job.id)
    assert after is not None
    assert after.length_s == 60


async def test_an_error_in_a_transaction_undoes_all_of_it(db: Database) -> None:
    async def break_off() -> None:
        async with db.write() as conn:
            await job_store.create(conn, ask(), now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    assert await jobs_in(db) == 0
    await add_job(db)
    assert await jobs_in(db) == 1


async def test_a_reader_keeps_its_view_while_others_write(db: Database) -> None:
    async with db.read() as conn:
        before = (await conn.execute(COUNT_JOBS)).scalar_one()
        await add_job(db)
        assert (await conn.execute(COUNT_JOBS)).scalar_one() == before
    assert await jobs_in(db) == before + 1


async def test_a_reading_transaction_cannot_write(db: Database) -> None:
    with pytest.raises(StorageUnreadable):
        async with db.read() as conn:
            await job_store.create(conn, ask(), now=NOW)
    assert await jobs_in(db) == 0


async def test_a_transaction_without_a_statement_is_nothing(db: Database) -> None:
    async with db.write():
        pass
    with pytest.raises(RuntimeError):
        async with db.write():
            raise RuntimeError
    await add_job(db)


async def test_a_storm_of_cancelled_tasks_leaves_the_database_whole(db: Database) -> None:
    finished = 0

    async def add() -> None:
        nonlocal finished
        await add_job(db)
        finished += 1

    for round_number in range(40):
        tasks = [asyncio.create_task(add()) for _ in range(4)]
        await asyncio.sleep(0.0005 * (round_number % 8))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(add(), 10)
    # A task that is cancelled while its COMMIT runs may have committed: more rows than reports, never fewer.
    assert finished <= await jobs_in(db) <= 161


async def test_a_create_crosses_to_the_databases_thread_twice(
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It stands between a slash command and its answer: BEGIN with INSERT, and COMMIT."""
    await add_job(db)
    crossings = 0
    cross: Callable[..., Any] = aiosqlite.Connection._execute

    async def counted(*args: Any) -> Any:
        nonlocal crossings
        crossings += 1
        return await cross(*args)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    await add_job(db)
    assert crossings == 2


async def test_the_file_is_kept_safe_against_power_cuts_and_bad_references(db: Database) -> None:
    async with db.write() as conn:
        answers = [
            (await conn.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert answers == ["wal", 2, 1]


async def test_the_database_does_not_outlive_its_context(path: Path) -> None:
    async with open_database(f"sqlite:///{path}") as db:
        await add_job(db)
        await jobs_in(db)
    assert not path.with_name(path.name + "-wal").exists()  # the last connection folds it into the file


# Trouble that an operator can end


@asynccontextmanager
async def opened(path: Path, *, patience_s: float = 0.2) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{path}", patience_s=patience_s) as db:
        yield db


async def test_a_lock_that_is_not_given_back_in_time(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        async with opened(path) as db:
            with pytest.raises(StorageBusy) as busy:
                await add_job(db)
            assert isinstance(busy.value.__cause__, OperationalError)
            other.execute("ROLLBACK")
            await add_job(db)
    finally:
        other.close()


async def test_a_transaction_inside_another_is_told_so_instead_of_hanging(path: Path) -> None:
    async with opened(path) as db, db.write():
        with pytest.raises(StorageBusy):
            await add_job(db)


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    async with opened(tmp_path / "missing" / "lipsync.db") as db:
        with pytest.raises(StorageUnreadable, match="folder"):
            await migrate(db)


async def test_a_folder_in_the_files_place(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        with pytest.raises(StorageUnreadable):
            await migrate(db)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "lipsync.db"
    path.write_text("a letter to somebody " * 100)
    async with opened(path) as db:
        with pytest.raises(StorageCorrupt, match="backup"):
            await migrate(db)


@pytest.fixture
def damaged_path(path: Path) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[:1024] + b"\xff" * (len(content) - 1024))
    return path


async def test_a_damaged_file(damaged_path: Path) -> None:
    async with opened(damaged_path) as db:
        with pytest.raises(StorageCorrupt):
            await add_job(db)


async def test_a_full_disk(db: Database) -> None:
    with pytest.raises(StorageFull):
        await overfill(db)
    assert await jobs_in(db) == 0


async def overfill(db: Database) -> None:
    """SQLite reports a file that may not grow as it does a disk that is full."""
    async with db.write() as conn:
        await conn.execute(text("PRAGMA max_page_count = 1"))
        for _ in range(100):
            await job_store.create(conn, ask(draft="x" * 4_000), now=NOW)


async def test_a_mistake_of_ours_passes_bare(db: Database) -> None:
    with pytest.raises(DBAPIError) as bare:
        async with db.write() as conn:
            await conn.execute(text("SELECT misspelt FROM jobs"))
    assert not isinstance(bare.value, StorageError)


@pytest.mark.parametrize(
    "url",
    ["", "lipsync.db", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "sqlite+pysqlite:///x.db"],
)
def test_a_url_that_this_app_does_not_run_on(url: str) -> None:
    with pytest.raises(UnsupportedDatabase):
        open_database(url)


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
async def test_both_spellings_of_a_sqlite_url(path: Path, scheme: str) -> None:
    async with open_database(f"{scheme}:///{path}") as db:
        assert await jobs_in(db) == 0
