"""`lipsync-bot pause` and `resume`: what an operator types stops everybody's new spending, or one team's."""

import asyncio
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from storage import pause_store
from storage.audit import OPERATOR
from storage.database import migrate, open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from storage.pauses import ALL, Pause
from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

pytestmark = pytest.mark.usefixtures("usual_logging")

KEY = new_key()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Two teams; an admin of one has paused it."""
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            for team in (NORTH, SOUTH):
                await Installations(database, Cipher([KEY])).save(installation(team))
            async with database.write() as conn:
                await pause_store.stop(conn, Pause(SOUTH.id, ADA, 1.0, None))

    asyncio.run(store())
    return url


def types(url: str, *line: str) -> str:
    told = CliRunner(env={"DATABASE_URL": url, "ENCRYPTION_KEYS": KEY}).invoke(main, list(line))
    assert told.exit_code == 0, told.output
    return told.output


def standing(url: str) -> list[Pause]:
    async def read() -> list[Pause]:
        async with open_database(url) as database, database.read() as conn:
            return await pause_store.every(conn)

    return asyncio.run(read())


def test_all_teams_stop_and_go_on_but_for_those_that_paused_themselves(url: str) -> None:
    before = time.time()
    assert "all teams" in types(url, "pause", "--reason", "the bill is odd")

    of_all, of_south = standing(url)
    assert (of_all.scope_id, of_all.by, of_all.reason) == (ALL, OPERATOR, "the bill is odd")
    assert before <= of_all.at <= time.time()

    assert f"Still paused by themselves: {SOUTH.id}." in types(url, "resume")
    assert standing(url) == [of_south]


def test_one_team_stops_alone_and_waits_for_all_where_all_are_paused(url: str) -> None:
    assert f"{NORTH.name} ({NORTH.id})" in types(url, "pause", "--team", NORTH.id)
    types(url, "pause")

    assert "Still paused with all teams" in types(url, "resume", "--team", NORTH.id)
    assert [pause.scope_id for pause in standing(url)] == [ALL, SOUTH.id]


def test_what_an_admin_paused_an_operator_may_end(url: str) -> None:
    types(url, "resume", "--team", SOUTH.id)
    assert standing(url) == []


def test_what_an_admin_paused_before_an_operator_did_stays_and_is_said(url: str) -> None:
    (of_south,) = standing(url)
    types(url, "pause", "--team", SOUTH.id)
    assert "Still paused by an admin there" in types(url, "resume", "--team", SOUTH.id)
    assert standing(url) == [of_south]


def test_a_team_that_is_not_there_is_said_and_nothing_is_paused(url: str) -> None:
    told = CliRunner(env={"DATABASE_URL": url, "ENCRYPTION_KEYS": KEY}).invoke(
        main, ["pause", "--team", "T404"]
    )

    assert told.exit_code == 1
    assert "not installed in T404" in told.output
    assert [pause.scope_id for pause in standing(url)] == [SOUTH.id]
