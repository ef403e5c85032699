"""`lipsync-bot audit`: lines that a machine can read for years, and whether the log holds together."""

import ast
import asyncio
import json
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, update

from bot.__main__ import main
from storage import audit as log
from storage.audit import OPERATOR, Action, Entry
from storage.database import migrate, open_database
from storage.schema import audit as rows
from storage.schema import audit_heads as heads

pytestmark = pytest.mark.usefixtures("usual_logging")
AT = 1_764_259_200.125

Run = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a yes and an install in one team's log, and a key's in another's."""
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"
    entries = [
        Entry(
            team_id="T1",
            action=Action.CONFIRMED,
            subject="order1",
            actor="U1",
            details={"usd": "0.42", "videos": 2},
            personal={"channel": "C1"},
        ),
        Entry(team_id="T1", action=Action.UNINSTALLED, subject="T1", actor=None),
        Entry(team_id="T2", action=Action.KEY_CONNECTED, subject="T2", actor=OPERATOR),
    ]

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            for entry in entries:
                async with database.write() as conn:
                    await log.append(conn, entry, now=AT)

    asyncio.run(store())
    return url


@pytest.fixture
def run(url: str) -> Run:
    return lambda *args: CliRunner(env={"DATABASE_URL": url}).invoke(main, ["audit", *args])


def change(url: str, statement: Any) -> None:
    async def work() -> None:
        async with open_database(url) as database, database.write() as conn:
            await conn.execute(statement)

    asyncio.run(work())


def lines(told: Result) -> list[dict[str, Any]]:
    assert told.exit_code == 0
    return [json.loads(line) for line in told.stdout.splitlines()]


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def test_each_row_is_a_line_of_a_form_that_stays(run: Run) -> None:
    first, second, third = lines(run())
    assert first == {
        "schema": "lipsync-audit/1",
        "team_id": "T1",
        "seq": 1,
        "time": "2025-11-27T16:00:00.125Z",
        "at": AT,
        "action": "order.confirmed",
        "subject": "order1",
        "actor": "U1",
        "details": {"usd": "0.42", "videos": 2},
        "personal": {"actor": "U1", "channel": "C1"},
        "personal_removed": False,
        "personal_hash": first["personal_hash"],
        "prev_hash": "",
        "hash": first["hash"],
    }
    assert (second["actor"], second["personal"], second["prev_hash"]) == (None, None, first["hash"])
    assert (third["team_id"], third["seq"], third["actor"]) == ("T2", 1, "operator")


def test_whoever_has_the_lines_can_make_the_hashes_himself(run: Run) -> None:
    """By what docs/audit.md says, and nothing of ours."""
    before = ""
    for line in lines(run("--team", "T1")):
        told = [*(line[name] for name in ("team_id", "seq", "at", "action", "subject"))]
        hashed = compact([*told, compact(line["details"]), line["personal_hash"], before])
        assert line["hash"] == sha256(hashed.encode()).hexdigest()
        before = line["hash"]
    assert before


def test_one_teams_log_can_be_had_alone(run: Run) -> None:
    assert {line["team_id"] for line in lines(run("--team", "T2"))} == {"T2"}
    nobodys = run("--team", "nobody's")
    assert lines(nobodys) == []
    assert nobodys.stderr == "Nothing of nobody's is there to be told.\n"
    assert run("--team", "T2").stderr == ""


def test_verify_says_what_was_checked_and_removed(url: str, run: Run) -> None:
    change(url, update(rows).where(rows.c.seq == 1).values(personal=None, salt=None))
    told = run("--verify")
    assert told.exit_code == 0
    assert "Rows checked: 3; all as they were written. Personal parts that were removed: 2." in told.stdout
    assert [line["actor"] for line in lines(run())] == [None, None, None]
    assert [line["personal_removed"] for line in lines(run())] == [True, False, True]


def test_a_log_that_is_not_there_is_none_that_holds(url: str, run: Run) -> None:
    change(url, delete(rows))
    change(url, delete(heads))
    for team in ("T1", "TYPO"):
        told = run("--verify", "--team", team)
        assert told.exit_code == 1
        assert f"There is no log of {team}, so nothing was checked." in told.stdout


def test_verify_tells_the_ends_for_whoever_kept_a_copy(run: Run) -> None:
    last = lines(run("--team", "T1"))[-1]
    assert f"T1: ends with row 2, {last['hash']}" in run("--verify").stdout


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (update(rows).values(details='{"usd":"0.43","videos":2}'), "T1: row 1 is not as it was written."),
        (update(rows).values(prev_hash="another"), "T1: row 2 does not follow the row before it."),
        (delete(rows).where(rows.c.seq == 2), "T1: row 2: missing."),
        (delete(rows), "T1: rows 1 to 2: missing."),
        (update(rows).where(rows.c.seq == 2).values(hash="another"), "T1: row 2 is not the one that was"),
        (update(rows).values(details="{", personal="[", at=1e300), "T1: row 1 is not as it was written."),
    ],
)
def test_verify_tells_what_is_wrong_and_the_lines_still_come(
    url: str, run: Run, statement: Any, words: str
) -> None:
    change(url, statement)
    told = run("--verify")
    assert told.exit_code == 1
    assert f"WRONG  {words}" in told.stdout
    assert "things that are wrong: " in told.stdout
    lines(run())


def test_every_action_is_told_of_in_the_docs() -> None:
    told = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    assert [action for action in Action if f"`{action}`" not in told] == []


def test_every_detail_is_told_of_in_the_docs_and_no_other() -> None:
    root = Path(__file__).parents[2]
    table = [line.split("|") for line in (root / "docs/audit.md").read_text().splitlines() if "|" in line]
    told = {
        name
        for _, actions, *_, details, _ in table
        if any(f"`{action}`" in actions for action in Action)
        for name in re.findall(r"`(\w+)`", details)
    }
    files = [path for wing in ("bot", "storage") for path in (root / wing).rglob("*.py")]
    written = {name for path in files for name in details_in(ast.parse(path.read_text()))}
    assert written == told - {"null"}


def details_in(tree: ast.Module) -> Iterator[str]:
    """The names of details, where an entry of the log is made."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.keyword(arg="details", value=ast.Dict(keys=keys))
                | ast.Assign(targets=[ast.Name("details")], value=ast.Dict(keys=keys))
                | ast.FunctionDef(
                    returns=ast.Subscript(slice=ast.Tuple(elts=[_, ast.Name("Detail")])),
                    body=[*_, ast.Return(value=ast.Dict(keys=keys))],
                )
            ):
                yield from (str(key.value) for key in keys if isinstance(key, ast.Constant))


def test_a_database_of_an_earlier_version_is_said_clearly(tmp_path: Path) -> None:
    new = {"DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}
    told = CliRunner(env=new).invoke(main, ["audit"])
    assert (told.exit_code, told.stdout) == (1, "")
    assert "lipsync-bot migrate" in told.stderr
