"""PostgreSQL under SQLAlchemy, and how replicas hear of each other's work.

Imported only where the database is one: asyncpg and its dialect cost memory and start-up time.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import asyncpg
import structlog
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.errors import StorageUnreachable, UnsupportedDatabase, error_of_sqlstate

_log = structlog.get_logger(__name__)

CONNECTIONS: Final = 10
"""At most so many for each replica, and one more that listens; PostgreSQL has 100 unless told otherwise."""

_DUE_CHANNEL: Final = "lipsync_due"
"""What the triggers of migration 0002 notify."""
_MIGRATION_LOCK: Final = 0x6C69_7073_796E_63  # "lipsync": any number that no other app uses in this database
_CONNECT_WITHIN_S: Final = 10.0
_STANDS_STILL_S: Final = 8.0
"""So long may an open transaction do nothing: a process that stands still in the middle of one keeps its rows
locked, and whoever takes its work over after that silence would wait for them."""
_LISTEN_AGAIN_AFTER_S: Final = (0.1, 0.5, 2.0, 5.0)


def create_engines(url: str, *, patience_s: float) -> tuple[AsyncEngine, AsyncEngine]:
    """A writer and a reader over one pool: reading transactions see one snapshot and may not write.

    Args:
        url: `postgresql://…` as libpq and asyncpg read it, `?sslmode=…` included.
        patience_s: how long a transaction waits for a lock or for a free connection.
    """
    writer = create_async_engine(
        "postgresql+asyncpg://by-async-creator",
        async_creator=partial(connect, url, patience_s=patience_s),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=patience_s,
        hide_parameters=True,  # people's words have no place in an error's text
    )
    event.listen(writer.sync_engine, "checkout", _refuse_closed)
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return writer, reader


async def connect(url: str, *, patience_s: float) -> asyncpg.Connection:
    """A connection whose server lets go of what we hold if we vanish, and that breaks if the server does.

    Raises:
        StorageError: the server cannot be reached, or refuses.
        UnsupportedDatabase: the URL makes no sense to asyncpg.
    """
    patience_ms = str(round(patience_s * 1000))
    settings = {
        "application_name": "lipsync-bot",
        "lock_timeout": patience_ms,
        # Also where a replica lost power in mid-transaction: every claim would skip the rows that it locked.
        "idle_in_transaction_session_timeout": str(round(min(_STANDS_STILL_S, patience_s) * 1000)),
    }
    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_WITHIN_S, server_settings=settings)
    except (OSError, TimeoutError) as error:
        raise StorageUnreachable(f"{StorageUnreachable.__doc__} ({error})") from error
    except asyncpg.PostgresError as error:
        known = error_of_sqlstate(error.sqlstate, error)
        if known is None:
            raise
        raise known from error
    except (asyncpg.InterfaceError, ValueError) as error:
        raise UnsupportedDatabase(f"PostgreSQL cannot be used by this URL ({error})") from error
    _notice_a_dead_peer(connection, within_s=patience_s)
    return connection


async def lock_migrations(conn: AsyncConnection) -> None:
    """Wait until no other replica migrates, however long it takes, and keep others out until the commit."""
    await conn.execute(text("SET LOCAL lock_timeout = 0"))
    await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


async def listen(url: str, heard: Callable[[], None], *, patience_s: float) -> None:
    """Call `heard` whenever a commit made a job or a card due, until cancelled.

    It is called as well when listening begins, and begins again after a lost connection: what was made due in
    between was told to nobody here.
    """
    failures = 0
    while True:
        try:
            connection = await connect(url, patience_s=patience_s)
            failures = 0
            await _listen_on(connection, heard)
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker looks for itself meanwhile
            _log.warning("does not hear of other replicas' work", error=str(error))
        pause_s = _LISTEN_AGAIN_AFTER_S[min(failures, len(_LISTEN_AGAIN_AFTER_S) - 1)]
        failures += 1
        await asyncio.sleep(pause_s)


async def _listen_on(connection: asyncpg.Connection, heard: Callable[[], None]) -> None:
    """Listen until the connection ends."""
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _connection: ended.set())
    try:
        await connection.add_listener(_DUE_CHANNEL, lambda *_notice: heard())
        heard()
        await ended.wait()
    finally:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await connection.close(timeout=2)


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection that ended while it was idle, as all do when the server restarts."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _notice_a_dead_peer(connection: asyncpg.Connection, *, within_s: float) -> None:
    """Have the kernel break the connection if the peer has silently gone, which by itself takes hours."""
    peer = connection._transport.get_extra_info("socket")  # noqa: SLF001 - asyncpg has no way to ask for it
    if peer is None or peer.family == socket.AF_UNIX:
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", max(1, round(within_s / 2))),
        ("TCP_KEEPINTVL", max(1, round(within_s / 6))),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", round(within_s * 1000)),
    ):
        option = getattr(socket, name, None)  # not every system has every one
        if option is not None:
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
