"""A migrated database and a fake Slack for each test."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.patience import Patience
from storage.database import Database, open_database
from tests.integration.core.world import UNHURRIED, World, world
from tests.integration.fake_slack.harness import Sandbox, sandbox

_FINISH_WITHIN_S = 0.2


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(url) as database:
        yield database
        # What an answer left to be done may be opening a connection just now.
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=_FINISH_WITHIN_S)


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
