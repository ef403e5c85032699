"""An organisation that has the app for all of its workspaces has one budget; who has it alone has another."""

from decimal import Decimal
from typing import Any

import pytest

from bot.app import services_of
from bot.asking.asks import Asker
from bot.teams.rules import Rules
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage import ledger, limits
from storage.limits import OverBudget
from storage.orders import OrderStatus
from tests.integration.core.world import PREPARED, World, installation
from tests.integration.fake_slack.harness import ADA, NORTH

ORG, EAST, WEST = "E0ORG", "T0EAST", "T0WEST"


@pytest.fixture
async def orders(there: World) -> Orders:
    await there.tools.teams.save(installation(NORTH, enterprise_id=ORG))
    await there.tools.teams.save(installation(id=ORG, team_id=None, enterprise_id=ORG))
    # Slack's user here is of no organisation.
    rulebook = there.tools.roles.rulebook
    for team_id in (EAST, NORTH.id):
        book = await rulebook.of(Asker(ORG, team_id, ADA))
        assert await rulebook.change(book, Rules(outsiders=True), by=ADA)
    return services_of(there.tools, wake=lambda: None, public_url=None).orders


async def pressed(there: World, orders: Orders, team_id: str) -> Confirmation | None:
    """What becomes of a yes to $0.43; None: a budget does not cover it."""
    prepared = PREPARED.at(await there.tools.accounts.key_of_team(ORG, team_id)).model_dump_json()
    price: dict[str, Any] = {
        "estimate_usd": Decimal("0.43"),
        "offer_id": "e1",
        "expires_at": there.clock() + 60,
    }
    order = await there.order(
        OrderStatus.OFFERED, team_id=team_id, enterprise_id=ORG, prepared=prepared, **price
    )
    try:
        outcome = await orders.confirm(order.id, "e1", Asker(ORG, team_id, ADA))
    except OverBudget:
        return None
    async with there.db.read() as conn:
        assert outcome is Confirmation.ACCEPTED
        (held,) = await ledger.of_part(conn, order.id, 0)
    assert held.owner_id == (NORTH.id if team_id == NORTH.id else ORG)
    return outcome


async def test_its_workspaces_spend_one_budget_but_the_one_with_the_app_of_its_own(
    there: World, orders: Orders
) -> None:
    async with there.db.write() as conn:
        await limits.set_many(conn, ORG, {"team": Decimal(1)}, by=ADA, now=there.clock())

    told = [await pressed(there, orders, team) for team in (EAST, WEST, EAST, WEST, NORTH.id)]

    yes = Confirmation.ACCEPTED
    assert told == [yes, yes, None, None, yes]
