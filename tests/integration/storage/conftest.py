"""A migrated, empty database of each engine for each test; each is migrated once for each test process."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database, migrate, open_database
from storage.schema import metadata
from tests.postgres import PostgresServer

ENGINES = ("sqlite", "postgresql")
_EMPTY = ";".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))


async def _migrated(url: str) -> None:
    async with open_database(url) as db:
        await migrate(db)


async def _emptied(url: str) -> None:
    """By DELETE: what TRUNCATE gives every table, new files, costs more than most tests."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_EMPTY)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "template.db"
    asyncio.run(_migrated(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    url = asyncio.run(postgres.new_database())
    asyncio.run(_migrated(url))
    return url


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fresh_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives a database with the newest schema and no rows; on PostgreSQL the same one each time."""
    if engine == "sqlite":
        template: Path = request.getfixturevalue("migrated_file")
        numbers = count(1)
        return lambda: f"sqlite:///{shutil.copy(template, tmp_path / f'lipsync-{next(numbers)}.db')}"
    url: str = request.getfixturevalue("migrated_postgres")

    def emptied() -> str:
        asyncio.run(_emptied(url))
        return url

    return emptied


@pytest.fixture
def url(fresh_url: Callable[[], str]) -> str:
    return fresh_url()


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
