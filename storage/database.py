"""The database: transactions that write or read, news of what fell due, and the way to the newest schema."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Self

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import sqlite
from storage.errors import SchemaTooNew, StorageError, UnsupportedDatabase, fixable_errors_wrapped

HEAD_REVISION = "0002"
"""The newest script in `storage/migrations/versions`; a database that is there needs no Alembic."""

_SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
_POSTGRES = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})

Listen = Callable[[Callable[[], None]], Awaitable[None]]


class Database:
    """The one way to the tables. Closed by `close()`, or by leaving `async with`."""

    def __init__(self, *, writer: AsyncEngine, reader: AsyncEngine, listen: Listen | None = None) -> None:
        self._writer = writer
        self._reader = reader
        self._listen = listen

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on it at the same time; SQLite is for one."""
        return self._listen is not None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that may write: committed at the end, rolled back on any error.

        On SQLite writers take turns, so never open one inside another: the inner would wait for the outer.
        On PostgreSQL they run side by side and see what others commit meanwhile: what is read in order to be
        changed is read with `lock=True`, or the change is guarded.

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

    async def answers(self, *, within_s: float = 2.0) -> bool:
        """Whether a transaction that may write can be had now."""
        try:
            async with asyncio.timeout(within_s), self.write() as conn:
                await conn.execute(text("SELECT 1"))
        except (StorageError, TimeoutError):
            return False
        return True

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` soon after any replica made a job or a card due, until cancelled.

        It may be called for nothing. Returns at once on SQLite, where the app is one process.
        """
        if self._listen is not None:
            await self._listen(heard)

    async def close(self) -> None:
        """Close all connections; transactions that are open are rolled back."""
        await self._reader.dispose()
        await self._writer.dispose()


def open_database(url: str, *, patience_s: float = 30) -> Database:
    """Get ready to use the database at `url`; nothing is opened before the first transaction.

    Args:
        url: `sqlite:///relative/path`, `sqlite:////absolute/path`, or `postgresql://user:password@host/name`
            with libpq's options; also spelt `sqlite+aiosqlite`, `postgres` and `postgresql+asyncpg`.
        patience_s: how long a transaction waits for others before it fails as `StorageBusy`.

    Raises:
        UnsupportedDatabase: another engine, no file, or no URL at all.
    """
    parsed = _parsed(url)
    if parsed.drivername in _POSTGRES:
        from storage import postgres  # noqa: PLC0415 - nothing of it is loaded where SQLite is used

        url = "postgresql://" + url.partition("://")[2]
        writer, reader = postgres.create_engines(url, patience_s=patience_s)
        return Database(
            writer=writer, reader=reader, listen=partial(postgres.listen, url, patience_s=patience_s)
        )
    writer, reader = sqlite.create_engines(_file_of(parsed), patience_s=patience_s)
    return Database(writer=writer, reader=reader)


async def migrate(db: Database) -> None:
    """Bring the schema to the newest revision; several processes may do so at once.

    Raises:
        SchemaTooNew: the database was written by a newer version of the app.
        StorageError: the database cannot be used as it stands.
    """
    # Of several processes one migrates and the others find it done: they wait for the same lock, which on
    # SQLite is the writers'.
    async with db.write() as conn:
        if conn.dialect.name == "postgresql":
            from storage.postgres import lock_migrations  # noqa: PLC0415 - loaded already, where it is used

            await lock_migrations(conn)
        if _is_behind(await _revision(conn)):
            await conn.run_sync(_upgrade)


async def pending_revision(db: Database) -> str | None:
    """The revision from which the next `migrate` starts, "" for an empty one; None: it has nothing to do.

    Only reads.

    Raises:
        SchemaTooNew: the database was written by a newer version of the app.
        StorageError: the database cannot be used as it stands.
    """
    async with db.read() as conn:
        revision = await _revision(conn)
    return (revision or "") if _is_behind(revision) else None


def _is_behind(revision: str | None) -> bool:
    """Whether there is something to upgrade. Raises SchemaTooNew."""
    if revision is not None and revision > HEAD_REVISION:
        raise SchemaTooNew(f"{SchemaTooNew.__doc__} (revision {revision}, known up to {HEAD_REVISION})")
    return revision != HEAD_REVISION


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


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UnsupportedDatabase(
            f"Not a database URL; expected sqlite:///path/to/file.db or postgresql://… ({error})"
        ) from error
    if parsed.drivername not in _SQLITE | _POSTGRES:
        raise UnsupportedDatabase(
            f"The engine {parsed.drivername!r} is not supported; "
            "use sqlite:///path/to/file.db or postgresql://user:password@host/name"
        )
    return parsed


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise UnsupportedDatabase("The database must be a file, so that nothing is lost on a restart.")
    return Path(url.database)
