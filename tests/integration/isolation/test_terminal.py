"""What an operator types for one team, or for none, tells nothing of another and changes no row of it."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Column, Table, select

from bot.__main__ import main
from bot.app import new_id
from bot.sandbox.fake_sync import GROWTH, Org
from bot.sync_api.models import Account
from bot.teams.keys import Keys
from storage import consent_store, differences
from storage.consents import Consent, Ground, Shown
from storage.database import migrate, open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from storage.jobs import JobStatus, body_at, job_id
from storage.schema import metadata
from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import NORTH, SOUTH
from tests.integration.fake_sync.service import served_apart
from tests.integration.handlers.test_ledger import difference
from tests.integration.isolation import doors
from tests.integration.isolation.doors import Door
from tests.integration.isolation.victims import CANARY, WISH
from tests.integration.storage.builders import ask, job_in

pytestmark = pytest.mark.usefixtures("usual_logging")

KEY = new_key()
SYNC_KEY = "sk-another-0123456789"
NOBODY = "http://127.0.0.1:1"
LINES: Mapping[str, Sequence[tuple[Sequence[str], str]]] = {
    "serve": [([], "The settings do not allow a start")],
    "migrate": [([], "")],
    "doctor": [([], "database: ")],
    "manifest": [([], "display_information"), (["--url", "https://app.test"], "https://app.test")],
    "new-key": [([], "")],
    "connect": [
        (["--team", SOUTH.id], f"{SOUTH.name} ({SOUTH.id}) is connected to New Films"),
        (["--team", SOUTH.id, "--remove"], f"pays for nothing more of {SOUTH.name}"),
    ],
    "audit": [
        (["--team", SOUTH.id], '"actor":"U0SOUTHADMIN"'),
        (["--team", SOUTH.id, "--verify"], "Rows checked: 2; all as they were written."),
    ],
    "pause": [
        (["--team", SOUTH.id, "--reason", "too dear"], f"for {SOUTH.name} ({SOUTH.id})"),
    ],
    "resume": [(["--team", SOUTH.id], f"Nothing was paused for {SOUTH.name} ({SOUTH.id})")],
    "differences": [
        ([], '"generation_id":"gen-of-south"'),
        (["--team", SOUTH.id], '"generation_id":"gen-of-south"'),
        (["--close", "gen-of-north", "--reason", "x"], "closed: 0"),
        (["--team", SOUTH.id, "--close", "gen-of-north", "--reason", "x"], "closed: 0"),
    ],
    "export": [(["--team", SOUTH.id, "--format", "csv"], "held_micro_usd,spent_micro_usd")],
    "consents": [
        (["--team", SOUTH.id], f'"team_id":"{SOUTH.id}"'),
        (["--team", SOUTH.id, "--format", "csv"], "ground,user_id,name,said_by"),
    ],
    "purge": [([], "0  deleted. What sync.so has of it")],
    "reencrypt": [([], "Secrets that are under the newest key: ")],
    "sandbox": [(["--help"], "small Slack workspace")],  # it has a database of its own
}
"""By the command: what is typed, and what shows that it did something."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Two teams, one of which has a job, and both what does not meet sync.so's record."""
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            cipher = Cipher([KEY])
            keys = Keys(database, cipher, new_id=new_id, clock=time.time)
            for team, admin in ((NORTH, f"U0{CANARY}"), (SOUTH, "U0SOUTHADMIN")):
                await Installations(database, cipher).save(installation(team))
                told = Account(organization_id=f"org_{team.id}", organization_name=f"{team.name} Films")
                await keys.put(team.id, f"sk-of-{team.id}", told, by=admin, now=time.time())
            async with database.write() as conn:
                body = cipher.seal(CANARY, body_at(job_id("itsorder", 0)))
                given: dict[str, Any] = {
                    "id": "itsorder",
                    "team_id": NORTH.id,
                    "draft": WISH.model_dump_json(),
                }
                given |= {"generation_id": f"gen-{CANARY}", "request_body": body}
                await job_in(conn, JobStatus.PROCESSING, **given)
                await differences.note(
                    conn, [difference("gen-of-north", NORTH.id), difference("gen-of-south", SOUTH.id)]
                )
                for team, name in ((NORTH, CANARY), (SOUTH, "Eve")):
                    said = Consent(Shown(Ground.RELEASE, name=name), "U1", 1.0)
                    await consent_store.put(conn, ask(team_id=team.id), ["slack:F1"], [said], now=1.0)

    asyncio.run(store())
    return url


@pytest.fixture
def sync_url(tmp_path: Path) -> Iterator[str]:
    """A sync.so that knows the key that is typed."""
    with served_apart(tmp_path / "sync", {SYNC_KEY: Org("org_new", "New Films", GROWTH)}) as address:
        yield address


def rows(url: str, team_id: str = NORTH.id) -> set[str]:
    """A team's rows, but for how its secrets are sealed."""

    async def read() -> set[str]:
        async with open_database(url) as database, database.read() as conn:
            return {
                f"{table.name}: {row}"
                for table in metadata.sorted_tables
                for row in (await conn.execute(select(*_open_columns(table)))).all()
                if team_id in str(row)
            }

    return asyncio.run(read())


def _open_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if f"{table.name}.{column.name}" not in _SEALED]


_SEALED = {"bodies.body", "installations.bot_token", "installations.refresh_token", "sync_keys.api_key"}


def test_every_command_is_tried_and_a_new_one_that_is_not_is_found() -> None:
    tried = {Door("terminal", name) for name in LINES}

    assert doors.of_terminal(main) ^ tried == set()


@pytest.mark.parametrize("name", LINES)
def test_nothing_of_another_team_is_told_or_changed(url: str, sync_url: str, name: str) -> None:
    before, of_south = rows(url), rows(url, SOUTH.id)
    environment = {"DATABASE_URL": url, "ENCRYPTION_KEYS": KEY, "SYNC_API_URL": sync_url}
    environment |= {"SLACK_API_URL": f"{NOBODY}/api/", "PUBLIC_URL": NOBODY}

    for line, shown in LINES[name]:
        told = CliRunner(env=environment).invoke(main, [name, *line], input=f"{SYNC_KEY}\n")
        assert told.exception is None or isinstance(told.exception, SystemExit)
        assert shown in told.output
        # Of the whole app an operator may read which teams there are; of one team nothing of another.
        others = (NORTH.id, NORTH.name) if SOUTH.id in line else ()
        assert [secret for secret in (CANARY, NORTH.bot_token, *others) if secret in told.output] == []

    assert rows(url) == before
    assert (rows(url, SOUTH.id) != of_south) is (name in {"connect", "pause"})
