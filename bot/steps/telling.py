"""Telling: what an asker hears of the end of what waited for others, since a changed card tells nobody."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages.approval import ended_notice
from bot.steps.tools import Tools
from storage import answers
from storage.answers import Answer
from storage.gates import Gate
from storage.orders import Order


async def tell_end(conn: AsyncConnection, tools: Tools, order: Order, gate: Gate, *, now: float) -> None:
    """Have the asker told in the direct message, once, in the transaction that closed the gate."""
    notice = ended_notice(tools.words, order, gate)
    if notice is None:
        return
    answer = Answer(
        team_id=order.team_id,
        key=f"gate:{gate.id}",
        enterprise_id=order.enterprise_id,
        channel_id=order.user_id,
        user_id=order.user_id,
        thread_ts=None,
        private=False,
        text=notice.text,
        blocks=notice.blocks,
        asked_at=now,
    )
    await answers.begin(conn, answer, due_at=now)
