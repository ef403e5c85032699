"""A migrated, empty database for each test, of either engine; each is migrated once for each test process."""

import asyncio
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from storage.database import migrate, open_database
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


@pytest.fixture
def engine() -> str:
    """What is tested on both is run by `@pytest.mark.parametrize("engine", ENGINES)`."""
    return "sqlite"


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
