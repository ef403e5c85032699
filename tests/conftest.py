"""What tests of every kind may use, and plain log lines: drawing tracebacks in colour takes seconds."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import stamina
import structlog
from hypothesis import settings
from sqlalchemy import Connection, Dialect, event
from sqlalchemy.engine import Engine

from bot.log import log_retry
from tests.leaks import Leaks
from tests.postgres import PostgresServer, running_postgres

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ],
)

stamina.instrumentation.set_on_retry_hooks([log_retry])

_dialects: dict[str, Dialect] = {}
_compiled: dict[Any, Any] = {}


@event.listens_for(Engine, "engine_connect")
def _compile_once(conn: Connection) -> None:
    """What SQLAlchemy made of a statement for one test's database serves all: a third of their time."""
    conn.dialect = _dialects.setdefault(conn.dialect.name, conn.dialect)
    conn.execution_options(compiled_cache=_compiled)


# Of how many values a question is asked; what counts for itself takes its share of it. None has a deadline: a
# machine that is busy with other tests is slow, and none of them is about speed.
_EXAMPLES = {"usual": 50, "quick": 20, "long": 500}
for _name, _number in _EXAMPLES.items():
    settings.register_profile(_name, deadline=None, max_examples=_number)
settings.load_profile("usual")

_KINDS = ("crash", "browser", "acceptance")
"""Folders of tests that take minutes; `make quick` leaves them out by the mark of the same name."""


def pytest_configure(config: pytest.Config) -> None:
    """Have everything searched for secrets that the tests write."""
    config.pluginmanager.register(Leaks(), "leaks")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make quick` leaves out, and begin with the crash runs and the files that count steps.

    They keep a core busy for minutes, beside tests that mostly wait; as the last of all they would run alone.
    """
    for item in items:
        for kind in _KINDS:
            if kind in item.path.parts:
                item.add_marker(kind)
        if _needs_postgres(item):
            item.add_marker("postgres")
    items.sort(key=lambda item: not any(item.iter_markers("crash")) and not any(item.iter_markers("steps")))


def _needs_postgres(item: pytest.Item) -> bool:
    """Whether a server is started for it: by its fixtures, or by the engine that it is run on.

    What starts one in another way carries the mark itself.
    """
    run_on = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "postgresql" in run_on or "postgres" in getattr(item, "fixturenames", ())


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
