"""SQLite under SQLAlchemy: pragmas, and an aiosqlite connection that goes to its thread once a statement.

SQLAlchemy over plain aiosqlite crosses between the event loop and the connection's thread for the cursor, the
statement, its rows, the cursor's closing, BEGIN, COMMIT and the pool's ROLLBACK: eleven times for one INSERT.
Here a statement is one crossing, BEGIN travels with the first statement, and a ROLLBACK of nothing is none:
two for the same INSERT, which stands between a person's slash command and its answer.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

import aiosqlite
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import private_files

READERS = 4
"""Connections, and so threads, for reading; readers do not wait for the writer."""

_IN_SQLITE_S = 0.1
"""SQLite itself waits no longer for a lock, and tries often; what takes longer is looked at now and then."""
_LOOKS_EVERY_S = 0.05

BeginMode = Literal["IMMEDIATE", "DEFERRED"]


def create_engines(path: Path, *, patience_s: float) -> tuple[AsyncEngine, AsyncEngine]:
    """A writer and a reader of the file at `path`.

    Args:
        path: the database file.
        patience_s: how long a transaction waits for others, here or in another process.
    """
    # One connection for writing: writers queue for it fairly instead of racing for SQLite's lock.
    return (
        _engine(partial(connect_writer, path, patience_s=patience_s), "IMMEDIATE", 1, patience_s),
        _engine(partial(connect_reader, path, patience_s=patience_s), "DEFERRED", READERS, patience_s),
    )


async def connect_writer(path: Path, *, patience_s: float) -> "SqliteConnection":
    """A connection that may write; makes the file and turns on WAL where it is new.

    Args:
        path: the database file.
        patience_s: how long a transaction waits for another process.
    """
    return await _connected(
        path,
        patience_s=patience_s,
        pragmas=(
            "journal_mode = WAL",
            "synchronous = FULL",  # NORMAL may lose the last commits in a power cut, and gains little
            "foreign_keys = ON",
            "secure_delete = ON",  # what is forgotten is gone from the file as well
        ),
    )


async def connect_reader(path: Path, *, patience_s: float) -> "SqliteConnection":
    """A connection that only reads: SQLite itself refuses its writes."""
    return await _connected(path, patience_s=patience_s, pragmas=("query_only = ON",))


class SqliteConnection(aiosqlite.Connection):
    """One SQLite connection on its own thread; what SQLAlchemy's aiosqlite dialect drives."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, patience_s: float) -> None:
        super().__init__(connect, iter_chunk_size=64)
        self._patience_s = patience_s
        self._pending_begin: str | None = None
        # As SQLAlchemy does for connections of its own making: no thread may hold up the interpreter's exit.
        self._thread.daemon = True

    def begin(self, mode: BeginMode) -> None:
        """Open a transaction together with the next statement."""
        self._pending_begin = f"BEGIN {mode}"

    def cursor(self) -> "_Cursor":  # type: ignore[override]
        """A cursor whose statement and rows come in one crossing."""
        return _Cursor(self)

    async def commit(self) -> None:
        """Commit, unless no statement has opened the transaction."""
        if self._take_pending_begin() is None:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back, if there is anything to."""
        if self._take_pending_begin() is None and self.in_transaction:
            await super().rollback()

    async def run(self, statement: Callable[[sqlite3.Connection], Any]) -> Any:
        """Call `statement` on the connection's thread, behind a BEGIN that waits for it.

        A lock of another process is waited for here and not in SQLite, where nothing could cut the wait.
        """
        begin = self._take_pending_begin()
        if begin is None:
            return await self._execute(lambda: statement(self._conn))  # type: ignore[no-untyped-call]
        until = time.monotonic() + self._patience_s
        while True:
            try:
                return await self._execute(partial(self._begin_and_run, begin, statement))  # type: ignore[no-untyped-call]
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > until:
                    raise
            await asyncio.sleep(_LOOKS_EVERY_S)

    def _begin_and_run(self, begin: str, statement: Callable[[sqlite3.Connection], Any]) -> Any:
        self._conn.execute(begin)
        try:
            return statement(self._conn)
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                self._conn.rollback()  # it may all be tried again
            raise

    def _take_pending_begin(self) -> str | None:
        begin, self._pending_begin = self._pending_begin, None
        return begin


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


class _Cursor:
    """The part of aiosqlite's cursor that SQLAlchemy uses. Rows are read before the crossing back."""

    arraysize = 1

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        await self._connection.run(lambda raw: self._keep(raw.execute(sql, parameters)))
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        await self._connection.run(lambda raw: self._keep(raw.executemany(sql, parameters)))
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        """Take over all that the cursor holds: an unread RETURNING row would block the COMMIT."""
        self.description = cursor.description
        if cursor.description is not None:
            self._rows = cursor.fetchall()
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        cursor.close()


def _engine(
    connect: Callable[[], Awaitable[SqliteConnection]],
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
        hide_parameters=True,  # people's words have no place in an error's text
    )

    def begin_transaction(conn: Connection) -> None:
        driver: Any = conn.connection.driver_connection
        driver.begin(begin)

    event.listen(engine.sync_engine, "begin", begin_transaction)
    return engine


async def _connected(path: Path, *, patience_s: float, pragmas: Sequence[str]) -> SqliteConnection:
    connection = SqliteConnection(lambda: _open(path, patience_s, pragmas), patience_s=patience_s)
    try:
        await connection
    except BaseException:
        # aiosqlite stops its thread without waiting, and the thread still answers to this loop.
        await asyncio.to_thread(connection._thread.join)  # noqa: SLF001
        raise
    return connection


def _open(path: Path, patience_s: float, pragmas: Sequence[str]) -> sqlite3.Connection:
    private_files.make_private(path)  # or SQLite makes it by the umask, and its other files alike
    # isolation_level None: the module opens no transactions by itself, BEGIN is ours.
    connection = sqlite3.connect(path, isolation_level=None, timeout=patience_s)
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()
        connection.execute(f"PRAGMA busy_timeout = {min(_IN_SQLITE_S, patience_s) * 1000:.0f}").close()
    except BaseException:
        connection.close()
        raise
    return connection
