"""Transactions on a real database: nothing lost between writers, nothing left by errors."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage import order_store
from storage.database import Database, open_database
from storage.errors import StorageError, StorageUnreadable, UnsupportedDatabase
from storage.orders import OrderStatus
from tests.integration.storage.builders import NOW, add_order, ask, order_in, orders_in

COUNT_ORDERS = text("SELECT count(*) FROM orders")


async def test_of_concurrent_read_modify_writes_all_are_kept(open_again: Callable[[], Database]) -> None:
    async with open_again() as here, open_again() as there:
        async with here.write() as conn:
            job = await order_in(conn, OrderStatus.PREPARING, expires_at=0.0)

        async def add_a_second(db: Database) -> None:
            async with db.write() as conn:
                found = await order_store.find(conn, job.id, lock=True)
                assert found is not None
                assert found.expires_at is not None
                await asyncio.sleep(0)  # where another would slip in between
                await order_store.save(
                    conn, found, now=NOW, lease_token=None, expires_at=found.expires_at + 1
                )

        await asyncio.gather(*(add_a_second(db) for db in (here, there) for _ in range(30)))
        async with here.read() as conn:
            after = await order_store.find(conn, job.id)
    assert after is not None
    assert after.expires_at == 60


async def test_an_error_in_a_transaction_undoes_all_of_it(db: Database) -> None:
    async def break_off() -> None:
        async with db.write() as conn:
            await order_store.create(conn, ask(), now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    assert await orders_in(db) == 0
    await add_order(db)
    assert await orders_in(db) == 1


async def test_a_reader_keeps_its_view_while_others_write(db: Database) -> None:
    async with db.read() as conn:
        before = (await conn.execute(COUNT_ORDERS)).scalar_one()
        await add_order(db)
        assert (await conn.execute(COUNT_ORDERS)).scalar_one() == before
    assert await orders_in(db) == before + 1


async def test_a_reading_transaction_cannot_write(db: Database) -> None:
    with pytest.raises(StorageUnreadable):
        async with db.read() as conn:
            await order_store.create(conn, ask(), now=NOW)
    assert await orders_in(db) == 0


async def test_a_transaction_without_a_statement_is_nothing(db: Database) -> None:
    async with db.write():
        pass
    with pytest.raises(RuntimeError):
        async with db.write():
            raise RuntimeError
    await add_order(db)


async def test_a_storm_of_cancelled_tasks_leaves_the_database_whole(db: Database) -> None:
    finished = 0

    async def add() -> None:
        nonlocal finished
        await add_order(db)
        finished += 1

    for round_number in range(40):
        tasks = [asyncio.create_task(add()) for _ in range(4)]
        await asyncio.sleep(0.0005 * (round_number % 8))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(add(), 10)
    # A task that is cancelled while its COMMIT runs may have committed: more rows than reports, never fewer.
    assert finished <= await orders_in(db) <= 161


async def test_a_mistake_of_ours_passes_bare(db: Database) -> None:
    with pytest.raises(DBAPIError) as bare:
        async with db.write() as conn:
            await conn.execute(text("SELECT misspelt FROM orders"))
    assert not isinstance(bare.value, StorageError)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lipsync.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://host/db",
        "sqlite+pysqlite:///x.db",
        "postgresql+psycopg://host/db",
    ],
)
def test_a_url_that_this_app_does_not_run_on(url: str) -> None:
    with pytest.raises(UnsupportedDatabase):
        open_database(url)
