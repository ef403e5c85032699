"""One migrated database of each engine for each test, which several processes can open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database, migrate, open_database
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/lipsync.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return await server.new_database()


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(url) as database:
        await migrate(database)
        yield database
