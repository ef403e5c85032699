"""One order at a time: made, read, moved and changed; see `storage.rows` for how.

Functions take a connection, so that a caller decides what is one transaction. What is visible makes the card
newer in the same transaction.
"""

from collections.abc import Collection
from dataclasses import fields
from functools import cache
from typing import Any, Unpack

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from storage import card_store, gate_store, ledger
from storage.gates import Gate, closing_state
from storage.orders import OVER, Forgotten, NewOrder, Order, OrderChanges, OrderFacts, OrderStatus, sum_of
from storage.owners import Person, of_owner, of_person, person_values
from storage.rows import ORDERS
from storage.schema import orders
from storage.upserts import insert_into

# What was forgotten nobody can do anything to, or see.
_OF_TEAM = ORDERS.by_id.where(of_owner(orders), orders.c.forgotten.is_(None))
_OF_TEAM_LOCKED = _OF_TEAM.with_for_update()
_DELETABLE = ORDERS.by_id.where(of_owner(orders), orders.c.forgotten.is_distinct_from(Forgotten.DELETED))
_OF_REQUEST = select(*ORDERS.columns).where(
    orders.c.team_id == bindparam("team_id"),
    orders.c.request_key == bindparam("request_key"),
)
_ASKED_AS_A_MEMBER = (
    select(orders.c.id)
    .where(
        of_person(orders),
        or_(orders.c.request_key.startswith("command:"), orders.c.request_key.startswith("shortcut:")),
    )
    .limit(1)
)


async def insert(conn: AsyncConnection, new: NewOrder, *, now: float) -> bool:
    """Make an order, unless the same request made one before: False."""
    inserted = await conn.execute(_insert_new(conn.dialect.name), _born(new, now=now))
    made = inserted.scalar() is not None
    if made and new.show_card:
        await card_store.show(conn, new, now=now)
    return made


async def create(conn: AsyncConnection, new: NewOrder, *, now: float) -> tuple[Order, bool]:
    """Make an order, or find the one that the same request made before.

    Returns:
        The order, and whether it is new. What was made before comes back as it is now, whatever `new` says.
    """
    if await insert(conn, new, now=now):
        unset: dict[str, Any] = dict.fromkeys((field.name for field in fields(Order)), None)
        addresses = None if new.addresses is None else new.addresses.as_found()
        return Order(**{**unset, **_born(new, now=now), "addresses": addresses}), True
    found = await conn.execute(_OF_REQUEST, {"team_id": new.team_id, "request_key": new.request_key})
    return ORDERS.record(found.one()), False


async def get(
    conn: AsyncConnection,
    order_id: str,
    *,
    team_id: str,
    enterprise_id: str | None = None,
    lock: bool = False,
) -> Order | None:
    """The order, if it is that team's or organisation's: what everything that comes from a person asks by.

    Args:
        conn: a transaction, a writing one to lock.
        order_id: which.
        team_id: whose.
        enterprise_id: the person's Enterprise organisation, in which Slack may name any of its workspaces.
        lock: whether others must not change it before the transaction ends; on SQLite no writer can anyway.
    """
    query: Select[Any] = _OF_TEAM_LOCKED if lock else _OF_TEAM
    values = {"row_id": order_id, "team_id": team_id, "enterprise_id": enterprise_id}
    row = (await conn.execute(query, values)).one_or_none()
    return None if row is None else ORDERS.record(row)


async def deletable(
    conn: AsyncConnection, order_id: str, *, team_id: str, enterprise_id: str | None, lock: bool = False
) -> Order | None:
    """As `get`, and also where the words went by time: what was made of them may still be there."""
    query = _DELETABLE.with_for_update() if lock else _DELETABLE
    values = {"row_id": order_id, "team_id": team_id, "enterprise_id": enterprise_id}
    row = (await conn.execute(query, values)).one_or_none()
    return None if row is None else ORDERS.record(row)


async def find(conn: AsyncConnection, order_id: str, *, lock: bool = False) -> Order | None:
    """The order of any team: for the app's own work, never for what a person sent. For `lock` see `get`."""
    return await ORDERS.find(conn, order_id, lock=lock)


async def asked_as_a_member(conn: AsyncConnection, person: Person) -> bool:
    """Whether the person has used the command or a shortcut in that workspace or its organisation.

    Slack offers both only to members of the workspace the app is installed in (Slack: Slack Connect).
    """
    found = await conn.execute(_ASKED_AS_A_MEMBER, person_values(person))
    return found.first() is not None


