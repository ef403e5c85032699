"""A migrated, empty database of each engine for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from storage.database import Database, open_database
from tests.integration.conftest import ENGINES
from tests.postgres import PostgresServer


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return asyncio.run(server.new_database())


@pytest.fixture
def path(tmp_path: Path, migrated_file: Path) -> Path:
    """A SQLite file, for what only a file can do."""
    return Path(shutil.copy(migrated_file, tmp_path / "lipsync.db"))


@pytest.fixture
def open_again(url: str) -> Callable[[], Database]:
    """Another process's view of the same database."""
    return lambda: open_database(url, patience_s=10)


@pytest.fixture
async def db(open_again: Callable[[], Database]) -> AsyncIterator[Database]:
    async with open_again() as database:
        yield database
