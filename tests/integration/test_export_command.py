"""`lipsync-bot export`: every row of the ledger, for somebody who adds it up elsewhere."""

import asyncio
import csv
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from storage.database import migrate, open_database
from storage.jobs import Money
from storage.money import Entry
from tests.integration.storage import books

pytestmark = pytest.mark.usefixtures("usual_logging")

HELD = replace(books.HELD, at=1_764_259_200.125, month="2025-11", owner_id="T1")
HELD_FOR_A_PROJECT = replace(HELD, project="Spring sale")
CHARGED = replace(HELD, kind=Money.CHARGE, held_delta=-420_001, spent_delta=420_001)
OF_SISTER = replace(HELD, order_id="order2", owner_id="E1", team_id="T2", why="=2+3")

Run = Callable[..., Result]


def stored(folder: Path, entries: list[Entry]) -> str:
    url = f"sqlite:///{folder / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            async with database.write() as conn:
                await books.store(conn, *entries)

    asyncio.run(store())
    return url


@pytest.fixture
def run(tmp_path: Path) -> Run:
    url = stored(tmp_path, [CHARGED, OF_SISTER, HELD_FOR_A_PROJECT])
    return lambda *args: CliRunner(env={"DATABASE_URL": url}).invoke(main, ["export", *args])


def test_each_row_is_a_line_of_json(run: Run) -> None:
    told = run()

    assert told.exit_code == 0
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(row["order_id"], row["kind"]) for row in rows] == [
        ("order1", "charge"),
        ("order1", "hold"),
        ("order2", "hold"),
    ]
    assert rows[1] == {
        "schema": "lipsync-ledger/1",
        "time": "2025-11-27T16:00:00.125Z",
        "order_id": "order1",
        "position": 0,
        "kind": "hold",
        "ref": "",
        "at": 1_764_259_200.125,
        "month": "2025-11",
        "owner_id": "T1",
        "team_id": "T1",
        "user_id": "U1",
        "channel_id": "C1",
        "model": "sync-3",
        "held_micro_usd": 420_001,
        "spent_micro_usd": 0,
        "why": None,
        "finished_at": None,
        "project": "Spring sale",
    }


@pytest.mark.parametrize(("team", "orders"), [("T1", {"order1"}), ("T2", {"order2"}), ("E1", {"order2"})])
def test_one_team_or_organisation_can_be_told_alone(run: Run, team: str, orders: set[str]) -> None:
    lines = run("--team", team).stdout.splitlines()

    assert {json.loads(line)["order_id"] for line in lines} == orders


OF_THE_DAY, LATER = "2025-11-27", "2025-11-27T16:00:01"


@pytest.mark.parametrize(
    ("since", "kinds"),
    [
        (("--since", OF_THE_DAY), ["charge", "hold", "release"]),
        (("--since", "2025-11-27T16:00:00"), ["charge", "hold", "release"]),
        (("--since", LATER), ["release"]),
        (("--since", LATER, "--team", "T2"), []),
        (("--since", "2025-11-28"), ["release"]),
        (("--since", "2025-11-30"), []),
        ((), ["charge", "hold", "hold", "release"]),
    ],
)
def test_what_was_booked_since_a_moment_can_be_told_alone(
    tmp_path: Path, since: tuple[str, ...], kinds: list[str]
) -> None:
    old = replace(OF_SISTER, at=HELD.at - 16 * 3600 - 1)
    released = replace(HELD, kind=Money.RELEASE, position=1, at=HELD.at + 2 * 24 * 3600)
    url = stored(tmp_path, [CHARGED, HELD, old, released])

    for form in ("json", "csv"):
        args = ["export", "--format", form, *since]
        told = CliRunner(env={"DATABASE_URL": url}).invoke(main, args)
        lines = told.stdout.splitlines()
        rows = list(csv.DictReader(lines)) if form == "csv" else [json.loads(line) for line in lines]
        assert sorted(row["kind"] for row in rows) == kinds


def test_the_moment_is_in_utc_wherever_the_machine_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = stored(tmp_path, [HELD])
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        told = [
            CliRunner(env={"DATABASE_URL": url}).invoke(main, ["export", "--since", since]).stdout
            for since in ("2025-11-27T16:00:00", LATER)
        ]
    finally:
        monkeypatch.undo()
        time.tzset()

    assert [len(lines.splitlines()) for lines in told] == [1, 0]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_team_of_which_there_is_nothing_is_said_beside_the_lines(run: Run, form: str) -> None:
    told = run("--team", "TYPO", "--format", form)

    assert told.stderr == "Nothing of TYPO is there to be told.\n"
    assert "TYPO" not in told.stdout
    assert run("--team", "T1", "--format", form).stderr == ""


def test_a_moment_that_is_none_is_said(run: Run) -> None:
    told = run("--since", "last week")

    assert told.exit_code == 2
    assert "'last week' does not match the formats" in told.output


def test_csv_says_the_same_and_holds_no_formula(run: Run) -> None:
    rows = list(csv.DictReader(run("--format", "csv").stdout.splitlines()))

    as_json = [json.loads(line) for line in run().stdout.splitlines()]
    assert [list(row) for row in rows] == [list(row) for row in as_json]
    assert [row["held_micro_usd"] for row in rows] == ["-420001", "420001", "420001"]
    assert [row["why"] for row in rows] == ["", "", "'=2+3"]


def test_no_row_is_lost_or_told_twice_where_there_are_many(tmp_path: Path) -> None:
    many = [replace(HELD, order_id=f"order{number % 700:03}", position=number) for number in range(2_500)]
    url = stored(tmp_path, many)

    told = CliRunner(env={"DATABASE_URL": url}).invoke(main, ["export", "--team", "T1"])

    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(row["order_id"], row["position"]) for row in rows] == sorted(
        (entry.order_id, entry.position) for entry in many
    )
