"""Where a card stands, for words that lead to it."""

import structlog

from bot.slack import SlackRefused, SlackTeam, SlackUnreachable
from storage.cards import OrderState

_log = structlog.get_logger(__name__)


async def card_link(slack: SlackTeam, state: OrderState) -> str | None:
    """The address of the order's card; None: it does not stand yet, or Slack does not tell."""
    card = state.card
    if card is None or card.channel is None or card.ts is None:
        return None
    try:
        return await slack.permalink(card.channel, card.ts)
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("no link to a card", order=state.order.id, error=str(error))
        return None
