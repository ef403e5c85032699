"""`lipsync-bot doctor` against the sandbox's fakes: a set-up that is well, and what is wrong with others."""

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot.keys import encryption_keys
from bot.sandbox.fake_slack import FakeSlackConfig, create_fake_slack
from bot.sandbox.fake_sync import GROWTH, FakeSyncConfig, Org, create_fake_sync
from bot.sandbox.serving import served
from bot.settings import Settings
from bot.terminal.doctor import Finding, examine
from storage.database import migrate, open_database
from storage.encryption import new_key
from tests.integration.fake_slack.cast import NORTH, SOUTH
from tests.integration.fake_sync.service import listening

_ROOT = Path(__file__).parents[2]


@pytest.fixture
async def well(tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings with which everything works."""
    slack_socket, slack_url = listening()
    sync_socket, sync_url = listening()
    config = FakeSlackConfig(
        manifest=_ROOT / "manifest.yml", base_url=slack_url, data=tmp_path / "slack", teams=(NORTH, SOUTH)
    )
    slack = create_fake_slack(config)
    sync = create_fake_sync(
        FakeSyncConfig(
            base_url=sync_url, folder=tmp_path / "sync", orgs={"sk-good": Org("org", "Org", GROWTH)}
        )
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(served(sync.asgi, sync_socket))
        await stack.enter_async_context(served(slack.asgi, slack_socket))
        stack.push_async_callback(slack.close)
        yield Settings(
            slack_bot_token=config.teams[0].bot_token,
            slack_app_token=config.app_token,
            sync_api_key="sk-good",
            database_url=f"sqlite:///{tmp_path}/lipsync.db",
            slack_api_url=f"{slack_url}/api/",
            sync_api_url=sync_url,
        )


async def findings(settings: Settings, *, at: float | None = None) -> dict[str, Finding]:
    found = await examine(settings, clock=lambda: time.time() if at is None else at)
    return {finding.what: finding for finding in found}


async def test_a_good_set_up_is_well(well: Settings) -> None:
    found = await findings(well)
    assert all(finding.well for finding in found.values())
    assert found["sync.so key"].words == "plan growth, 6 videos at once"


@pytest.mark.parametrize(
    ("wrong", "what", "words"),
    [
        ({"slack_bot_token": "xoxb-wrong"}, "Slack token", "SLACK_BOT_TOKEN is not accepted"),
        ({"slack_app_token": "xapp-wrong"}, "Socket Mode", "SLACK_APP_TOKEN is not accepted"),
        ({"sync_api_key": "sk-wrong"}, "sync.so key", "SYNC_API_KEY is not accepted"),
        ({"sync_api_url": "http://127.0.0.1:9"}, "sync.so key", "cannot be reached"),
        ({"public_url": "http://127.0.0.1:9"}, "public URL", "not reachable"),
        ({"database_url": "sqlite:////proc/no/such/lipsync.db"}, "database", "cannot be made"),
    ],
)
async def test_what_is_wrong_is_named(well: Settings, wrong: dict[str, str], what: str, words: str) -> None:
    settings = Settings.model_validate({**well.model_dump(), **wrong})
    found = (await findings(settings))[what]
    assert not found.well
    assert words in found.words
    assert "xoxb" not in found.words
    assert "xapp" not in found.words


async def test_each_missing_setting_has_a_line(well: Settings) -> None:
    bare = {**well.model_dump(), "slack_bot_token": None, "slack_app_token": None, "sync_api_key": None}
    found = await examine(Settings.model_validate(bare), clock=time.time)
    missing = [finding.words.split()[0] for finding in found if finding.what == "settings"]
    assert missing == ["SLACK_BOT_TOKEN", "Either"]


async def test_without_any_key_it_says_how_to_connect_one(well: Settings) -> None:
    settings = Settings.model_validate({**well.model_dump(), "sync_api_key": None})
    async with open_database(settings.database_url) as database:
        await migrate(database)
        encryption_keys(settings)

    found = (await findings(settings))["connected accounts"]

    assert (found.well, "lipsync-bot connect" in found.words) == (False, True)


@pytest.mark.parametrize("for_all", [True, False])
async def test_a_key_that_pays_for_no_workspace_is_not_well(well: Settings, *, for_all: bool) -> None:
    given = {"slack_bot_token": None, "sync_key_for_all_teams": for_all}
    settings = Settings.model_validate({**well.model_dump(), **given})
    async with open_database(settings.database_url) as database:
        await migrate(database)
        encryption_keys(settings)

    found = (await findings(settings))["connected accounts"]

    assert found.well is for_all
    assert ("SYNC_API_KEY pays for no workspace" in found.words) is not for_all


async def test_a_look_leaves_no_folder_and_no_key_behind(well: Settings, tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path}/data/lipsync.db"
    found = await findings(well.model_copy(update={"database_url": place}))
    assert found["database"].well
    assert "the first start makes it" in found["database"].words
    assert not (tmp_path / "data").exists()


async def test_a_lost_key_is_named_and_not_made_anew(well: Settings, tmp_path: Path) -> None:
    async with open_database(well.database_url) as database:
        await migrate(database)
    found = (await findings(well))["database"]
    assert not found.well
    assert "lipsync.key is gone" in found.words
    assert not (tmp_path / "lipsync.key").exists()


def told_of(file: Path) -> tuple[str, ...]:
    """Everything in the file."""
    with contextlib.closing(sqlite3.connect(file)) as conn:
        return tuple(conn.iterdump())


LEFT_OVER = """
    INSERT INTO leftovers (id, kind, team_id, account_key, left_at, attempts)
    VALUES (1, 'asset', 'T', 'k', 0, 1)
"""


@pytest.mark.parametrize(
    ("statement", "is_well", "words"),
    [
        ("SELECT 1", True, "0 workspaces installed"),
        (
            LEFT_OVER,
            True,
            "files and videos that sync.so or Slack did not delete when asked to: 1",
        ),
        (
            "UPDATE alembic_version SET version_num = '0001'",
            True,
            "revision 0001; the next start upgrades it",
        ),
        ("DELETE FROM alembic_version", True, "new; the first start makes it"),
        ("UPDATE alembic_version SET version_num = '9999'", False, "newer version of the app"),
    ],
)
async def test_a_look_tells_a_databases_age_and_leaves_it_as_it_is(
    well: Settings, tmp_path: Path, statement: str, *, is_well: bool, words: str
) -> None:
    settings = well.model_copy(update={"encryption_keys": (SecretStr(new_key()),)})
    async with open_database(well.database_url) as database:
        await migrate(database)
        async with database.write() as conn:
            await conn.execute(text(statement))
    before = told_of(tmp_path / "lipsync.db")

    found = (await findings(settings))["database"]

    assert (found.well, words in found.words) == (is_well, True), found.words
    assert told_of(tmp_path / "lipsync.db") == before


_BOOKED = """
    INSERT INTO ledger (
            order_id, position, kind, ref, at, month, owner_id, team_id, user_id, channel_id, model,
            held_delta_micro_usd, spent_delta_micro_usd
        )
        VALUES ('o', 0, 'charge', '', 0, '2026-11', 'T', 'T', 'U', 'C', 'm', 400000, 1230000);
    INSERT INTO differences VALUES ('g', 'untold', 'T', 'a', 'o', 0, 9, NULL, 0, NULL, NULL, NULL, NULL);
    INSERT INTO differences VALUES ('h', 'absent', 'T', 'a', 'o', 1, 10000, NULL, 0, 1, 2, 'U', 'Checked')
"""
_BUDGETED = "INSERT INTO budgets VALUES ('T', 'team', '2026-11', 0, 400000, 1230000)"


@pytest.mark.parametrize(
    ("statements", "is_well", "words"),
    [
        ("", True, "$0.00 held, $0.00 spent"),
        (
            f"{_BOOKED}; {_BUDGETED}",
            True,
            "$0.40 held, $1.23 spent; open differences to sync.so's record: 1 (",
        ),
        (_BOOKED, False, "the budgets do not add up to that"),
    ],
    ids=["new", "in use", "broken"],
)
async def test_the_sums_of_all_that_is_booked_are_told(
    well: Settings, tmp_path: Path, statements: str, *, is_well: bool, words: str
) -> None:
    settings = well.model_copy(update={"encryption_keys": (SecretStr(new_key()),)})
    async with open_database(well.database_url) as database:
        await migrate(database)
    with contextlib.closing(sqlite3.connect(tmp_path / "lipsync.db")) as conn:
        conn.executescript(statements)

    found = (await findings(settings))["ledger"]

    assert (found.well, words in found.words) == (is_well, True), found.words


async def test_an_empty_file_stays_empty(well: Settings, tmp_path: Path) -> None:
    (tmp_path / "lipsync.db").touch()
    settings = well.model_copy(update={"encryption_keys": (SecretStr(new_key()),)})

    found = (await findings(settings))["database"]

    assert (found.well, found.words) == (True, "answers; new; the first start makes it")
    assert (tmp_path / "lipsync.db").read_bytes() == b""


async def test_a_clock_that_is_off_is_named(well: Settings) -> None:
    found = await findings(well, at=time.time() + 3_600)
    assert not found["clock"].well
    assert "s off; signatures will not match" in found["clock"].words
