"""What only SQLite can do: the file kept safe, few crossings to its thread, and its troubles said clearly."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage import order_store, sync_keys
from storage.database import Database, migrate, open_database
from storage.encryption import Cipher, new_key
from storage.errors import StorageBusy, StorageCorrupt, StorageFull, StorageUnreadable
from storage.installations import Installations
from tests.integration.storage.builders import NOW, add_order, ask, installation, orders_in, sync_key


@pytest.fixture
def engine() -> str:
    return "sqlite"


@asynccontextmanager
async def opened(path: Path, *, patience_s: float = 0.2) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{path}", patience_s=patience_s) as db:
        yield db


async def test_a_create_crosses_to_the_databases_thread_twice(
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It stands between a slash command and its answer: BEGIN with INSERT, and COMMIT."""
    await add_order(db)
    crossings = 0
    cross: Callable[..., Any] = aiosqlite.Connection._execute

    async def counted(*args: Any) -> Any:
        nonlocal crossings
        crossings += 1
        return await cross(*args)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    await add_order(db)
    assert crossings == 2


async def test_a_wait_for_another_process_can_be_cut_and_leaves_nothing(path: Path) -> None:
    async with opened(path, patience_s=30) as db:
        await add_order(db)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await add_order(db)
            assert not await db.answers(within_s=0.3)
            assert time.monotonic() - began < 10
            other.rollback()
        assert await db.answers()
        await add_order(db)
        assert await orders_in(db) == 2


async def test_who_waits_for_another_process_writes_when_it_is_done(path: Path) -> None:
    async with opened(path, patience_s=30) as db:
        await add_order(db)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(add_order(db))
            await asyncio.sleep(0.5)
            assert not waiting.done()
            other.rollback()
            await asyncio.wait_for(waiting, timeout=2)


async def test_the_file_is_kept_safe_against_power_cuts_and_bad_references(db: Database) -> None:
    async with db.write() as conn:
        answers = [
            (await conn.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert answers == ["wal", 2, 1]


async def test_the_database_does_not_outlive_its_context(path: Path) -> None:
    async with open_database(f"sqlite:///{path}") as db:
        await add_order(db)
        await orders_in(db)
    assert not path.with_name(path.name + "-wal").exists()  # the last connection folds it into the file


async def test_secrets_cannot_be_read_in_the_file(path: Path) -> None:
    async with opened(path) as db:
        cipher = Cipher([new_key()])
        await Installations(db, cipher).save(installation(bot_token="xoxb-secret-token"))
        async with db.write() as conn:
            await sync_keys.put(conn, sync_key(cipher, "sk-secret-key"), now=NOW)
        written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"Acme" in written
    assert b"secret-token" not in written
    assert b"secret-key" not in written


# Trouble that an operator can end


async def test_a_lock_that_is_not_given_back_in_time(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        async with opened(path) as db:
            with pytest.raises(StorageBusy) as busy:
                await add_order(db)
            assert isinstance(busy.value.__cause__, OperationalError)
            other.execute("ROLLBACK")
            await add_order(db)
    finally:
        other.close()


async def test_a_transaction_inside_another_is_told_so_instead_of_hanging(path: Path) -> None:
    async with opened(path) as db, db.write():
        with pytest.raises(StorageBusy):
            await add_order(db)


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
            await add_order(db)


async def test_a_full_disk(path: Path) -> None:
    async with opened(path) as db:
        with pytest.raises(StorageFull):
            await overfill(db)
        assert await orders_in(db) == 0


async def overfill(db: Database) -> None:
    """SQLite reports a file that may not grow as it does a disk that is full."""
    async with db.write() as conn:
        await conn.execute(text("PRAGMA max_page_count = 1"))
        for _ in range(100):
            await order_store.create(conn, ask(draft="x" * 4_000), now=NOW)


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
async def test_both_spellings_of_a_sqlite_url(path: Path, scheme: str) -> None:
    async with open_database(f"{scheme}:///{path}") as db:
        assert await orders_in(db) == 0
