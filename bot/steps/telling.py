"""Telling: what people hear in their direct message, once, as answers are (`bot.use_cases.answering`)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages.approval import ended_notice
from bot.messages.blocks import Message
from bot.steps.tools import Tools
from storage import answers
from storage.answers import Answer
from storage.gates import Gate
from storage.orders import Order
from storage.owners import Person


def in_direct_message(person: Person, message: Message, *, key: str, now: float) -> Answer:
    """What somebody is told, tried for a day; `storage.answers.begin` has it said once for each `key`."""
    return Answer(
        team_id=person.team_id,
        key=key,
        enterprise_id=person.enterprise_id,
        channel_id=person.user_id,
        user_id=person.user_id,
        thread_ts=None,
        private=False,
        text=message.text,
        blocks=message.blocks,
        asked_at=now,
        lasting=True,
    )


async def tell_end(conn: AsyncConnection, tools: Tools, order: Order, gate: Gate, *, now: float) -> None:
    """Have the asker told of the end of what waited for others, since a changed card tells nobody.

    In the transaction that closed the gate.
    """
    notice = ended_notice(tools.words, order, gate)
    if notice is not None:
        answer = in_direct_message(order, notice, key=f"gate:{gate.id}", now=now)
        await answers.begin(conn, answer, due_at=now)
