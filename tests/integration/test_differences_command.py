"""`lipsync-bot differences`: what does not meet as lines for a machine, closed by whoever runs the app."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from storage import differences, reviews
from storage.database import migrate, open_database
from storage.differences import NOBODYS
from storage.schema import elsewhere
from tests.integration.handlers.test_ledger import difference

pytestmark = pytest.mark.usefixtures("usual_logging")

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            async with database.write() as conn:
                await reviews.begin(conn, {"org:1": 0.0})
                row = {"account_key": "org:1", "known": 2_500_000, "night_at": 86_400.0}
                some = [row | {"generation_id": f"e-{number}"} for number in range(3)]
                await conn.execute(elsewhere.insert(), some)
                await differences.note(
                    conn, [difference("g-1", "T1"), difference("g-2", "T2"), difference("g-3", NOBODYS)]
                )

    asyncio.run(store())
    return lambda *args: CliRunner(env={"DATABASE_URL": url}).invoke(main, ["differences", *args])


def told(result: Result) -> dict[str, str | None]:
    """Whose each is, by its generation."""
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.output.splitlines()]
    lines = [line for line in lines if line["schema"] == "lipsync-difference/1"]
    return {line["generation_id"]: line["team_id"] for line in lines}


def test_each_is_a_line_and_a_team_has_its_own(run: Run) -> None:
    assert told(run()) == {"g-1": "T1", "g-2": "T2", "g-3": None}
    assert told(run("--team", "T2")) == {"g-2": "T2"}
    assert run("--team", "TYPO").output == "Nothing of TYPO is there to be told.\n"


def test_what_others_made_in_an_account_is_a_line_a_night_for_whoever_runs_the_app(run: Run) -> None:
    (line,) = [json.loads(line) for line in run().output.splitlines() if "elsewhere" in line]
    assert line == {
        "schema": "lipsync-elsewhere/1",
        "account": "org:1",
        "until": 86_400.0,
        "number": 3,
        "usd": "7.500000",
    }
    assert "elsewhere" not in run("--team", "T2").output


def test_what_is_nobodys_is_closed_here_and_only_with_a_reason(run: Run) -> None:
    assert run("--close", "g-3").exit_code == 2
    assert run("--close", "g-3", "--reason", " ").exit_code == 2
    assert run("--close", "g-1", "--reason", "Known").exit_code == 1
    assert "closed: 1" in run("--close", "g-3", "--reason", "Known").output
    assert told(run()) == {"g-1": "T1", "g-2": "T2"}
    last = json.loads(run("--closed").output.splitlines()[2])
    assert (last["generation_id"], last["closed_by"], last["reason"]) == ("g-3", "operator", "Known")
    assert "closed: 1" in run("--team", "T1", "--close", "g-1", "--reason", "Known").output
