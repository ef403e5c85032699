"""The folder of the SQLite database: made for the app alone, and closed to the machine's other users."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from bot.errors import BadSettings
from bot.settings import Settings
from storage import private_files
from storage.sqlite_lock import only_process

_log = structlog.get_logger(__name__)

_PREDECESSOR_ENDS_S = 20.0
"""A start waits this long for the process that it follows, which stops within its own limits."""


@asynccontextmanager
async def data_folder(settings: Settings) -> AsyncIterator[bool]:
    """Have the data folder for this process alone, as long as the block runs.

    Yields:
        Whether it has; False: other processes may work on the same database.

    Raises:
        BadSettings: there is no such folder, and none can be made.
        StorageInUse: another process has it.
    """
    prepare_data_folder(settings)
    if settings.sqlite_path is None:
        yield False
        return
    async with only_process(settings.sqlite_path, wait_s=_PREDECESSOR_ENDS_S) as is_alone:
        yield is_alone


def prepare_data_folder(settings: Settings) -> None:
    """Make the folder if it is missing, and take other users' rights from all that the app keeps in it.

    Raises:
        BadSettings: it cannot be made.
    """
    path = settings.sqlite_path
    if path is None:
        return
    try:
        private_files.make_folder(path.parent)
    except OSError as error:
        words = f"DATABASE_URL: the folder {path.parent} cannot be made ({error.strerror})."
        raise BadSettings((words,)) from error
    close_data_folder(settings)


def close_data_folder(settings: Settings) -> list[str]:
    """Take other users' rights from all that is there; what cannot be mended is logged and returned."""
    path = settings.sqlite_path
    if path is None or not path.parent.exists():
        return []
    left = private_files.close_to_others(path)
    for words in left:
        _log.warning("other users of this machine may read it", path=words)
    return left
