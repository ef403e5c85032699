"""What a person has begun and not said all of: found by conversation and by thread, one message at a time."""

from sqlalchemy import bindparam, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.orders import Order, OrderStatus
from storage.owners import (
    Owner,
    Person,
    of_owner,
    of_person,
    one_name_of,
    owner_values,
    person_values,
)
from storage.rows import ORDERS
from storage.schema import cards, orders

_MOST = 50
"""Cards of one thread or one short while that are looked at; nobody asks for more by hand."""
_TAKES_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))")
# The same event names the same workspace whenever it comes.
_TAKEN = select(orders.c.id).where(
    orders.c.team_id == bindparam("team_id"),
    or_(orders.c.request_key == bindparam("key"), orders.c.joined_key == bindparam("key")),
)
_HAS_CARD = exists().where(cards.c.id == orders.c.id)
_BEGINS_THREAD = select(cards.c.order_id).where(
    cards.c.channel == bindparam("channel_id"),
    cards.c.ts == bindparam("thread_ts"),
)
_ASKING = (
    select(*ORDERS.columns)
    .where(
        of_person(orders),
        orders.c.created_at >= bindparam("since"),
        orders.c.channel_id == bindparam("channel_id"),
        orders.c.status == OrderStatus.DRAFT,
        _HAS_CARD,
    )
    .order_by(orders.c.created_at.desc(), orders.c.request_key.desc())
    .limit(_MOST)
    .with_for_update()
)
_IN_THREAD = (
    select(*ORDERS.columns)
    .where(
        of_owner(orders),
        or_(
            (orders.c.channel_id == bindparam("channel_id")) & (orders.c.thread_ts == bindparam("thread_ts")),
            orders.c.id.in_(_BEGINS_THREAD),
        ),
        _HAS_CARD,
    )
    .order_by(orders.c.created_at.desc(), orders.c.request_key.desc())
    .limit(_MOST)
)
_IN_THREAD_LOCKED = _IN_THREAD.with_for_update()


async def take_turns(conn: AsyncConnection, person: Person) -> None:
    """Wait until no other message of this person is being taken, and keep others waiting until the commit.

    Two that come at once would not see each other's rows, and each would ask for what the other brings. On
    SQLite every writer waits for the one before it anyway.
    """
    if conn.dialect.name == "postgresql":
        await conn.execute(_TAKES_TURNS, {"who": one_name_of(person)})


async def is_taken(conn: AsyncConnection, team_id: str, key: str) -> bool:
    """Whether this request has made an order, or completed one, before."""
    return (await conn.execute(_TAKEN, {"team_id": team_id, "key": key})).first() is not None


async def asking(conn: AsyncConnection, person: Person, *, channel_id: str, since: float) -> list[Order]:
    """A person's drafts in one conversation whose cards ask for the rest, the newest first.

    Args:
        conn: a writing transaction; nobody else changes them before it ends.
        person: whose.
        channel_id: where they were begun.
        since: only those that are no older than this, in seconds since the epoch.
    """
    values = {**person_values(person), "channel_id": channel_id, "since": since}
    return [ORDERS.record(row) for row in await conn.execute(_ASKING, values)]


async def in_thread(
    conn: AsyncConnection, owner: Owner, channel_id: str, thread_ts: str, *, lock: bool = False
) -> list[Order]:
    """The orders, in any status and of anybody, whose cards stand in a thread or begin it, the newest first.

    With `lock`, in a writing transaction, nobody else changes them before it ends.
    """
    values = {**owner_values(owner), "channel_id": channel_id, "thread_ts": thread_ts}
    query = _IN_THREAD_LOCKED if lock else _IN_THREAD
    return [ORDERS.record(row) for row in await conn.execute(query, values)]
