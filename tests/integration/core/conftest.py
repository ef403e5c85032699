"""A migrated SQLite file and a fake Slack for each test."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.patience import Patience
from storage.database import Database, migrate, open_database
from tests.integration.core.world import UNHURRIED, World, copy_of, world
from tests.integration.fake_slack.harness import Sandbox, sandbox


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("core") / "template.db"

    async def make() -> None:
        async with open_database(f"sqlite:///{path}") as db:
            await migrate(db)

    asyncio.run(make())
    return path


@pytest.fixture
async def db(tmp_path: Path, template: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{copy_of(template, tmp_path)}") as database:
        yield database


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with sandbox(tmp_path) as started:
        yield started


@pytest.fixture
def patience() -> Patience:
    """What tests of a limit are run with in their own way: `@pytest.mark.parametrize("patience", [...])`."""
    return UNHURRIED


@pytest.fixture
async def there(db: Database, box: Sandbox, patience: Patience) -> AsyncIterator[World]:
    async with world(db, box, patience) as built:
        yield built
