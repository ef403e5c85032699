"""What tests of every kind may use, and plain log lines: drawing tracebacks in colour takes seconds."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.postgres import PostgresServer, running_postgres

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ],
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the crash runs: they keep a core busy for minutes, beside tests that mostly wait."""
    items.sort(key=lambda item: "crash" not in item.path.parts)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process, started for the first test that asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def usual_logging() -> Iterator[None]:
    """For tests of what sets up logging for the whole process: afterwards it is as it was."""
    usual, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**usual)
