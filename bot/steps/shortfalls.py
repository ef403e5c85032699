"""What an approver has to know of budgets before a yes: what is left of them, and by what it raises them."""

from collections.abc import Sequence

from bot.asking.asks import models_of
from bot.steps.tools import Tools
from storage import limits, money
from storage.gates import Gate
from storage.limits import Shortfall, Standing
from storage.orders import Order


async def budgets_of(
    tools: Tools, gate: Gate, order: Order
) -> tuple[Sequence[Standing], Sequence[Shortfall]]:
    """What is left this month of the budgets that an order counts in, and what they lack for it."""
    zone = (await tools.roles.rulebook.of(order)).rules.zone
    now = tools.clock()
    month, models = money.month_of(now, zone), models_of(order)
    scopes = {
        scope
        for model in models.values()
        for scope in money.scopes_of(order.user_id, order.channel_id, model)
    }
    async with tools.database.read() as conn:
        standing = await limits.standing(conn, gate.owner_id, month)
    found = [each for each in standing if each.scope in scopes]
    limited = {each.scope for each in found}
    holds = money.holds(order, models, limited, owner_id=gate.owner_id, month=month, at=now)
    return found, limits.short_of(found, holds)
