"""`lipsync-bot consents`: who is shown in which order, for somebody who has to show it elsewhere."""

import asyncio
import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from storage import consent_store
from storage.consents import Consent, Ground, Shown
from storage.database import migrate, open_database
from storage.orders import OrderStatus
from tests.integration.storage.builders import order_in

pytestmark = pytest.mark.usefixtures("usual_logging")

SAID_AT = 1_764_259_200.125
OWN = Consent(Shown(Ground.OWN, "U1"), "U1", SAID_AT)
SIGNED = Consent(Shown(Ground.RELEASE, name="=Eve"), "U2", SAID_AT)

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Two teams, of which one belongs to an organisation."""
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            async with database.write() as conn:
                for order_id, team, org in (("order1", "T1", None), ("order2", "T2", "E1")):
                    whose = {"id": order_id, "team_id": team, "enterprise_id": org}
                    order = await order_in(conn, OrderStatus.OFFERED, **whose)
                    await consent_store.put(conn, order, ["slack:F1", "slack:F2"], [OWN, SIGNED], now=1.0)

    asyncio.run(store())
    return lambda *args: CliRunner(env={"DATABASE_URL": url}).invoke(main, ["consents", *args])


def test_each_person_is_a_line_of_json(run: Run) -> None:
    told = run()

    assert told.exit_code == 0
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(row["order_id"], row["position"]) for row in rows] == [
        ("order1", 0),
        ("order1", 1),
        ("order2", 0),
        ("order2", 1),
    ]
    assert rows[0] == {
        "schema": "lipsync-consents/1",
        "time": "2025-11-27T16:00:00.125Z",
        "order_id": "order1",
        "position": 0,
        "enterprise_id": None,
        "team_id": "T1",
        "ground": "own",
        "user_id": "U1",
        "name": None,
        "said_by": "U1",
        "said_at": SAID_AT,
        "asked_by": "U1",
        "confirmed_at": None,
        "videos": ["slack:F1", "slack:F2"],
    }


@pytest.mark.parametrize(("team", "orders"), [("T1", {"order1"}), ("T2", {"order2"}), ("E1", {"order2"})])
def test_one_team_sees_its_own_alone(run: Run, team: str, orders: set[str]) -> None:
    told = run("--team", team)

    assert {json.loads(line)["order_id"] for line in told.stdout.splitlines()} == orders


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_team_of_which_there_is_nothing_is_said_beside_the_lines(run: Run, form: str) -> None:
    assert run("--team", "TYPO", "--format", form).stderr == "Nothing of TYPO is there to be told.\n"
    assert run("--team", "T1", "--format", form).stderr == ""


def test_as_csv_it_has_the_names_of_its_columns_and_no_formulas(run: Run) -> None:
    told = run("--team", "T1", "--format", "csv")

    first, second = csv.DictReader(told.stdout.splitlines())
    assert (first["ground"], first["user_id"], first["videos"]) == ("own", "U1", "slack:F1 slack:F2")
    assert (second["ground"], second["name"], second["said_by"]) == ("release", "'=Eve", "U2")
