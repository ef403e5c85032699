"""Beside: say in the conversation what a new card asks that stands in a thread which nobody has open."""

import asyncio
from collections.abc import Iterable

import structlog

from bot.errors import NotInstalled
from bot.messages.places import card_in_own_thread
from bot.slack import SlackRefused, SlackUnreachable
from bot.steps.tools import Tools
from storage import states
from storage.errors import StorageError
from storage.orders import Conversation, Order, OrderStatus

_log = structlog.get_logger(__name__)

_AFTER_S = 1.1
"""Slack takes one message a second in a conversation, and the card was one."""
_ASKS = frozenset(
    {OrderStatus.DRAFT, OrderStatus.PREPARING, OrderStatus.OFFERED, OrderStatus.FAILED},
)
"""Where somebody has to see the card, or will soon."""


def begins_thread(order: Order) -> bool:
    """Whether its card hangs on the very message that asked for it: all that is seen of it is "1 reply".

    Of several videos in one message the first speaks for all, since their cards stand in the same thread.
    """
    return (
        order.thread_ts is not None and order.request_key == f"message:{order.channel_id}:{order.thread_ts}:0"
    )


async def say_beside(tools: Tools, orders: Iterable[Order]) -> None:
    """Point to the cards of `orders`, which have just come to stand; what cannot be said is left out.

    Nothing is said twice: an order is new once, and what a process leaves unsaid stays so.
    """
    await asyncio.sleep(_AFTER_S)
    for order in orders:
        with structlog.contextvars.bound_contextvars(order=order.id, team=order.team_id, step="beside"):
            try:
                await _say(tools, order)
            except (NotInstalled, SlackRefused, SlackUnreachable, StorageError) as error:
                _log.info("not said beside the message", cause=str(error))


async def _say(tools: Tools, order: Order) -> None:
    async with tools.database.read() as conn:
        state = await states.find(conn, order.id)
    card = None if state is None else state.card
    if state is None or card is None or card.ts is None or card.channel != order.channel_id:
        return
    now = state.order
    if now.status not in _ASKS or now.joined_key is not None:
        return  # it was answered, or told of where it was completed
    slack = await tools.slack_of(now)
    message = card_in_own_thread(tools.words, now, await slack.permalink(order.channel_id, card.ts))
    if now.conversation is not Conversation.DIRECT_MESSAGE:
        await slack.whisper(now.channel_id, now.user_id, message.text, message.blocks, thread_ts=None)
    elif slack.spare_turn_to_post(now.channel_id):  # cards that wait for it say more
        await slack.post(now.channel_id, message.text, message.blocks)
