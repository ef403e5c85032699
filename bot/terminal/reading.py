"""Reading the database at the terminal, beside an app that may be at work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.data_folder import close_data_folder
from bot.settings import Settings
from storage.database import open_database, pending_revision
from storage.errors import StorageError


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A transaction that reads.

    Raises:
        StorageError: the database cannot be used as it stands, or is not of this version.
    """
    close_data_folder(settings)
    async with open_database(settings.database_url) as database:
        if await pending_revision(database) is not None:
            raise StorageError("its schema is older than the app: run `lipsync-bot migrate` first.")
        async with database.read() as conn:
            yield conn
