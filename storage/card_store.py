"""The cards' own lane: which message in Slack is behind, who is showing it, and what was shown.

It is apart from the steps, so that a slow Slack never holds up a job, nor a long step its card. Whoever
changes both an order or its jobs and their card changes the card last: locks are taken in that order.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Final

from sqlalchemy import Update, bindparam, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cards import Card, CardKind
from storage.gates import card_id
from storage.leases import CARDS
from storage.orders import NewOrder, Order
from storage.schema import cards
from storage.upserts import insert_into

EDIT_EVERY_S: Final = 3.0
"""Soonest between two edits of a message that changes many times (Slack: developing agents, chat.update)."""

COLUMNS: Final = tuple(cards.c[field.name] for field in fields(Card))

_BEHIND = (
    select(cards.c.id)
    .where(cards.c.due_at <= bindparam("now"))
    .order_by(cards.c.ts.is_not(None), cards.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("behind")
)
_CLAIM = CARDS.claim(cards.c.id.in_(select(_BEHIND.c.id))).returning(*COLUMNS)
_OF_ORDERS = select(*COLUMNS).where(cards.c.id.in_(bindparam("order_ids", expanding=True)))
_FIND = select(*COLUMNS).where(cards.c.id == bindparam("card_id"))


def _soonest() -> Any:
    """`:now`, or when a card may be edited again.

    A pause that is not over for longer than any lasts is from before a clock was set back.
    """
    now = bindparam("now", type_=cards.c.due_at.type)
    is_quiet = cards.c.quiet_until.between(now, now + EDIT_EVERY_S)
    return case((is_quiet, cards.c.quiet_until), else_=now)


def newer_values() -> dict[str, Any]:
    """A new revision, due as soon as it may be shown.

    A card that somebody is showing right now stays theirs: two at once could leave the older words standing.
    They find the newer revision when they are done, and make the card due again.
    """
    return {
        "revision": cards.c.revision + 1,
        "due_at": case(
            (cards.c.lease_token.is_(None), _soonest()),
            else_=cards.c.due_at,
        ),
        "updated_at": bindparam("now", type_=cards.c.updated_at.type),
    }


def _held() -> Update:
    return update(cards).where(
        cards.c.id == bindparam("card_id"), cards.c.lease_token == bindparam("held_by")
    )


_NEWER = update(cards).where(cards.c.id == bindparam("card_id")).values(newer_values())
_NEWER_MANY = (
    update(cards).where(cards.c.id.in_(bindparam("order_ids", expanding=True))).values(newer_values())
)
# Of what is being posted right now nobody knows yet where it stands.
_NEWER_STANDING = _NEWER_MANY.where(or_(cards.c.ts.is_not(None), cards.c.lease_token.is_not(None)))
_SHOWN = (
    _held()
    .values(
        shown=bindparam("what"),
        channel=bindparam("where"),
        ts=bindparam("which"),
        link=bindparam("address"),
        moved=bindparam("is_moved"),
        due_at=case(
            (
                cards.c.revision > bindparam("what"),
                func.coalesce(
                    bindparam("quiet", type_=cards.c.quiet_until.type),
                    bindparam("now", type_=cards.c.due_at.type),
                ),
            ),
            else_=bindparam("again_at", type_=cards.c.due_at.type),
        ),
        place=bindparam("in_line"),
        quiet_until=bindparam("quiet", type_=cards.c.quiet_until.type),
        lease_token=None,
    )
    .returning(*COLUMNS)
)
_LATER = _held().values(due_at=bindparam("when"), lease_token=None).returning(cards.c.id)
_LEAVE = (
    update(cards)
    .where(cards.c.id == bindparam("of_order"))
    .values(newer_values() | {"moved": bindparam("is_moved"), "channel": None, "ts": None, "link": None})
)
_REDRAW = (
    update(cards)
    .where(
        cards.c.id == bindparam("of_order"),
        cards.c.ts.is_not(None),
        cards.c.lease_token.is_(None),
        or_(cards.c.due_at.is_(None), cards.c.due_at > bindparam("now")),
    )
    # Without the place that it shows it does not count as shown.
    .values(due_at=_soonest(), place=None)
)
_STANDING_OR_LATE = select(cards.c.id).where(
    cards.c.id.in_(bindparam("order_ids", expanding=True)),
    or_(cards.c.ts.is_not(None), cards.c.due_at > bindparam("late")),
)
_NEXT_DUE = select(func.min(cards.c.due_at)).where(cards.c.due_at.is_not(None))


async def show(conn: AsyncConnection, order: Order | NewOrder, *, now: float) -> None:
    """Have an order's card stand, or show what has changed if it does already."""
    new = _about(order, now) | {"id": order.id, "kind": CardKind.ORDER, "user_id": order.user_id}
    await conn.execute(_show(conn.dialect.name), new)


async def show_approval(
    conn: AsyncConnection, gate_id: str, user_id: str, order: Order, *, now: float
) -> None:
    """Have a card ask an approver about an order, or show what has changed if it does already."""
    whose = {"id": card_id(gate_id, user_id), "kind": CardKind.APPROVAL, "user_id": user_id}
    await conn.execute(_show(conn.dialect.name), _about(order, now) | whose)


async def newer(conn: AsyncConnection, card_id: str, *, now: float) -> None:
    """Have a card show what has changed; an order that has none stays without."""
    await conn.execute(_NEWER, {"card_id": card_id, "now": now})


