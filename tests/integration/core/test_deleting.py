"""An order that somebody has deleted: what goes, what stays, who may, and what has to wait."""

import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.app import services_of
from bot.asking.asks import Asker
from bot.steps.forgetting import Forgetting
from bot.steps.leftovers import Leftovers
from bot.steps.show import Show
from bot.teams.rights import Forbidden, Role
from bot.teams.rules import Rules
from bot.use_cases.deleting import Deleting, Deletion
from storage import audit_check, bills, deletions, input_store, ledger, leftovers, states
from storage.audit import Action
from storage.bills import Total
from storage.inputs import InputKind, InputStatus, NewInput
from storage.jobs import Job, JobStatus, job_id
from storage.left import LeftoverKind
from storage.orders import Forgotten, Order, OrderStatus, Part
from storage.schema import inputs, metadata
from storage.schema import leftovers as left_table
from storage.states import NEWEST
from tests.integration.conftest import ENGINES
from tests.integration.core.world import SCRIPT, World, generation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH

pytestmark = pytest.mark.parametrize("engine", ENGINES)

ADA_ASKS, BEN_ASKS = Asker(None, NORTH.id, ADA), Asker(None, NORTH.id, BEN)
CREATED = "/v2/generations/gen-1"
DAY_S = 24 * 3600.0


@pytest.fixture
def deleting(there: World) -> Deleting:
    wake = there.woken.append
    return services_of(there.tools, wake=lambda: wake(there.clock()), public_url=None).deleting


async def delivered(there: World, **columns: Any) -> Order:
    """An order whose video is in Slack."""
    usual: dict[str, Any] = {
        "draft": SCRIPT,
        "generation_id": "gen-1",
        "slack_file_id": "F0VIDEO",
        "estimate_usd": Decimal("1.25"),
        "card_due_at": None,
        "ended_at": there.clock(),
    }
    job: Job = await there.job(JobStatus.DELIVERED, **usual | columns)
    part = Part(usd=Decimal("1.25"), length_s=None, label="Hello everybody", problem_detail="Hello")
    told = {"failure_detail": "It said Hello", "parts": (part,)}
    await there.change(job, failure_detail="Hello everybody was too long", label="Hello everybody")
    return await there.change(
        await there.order_of(job), status=OrderStatus.ENDED, ended_at=there.clock(), **told
    )


async def named_by(there: World, *orders: Order, asset: str = "asset-1") -> str:
    """An input at sync.so that orders name."""
    async with there.db.write() as conn:
        for order in orders:
            new = NewInput(
                id="input-1",
                enterprise_id=None,
                team_id=order.team_id,
                account_key="org:org_app",
                source="slack:F0SOURCE",
                kind=InputKind.VIDEO,
                address=None,
            )
            known = await input_store.name(conn, order.id, new, now=there.clock(), keep_s=7 * DAY_S)
        await conn.execute(update(inputs).values(asset_id=asset, status=InputStatus.THERE, due_at=None))
    return known.id


async def left(there: World) -> dict[str, LeftoverKind]:
    async with there.db.read() as conn:
        return {row.id: row.kind for row in await conn.execute(select(left_table))}


async def everything_in(there: World) -> str:
    """All that the database says, but for the audit log."""
    async with there.db.read() as conn:
        rows = [(await conn.execute(select(table))).all() for table in metadata.sorted_tables]
    return str(rows)


async def test_its_words_go_and_what_it_cost_stays(there: World, deleting: Deleting) -> None:
    order = await delivered(there)
    assert "Hello everybody" in await everything_in(there)
    async with there.db.read() as conn:
        booked = await ledger.of_part(conn, order.id, 0)
    assert booked

    assert await deleting.delete_order(ADA_ASKS, order.id) is Deletion.DELETED

    assert "Hello" not in await everything_in(there)
    assert (await there.now(order)).forgotten is Forgotten.DELETED
    assert (await there.now(order)).offer_usd == order.offer_usd
    async with there.db.read() as conn:
        assert await ledger.of_part(conn, order.id, 0) == booked


async def test_its_video_goes_at_sync_so_and_in_slack(there: World, deleting: Deleting) -> None:
    there.sync.delete(CREATED).respond(json=generation("gen-1", "COMPLETED"))
    order = await delivered(there)
    await deleting.delete_order(ADA_ASKS, order.id)
    assert await left(there) == {"gen-1": LeftoverKind.GENERATION, "F0VIDEO": LeftoverKind.FILE}

    await Leftovers(there.tools).turn()

    assert (len(there.sent(CREATED)), await left(there)) == (1, {})
    assert [call.args["file"] for call in there.calls("files.delete")] == ["F0VIDEO"]


async def test_what_went_by_time_is_shown_in_small_and_can_still_be_deleted(
    there: World, deleting: Deleting
) -> None:
    order, failed = await delivered(there), await delivered(there, generation_id=None, slack_file_id=None)
    await there.change(failed, status=OrderStatus.FAILED)
    async with there.db.write() as conn:
        await deletions.forget_words(conn, [order.id, failed.id], Forgotten.OLD, now=there.clock())

    async def shown() -> list[str]:
        async with there.db.read() as conn:
            return [
                each.order.id for each in (await states.mine(conn, ADA_ASKS, before=NEWEST, limit=5)).over
            ]

    assert await shown() == [order.id]
    assert await deleting.is_old(ADA_ASKS, order.id)
    assert await deleting.delete_order(ADA_ASKS, order.id) is Deletion.DELETED

    assert await shown() == []
    assert set(await left(there)) == {"gen-1", "F0VIDEO"}
    assert await deleting.delete_order(ADA_ASKS, order.id) is Deletion.UNKNOWN


