"""Whose yes an offer takes beside its asker's."""

from contextlib import suppress

from bot.asking.highest import highest_usd
from bot.errors import NotInstalled
from bot.steps.tools import Tools
from bot.teams.approval import Approval, approval_of
from storage.orders import Order, OrderStatus


async def needs_of(tools: Tools, order: Order) -> Approval | None:
    """By the rules as they are in memory; None: nobody's, or there is no offer."""
    if order.status is not OrderStatus.OFFERED:
        return None
    with suppress(NotInstalled):
        book = await tools.roles.rulebook.of(order)
        return approval_of(book.rules, order.user_id, highest_usd(order))
    return None
