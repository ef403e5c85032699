"""One process works on a SQLite file, and the system itself tells when it is gone."""

import asyncio
import errno
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from storage.errors import StorageInUse
from storage.private_files import open_private

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 0.1
_CANNOT_LOCK = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


def lock_path(database: Path) -> Path:
    """The file whose lock the working process holds."""
    return database.with_suffix(".lock")


@asynccontextmanager
async def only_process(database: Path, *, wait_s: float) -> AsyncIterator[bool]:
    """Be the one process that works on this database, for as long as the block runs.

    The lock ends with the process, however that ends, so whoever has it knows that nobody else holds a lease.

    Args:
        database: the SQLite file.
        wait_s: how long to wait for another process, which may be about to stop.

    Yields:
        Whether there is a lock; False: the file system has none, as some of other machines', so that a dead
        process's leases have to end by themselves.

    Raises:
        StorageInUse: another process works on it.
        OSError: the file beside the database cannot be opened.
    """
    file = open_private(lock_path(database))
    try:
        locked = await _locked(file, database, wait_s)
        if locked:
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield locked
    finally:
        os.close(file)  # and with it the lock


async def _locked(file: int, database: Path, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 20, 0).decode(errors="replace").strip() or "unknown"
            if time.monotonic() > until:
                raise StorageInUse(f"{StorageInUse.__doc__} (process {holder}, {database})") from None
            if not told:
                _log.info("another process works on this database; waiting for its end", process=holder)
                told = True
            await asyncio.sleep(_LOOKS_EVERY_S)
        except OSError as error:
            if error.errno not in _CANNOT_LOCK:
                raise
            _log.warning(
                "this file system has no locks: after a crash, work waits until its leases end; "
                "keep the database on a disk of this machine",
                path=str(database),
            )
            return False
        else:
            return True
