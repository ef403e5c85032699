"""What an approver may allow beforehand, and what that counts for: one model in one channel, up to a price.

It is offered to who has approved some of the same kind, and never goes past what these came to. No allowance
gives more budget: that is asked for each time.
"""

from collections.abc import Collection
from decimal import ROUND_UP, Decimal
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import models_of
from bot.asking.highest import highest_usd
from bot.teams.approval import approvers_for
from bot.teams.rulebook import Book
from storage import allowances, gate_store
from storage.allowances import Allowance
from storage.gates import Gate, GateKind, GateState
from storage.orders import Conversation, Order

TIMES: Final = 3
"""So many of a kind somebody has approved before they are offered to allow it always."""
_LOOKED_AT: Final = 50
"""Of the last that they have approved in that channel."""
_CENT: Final = Decimal("0.01")


class Kind(NamedTuple):
    """What is alike to approvers."""

    channel_id: str
    model: str


class Allowable(NamedTuple):
    """What an approver may allow from now on, or does."""

    kind: Kind
    most_usd: Decimal
    """Each time."""
    is_given: bool
    """Whether they do."""


def kind_of(order: Order) -> Kind | None:
    """None: it was not asked in a channel, more than one model makes it, or it is not kept any more."""
    if order.forgotten is not None or order.conversation is not Conversation.CHANNEL:
        return None
    models = {*models_of(order).values()}
    return Kind(order.channel_id, models.pop()) if len(models) == 1 else None


async def allowable(conn: AsyncConnection, gate: Gate, order: Order, approver: str) -> Allowable | None:
    """What somebody may allow by what they have approved until they approved this; None: nothing."""
    kind = kind_of(order)
    is_theirs = approver in gate.approved_by and approver not in gate.by_allowance
    if kind is None or not is_theirs or (gate.kind, gate.state) != (GateKind.APPROVAL, GateState.APPROVED):
        return None
    lately = await gate_store.approved_lately(conn, gate, approver, order.channel_id, limit=_LOOKED_AT)
    prices = [highest_usd(each) for each in lately if kind_of(each) == kind]
    known = [usd for usd in prices if usd is not None][:TIMES]
    if len(known) < TIMES:
        return None
    most_usd = max(known).quantize(_CENT, ROUND_UP)  # what they read is what counts
    given = await allowances.covering(conn, gate.owner_id, *kind, most_usd)
    theirs = [each.most_usd for each in given if each.user_id == approver]
    return Allowable(kind, max(theirs, default=most_usd), is_given=bool(theirs))


async def allowed(conn: AsyncConnection, order: Order, book: Book, *, lock: bool = False) -> list[Allowance]:
    """What approvers have allowed beforehand that covers an order, the oldest first; each is one person's.

    Args:
        conn: a transaction, a writing one to lock.
        order: with its offer.
        book: the rules that hold; who is no approver by them any more allows nothing, nor anybody their own
            unless they say so.
        lock: see `storage.allowances.covering`.
    """
    kind, usd = kind_of(order), highest_usd(order)
    if kind is None or usd is None:
        return []
    named = approvers_for(book.rules, order.user_id)
    covering = await allowances.covering(conn, book.installation_id, *kind, usd, lock=lock)
    return [each for each in covering if each.user_id in named]


async def without_fallen(
    conn: AsyncConnection, gate: Gate, order: Order, book: Book, *, still: Collection[str] | None = None
) -> Gate:
    """A gate without the yeses by what is not allowed any more, or by those who are no approvers any more.

    Who has allowed the same anew meanwhile has been asked once more, so that they are for this one, too.

    Args:
        conn: a writing transaction, in which the order is locked.
        gate: an open one.
        order: its order.
        book: the rules that hold.
        still: by user id, those whom Slack still shows there; None: that was not asked.
    """
    if not gate.by_allowance:
        return gate
    standing = await allowed(conn, order, book, lock=True)
    ids = [each.id for each in standing if still is None or each.user_id in still]
    return await gate_store.keep_allowed(conn, gate, ids)
