"""A press on Generate that a budget does not cover: told in words, and the offer stays good."""

from decimal import Decimal

import pytest

from bot.teams.rules import Rules
from storage import ledger, limits
from storage.orders import Order, OrderStatus
from tests.integration.core.rows import order_id_of
from tests.integration.fake_slack.harness import ADA, NORTH, VIDEOS
from tests.integration.handlers.front import Front
from tests.integration.handlers.test_cards import press, stale_card
from tests.integration.handlers.test_rules import AMY, everybody, setting

__all__ = ["everybody"]


async def limited(app: Front, scope: str, usd: str) -> None:
    async with app.there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {scope: Decimal(usd)}, by=AMY, now=app.there.clock())


async def now(app: Front, order: Order) -> OrderStatus:
    found = (await app.there.now(order)).status
    assert isinstance(found, OrderStatus)
    return found


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("team", "The team's budget has"),
        (f"user:{ADA}", "Your own budget has"),
        (f"channel:{VIDEOS}", f"The budget of <#{VIDEOS}> has"),
        ("model:sync-3", "The budget for Best quality (sync-3) has"),
    ],
)
async def test_what_is_not_covered_is_told_and_begins_once_it_is(app: Front, scope: str, words: str) -> None:
    await setting(app, Rules(admins=(AMY,)))
    order = await stale_card(app, OrderStatus.OFFERED, estimate_usd=Decimal("0.43"))
    await limited(app, scope, "0.01")

    told = await press(app, "generate", order)

    assert f"{words} $0.01 left of $0.01 this month" in told
    assert f"<@{AMY}> can raise them" in told
    assert await now(app, order) is OrderStatus.OFFERED
    async with app.there.db.read() as conn:
        assert not await ledger.of_part(conn, order_id_of(order), 0)

    await limited(app, scope, "5")
    assert await press(app, "generate", order) == ""
    assert await now(app, order) is OrderStatus.RUNNING


async def test_months_begin_in_the_zone_of_the_team(app: Front) -> None:
    await setting(app, Rules(zone="Pacific/Kiritimati"))
    app.there.clock.now = 1_796_083_200.0 - 60  # one minute before December, in UTC
    order = await stale_card(app, OrderStatus.OFFERED, estimate_usd=Decimal("0.43"))
    await limited(app, "team", "5")

    assert await press(app, "generate", order) == ""

    async with app.there.db.read() as conn:
        (held,) = await ledger.of_part(conn, order_id_of(order), 0)
    assert (held.month, held.owner_id) == ("2026-12", NORTH.id)
