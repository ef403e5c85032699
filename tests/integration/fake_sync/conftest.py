"""A fake sync.so for each test; what is slow to make (the sample) is made once for a folder of tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.fake_sync.service import Customer, Service, running


@pytest.fixture(scope="session")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fake-sync")


@pytest.fixture
async def service(kept_folder: Path) -> AsyncIterator[Service]:
    async with running(kept_folder) as service:
        yield service


@pytest.fixture
def acme(service: Service) -> Customer:
    return service.customer()