async def move(  # noqa: PLR0913 - each guard is a word of its own
    conn: AsyncConnection,
    order: Order | str,
    to: OrderStatus,
    *,
    now: float,
    expect: Collection[OrderStatus] | None = None,
    lease_token: str | None = None,
    spends: str | None = None,
    visible: bool = True,
    **changes: Unpack[OrderChanges],
) -> Order | None:
    """Move an order to another status, if it stands where it may come from; see `Rows.move`.

    A gate that it waits at is closed, and where it ends, so is what is held for it.

    Args:
        conn: a writing transaction.
        order: the order, or its id.
        to: the new status; the table of legal moves names those it may be reached from.
        now: seconds since the epoch.
        expect: narrows the statuses it may leave.
        lease_token: only while the order is held by this lease; None: held or not.
        spends: only while this is the id of its offer; None: whichever it is.
        visible: whether the card shows it, and stands from now on if it did not.
        **changes: further columns, by the record's names.

    Returns:
        The order as it is now, or None if a guard did not hold and nothing was changed.

    Raises:
        ValueError: no expected status may move there.
    """
    guards = {"lease_token": lease_token, "offer_id": spends}
    moved = await ORDERS.move(
        conn,
        order if isinstance(order, str) else order.id,
        to,
        now=now,
        changes=changes,
        guards={name: value for name, value in guards.items() if value is not None},
        expect=expect,
    )
    closed = await _close_gate(conn, moved, expect, now) if moved is not None else None
    if moved is not None and moved.status in OVER and moved.confirmed_at is not None:
        # It ends after a yes and before its jobs; what a job holds, its own end closes.
        await ledger.release(conn, moved.id, now=now, why=moved.failure_code)
        await card_store.newer_many(conn, closed.cards if closed else (), now=now)
    return await _told(conn, moved, visible=visible, now=now)


async def save(
    conn: AsyncConnection,
    order: Order,
    *,
    now: float,
    lease_token: str | None,
    visible: bool = False,
    anew: bool = False,
    **changes: Unpack[OrderChanges],
) -> Order | None:
    """Change an order that still has the status it was read with; a lease stays.

    Args:
        conn: a writing transaction.
        order: as it was read.
        now: seconds since the epoch.
        lease_token: only while the order is held by this lease; None: held or not.
        visible: whether the card shows the change.
        anew: whether its attempts begin anew.
        **changes: columns, by the record's names.

    Returns:
        The order as it is now, or None if a guard did not hold and nothing was changed.
    """
    saved = await ORDERS.save(conn, order, now=now, changes=changes, lease_token=lease_token, anew=anew)
    return await _told(conn, saved, visible=visible, now=now)


async def retry_later(
    conn: AsyncConnection,
    order: Order,
    *,
    now: float,
    due_at: float | None,
    lease_token: str,
    count: bool = True,
    visible: bool = False,
    **changes: Unpack[OrderFacts],
) -> Order | None:
    """Give a held order back, to be taken up again at `due_at` in the same status.

    Args:
        conn: a writing transaction.
        order: as it was claimed.
        now: seconds since the epoch.
        due_at: when its step is to run again; None: not before somebody acts.
        lease_token: the lease it is held by.
        count: whether this was a failed attempt; otherwise it just waits, and its attempts begin anew.
        visible: whether the card shows the change.
        **changes: further columns, by the record's names.

    Returns:
        The order as it is now, or None if the lease was lost and nothing was changed.
    """
    rested = await ORDERS.rest(
        conn,
        order.id,
        now=now,
        changes={**changes, "due_at": due_at},
        lease_token=lease_token,
        failed=count,
    )
    return await _told(conn, rested, visible=visible, now=now)


async def _close_gate(
    conn: AsyncConnection, moved: Order, expect: Collection[OrderStatus] | None, now: float
) -> Gate | None:
    """Close the gate that an order has left. Where it goes on, whoever moves it has its cards shown, last."""
    closing = closing_state(moved)
    if closing is None or (expect is not None and OrderStatus.AWAITING_APPROVAL not in expect):
        return None
    return await gate_store.close(conn, moved.id, closing, now=now)


async def _told(conn: AsyncConnection, order: Order | None, *, visible: bool, now: float) -> Order | None:
    if order is not None and visible:
        await card_store.show(conn, order, now=now)
    return order


def _born(new: NewOrder, *, now: float) -> dict[str, Any]:
    """The columns a new order fills; the others begin as NULL without being sent."""
    row: dict[str, Any] = {
        "id": new.id,
        "request_key": new.request_key,
        "enterprise_id": new.enterprise_id,
        "team_id": new.team_id,
        "user_id": new.user_id,
        "channel_id": new.channel_id,
        "thread_ts": new.thread_ts,
        "conversation": new.conversation,
        "status": new.status,
        "draft": new.draft,
        "addresses": new.addresses,
        "prepared": new.prepared,
        "parts": (),
        "due_at": new.due_at,
        "attempts": 0,
        "slow": False,
        "created_at": now,
        "updated_at": now,
    }
    if new.offer is None:
        return row
    offered = {name: getattr(new.offer, name) for name in ("offer_id", "parts", "expires_at", "accepted_usd")}
    return {**row, **offered, "offer_usd": sum_of(new.offer.parts)}


@cache
def _insert_new(engine: str) -> ReturningInsert[tuple[str]]:
    once = insert_into(orders, engine).on_conflict_do_nothing(
        index_elements=[orders.c.team_id, orders.c.request_key],
    )
    return once.returning(orders.c.id)
