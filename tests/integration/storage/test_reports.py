"""Reports and the export on both engines: sums that the database makes, and pages that lose no row."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import reports
from storage.database import Database
from storage.jobs import Money
from storage.ledger import COLUMNS
from storage.money import Entry
from storage.reports import Line, Sums
from tests.integration.storage import books
from tests.integration.storage.books import HELD
from tests.integration.storage.test_home_plans import plans_of, read_whole

_WEEK_S = 7 * 24 * 3600.0
CHARGED = replace(HELD, kind=Money.CHARGE, held_delta=-420_001, spent_delta=420_001)
CORRECTED = replace(HELD, kind=Money.CORRECTION, ref="1:500000", held_delta=0, spent_delta=79_999)


async def book(db: Database, *entries: Entry) -> None:
    async with db.write() as conn:
        await books.store(conn, *entries)


async def test_entries_of_one_kind_are_added_up_and_what_comes_to_nothing_is_left_out(db: Database) -> None:
    let_go = replace(HELD, order_id="order2", user_id="U2")
    released = replace(let_go, kind=Money.RELEASE, held_delta=-420_001)
    earlier = replace(CHARGED, order_id="order3", month="2025-12")
    await book(db, HELD, CHARGED, CORRECTED, let_go, released, earlier)
    await book(db, *(replace(each, order_id="order4", owner_id="T9") for each in (HELD, CHARGED)))

    async with db.read() as conn:
        assert await reports.lines(conn, "E1", since="2026-01") == [
            Line("2026-11", "U1", "C1", "sync-3", Sums(1, 0, 500_000))
        ]
        assert [line.month for line in await reports.lines(conn, "E1")] == ["2025-12", "2026-11"]
        assert await reports.lines(conn, "E1", user_id="U2") == []
        told = await reports.report(conn, "E1", "2026-11", user_id="U1")
    assert (told.is_teams, [line.month for line in told.lines]) == (False, ["2025-12", "2026-11"])


async def test_of_a_week_all_is_told_that_was_spent_in_it_and_nothing_twice(db: Database) -> None:
    before = replace(CHARGED, order_id="order0", at=999.0)
    after = replace(CHARGED, order_id="order5", at=2_000.0)
    of_earlier = replace(CORRECTED, order_id="order6", month="2026-10", at=1_999.0)
    elsewhere = replace(CHARGED, order_id="order7", owner_id="T9")
    await book(db, HELD, CHARGED, CORRECTED, before, after, of_earlier, elsewhere)

    async with db.read() as conn:
        found = {line.month: line.sums for line in await reports.between(conn, "E1", 1_000.0, 2_000.0)}
        assert found == {"2026-10": Sums(0, 0, 79_999), "2026-11": Sums(1, 0, 500_000)}
        weeks = [
            await reports.between(conn, "E1", at, at + 500.0) for at in (500.0, 1_000.0, 1_500.0, 2_000.0)
        ]
        in_all = sum(line.sums.spent for lines in weeks for line in lines)
        assert in_all == sum(line.sums.spent for line in await reports.lines(conn, "E1"))


async def test_projects_are_told_apart_and_what_names_none_comes_first(db: Database) -> None:
    named = [replace(HELD, order_id=f"named{at}", project=project) for at, project in enumerate("bab")]
    await book(db, *named, HELD)

    async with db.read() as conn:
        found = [(line.project, line.sums.held) for line in await reports.lines(conn, "E1")]
    assert found == [(None, 420_001), ("a", 420_001), ("b", 840_002)]


async def test_every_entry_is_told_once_page_by_page(db: Database) -> None:
    many = [replace(HELD, order_id=f"order{at % 300:03}", position=at) for at in range(1_100)]
    elsewhere = replace(HELD, order_id="another", owner_id="T9", team_id="T9")
    await book(db, *many, replace(CHARGED, order_id="order005", position=5), elsewhere)

    async with db.read() as conn:
        of_one = [each async for each in reports.entries(conn, "T1")]
        of_all = [each async for each in reports.entries(conn, None)]
        of_then = [each async for each in reports.entries(conn, "T1", since=HELD.at)]
        later = [each async for each in reports.entries(conn, "T1", since=HELD.at + 1)]

    keys = [(each.order_id, each.position, each.kind, each.ref) for each in of_one]
    assert (len(keys), len(set(keys)), keys == sorted(keys)) == (1_101, 1_101, True)
    assert set(of_all) == {*of_one, elsewhere}
    assert (of_then, later) == (of_one, [])


@pytest.mark.parametrize("weeks_ago", [0, 40])
async def test_a_week_is_found_by_its_index_in_a_ledger_of_years(db: Database, weeks_ago: int) -> None:
    """Ten teams with some booked every hour: other weeks are not read, nor other teams' same week."""
    names = [each.name for each in COLUMNS]
    of_it = {"order_id": "'old' || n", "owner_id": "'E' || (n % 10)", "at": "1000.0 + n * 360.0"}
    columns = ", ".join(of_it.get(name, name) for name in names)
    await book(db, CHARGED)
    async with db.write() as conn:
        await conn.execute(
            text(
                f"INSERT INTO ledger ({', '.join(names)}) "
                "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
                f"WHERE n < 100000) SELECT {columns} FROM ledger, numbers WHERE order_id = 'order1'"
            )
        )
    async with db.write() as conn:
        await conn.execute(text("ANALYZE"))
    ends_at = 1_000.0 + 100_000 * 360.0 - weeks_ago * _WEEK_S

    async def week(conn: AsyncConnection) -> None:
        (line,) = await reports.between(conn, "E1", ends_at - _WEEK_S, ends_at)
        assert line.sums.videos == 168

    async with db.write() as conn:
        (plan,) = await plans_of(conn, week, as_they_are=True)

    assert "ix_ledger_week" in plan
    assert re.search(r"owner_id = .* AND \(?\(?at >= |owner_id=\? AND at>\? AND at<\?", plan)
    assert not read_whole(plan)
