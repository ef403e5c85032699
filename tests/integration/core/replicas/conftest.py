"""A database of each engine for each test, which several processes can open."""

import pytest

from tests.integration.conftest import ENGINES


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)
