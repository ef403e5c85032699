"""The audit log on both engines: what was written holds together, and whatever was done to it shows."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import audit as log
from storage.audit import Action, Entry
from storage.audit_check import Chain, Fault, Wrong, read, verify
from storage.database import Database
from storage.schema import audit, audit_heads
from tests.integration.storage.builders import NOW

HERE = audit.c.team_id == "T1"
LONG = 5


def entry(number: int = 0, **given: Any) -> Entry:
    usual: dict[str, Any] = {
        "team_id": "T1",
        "action": Action.CONFIRMED,
        "subject": f"order{number}",
        "actor": "U1",
        "details": {"usd": "0.42", "videos": number, "dearer": None},
    }
    return Entry(**usual | given)


async def append(db: Database, *entries: Entry) -> None:
    for each in entries:
        async with db.write() as conn:
            await log.append(conn, each, now=NOW)


async def chains(db: Database, team_id: str | None = None) -> dict[str, Chain]:
    async with db.read() as conn:
        return {chain.team_id: chain for chain in await verify(conn, team_id)}


async def faults(db: Database) -> list[Fault]:
    return (await chains(db))["T1"].faults


async def rows(db: Database, table: Table = audit) -> list[dict[str, Any]]:
    async with db.read() as conn:
        return [dict(row) for row in (await conn.execute(select(table))).mappings()]


async def change(db: Database, statement: Any) -> None:
    """As whoever may write to the database can do."""
    async with db.write() as conn:
        await conn.execute(statement)


@pytest.fixture
async def written(db: Database) -> Database:
    """A log of some rows, the first of which tells of nobody, and one of another team."""
    await append(db, entry(1, actor=None), *(entry(number) for number in range(2, LONG + 1)))
    await append(db, entry(team_id="T2"))
    return db


async def test_what_was_written_holds_and_comes_back(db: Database) -> None:
    await append(db, entry(1, personal={"of": "U2"}), entry(2, actor=None, details={}))
    async with db.read() as conn:
        first, second = [row async for row in read(conn)]
    assert (first.team_id, first.seq, first.at, first.action) == ("T1", 1, NOW, "order.confirmed")
    assert (first.details, first.personal) == (
        '{"dearer":null,"usd":"0.42","videos":1}',
        '{"actor":"U1","of":"U2"}',
    )
    assert (second.seq, second.prev_hash, second.personal, second.personal_hash) == (2, first.hash, None, "")
    assert (await chains(db))["T1"] == Chain("T1", 2, 0, 2, second.hash, [])


async def test_each_team_has_its_own_log(written: Database) -> None:
    both = await chains(written)
    assert {team: (chain.rows, chain.faults) for team, chain in both.items()} == {
        "T1": (LONG, []),
        "T2": (1, []),
    }
    assert list(await chains(written, "T2")) == ["T2"]
    async with written.read() as conn:
        assert [row.team_id async for row in read(conn, "T2")] == ["T2"]


async def test_a_log_longer_than_a_page_is_read_to_its_end(
    written: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.audit_check._PAGE", 2)
    assert {chain.rows for chain in (await chains(written)).values()} == {LONG, 1}


@pytest.mark.parametrize("column", [column.name for column in audit.c])
@pytest.mark.parametrize("seq", [1, 2, LONG])
async def test_one_changed_byte_is_found(written: Database, column: str, seq: int) -> None:
    (before,) = [row for row in await rows(written) if (row["team_id"], row["seq"]) == ("T1", seq)]
    await change(
        written,
        update(audit).where(HERE, audit.c.seq == seq).values({column: _changed(before[column])}),
    )
    assert (await chains(written))["T1"].faults != []


def _changed(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return (chr(ord(value[0]) ^ 1) + value[1:]) if value else "x"
    return value + (2**-20 if isinstance(value, float) else 100)


@pytest.mark.parametrize("seq", range(1, LONG + 1))
async def test_a_removed_row_is_missed(written: Database, seq: int) -> None:
    await change(written, delete(audit).where(HERE, audit.c.seq == seq))
    assert await faults(written) == [Fault(Wrong.MISSING, seq, seq)]


async def test_a_cut_tail_is_missed_by_the_head_that_is_kept(written: Database) -> None:
    await change(written, delete(audit).where(HERE, audit.c.seq > 2))
    assert await faults(written) == [Fault(Wrong.MISSING, 3, LONG)]


async def test_a_whole_log_that_was_removed_is_missed(written: Database) -> None:
    await change(written, delete(audit).where(HERE))
    assert await faults(written) == [Fault(Wrong.MISSING, 1, LONG)]


@pytest.mark.parametrize(
    "statement",
    [
        delete(audit_heads).where(audit_heads.c.team_id == "T1"),
        update(audit_heads).where(audit_heads.c.team_id == "T1").values(hash="another"),
        update(audit_heads).where(audit_heads.c.team_id == "T1").values(seq=LONG - 1),
    ],
    ids=["removed", "another hash", "set back"],
)
async def test_a_head_that_was_changed_by_itself_shows(written: Database, statement: Any) -> None:
    await change(written, statement)
    assert await faults(written) == [Fault(Wrong.HEAD, LONG, LONG)]


async def test_two_rows_that_changed_places_are_found(written: Database) -> None:
    for old, new in ((2, 90), (3, 2), (90, 3)):
        await change(written, update(audit).where(HERE, audit.c.seq == old).values(seq=new))
    assert {fault.seq for fault in await faults(written)} >= {2, 3}


async def test_a_row_of_another_team_does_not_fit(written: Database) -> None:
    await change(written, delete(audit).where(HERE, audit.c.seq == 1))
    await change(written, update(audit).where(audit.c.team_id == "T2").values(team_id="T1"))
    assert Fault(Wrong.CHANGED, 1, 1) in await faults(written)


async def test_personal_parts_can_be_removed_with_their_salt_and_the_chain_holds(written: Database) -> None:
    gone = update(audit).where(HERE, audit.c.seq.in_([2, 3])).values(personal=None, salt=None)
    await change(written, gone)
    found = (await chains(written))["T1"]
    assert (found.rows, found.removed, found.faults) == (LONG, 2, [])
    await append(written, entry(6))
    assert (await chains(written))["T1"].faults == []


@pytest.mark.parametrize("column", ["personal", "salt"])
async def test_a_personal_part_that_was_removed_by_half_is_found(written: Database, column: str) -> None:
    await change(written, update(audit).where(HERE, audit.c.seq == 2).values({column: None}))
    assert await faults(written) == [Fault(Wrong.CHANGED, 2, 2)]


async def test_the_same_person_twice_is_no_hash_twice(written: Database) -> None:
    hashes = [row["personal_hash"] for row in await rows(written) if row["personal"]]
    assert len(set(hashes)) == len(hashes) == LONG


async def test_what_no_engine_keeps_as_it_is_still_holds(db: Database) -> None:
    odd = "a \0 half \ud800 pair 🎬"
    await append(db, entry(subject=odd, details={"word": odd}, actor=odd, team_id=f"T{odd}"))
    ((team, chain),) = (await chains(db)).items()
    assert (team.startswith("T"), chain.rows, chain.faults) == (True, 1, [])


class _CutError(Exception):
    """The transaction goes no further."""


async def test_what_was_not_stored_leaves_no_trace_and_no_gap(db: Database) -> None:
    await append(db, entry(1))
    with suppress(_CutError):
        async with db.write() as conn:
            await log.append(conn, entry(2), now=NOW)
            raise _CutError
    await append(db, entry(3))
    assert sorted(row["seq"] for row in await rows(db)) == [1, 2]
    assert await faults(db) == []


async def _some(chance: random.Random, conn: AsyncConnection, number: int) -> None:
    """One transaction that changes something of the team, and tells of it last."""
    team_id = chance.choice(["T1", "T2"])
    await log.append(conn, entry(number, team_id=team_id), now=NOW)
    await asyncio.sleep(chance.random() / 500)
    if chance.random() < 0.2:
        raise _CutError


@pytest.mark.parametrize("seed", range(2))
async def test_replicas_that_write_at_once_make_one_chain(
    db: Database, open_again: Callable[[], Database], seed: int
) -> None:
    """The first rows of a log as well: there is no row yet that any of them could wait for."""

    async def replica(number: int) -> int:
        chance, stored = random.Random(f"{seed}{number}"), 0
        async with open_again() as own:
            for each in range(20):
                try:
                    async with own.write() as conn:
                        await _some(chance, conn, each)
                    stored += 1
                except _CutError:
                    pass
        return stored

    stored = sum(await asyncio.gather(*map(replica, range(4))))
    found = await chains(db)
    assert {team: chain.faults for team, chain in found.items()} == {"T1": [], "T2": []}
    assert sum(chain.rows for chain in found.values()) == stored
    assert {row["team_id"]: row["seq"] for row in await rows(db, audit_heads)} == {
        team: chain.rows for team, chain in found.items()
    }
