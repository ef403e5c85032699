"""Expire: what nobody finished ends, and says so only where it was ever shown."""

import pytest

from bot.messages.ids import Action
from bot.steps.expire import Expire
from storage import order_store
from storage.orders import OrderStatus
from tests.integration.core.world import World
from tests.unit.messages.builders import a_card


@pytest.fixture
def expire(there: World) -> Expire:
    return Expire(there.tools)


async def test_an_old_price_expires_on_its_card(there: World, expire: Expire) -> None:
    priced = await there.order(OrderStatus.OFFERED, card_revision=2)

    job = await there.run(expire, priced)

    assert (job.status, (await there.card(job)).revision, job.due_at) == (OrderStatus.EXPIRED, 3, None)
    assert (await there.card(job)).due_at == there.clock()


async def test_an_approval_that_nobody_gave_expires_and_can_be_asked_for_again(
    there: World, expire: Expire
) -> None:
    waiting = await there.order(
        OrderStatus.AWAITING_APPROVAL, card_revision=2, offer_id="e1", confirmed_at=there.clock()
    )

    job = await there.run(expire, waiting)

    shown = a_card(await there.state(job))
    assert job.status is OrderStatus.EXPIRED
    assert "Nobody approved it in time. Nothing was charged" in str(shown.blocks)
    assert Action.RERUN in {button["action_id"] for button in shown.blocks[-1]["elements"]}


async def test_a_form_left_open_expires_without_a_word(there: World, expire: Expire) -> None:
    job = await there.run(expire, await there.order(OrderStatus.DRAFT, card_revision=0))

    assert (job.status, (await there.card(job)).due_at) == (OrderStatus.EXPIRED, None)


async def test_a_yes_in_the_last_moment_wins(there: World, expire: Expire) -> None:
    held = await there.claim(await there.order(OrderStatus.OFFERED, offer_id="e1"))
    async with there.db.write() as conn:
        await order_store.move(conn, held[0], OrderStatus.RUNNING, now=there.clock(), spends="e1")

    await expire(held)

    assert (await there.now(held[0])).status is OrderStatus.RUNNING