async def test_its_card_says_that_it_was_deleted(there: World, deleting: Deleting) -> None:
    order = await delivered(there)
    show = Show(there.tools, ask_again_from_usd=Decimal(5))
    order = await there.show(show, order)
    assert "Hello" in str(there.messages(order.channel_id)[-1])

    await deleting.delete_order(ADA_ASKS, order.id)
    await there.show(show, order)

    shown = str(there.messages(order.channel_id)[-1])
    assert "What was asked for here was deleted." in shown
    assert "Hello" not in shown
    assert "action_id" not in shown


async def test_the_record_of_what_it_cost_comes_before_its_end_at_sync_so(
    there: World, deleting: Deleting
) -> None:
    there.sync.delete(CREATED).respond(json=generation("gen-1", "COMPLETED"))
    order = await delivered(there)
    job = await there.now_job(job_id(order.id, 0))
    async with there.db.write() as conn:
        await bills.open_many(conn, [bills.bill_of(job, there.clock())])
    await deleting.delete_order(ADA_ASKS, order.id)
    loop = Leftovers(there.tools)

    await loop.turn()
    there.clock.pass_by(2 * 3600.0)
    await loop.turn()
    assert (len(there.sent(CREATED)), await left(there)) == (0, {"gen-1": LeftoverKind.GENERATION})

    async with there.db.write() as conn:
        await bills.complete(conn, {job.id: Total(usd=Decimal("1.5"), frames=100)}, now=there.clock())
    there.clock.pass_by(bills.LISTED_WITHIN_S)
    await loop.turn()
    assert (len(there.sent(CREATED)), await left(there)) == (1, {})


async def test_a_file_goes_that_no_other_order_names(there: World, deleting: Deleting) -> None:
    order, other = await delivered(there), await delivered(there, generation_id="gen-2")
    await named_by(there, order, other)

    await deleting.delete_order(ADA_ASKS, order.id)
    await Forgetting(there.db, clock=there.clock).turn()
    assert "asset-1" not in await left(there)

    await deleting.delete_order(ADA_ASKS, other.id)
    await Forgetting(there.db, clock=there.clock).turn()
    assert (await left(there))["asset-1"] is LeftoverKind.ASSET


async def test_a_video_that_something_else_is_made_of_waits(there: World, deleting: Deleting) -> None:
    order = await delivered(there, generation_id=None)
    other = await there.order(OrderStatus.PREPARING)
    await named_by(there, other)
    async with there.db.write() as conn:
        await conn.execute(update(inputs).values(source="slack:F0VIDEO"))
    await deleting.delete_order(ADA_ASKS, order.id)
    loop = Leftovers(there.tools)

    await loop.turn()
    assert there.calls("files.delete") == []

    await there.change(other, status=OrderStatus.CANCELLED, ended_at=there.clock())
    there.clock.pass_by(2 * 3600.0)
    await loop.turn()
    assert len(there.calls("files.delete")) == 1


async def test_what_goes_on_is_not_deleted(there: World, deleting: Deleting) -> None:
    running = await there.done_order(JobStatus.PROCESSING, draft=SCRIPT)
    offered = await there.order(OrderStatus.OFFERED)

    assert await deleting.delete_order(ADA_ASKS, running.id) is Deletion.OPEN
    assert await deleting.delete_order(ADA_ASKS, offered.id) is Deletion.OPEN
    assert (await there.now(running), await there.now(offered)) == (running, offered)
    assert await left(there) == {}


async def test_its_asker_and_admins_may_and_nobody_else(there: World, deleting: Deleting) -> None:
    order, other = await delivered(there), await delivered(there, generation_id="gen-2")

    with pytest.raises(Forbidden) as refused:
        await deleting.delete_order(BEN_ASKS, order.id)
    assert refused.value.role is Role.COLLEAGUE
    assert (await there.now(order)).forgotten is None

    rulebook = there.tools.roles.rulebook
    await rulebook.change(await rulebook.latest(BEN_ASKS), Rules(admins=(BEN,)), by=ADA)
    assert await deleting.delete_order(BEN_ASKS, other.id) is Deletion.DELETED


async def test_another_teams_order_is_as_one_that_never_was(there: World, deleting: Deleting) -> None:
    order = await delivered(there)

    assert await deleting.delete_order(Asker(None, SOUTH.id, ADA), order.id) is Deletion.UNKNOWN
    assert await deleting.delete_order(ADA_ASKS, "never") is Deletion.UNKNOWN
    assert (await there.now(order)).forgotten is None


async def test_a_second_press_finds_nothing_and_deletes_nothing_twice(
    there: World, deleting: Deleting
) -> None:
    order = await delivered(there)
    await deleting.delete_order(ADA_ASKS, order.id)

    assert await deleting.delete_order(ADA_ASKS, order.id) is Deletion.UNKNOWN

    async with there.db.read() as conn:
        told = [row async for row in audit_check.read(conn, NORTH.id) if row.action == Action.DELETED]
    assert [(row.subject, json.loads(row.details)) for row in told] == [(order.id, {"was": "ended"})]
    assert await there.orders_of(ADA_ASKS) == []


async def test_a_refusal_is_told_once_and_not_asked_for_again(there: World, deleting: Deleting) -> None:
    order = await delivered(there, generation_id=None)
    there.slack.faults.set("api_error", {"method": "files.delete", "error": "cant_delete_file"})
    await deleting.delete_order(ADA_ASKS, order.id)
    for _ in range(3):
        await Leftovers(there.tools).turn()
        there.clock.pass_by(DAY_S)
    async with there.db.read() as conn:
        assert await leftovers.refused(conn) == 1
    assert len(there.calls("files.delete")) == 1
