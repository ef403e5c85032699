"""What tests of every kind may use."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process, started for the first test that asks for it."""
    with running_postgres() as server:
        yield server
