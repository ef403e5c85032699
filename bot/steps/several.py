"""More videos than one order may have: each order keeps its share, and the next one gets the rest."""

import structlog

from bot.asking.asks import divided
from bot.asking.drafts import Draft
from bot.asking.plan import how_many
from bot.asking.room import check_room
from bot.messages.several import on_several_cards
from bot.slack import SlackRefused, SlackUnreachable
from bot.steps.tools import LeaseLost, Tools
from storage import order_store
from storage.orders import Conversation, Order

_log = structlog.get_logger(__name__)


async def divide(tools: Tools, order: Order, draft: Draft) -> tuple[Order, Draft]:
    """Leave an order as many videos as it may have, and make the next order of the rest, once.

    Raises:
        LeaseLost: another holder has the order now.
        TooManyOpen: the asker has as many orders open as one person may.
    """
    mine, rest = divided(order, draft, tools.cipher, new_id=tools.new_id, due_at=tools.clock())
    async with tools.database.write() as conn:
        kept = await order_store.save(
            conn, order, now=tools.clock(), lease_token=order.lease_token, draft=mine.model_dump_json()
        )
        if kept is None:
            raise LeaseLost(order.id)
        if await order_store.insert(conn, rest, now=tools.clock()):
            await check_room(conn, rest)
    await _tell(tools, order, how_many(draft))
    return kept, mine


async def _tell(tools: Tools, order: Order, number: int) -> None:
    """Say that there are several cards, each with a yes of its own; once, whatever becomes of it."""
    if order.request_key.startswith("more:"):
        return
    slack, message = await tools.slack_of(order), on_several_cards(tools.words, number)
    try:
        if order.conversation is Conversation.DIRECT_MESSAGE or order.thread_ts is not None:
            await slack.post(order.channel_id, message.text, message.blocks, thread_ts=order.thread_ts)
        else:
            await slack.whisper(order.channel_id, order.user_id, message.text, message.blocks, thread_ts=None)
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("not told of several cards", cause=str(error))