async def newer_many(conn: AsyncConnection, order_ids: Iterable[str], *, now: float) -> None:
    """As `newer`, for many; sorted, so that two who do this never wait for each other."""
    ids = sorted(set(order_ids))
    if ids:
        await conn.execute(_NEWER_MANY, {"order_ids": ids, "now": now})


async def newer_standing(conn: AsyncConnection, card_ids: Iterable[str], *, now: float) -> None:
    """As `newer_many`, for what Slack shows: a card that was never posted is not posted for that."""
    ids = sorted(set(card_ids))
    if ids:
        await conn.execute(_NEWER_STANDING, {"order_ids": ids, "now": now})


async def of_order(conn: AsyncConnection, order_id: str) -> Card | None:
    """An order's card; None: it is a form that was merely opened."""
    return await find(conn, order_id)


async def find(conn: AsyncConnection, card_id: str) -> Card | None:
    """A card as it is now."""
    row = (await conn.execute(_FIND, {"card_id": card_id})).one_or_none()
    return None if row is None else Card(*row)


async def of_orders(conn: AsyncConnection, order_ids: Collection[str]) -> dict[str, Card]:
    """The cards of orders, by the order's id."""
    rows = await conn.execute(_OF_ORDERS, {"order_ids": list(order_ids)})
    return {card.id: card for card in (Card(*row) for row in rows)}


async def claim_cards(
    conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int = 50
) -> list[Card]:
    """Take cards that are behind, for `lease_s` seconds, those first that do not stand yet.

    Who asked for one of those does not know that they were heard; of each, the longest due. While a card is
    held, newer changes wait for its holder: nobody else shows it.
    """
    values = {"now": now, "until": now + lease_s, "token": token, "at_most": limit}
    return [Card(*row) for row in await conn.execute(_CLAIM, values)]


async def card_shown(  # noqa: PLR0913 - each thing that it shows is a word of its own
    conn: AsyncConnection,
    card: Card,
    *,
    now: float,
    channel: str | None,
    ts: str,
    moved: bool,
    link: str | None = None,
    place: int | None = None,
    again_at: float | None = None,
    quiet: bool = False,
) -> Card | None:
    """Store where a card stands and that it shows its revision; due soon if there is a newer one.

    Args:
        conn: a writing transaction.
        card: as it was claimed.
        now: seconds since the epoch.
        channel: where it stands; None: it is a Home.
        ts: which message it is.
        moved: whether that is the asker's direct message.
        link: its address; None: that is not known.
        place: the place in a line that it shows; None: none.
        again_at: when that place is to be looked at again; None: not before something changes.
        quiet: whether it is left alone for `EDIT_EVERY_S` from now on, however often what it shows changes.

    Returns:
        The card as it is now, or None if its lease was lost: somebody else has shown it since.
    """
    values = {
        "card_id": card.id,
        "held_by": card.lease_token,
        "now": now,
        "what": card.revision,
        "where": channel,
        "which": ts,
        "address": link,
        "is_moved": moved,
        "in_line": place,
        "again_at": again_at,
        "quiet": now + EDIT_EVERY_S if quiet else None,
    }
    row = (await conn.execute(_SHOWN, values)).one_or_none()
    return None if row is None else Card(*row)


async def card_later(conn: AsyncConnection, card: Card, *, due_at: float | None) -> bool:
    """Give a held card back, to be shown at `due_at`; None: not before something changes."""
    values = {"card_id": card.id, "held_by": card.lease_token, "when": due_at}
    return (await conn.execute(_LATER, values)).scalar() is not None


async def leave(conn: AsyncConnection, order_id: str, *, moved: bool, now: float) -> None:
    """Have a card posted anew, in the asker's direct message if `moved`: where it stands it is lost."""
    await conn.execute(_LEAVE, {"of_order": order_id, "is_moved": moved, "now": now})


async def redraw(conn: AsyncConnection, order_id: str, *, now: float) -> None:
    """Have a card that stands drawn once more as it is, unless that is about to happen by itself."""
    await conn.execute(_REDRAW, {"of_order": order_id, "now": now})


async def standing_or_late(
    conn: AsyncConnection, order_ids: Collection[str], *, late: float
) -> Sequence[str]:
    """Of some orders those whose cards stand, and those whose cards are not to be shown before `late`."""
    values = {"order_ids": list(order_ids), "late": late}
    return (await conn.execute(_STANDING_OR_LATE, values)).scalars().all()


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next card is to be shown, which may be past; None: Slack shows the truth everywhere."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at


def _about(order: Order | NewOrder, now: float) -> dict[str, Any]:
    """The columns of any new card about an order."""
    return {
        "enterprise_id": order.enterprise_id,
        "team_id": order.team_id,
        "order_id": order.id,
        "moved": False,
        "revision": 1,
        "shown": 0,
        "due_at": now,
        "updated_at": now,
        "now": now,
    }


@cache
def _show(engine: str) -> Any:
    who = ("id", "enterprise_id", "team_id", "kind", "order_id", "user_id")
    what = ("moved", "revision", "shown", "due_at", "updated_at")
    values: dict[str, Any] = {name: bindparam(name) for name in (*who, *what)}
    return (
        insert_into(cards, engine)
        .values(values)
        .on_conflict_do_update(index_elements=[cards.c.id], set_=newer_values())
    )
