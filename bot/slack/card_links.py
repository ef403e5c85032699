"""Where cards stand, for words that lead to them."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.slack import SlackRefused, SlackTeam, SlackUnreachable
from storage.cards import OrderState

_log = structlog.get_logger(__name__)


async def card_link(slack: SlackTeam, state: OrderState) -> str | None:
    """The address of the order's card; None: it does not stand yet, or Slack does not tell."""
    card = state.card
    if card is None or card.channel is None or card.ts is None:
        return None
    if card.link is not None:
        return card.link
    try:
        return await slack.permalink(card.channel, card.ts)
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("no link to a card", order=state.order.id, error=str(error))
        return None


async def card_links(slack: SlackTeam, states: Sequence[OrderState], *, within_s: float) -> dict[str, str]:
    """Where the orders' cards stand, by the order's id, as far as Slack tells in time."""
    if not states:
        return {}
    tasks = {state.order.id: asyncio.ensure_future(card_link(slack, state)) for state in states}
    try:
        await asyncio.wait(tasks.values(), timeout=within_s)
        links = {order_id: task.result() for order_id, task in tasks.items() if task.done()}
    finally:
        for task in tasks.values():
            task.cancel()
    return {order_id: link for order_id, link in links.items() if link is not None}
