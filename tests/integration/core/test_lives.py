"""What is over by time goes, what is not stays, and nothing that money still depends on is touched."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select, update

from bot.asking.asks import Asker
from bot.steps.forgetting import Forgetting
from bot.teams.rules import Rules
from storage import audit, audit_check, bills, homes, ledger, people_store, shared_files
from storage.audit import Action, Entry
from storage.data_map import (
    DAY_S,
    DELETED_ROWS_KEPT_S,
    FILES_KEPT_S,
    HOMES_KEPT_S,
    LOG_KEPT_S,
    PEOPLE_KEPT_S,
    ROWS_KEPT_S,
    WORDS_KEPT_DAYS,
)
from storage.jobs import JobStatus
from storage.orders import Forgotten, Order, OrderStatus
from storage.people import Membership, Profile
from storage.schema import bills as bill_rows
from storage.schema import cards, jobs, orders, people
from storage.schema import shared_files as files_table
from storage.shared_files import SharedFile
from tests.integration.conftest import ENGINES
from tests.integration.core.world import SCRIPT, World, installation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

pytestmark = pytest.mark.parametrize("engine", ENGINES)

NORTH_RULES = Asker(None, NORTH.id, ADA)


@pytest.fixture
def forgetting(there: World) -> Forgetting:
    return Forgetting(there.db, clock=there.clock)


async def ended(there: World, status: OrderStatus = OrderStatus.ENDED, **columns: Any) -> Order:
    """An order of a delivered video whose card is shown."""
    job = await there.job(
        JobStatus.DELIVERED, draft=SCRIPT, ended_at=there.clock(), card_due_at=None, **columns
    )
    return await there.change(await there.order_of(job), status=status, ended_at=there.clock())


async def rows_of(there: World, table: Table) -> int:
    async with there.db.read() as conn:
        return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


async def test_words_go_when_their_time_is_over(there: World, forgetting: Forgetting) -> None:
    order = await ended(there)
    running = await there.done_order(JobStatus.PROCESSING, draft=SCRIPT)
    there.clock.pass_by(WORDS_KEPT_DAYS * DAY_S - 1)
    await forgetting.turn()
    assert "Hello" in (await there.now(order)).draft

    there.clock.pass_by(2)
    await forgetting.turn()

    assert ((await there.now(order)).draft, (await there.now(order)).forgotten) == ("{}", Forgotten.OLD)
    assert "Hello" in (await there.now(running)).draft
    async with there.db.read() as conn:
        assert await ledger.of_part(conn, order.id, 0)


async def test_each_team_says_for_how_long(there: World, forgetting: Forgetting) -> None:
    rulebook = there.tools.roles.rulebook
    await rulebook.change(await rulebook.latest(NORTH_RULES), Rules(words_kept_days=7), by=ADA)
    order, other = await ended(there), await ended(there, team_id=SOUTH.id)

    there.clock.pass_by(7 * DAY_S)
    await forgetting.turn()

    assert (await there.now(order)).forgotten is Forgotten.OLD
    assert (await there.now(other)).forgotten is None


async def test_an_organisations_rule_holds_where_a_workspace_has_no_app_of_its_own(
    there: World, forgetting: Forgetting
) -> None:
    await there.tools.teams.save(installation(id="E1", enterprise_id="E1", team_id=None))
    rulebook = there.tools.roles.rulebook
    book = await rulebook.latest(Asker("E1", "T0OTHER", ADA))
    assert await rulebook.change(book, Rules(words_kept_days=7), by=ADA)
    its = await ended(there, team_id="T0OTHER", enterprise_id="E1")
    of_north = await ended(there, enterprise_id="E1")

    there.clock.pass_by(7 * DAY_S)
    await forgetting.turn()

    assert (await there.now(its)).forgotten is Forgotten.OLD
    assert (await there.now(of_north)).forgotten is None


@pytest.mark.parametrize(
    ("why", "kept_s"), [(Forgotten.DELETED, DELETED_ROWS_KEPT_S), (Forgotten.OLD, ROWS_KEPT_S)]
)
async def test_rows_without_words_go_later(
    there: World, forgetting: Forgetting, why: Forgotten, kept_s: float
) -> None:
    order = await ended(there)
    await there.change(order, forgotten=why, updated_at=there.clock())
    there.clock.pass_by(kept_s - 1)
    await forgetting.turn()
    assert await rows_of(there, orders) == 1

    there.clock.pass_by(1)
    await forgetting.turn()

    assert [await rows_of(there, table) for table in (orders, jobs, cards)] == [0, 0, 0]
    async with there.db.read() as conn:
        assert await ledger.of_part(conn, order.id, 0)


async def test_a_row_waits_for_its_bill_and_for_its_card(there: World, forgetting: Forgetting) -> None:
    order = await there.change(await ended(there, generation_id="gen-1"), forgotten=Forgotten.DELETED)
    async with there.db.write() as conn:
        (job,) = (await there.state(order)).jobs
        await bills.open_many(conn, [bills.bill_of(job, there.clock())])
    there.clock.pass_by(2 * DAY_S)
    await forgetting.turn()
    assert await rows_of(there, orders) == 1

    async with there.db.write() as conn:
        await conn.execute(update(bill_rows).values(due_at=None))
    order = await there.change(order, card_due_at=there.clock())
    await forgetting.turn()
    assert await rows_of(there, orders) == 1

    await there.change(order, card_due_at=None)
    await forgetting.turn()
    assert await rows_of(there, orders) == 0


async def test_names_leave_the_log_and_it_still_holds(there: World, forgetting: Forgetting) -> None:
    async with there.db.write() as conn:
        for _ in range(3):
            entry = Entry(team_id=NORTH.id, action=Action.CANCELLED, subject="order", actor=ADA)
            await audit.append(conn, entry, now=there.clock())
    there.clock.pass_by(LOG_KEPT_S)

    await forgetting.turn()

    async with there.db.read() as conn:
        (chain,) = await audit_check.verify(conn, NORTH.id)
    assert (chain.removed, chain.faults) == (chain.rows, [])
    assert chain.rows >= 3


async def a_home(there: World) -> None:
    async with there.db.write() as conn:
        await homes.opened(conn, NORTH_RULES, NORTH.id, page=None, now=there.clock())


async def a_person(there: World) -> None:
    async with there.db.write() as conn:
        await people_store.keep(conn, Profile(NORTH.id, ADA, Membership.MEMBER, there.clock()))


async def a_file(there: World) -> None:
    async with there.db.write() as conn:
        file = SharedFile(
            enterprise_id=None,
            team_id=NORTH.id,
            user_id=ADA,
            file_id="F1",
            media="video",
            name="clip.mp4",
            mimetype="video/mp4",
            size=1,
            shared_at=there.clock(),
        )
        await shared_files.remember(conn, file)


@pytest.mark.parametrize(
    ("made", "table", "kept_s"),
    [
        (a_home, cards, HOMES_KEPT_S),
        (a_person, people, PEOPLE_KEPT_S),
        (a_file, files_table, FILES_KEPT_S),
    ],
)
async def test_what_nobody_came_back_to_goes(
    there: World,
    forgetting: Forgetting,
    made: Callable[[World], Awaitable[None]],
    table: Table,
    kept_s: float,
) -> None:
    await made(there)
    there.clock.pass_by(kept_s - 1)
    await forgetting.turn()
    assert await rows_of(there, table) == 1

    there.clock.pass_by(1)
    await forgetting.turn()

    assert await rows_of(there, table) == 0


async def test_much_goes_in_small_batches(there: World, forgetting: Forgetting) -> None:
    rows = [
        {"installation_id": NORTH.id, "user_id": f"U{number}", "membership": "member", "told_at": 0.0}
        for number in range(450)
    ]
    async with there.db.write() as conn:
        await conn.execute(insert(people), rows)

    left = []
    while True:
        goes_on = await forgetting.turn()
        left.append(await rows_of(there, people))
        if not goes_on:
            break
    assert left == [250, 50, 0]
