"""What a Home reads is found by indexes, however much all teams have made: as the engines say themselves."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.history import finished_videos, team_id, user_id
from storage import allowances, audit_lately, card_store, gate_store, homes, limits, pause_store, states
from storage.database import Database
from storage.gates import Gate, GateKind
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from storage.states import NEWEST, Mark
from tests.integration.core.rows import change
from tests.integration.storage.builders import NOW, Somebody, job_in

ME = Somebody()
GATE = Gate(
    id="G1",
    order_id="order",
    owner_id="T1",
    enterprise_id=None,
    team_id="T1",
    offer_id="e1",
    kind=GateKind.APPROVAL,
    needed=1,
    approvers=("U1",),
    opened_at=NOW,
    ends_at=NOW,
)
Work = Callable[[AsyncConnection], Awaitable[object]]
_FEW = {"pauses"}
"""Tables with a row where something is the matter, and with none as a rule."""


async def first_page(conn: AsyncConnection) -> None:
    found = await states.mine(conn, ME, before=NEWEST, limit=5)
    assert [len(found.live), len(found.over)] == [1, 1], "else what belongs to them is not read"


async def later_page(conn: AsyncConnection) -> None:
    await states.mine(conn, ME, before=Mark(NOW + 1, "order"), limit=5)


WORK: dict[str, Work] = {
    "the first page": first_page,
    "a later page": later_page,
    "the card itself": lambda conn: card_store.find(conn, "home:T1:U1"),
    "what waits for their yes": lambda conn: gate_store.waiting_for(conn, "T1", "U1", limit=6),
    "what is always allowed": lambda conn: allowances.of_installation(conn, "T1"),
    "what an approver may allow": lambda conn: gate_store.approved_lately(conn, GATE, "U1", "C1", limit=50),
    "what is paused": lambda conn: pause_store.of_installation(conn, "T1"),
    "what is left of budgets": lambda conn: limits.standing(conn, "T1", "2026-11"),
    "what was done": lambda conn: audit_lately.latest(conn, ["T1", "E1"], at_most=50),
    "that somebody opens it": lambda conn: homes.opened(conn, ME, "T1", page=None, now=NOW),
    "that it changes": lambda conn: homes.changed(conn, ME, now=NOW),
}


async def plans_of(conn: AsyncConnection, work: Work, *, as_they_are: bool = False) -> list[str]:
    """How the engine does each statement of it with tables too large to be read whole, or as they are now."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(conn.sync_connection, "before_cursor_execute", note)
    await work(conn)
    event.remove(conn.sync_connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN"
    if conn.dialect.name == "postgresql":
        explain = "EXPLAIN"
        # Neither by what the tables hold just now, or held before: large ones are not sorted for five rows.
        for way in () if as_they_are else ("seqscan", "bitmapscan", "sort"):
            await conn.execute(text(f"SET LOCAL enable_{way} = off"))
    return [
        "\n".join(str(row[-1]) for row in await conn.exec_driver_sql(f"{explain} {statement}", parameters))
        for statement, parameters in asked
    ]


def read_whole(plan: str) -> set[str]:
    """The tables that a plan reads from end to end."""
    found = re.findall(r"\bSCAN (\w+)|Seq Scan on (\w+)", plan)
    return {sqlite or postgres for sqlite, postgres in found} - _FEW


@pytest.mark.parametrize("what", WORK)
async def test_no_table_is_read_whole(db: Database, what: str) -> None:
    async with db.write() as conn:
        await job_in(conn, JobStatus.QUEUED)
        over = (await job_in(conn, JobStatus.DELIVERED, ended_at=NOW)).order_id
        await change(conn, over, {"status": OrderStatus.ENDED, "ended_at": NOW})

        plans = await plans_of(conn, WORK[what])

    assert plans
    assert [plan for plan in plans if read_whole(plan)] == []


async def test_a_later_page_is_not_found_by_reading_all_before_it(db: Database) -> None:
    async with db.write() as conn:
        _, over, *_ = await plans_of(conn, later_page)

    if conn.dialect.name == "sqlite":
        assert "ix_orders_asker (user_id=? AND created_at<?)" in over
        assert "TEMP B-TREE FOR ORDER BY" not in over
    else:
        assert re.search(r"Index Cond: \(\(user_id = .*\) AND \(created_at <= .*\)\)", over)


async def test_of_a_long_list_no_more_is_read_than_is_shown(db: Database) -> None:
    await finished_videos(db, 12_000, teams=12)
    whose = Somebody(team_id=team_id(1), user_id=user_id(1, 1))
    async with db.write() as conn:
        _, over, *_ = await plans_of(
            conn, lambda conn: states.mine(conn, whose, before=NEWEST, limit=5), as_they_are=True
        )

    if conn.dialect.name == "sqlite":
        assert "TEMP B-TREE FOR ORDER BY" not in over
    else:
        assert "Index Scan Backward using ix_orders_asker" in over


def test_a_table_that_is_read_whole_is_seen() -> None:
    assert read_whole("SCAN orders") == read_whole("->  Seq Scan on orders  (cost=0)") == {"orders"}
    assert read_whole("SEARCH orders USING INDEX ix (user_id=?)\nSCAN pauses") == set()
