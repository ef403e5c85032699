"""Asked: who is, of those that could say yes. Nothing waits for somebody who never hears of it, unsaid."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.messages.approval import not_reached as words_of_not_reached
from bot.messages.approval import stuck_notice
from bot.steps.admins import to_admins
from bot.steps.telling import in_direct_message
from bot.steps.tools import Tools
from bot.teams.allowances import without_fallen
from bot.teams.approval import answerers
from bot.teams.rulebook import Book
from storage import answers, audit, card_store, gate_store, order_store
from storage import rules as rules_store
from storage.answers import Answer
from storage.cards import Card
from storage.gates import Gate
from storage.orders import Order, OrderStatus


async def ask_those_named(tools: Tools, order: Order) -> None:
    """Have those asked whom the rules name now, in place of whoever they named before.

    Yeses that were given stay, and how many it takes, since that is what the asker was told; but for those
    that were given in advance, by what is allowed no more.

    Args:
        tools: what the steps work with.
        order: held; it is given back.
    """
    book = await tools.roles.rulebook.latest(order)
    async with tools.database.write() as conn:
        now = tools.clock()
        locked = await order_store.find(conn, order.id, lock=True)
        stored = await rules_store.find(conn, book.installation_id)
        is_latest = book.revision == (0 if stored is None else stored.revision)
        if is_latest and locked is not None and locked.status is OrderStatus.AWAITING_APPROVAL:
            gate = (await gate_store.of_orders(conn, [order.id]))[order.id]
            await _replace(conn, tools, locked, gate, book, now=now)
        due_at = order.expires_at if is_latest else now
        await order_store.retry_later(
            conn, order, now=now, due_at=due_at, lease_token=order.lease_token or "", count=False
        )


async def _replace(
    conn: AsyncConnection, tools: Tools, order: Order, gate: Gate, book: Book, *, now: float
) -> None:
    standing = await without_fallen(conn, gate, order, book)
    named = answerers(book, gate.kind, order.user_id)
    wanted = tuple(dict.fromkeys((*standing.approved_by, *named)))
    if set(wanted) == set(gate.approvers) and standing == gate:
        return
    unreached = [each for each in gate.unreached if each in wanted]
    changed = await gate_store.ask(conn, standing, wanted, unreached=unreached)
    everybody = tuple(dict.fromkeys((*wanted, *gate.approvers)))  # who is asked no more reads that, too
    await card_store.show(conn, order, now=now)
    await gate_store.show(conn, replace(changed, approvers=everybody), order, now=now)
    await _tell_if_stuck(conn, tools, order, changed, now=now)


async def not_reached(tools: Tools, card: Card, gate: Gate) -> None:
    """Say that an approver cannot be written to: on the asker's card, to the admins, and in the audit log."""
    words = words_of_not_reached(tools.words, card.user_id)
    told = await to_admins(tools, gate.owner_id, words, key=f"not_reached:{card.user_id}")
    await _note(tools, card, gate, is_reached=False, told=told)


async def reached(tools: Tools, card: Card, gate: Gate) -> None:
    """Take that back: the card that asks them stands."""
    await _note(tools, card, gate, is_reached=True)


async def _note(
    tools: Tools, card: Card, gate: Gate, *, is_reached: bool, told: Sequence[Answer] = ()
) -> None:
    async with tools.database.write() as conn:
        now = tools.clock()
        order = await order_store.find(conn, gate.order_id, lock=True)
        latest = await gate_store.get(conn, gate.id)
        if order is None or latest is None or not latest.is_open or card.user_id not in latest.asked:
            return
        if is_reached is (card.user_id not in latest.unreached):
            return
        others = [each for each in latest.unreached if each != card.user_id]
        unreached = others if is_reached else [*others, card.user_id]
        changed = await gate_store.ask(conn, latest, latest.approvers, unreached=unreached)
        await card_store.show(conn, order, now=now)
        if is_reached:
            return
        for answer in told:
            await answers.begin(conn, answer, due_at=now)
        await _tell_if_stuck(conn, tools, order, changed, now=now)
        await audit.append(conn, audited.not_reached(order, changed, card.user_id), now=now)


async def _tell_if_stuck(
    conn: AsyncConnection, tools: Tools, order: Order, gate: Gate, *, now: float
) -> None:
    """Its asker, since a changed card tells nobody."""
    if gate.is_stuck:
        notice = stuck_notice(tools.words, order, gate)
        answer = in_direct_message(order, notice, key=f"gate:{gate.id}:stuck", now=now)
        await answers.begin(conn, answer, due_at=now)
