"""Whose yes an offer takes beside its asker's."""

from contextlib import suppress

from bot.asking.highest import highest_usd
from bot.errors import NotInstalled
from bot.steps.tools import Tools
from bot.teams.allowances import allowed
from bot.teams.approval import Approval, approval_of
from storage.orders import Order, OrderStatus


async def needs_of(tools: Tools, order: Order) -> Approval | None:
    """By the rules as they are in memory; None: nobody's, or there is no offer.

    Nor is anybody asked where enough of them have allowed it beforehand, which the press sees to once more.
    """
    if order.status is not OrderStatus.OFFERED:
        return None
    with suppress(NotInstalled):
        book = await tools.roles.rulebook.of(order)
        needs = approval_of(book.rules, order.user_id, highest_usd(order))
        if needs is None:
            return None
        async with tools.database.read() as conn:
            allowing = await allowed(conn, order, book)
        return needs if len(allowing) < needs.needed else None
    return None
