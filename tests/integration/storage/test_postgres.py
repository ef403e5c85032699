"""What only a database server can do: refuse, go away and come back. Its troubles are said clearly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import unquote

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.heartbeat import Rhythm
from storage import card_store, claims, order_store
from storage.database import Database, open_database
from storage.errors import (
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageUnreachable,
    StorageUnreadable,
    UnsupportedDatabase,
)
from storage.orders import Order, OrderStatus
from storage.postgres import CONNECTIONS, connect
from tests.integration.storage.builders import NOW, add_order, ask, orders_in
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
async def hasty(url: str) -> AsyncIterator[Database]:
    """A database that waits for nobody for long."""
    async with open_database(url, patience_s=0.3) as db:
        yield db


@pytest.fixture
async def admin(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_every_spelling_of_a_postgresql_url(url: str, scheme: str) -> None:
    async with open_database(url.replace("postgresql", scheme, 1)) as db:
        assert await orders_in(db) == 0


# Trouble that an operator can end


async def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    async with open_database(f"postgresql://me:secret@127.0.0.1:{port}/lipsync") as db:
        assert not await db.answers()
        with pytest.raises(StorageUnreachable, match="host and port") as error:
            await orders_in(db)
    assert "secret" not in str(error.value)


async def test_a_server_that_takes_the_call_and_hangs_up() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_database(f"postgresql://me@127.0.0.1:{port}/lipsync?sslmode=disable") as db:
            with pytest.raises(StorageUnreachable):
                await orders_in(db)


async def test_a_database_that_nobody_made(postgres: PostgresServer) -> None:
    async with open_database(postgres.url("misspelt")) as db:
        with pytest.raises(StorageUnreadable, match=r"database name.*misspelt"):
            await orders_in(db)


async def test_a_user_that_is_not_known(url: str) -> None:
    async with open_database(url.replace("postgres@", "stranger@")) as db:
        with pytest.raises(StorageUnreadable, match=r"user, password.*stranger"):
            await orders_in(db)


async def test_a_user_without_rights(url: str, admin: asyncpg.Connection) -> None:
    await admin.execute("CREATE ROLE guest LOGIN")
    try:
        async with open_database(url.replace("postgres@", "guest@")) as db:
            with pytest.raises(StorageUnreadable, match="rights"):
                await orders_in(db)
    finally:
        await admin.execute("DROP ROLE guest")


async def test_options_that_make_no_sense(url: str) -> None:
    async with open_database(f"{url}&sslmode=sometimes") as db:
        with pytest.raises(UnsupportedDatabase, match="sslmode"):
            await orders_in(db)


async def test_a_server_that_is_full(url: str, admin: asyncpg.Connection) -> None:
    await admin.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 1; GRANT SELECT ON orders TO few")
    try:
        few = url.replace("postgres@", "few@")
        async with open_database(few) as one, one.read() as conn:
            await conn.execute(text("SELECT 1"))
            async with open_database(few) as another:
                with pytest.raises(StorageBusy, match="too many connections"):
                    await orders_in(another)
    finally:
        await admin.execute("DROP OWNED BY few; DROP ROLE few")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("40001", StorageBusy),
        ("40P01", StorageBusy),
        ("53100", StorageFull),
        ("53200", StorageBusy),
        ("57014", StorageBusy),
        ("57P01", StorageUnreachable),
        ("57P03", StorageUnreachable),
        ("08006", StorageUnreachable),
        ("58030", StorageUnreadable),
        ("XX001", StorageCorrupt),
    ],
)
async def test_what_the_server_says_by_code(db: Database, code: str, kind: type[StorageError]) -> None:
    with pytest.raises(kind) as raised:
        await fail_with(db, code)
    assert isinstance(raised.value.__cause__, DBAPIError)


@pytest.mark.parametrize("code", ["23514", "22012", "XX000"])
async def test_what_nobody_but_us_can_mend_passes_bare(db: Database, code: str) -> None:
    with pytest.raises(DBAPIError):
        await fail_with(db, code)


async def fail_with(db: Database, code: str) -> None:
    async with db.write() as conn:
        await conn.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'so it is' USING ERRCODE = '{code}'; END $$"))


async def test_a_row_that_is_not_given_back_in_time(db: Database, hasty: Database) -> None:
    job = await add_order(db)
    async with db.write() as conn:
        await order_store.find(conn, job.id, lock=True)
        with pytest.raises(StorageBusy) as busy:
            await move_on(hasty, job.id)
    assert isinstance(busy.value.__cause__, DBAPIError)
    await move_on(hasty, job.id)


async def move_on(db: Database, job_id: str) -> None:
    async with db.write() as conn:
        assert await order_store.move(conn, job_id, OrderStatus.PREPARING, now=NOW)


async def test_no_connection_comes_free_in_time(hasty: Database) -> None:
    async def be_long() -> None:
        async with hasty.read() as conn:
            await conn.execute(text("SELECT pg_sleep(1)"))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(be_long())
        await asyncio.sleep(0)
        with pytest.raises(StorageBusy, match="free"):
            await orders_in(hasty)


async def test_a_transaction_that_stands_still_frees_what_it_holds(db: Database, hasty: Database) -> None:
    """As that of a replica which lost its power: nobody else would get at its rows."""
    job = await add_order(db)
    with pytest.raises(StorageError):
        await stand_still(hasty, job.id, db)
    async with db.read() as conn:
        moved = await order_store.find(conn, job.id)
    assert moved is not None
    assert moved.status is OrderStatus.PREPARING


async def stand_still(db: Database, job_id: str, other: Database) -> None:
    async with db.write() as conn:
        await order_store.find(conn, job_id, lock=True)
        await move_on(other, job_id)
        await order_store.find(conn, job_id)


# Side by side


async def test_a_claim_does_not_wait_for_a_claim_that_is_under_way(db: Database, hasty: Database) -> None:
    jobs = {(await add_order(db, due_at=NOW)).id for _ in range(3)}
    async with db.write() as slow:
        (first,) = await claim(slow, token="slow", limit=1)
        async with hasty.write() as quick:
            others = await claim(quick, token="quick", limit=50)
    assert {first.id, *(job.id for job in others)} == jobs
    assert len(others) == 2


async def claim(conn: AsyncConnection, *, token: str, limit: int) -> list[Order]:
    return await claims.claim_orders(
        conn, now=NOW, lease_s=30, token=token, statuses=tuple(OrderStatus), limit=limit
    )


async def test_cards_are_claimed_past_those_that_are_being_claimed(db: Database, hasty: Database) -> None:
    jobs = {(await add_order(db, show_card=True)).id for _ in range(2)}
    async with db.write() as slow:
        (first,) = await card_store.claim_cards(slow, now=NOW, lease_s=30, token="slow", limit=1)
        async with hasty.write() as quick:
            (second,) = await card_store.claim_cards(quick, now=NOW, lease_s=30, token="quick")
    assert {first.id, second.id} == jobs


# Away and back


async def test_a_connection_cut_in_mid_transaction(db: Database, admin: asyncpg.Connection) -> None:
    with pytest.raises(StorageUnreachable):
        await cut_and_go_on(db, admin)
    assert await orders_in(db) == 0
    await add_order(db)


async def cut_and_go_on(db: Database, admin: asyncpg.Connection) -> None:
    async with db.write() as conn:
        await order_store.create(conn, ask(), now=NOW)
        backend = (await conn.execute(text("SELECT pg_backend_pid()"))).scalar()
        await admin.execute("SELECT pg_terminate_backend($1)", backend)
        await order_store.create(conn, ask(), now=NOW)


async def test_a_restart_between_transactions_is_not_noticed(db: Database, postgres: PostgresServer) -> None:
    await asyncio.gather(*(add_order(db) for _ in range(CONNECTIONS)))
    postgres.stop()
    postgres.start()
    await asyncio.sleep(0.05)  # the news of the cut connections arrives
    await asyncio.gather(*(add_order(db) for _ in range(CONNECTIONS)))
    assert await orders_in(db) == 2 * CONNECTIONS


async def test_a_server_that_goes_away_and_comes_back(db: Database, postgres: PostgresServer) -> None:
    await add_order(db)
    postgres.stop()
    try:
        with pytest.raises(StorageUnreachable):
            await add_order(db)
        assert not await db.answers()
    finally:
        postgres.start()
    assert await db.answers()
    assert await orders_in(db) == 1


async def test_a_peer_that_silently_vanishes_is_noticed_by_the_kernel(url: str) -> None:
    """The server is behind a TCP relay here: over a Unix socket nobody can vanish."""
    _, _, path = url.partition("?host=")

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(f"{unquote(path)}/.s.PGSQL.5432")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pump(reader, server_writer))
            tasks.create_task(pump(server_reader, writer))

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connection = await connect(
            f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable", patience_s=30
        )
        try:
            peer = connection._transport.get_extra_info("socket")
            assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        finally:
            await connection.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_who_stands_still_in_mid_transaction_keeps_nobody_from_its_rows_for_long(
    migrated_postgres: str,
) -> None:
    connection = await connect(migrated_postgres, patience_s=30)
    try:
        allowed = await connection.fetchval("SHOW idle_in_transaction_session_timeout")
    finally:
        await connection.close()

    assert allowed == f"{Rhythm().silent_s:.0f}s", "after as much silence its work is taken over"
