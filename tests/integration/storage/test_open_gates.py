"""Of what waits for approvers no more is read than is looked at, however much waits, or has ended."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import gate_store
from storage.database import Database
from storage.gates import Gate, GateKind, GateState
from storage.schema import gates
from tests.integration.storage.builders import NOW
from tests.integration.storage.test_home_plans import Work, plans_of, read_whole

TEAMS, OPEN, CLOSED = 6, 250, 3_000


def gate(team: int, number: int, **columns: object) -> Gate:
    usual = Gate(
        id=f"g{team}-{number:05}",
        order_id=f"o{team}-{number:05}",
        owner_id=f"T{team}",
        enterprise_id=None,
        team_id=f"T{team}",
        offer_id="e1",
        kind=GateKind.APPROVAL,
        needed=1,
        approvers=("U1", "U2"),
        opened_at=NOW + number,
        ends_at=NOW + number + 3600,
    )
    return replace(usual, **columns)  # type: ignore[arg-type]


async def store(db: Database, new: Sequence[Gate]) -> None:
    async with db.write() as conn:
        for each in new:
            await gate_store.open_gate(conn, each)


@pytest.fixture
async def many(db: Database) -> Database:
    """As many as a large organisation has in some years, and some that are open."""
    names = [column.name for column in gates.columns]
    async with db.write() as conn:
        await gate_store.open_gate(conn, gate(0, 0))
        of_it = {"id": "'g' || {n}", "order_id": "'o' || {n}", "owner_id": "'T' || ({n} % 6)"}
        for kind, number, first in (("open", OPEN * TEAMS, 1), ("ended", CLOSED * TEAMS, 100_000)):
            own = of_it | {"opened_at": f"{NOW} + {{n}}"}
            own |= {} if kind == "open" else {"closed_at": f"{NOW}", "state": f"'{GateState.APPROVED}'"}
            columns = ", ".join(own.get(name, name).format(n="n") for name in names)
            await conn.execute(
                text(
                    f"INSERT INTO gates ({', '.join(names)}) "
                    f"WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers "
                    f"WHERE n < {first + number - 1}) SELECT {columns} FROM gates, numbers "
                    "WHERE id = 'g0-00000'"
                )
            )
    async with db.write() as conn:
        await conn.execute(text("ANALYZE"))
    return db


async def waits(conn: AsyncConnection) -> list[Gate]:
    return await gate_store.waiting_for(conn, "T1", "U1", limit=6)


async def first_page(conn: AsyncConnection) -> list[Gate]:
    return await gate_store.open_ones(conn, after=None, limit=200)


async def later_page(conn: AsyncConnection) -> list[Gate]:
    return await gate_store.open_ones(conn, after=gate(3, 700), limit=200)


async def test_a_persons_are_looked_for_among_the_open_ones_of_their_installation(many: Database) -> None:
    async with many.write() as conn:
        plan, *_ = await plans_of(conn, waits, as_they_are=True)

    assert "ix_gates_open" in plan
    assert "owner_id" in plan
    assert "gates" not in read_whole(plan)


@pytest.mark.parametrize("page", [first_page, later_page])
async def test_a_page_of_all_is_read_in_the_order_of_the_index(many: Database, page: Work) -> None:
    async with many.write() as conn:
        plan, answers = await plans_of(conn, page, as_they_are=True)

    assert "ix_gates_open" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
    assert "gates" not in read_whole(answers)


async def test_a_page_begins_where_the_one_before_has_ended(db: Database) -> None:
    made = [gate(team, number) for team in range(3) for number in range(3)]
    made.append(gate(1, 0, id="g1-before", order_id="another"))  # in the same moment
    await store(db, made)
    async with db.write() as conn:
        await gate_store.close(conn, "o1-00001", GateState.STOPPED, now=NOW)
    found: list[str] = []
    after = None
    async with db.read() as conn:
        while page := await gate_store.open_ones(conn, after=after, limit=2):
            assert len(page) <= 2
            found += [each.id for each in page]
            after = page[-1]

    wanted = sorted(made, key=lambda each: (each.owner_id, each.opened_at, each.id))
    assert found == [each.id for each in wanted if each.order_id != "o1-00001"]


async def test_of_one_persons_the_oldest_come_and_none_that_they_have_answered(db: Database) -> None:
    await store(db, [gate(1, number) for number in range(6)])
    await store(db, [gate(1, 6, approvers=("U2",)), gate(1, 7, approvers=("U12", "XU1")), gate(2, 8)])
    async with db.write() as conn:
        known = await gate_store.get(conn, "g1-00000")
        assert known is not None
        await gate_store.approve(conn, known, "U1", now=NOW)
        await gate_store.close(conn, "o1-00001", GateState.STOPPED, now=NOW)
    async with db.read() as conn:
        mine = await gate_store.waiting_for(conn, "T1", "U1", limit=3)
        (other,) = await gate_store.waiting_for(conn, "T1", "XU1", limit=3)
        assert await gate_store.waiting_for(conn, "T1", "U_", limit=3) == []
        assert await gate_store.waiting_for(conn, "T1", "U%", limit=3) == []
        all_of_the_other = await gate_store.waiting_for(conn, "T1", "U2", limit=10)

    assert [each.id for each in mine] == ["g1-00002", "g1-00003", "g1-00004"]
    assert other.id == "g1-00007"
    assert all_of_the_other[0].approved_by == ("U1",)
    assert len(all_of_the_other) == 6
