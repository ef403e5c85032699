"""The core's world with the app's HTTP side in front of it."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.core.conftest import box, db, patience, there
from tests.integration.core.world import World
from tests.integration.handlers.front import Front, front

__all__ = ["app", "box", "db", "patience", "there"]


@pytest.fixture
async def app(there: World) -> AsyncIterator[Front]:
    async with front(there) as running:
        yield running
