"""A migrated SQLite file for each test; the migration runs once for each worker."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from storage.database import Database, migrate, open_database


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "template.db"

    async def make() -> None:
        async with open_database(f"sqlite:///{path}") as db:
            await migrate(db)

    asyncio.run(make())
    return path


@pytest.fixture
def path(tmp_path: Path, migrated_file: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "lipsync.db"))


@pytest.fixture
def open_again(path: Path) -> Callable[[], Database]:
    """Another process's view of the same file."""
    return lambda: open_database(f"sqlite:///{path}", patience_s=10)


@pytest.fixture
async def db(open_again: Callable[[], Database]) -> AsyncIterator[Database]:
    async with open_again() as database:
        yield database
