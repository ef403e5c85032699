"""One fake sync.so for all tests of this folder: its child processes take their time to start."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.fake_sync.service import Customer, Service, running


@pytest.fixture(scope="session")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fake-sync")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_service(kept_folder: Path) -> AsyncIterator[Service]:
    async with running(kept_folder) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="session")
async def service(shared_service: Service) -> AsyncIterator[Service]:
    yield shared_service
    shared_service.fake.faults.clear()


@pytest.fixture
def acme(service: Service) -> Customer:
    return service.customer()
