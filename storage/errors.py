"""What can go wrong with the database that somebody who runs the app can put right.

    StorageError
     ├ StorageBusy          another process or transaction held the database for too long
     ├ StorageInUse         another process works on the SQLite file
     ├ StorageUnreachable   the database server cannot be reached, or is going down
     ├ StorageUnreadable    the file or database cannot be opened, read or written as it is set up
     ├ StorageFull          the disk is full, or takes no more of the app
     ├ StorageCorrupt       the data are damaged, or no database at all
     ├ SchemaTooNew         a newer version of the app wrote the database
     ├ UnsupportedDatabase  the URL names an engine or form this app does not run on
     ├ BadEncryptionKey     a key is not a Fernet key
     └ Undecryptable        a secret was stored with a key that is no longer given
        └ Misplaced         a secret stands elsewhere than where it was stored

Only these are wrapped, and the driver's error stays their cause. Everything else that SQLAlchemy raises (a
broken constraint, a misspelt column) is a mistake of ours: it passes through bare, so that nobody handles it
by accident.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class StorageError(Exception):
    """The database cannot be used as it stands."""


class StorageBusy(StorageError):
    """The database is kept busy by others for too long."""


class StorageInUse(StorageError):
    """Another process of the app works on this database: stop it, or use PostgreSQL to run several."""


class StorageUnreachable(StorageError):
    """The database server cannot be reached: check that it runs, and the host and port of its URL."""


class StorageUnreadable(StorageError):
    """The database cannot be used as it is set up.

    Check the file's folder, owner and permissions, or the server's user, password, database name and rights.
    """


class StorageFull(StorageError):
    """The disk that holds the database is full, or over the limit of what the app may write to it."""


class StorageCorrupt(StorageError):
    """The database is damaged or not a database: restore it from a backup."""


class SchemaTooNew(StorageError):
    """The database was written by a newer version of the app: upgrade the app."""


class UnsupportedDatabase(StorageError):
    """The database URL names an engine or form that this app does not run on."""


class BadEncryptionKey(StorageError):
    """An encryption key is not 32 url-safe base64-encoded bytes."""


class Undecryptable(StorageError):
    """A secret was encrypted with a key that is not among the encryption keys."""


class Misplaced(Undecryptable):
    """A secret was put into another row or column than its own: restore that row from a backup."""


_BY_SQLITE_CODE: dict[int, type[StorageError]] = {
    sqlite3.SQLITE_BUSY: StorageBusy,
    sqlite3.SQLITE_LOCKED: StorageBusy,
    sqlite3.SQLITE_CANTOPEN: StorageUnreadable,
    sqlite3.SQLITE_PERM: StorageUnreadable,
    sqlite3.SQLITE_READONLY: StorageUnreadable,
    sqlite3.SQLITE_IOERR: StorageUnreadable,
    sqlite3.SQLITE_FULL: StorageFull,
    # A write that fails for want of room, but not by the disk's own ENOSPC: a quota, a limit of the process.
    sqlite3.SQLITE_IOERR_WRITE: StorageFull,
    sqlite3.SQLITE_IOERR_SHMSIZE: StorageFull,
    sqlite3.SQLITE_IOERR_TRUNCATE: StorageFull,
    sqlite3.SQLITE_CORRUPT: StorageCorrupt,
    sqlite3.SQLITE_NOTADB: StorageCorrupt,
}


_BY_SQLSTATE: dict[str, type[StorageError]] = {
    # Whole codes come before their classes, the first two characters (PostgreSQL: appendix A, error codes).
    "25006": StorageUnreadable,  # read-only transaction: ours for reading, or a standby server
    "25P03": StorageBusy,  # we were idle in a transaction for too long
    "40001": StorageBusy,  # serialization failure
    "40P01": StorageBusy,  # deadlock
    "42501": StorageUnreadable,  # insufficient privilege
    "53100": StorageFull,
    "55P03": StorageBusy,  # lock timeout
    "57014": StorageBusy,  # statement timeout
    "XX001": StorageCorrupt,
    "XX002": StorageCorrupt,
    "08": StorageUnreachable,  # connection exceptions
    "28": StorageUnreadable,  # user or password
    "3D": StorageUnreadable,  # no such database
    "53": StorageBusy,  # out of connections, memory, …
    "57": StorageUnreachable,  # shutting down, starting up, crashed
    "58": StorageUnreadable,  # the server's own files
}


@contextmanager
def fixable_errors_wrapped() -> Iterator[None]:
    """Raise what an operator could fix as a `StorageError`, cause kept; let bugs pass as they are."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StorageBusy("No connection to the database came free in time.") from error
    except DBAPIError as error:
        kind = _kind_of(error)
        if kind is None:
            raise
        raise _worded(kind, error.orig) from error


def error_of_sqlstate(code: str | None, cause: BaseException) -> StorageError | None:
    """What PostgreSQL's error code means for an operator; None: it is nothing they could fix."""
    kind = _kind_of_sqlstate(code)
    return None if kind is None else _worded(kind, cause)


def _worded(kind: type[StorageError], cause: BaseException | None) -> StorageError:
    words = " ".join((kind.__doc__ or "").split())
    return kind(f"{words} ({cause})")


def _kind_of(error: DBAPIError) -> type[StorageError] | None:
    sqlite_code = getattr(error.orig, "sqlite_errorcode", None)
    if sqlite_code is not None:
        # An extended code carries its detail above the low byte (SQLite: rescode).
        return _BY_SQLITE_CODE.get(sqlite_code) or _BY_SQLITE_CODE.get(sqlite_code & 0xFF)
    kind = _kind_of_sqlstate(getattr(error.orig, "sqlstate", None))
    return StorageUnreachable if kind is None and error.connection_invalidated else kind


def _kind_of_sqlstate(code: str | None) -> type[StorageError] | None:
    return _BY_SQLSTATE.get(code or "") or _BY_SQLSTATE.get((code or "")[:2])
