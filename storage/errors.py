"""What can go wrong with the database that somebody who runs the app can put right.

    StorageError
     ├ StorageBusy          another process or transaction held the database for too long
     ├ StorageUnreadable    the file cannot be opened, read or written
     ├ StorageFull          the disk is full
     ├ StorageCorrupt       the file is damaged, or no database at all
     ├ SchemaTooNew         a newer version of the app wrote the database
     ├ UnsupportedDatabase  the URL names an engine or form this app does not run on
     ├ BadEncryptionKey     a key is not a Fernet key
     └ Undecryptable        a secret was stored with a key that is no longer given

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
    """The database is locked by another process for too long."""


class StorageUnreadable(StorageError):
    """The database file cannot be opened, read or written: check its folder, owner and permissions."""


class StorageFull(StorageError):
    """The disk that holds the database is full."""


class StorageCorrupt(StorageError):
    """The database file is damaged or not a database: restore it from a backup."""


class SchemaTooNew(StorageError):
    """The database was written by a newer version of the app: upgrade the app."""


class UnsupportedDatabase(StorageError):
    """The database URL names an engine or form that this app does not run on."""


class BadEncryptionKey(StorageError):
    """An encryption key is not 32 url-safe base64-encoded bytes."""


class Undecryptable(StorageError):
    """A secret was encrypted with a key that is not among the encryption keys."""


_BY_SQLITE_CODE: dict[int, type[StorageError]] = {
    sqlite3.SQLITE_BUSY: StorageBusy,
    sqlite3.SQLITE_LOCKED: StorageBusy,
    sqlite3.SQLITE_CANTOPEN: StorageUnreadable,
    sqlite3.SQLITE_PERM: StorageUnreadable,
    sqlite3.SQLITE_READONLY: StorageUnreadable,
    sqlite3.SQLITE_IOERR: StorageUnreadable,
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_CORRUPT: StorageCorrupt,
    sqlite3.SQLITE_NOTADB: StorageCorrupt,
}


@contextmanager
def fixable_errors_wrapped() -> Iterator[None]:
    """Raise what an operator could fix as a `StorageError`, cause kept; let bugs pass as they are."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StorageBusy("No connection to the database came free in time.") from error
    except DBAPIError as error:
        kind = _kind_of(error.orig)
        if kind is None:
            raise
        raise kind(f"{kind.__doc__} ({error.orig})") from error


def _kind_of(error: BaseException | None) -> type[StorageError] | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary_code = code & 0xFF  # an extended code carries its detail above the low byte (SQLite: rescode)
    return _BY_SQLITE_CODE.get(primary_code)
