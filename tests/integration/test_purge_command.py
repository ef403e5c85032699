"""`lipsync-bot purge`: an operator counts what is over, or deletes it."""

import asyncio
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select

from bot.__main__ import main
from storage.data_map import PEOPLE_KEPT_S
from storage.database import migrate, open_database
from storage.encryption import new_key
from storage.schema import people
from tests.integration.fake_slack.harness import NORTH

pytestmark = pytest.mark.usefixtures("usual_logging")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of two people nothing was heard for long, and of one lately."""
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            told = {"U1": 0.0, "U2": time.time() - PEOPLE_KEPT_S - 60, "U3": time.time()}
            rows = [
                {"installation_id": NORTH.id, "user_id": who, "membership": "member", "told_at": when}
                for who, when in told.items()
            ]
            async with database.write() as conn:
                await conn.execute(insert(people), rows)

    asyncio.run(store())
    return url


def types(url: str, *line: str) -> list[str]:
    told = CliRunner(env={"DATABASE_URL": url, "ENCRYPTION_KEYS": new_key()}).invoke(main, ["purge", *line])
    assert told.exit_code == 0, told.output
    return [" ".join(each.split()) for each in told.output.splitlines()]


def known(url: str) -> list[str]:
    async def read() -> list[str]:
        async with open_database(url) as database, database.read() as conn:
            return list((await conn.execute(select(people.c.user_id).order_by(people.c.user_id))).scalars())

    return asyncio.run(read())


def test_a_dry_run_counts_and_deletes_nothing(url: str) -> None:
    told = types(url, "--dry-run")

    assert "2 what people are there" in told
    assert told[-1].startswith("2 would be deleted.")
    assert known(url) == ["U1", "U2", "U3"]


def test_it_deletes_what_it_counts_and_then_finds_nothing(url: str) -> None:
    assert types(url)[-1].startswith("2 deleted.")
    assert known(url) == ["U3"]
    assert types(url)[-1].startswith("0 deleted.")
