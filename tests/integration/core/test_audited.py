"""What a person's presses leave in the audit log: one row for each that counted, and none for the others."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bot.app import services_of
from bot.asking.asks import Asker, Place
from bot.asking.drafts import Draft
from bot.errors import TooManyOpen
from bot.teams.rights import Forbidden
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from bot.use_cases.unresolved import Unresolved
from storage.audit_check import read, verify
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.world import LINKS, World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS

ADA_ASKS, BEN_ASKS = Asker(None, NORTH.id, ADA), Asker(None, NORTH.id, BEN)


@pytest.fixture
def orders(there: World) -> Orders:
    return services_of(there.tools, wake=lambda: None, public_url=None).orders


async def told(there: World) -> list[tuple[str, str, dict[str, Any], dict[str, Any] | None]]:
    """The log of its orders, which has to hold: what was done, to what, what else is known, and of whom."""
    async with there.db.read() as conn:
        assert [fault for chain in await verify(conn) for fault in chain.faults] == []
        rows = [row async for row in read(conn, NORTH.id) if row.action.startswith(("order.", "job."))]
    return [
        (row.action, row.subject, json.loads(row.details), json.loads(row.personal or "null")) for row in rows
    ]


async def offered(there: World) -> Order:
    return await there.order(OrderStatus.OFFERED, offer_id="e1", expires_at=there.clock() + 60)


async def test_a_yes_is_told_with_its_price_and_account_and_once(there: World, orders: Orders) -> None:
    order = await there.order(
        OrderStatus.OFFERED,
        offer_id="e1",
        expires_at=there.clock() + 60,
        estimate_usd=Decimal("0.42"),
    )
    assert await orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED
    assert await orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.ALREADY_DONE
    account = await there.tools.accounts.key_of_team(None, NORTH.id)
    details = {"offer": "e1", "usd": "0.420000", "videos": 1, "account": account}
    assert await told(there) == [
        ("order.confirmed", order.id, details, {"actor": ADA, "channel": VIDEOS}),
    ]


async def test_a_yes_that_spends_nothing_is_not_told(there: World, orders: Orders) -> None:
    order = await offered(there)
    assert await orders.confirm(order.id, "an old offer", ADA_ASKS) is Confirmation.OUTDATED
    with pytest.raises(Forbidden):
        await orders.confirm(order.id, "e1", BEN_ASKS)
    there.clock.pass_by(61)
    assert await orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.EXPIRED
    assert await told(there) == []


async def test_a_cancel_is_told_with_how_far_it_was_and_once(there: World, orders: Orders) -> None:
    order, job = await offered(there), await there.queued()
    for order_id in (order.id, job.order_id):
        assert await orders.cancel(order_id, ADA_ASKS)
        assert not await orders.cancel(order_id, ADA_ASKS)
    assert await told(there) == [
        ("order.cancelled", order.id, {"was": "offered"}, {"actor": ADA}),
        ("order.cancelled", job.order_id, {"was": "running"}, {"actor": ADA}),
    ]


async def test_giving_up_is_told_once(there: World) -> None:
    job = await there.job(JobStatus.UNRESOLVED, estimate_usd=Decimal("0.42"))
    order, unresolved = await there.order_of(job), Unresolved(there.tools, wake=lambda: None)
    assert await unresolved.give_up(job, order, ADA_ASKS)
    assert not await unresolved.give_up(job, order, ADA_ASKS)
    details = {"usd": "0.420000", "generation": job.generation_id}
    assert await told(there) == [("job.given_up", job.id, details, {"actor": ADA})]


async def test_trying_again_and_another_version_are_told_with_who_pressed_and_once(
    there: World, orders: Orders
) -> None:
    state = await there.state(await there.job(JobStatus.FAILED))
    for _ in range(2):
        assert await orders.rerun(state, BEN_ASKS, request_key="press:1")
        await orders.another(state, ADA_ASKS, request_key="press:2", position=0)
    assert await told(there) == [
        ("order.asked_again", state.order.id, {"part": None}, {"actor": BEN}),
        ("order.asked_another", state.order.id, {"part": 0}, {"actor": ADA}),
    ]


async def test_what_was_refused_is_not_told(
    there: World, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = await there.state(await there.job(JobStatus.FAILED))
    await offered(there)
    monkeypatch.setattr("bot.asking.room.MOST_OPEN", 1)
    with pytest.raises(TooManyOpen):
        await orders.rerun(state, ADA_ASKS, request_key="press:1")
    assert await told(there) == []


async def test_an_ask_costs_no_row(there: World, orders: Orders) -> None:
    await orders.start(ADA_ASKS, Place(VIDEOS), LINKS, request_key="k1")
    await orders.draft(ADA_ASKS, Place(VIDEOS), Draft(), request_key="k2", show=True)
    assert await told(there) == []
