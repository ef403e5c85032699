"""The database: one writer, several readers, and the way to the newest schema."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.errors import SchemaTooNew, StorageError, UnsupportedDatabase, fixable_errors_wrapped
from storage.sqlite import BeginMode, SqliteConnection, connect_reader, connect_writer

HEAD_REVISION = "0001"
"""The newest script in `storage/migrations/versions`; a database that is there needs no Alembic."""

READERS = 4
"""Connections, and so threads, for reading; readers do not wait for the writer."""


class Database:
    """The one way to the tables. Closed by `close()`, or by leaving `async with`."""

    def __init__(self, *, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that may write: committed at the end, rolled back on any error.

        Writers take turns. Never open one inside another: the inner would wait for the outer.

        Raises:
            StorageError: the database cannot be used as it stands.
        """
        with fixable_errors_wrapped():
            async with self._writer.begin() as conn:
                yield conn

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view of the data that cannot write.

        Raises:
            StorageError: the database cannot be used as it stands.
        """
        with fixable_errors_wrapped():
            async with self._reader.begin() as conn:
                yield conn

    async def answers(self) -> bool:
        """Whether the database can be read now."""
        try:
            async with self.read() as conn:
                await conn.execute(text("SELECT 1"))
        except StorageError:
            return False
        return True

    async def close(self) -> None:
        """Close all connections; transactions that are open are rolled back."""
        await self._reader.dispose()
        await self._writer.dispose()


def open_database(url: str, *, patience_s: float = 30) -> Database:
    """Get ready to use the database at `url`; nothing is opened before the first transaction.

    Args:
        url: `sqlite:///relative/path`, `sqlite:////absolute/path`, or the same with `sqlite+aiosqlite`.

        patience_s: how long a transaction waits for others before it fails as `StorageBusy`.

    Raises:
        UnsupportedDatabase: another engine, no file, or no URL at all.
    """
    path = _sqlite_path(url)
    return Database(
        # One connection: writers queue here fairly instead of racing for SQLite's lock.
        writer=_engine(
            partial(connect_writer, path, patience_s=patience_s),
            begin="IMMEDIATE",
            connections=1,
            patience_s=patience_s,
        ),
        reader=_engine(
            partial(connect_reader, path, patience_s=patience_s),
            begin="DEFERRED",
            connections=READERS,
            patience_s=patience_s,
        ),
    )


async def migrate(db: Database) -> None:
    """Bring the schema to the newest revision; several processes may do so at once.

    Raises:
        SchemaTooNew: the database was written by a newer version of the app.
        StorageError: the database cannot be used as it stands.
    """
    async with (
        db.write() as conn
    ):  # holds the writers' lock: of several processes one migrates, the others find it done
        revision = await _revision(conn)
        if revision == HEAD_REVISION:
            return
        if revision is not None and revision > HEAD_REVISION:
            raise SchemaTooNew(f"{SchemaTooNew.__doc__} (revision {revision}, known up to {HEAD_REVISION})")
        await conn.run_sync(_upgrade)


async def _revision(conn: AsyncConnection) -> str | None:
    """The revision the database is at; None: it is empty."""
    if not await conn.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
        return None
    return (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar()


def _upgrade(conn: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - half a second of imports, needed only when the schema changes
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _sqlite_path(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UnsupportedDatabase(
            f"Not a database URL; expected sqlite:///path/to/file.db ({error})"
        ) from error
    if parsed.drivername not in {"sqlite", "sqlite+aiosqlite"}:
        raise UnsupportedDatabase(
            f"The engine {parsed.drivername!r} is not supported; use sqlite:///path/to/file.db"
        )
    if not parsed.database or parsed.database == ":memory:":
        raise UnsupportedDatabase("The database must be a file, so that nothing is lost on a restart.")
    return Path(parsed.database)


def _engine(
    connect: Callable[[], Awaitable[SqliteConnection]],
    *,
    begin: BeginMode,
    connections: int,
    patience_s: float,
) -> AsyncEngine:
    engine = create_async_engine(
        "sqlite+aiosqlite:///by-async-creator",
        async_creator=connect,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
    )

    def begin_transaction(conn: Connection) -> None:
        driver: Any = conn.connection.driver_connection
        driver.begin(begin)

    event.listen(engine.sync_engine, "begin", begin_transaction)
    return engine
