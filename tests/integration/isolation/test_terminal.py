"""What an operator types for one team, or for none, tells nothing of another and changes no row of it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot.__main__ import main
from storage.database import migrate, open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from storage.jobs import JobStatus
from storage.schema import metadata
from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import NORTH, SOUTH
from tests.integration.isolation import doors
from tests.integration.isolation.doors import Door
from tests.integration.isolation.victims import CANARY, WISH
from tests.integration.storage.builders import job_in

pytestmark = pytest.mark.usefixtures("usual_logging")

KEY = new_key()
NOBODY = "http://127.0.0.1:1"
LINES: Mapping[str, Sequence[Sequence[str]]] = {
    "serve": [[]],  # it says what is missing
    "migrate": [[]],
    "doctor": [[]],
    "manifest": [[], ["--url", "https://app.test"]],
    "new-key": [[]],
    "connect": [["--team", SOUTH.id], ["--team", SOUTH.id, "--remove"]],
    "audit": [["--team", SOUTH.id], ["--team", SOUTH.id, "--verify"]],
    "reencrypt": [[]],
    "sandbox": [["--help"]],  # it has a database of its own
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Two teams, one of which has a job."""
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            for team in (NORTH, SOUTH):
                await Installations(database, Cipher([KEY])).save(installation(team))
            async with database.write() as conn:
                given = {"team_id": NORTH.id, "draft": WISH.model_dump_json()}
                await job_in(conn, JobStatus.PROCESSING, generation_id=f"gen-{CANARY}", **given)

    asyncio.run(store())
    return url


def rows(url: str) -> set[str]:
    """The team's rows, but for how its secrets are sealed."""

    async def read() -> set[str]:
        async with open_database(url) as database, database.read() as conn:
            return {
                f"{table.name}: {row}"
                for table in metadata.sorted_tables
                if table.name not in {"installations", "bodies"}
                for row in (await conn.execute(select(table))).all()
                if NORTH.id in str(row)
            }

    return asyncio.run(read())


def test_every_command_is_tried_and_a_new_one_that_is_not_is_found() -> None:
    tried = {Door("terminal", name) for name in LINES}

    assert doors.of_terminal(main) ^ tried == set()


@pytest.mark.parametrize("name", LINES)
def test_nothing_of_another_team_is_told_or_changed(url: str, name: str) -> None:
    before = rows(url)
    environment = {"DATABASE_URL": url, "ENCRYPTION_KEYS": KEY, "SYNC_API_URL": NOBODY}
    environment |= {"SLACK_API_URL": f"{NOBODY}/api/", "PUBLIC_URL": NOBODY}

    for line in LINES[name]:
        told = CliRunner(env=environment).invoke(main, [name, *line], input="sk-another-key\n")
        assert told.exception is None or isinstance(told.exception, SystemExit)
        # Of the whole app an operator may read which teams there are; of one team nothing of another.
        others = (NORTH.id, NORTH.name) if SOUTH.id in line else ()
        assert [secret for secret in (CANARY, NORTH.bot_token, *others) if secret in told.output] == []

    assert rows(url) == before
