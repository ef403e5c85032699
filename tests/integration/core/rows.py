"""Stored orders and jobs for tests, however they came to stand where they stand."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, job_store, ledger, order_store
from storage.cards import OrderState
from storage.encryption import SealedFor
from storage.jobs import Job, JobStatus, NewJob, Phase
from storage.orders import NewOrder, Order, OrderStatus, Part, sum_of
from storage.schema import cards, jobs, orders


def id_of(row: Order | Job | OrderState) -> str:
    """The id of an order or a job."""
    return row.order.id if isinstance(row, OrderState) else row.id


def order_id_of(row: Order | Job | OrderState) -> str:
    """The id of a row's order."""
    return row.order_id if isinstance(row, Job) else id_of(row)


CARD = "card_"
"""Begins the names of a card's columns, where columns of several tables are given."""
_OFFERS = frozenset({OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL})
_OFFERED = ("estimate_usd", "length_s", "guessed", "most_usd")


def offer_of(columns: dict[str, Any]) -> dict[str, Any]:
    """Takes what belongs to the one part of an offer out of the columns, and gives an order's own for it."""
    told = {name: columns.pop(name) for name in _OFFERED if name in columns}
    if not told:
        return {}
    others: dict[str, Any] = {name: told.get(name) for name in _OFFERED[1:]}
    part = Part(usd=told.get("estimate_usd"), **others)
    return {"parts": (part,), "offer_usd": sum_of((part,))}


async def _inserted(conn: AsyncConnection, new: NewOrder, *, shown: bool, now: float) -> None:
    """An order, `shown` with a card of which nothing is to be shown now."""
    await order_store.insert(conn, new, now=now)
    if shown:
        await card_store.show(conn, new, now=now)
        await change(conn, new.id, {"card_due_at": None})


def part_of(order: Order) -> Part:
    """The one part of an offer."""
    (part,) = order.parts
    return part


async def stored_order(
    conn: AsyncConnection, new: NewOrder, status: OrderStatus, *, now: float, **columns: Any
) -> None:
    """An order in `status`; columns of its card begin with `card_`."""
    shown = any(name.startswith(CARD) for name in columns) and columns.get("card_revision") != 0
    await _inserted(conn, new, shown=shown, now=now)
    usual = {"parts": (Part(usd=None, length_s=None),)} if status in _OFFERS else {}
    await change(conn, new.id, {"status": status, **usual, **offer_of(columns), **columns})


async def stored_job(
    conn: AsyncConnection,
    new: NewOrder,
    status: JobStatus,
    body: SealedFor,
    *,
    now: float,
    position: int = 0,
    **columns: Any,
) -> str:
    """A job in `status` of a running order, as well as the order, and its card if that has columns."""
    usd = columns.get("estimate_usd")
    offered = offer_of({name: columns.get(name) for name in _OFFERED})
    for name in _OFFERED[1:]:
        columns.pop(name, None)
    born = NewJob(
        order_id=new.id,
        position=position,
        label="",
        enterprise_id=new.enterprise_id,
        team_id=new.team_id,
        user_id=new.user_id,
        account_key=columns.pop("account_key", "account-1"),
        estimate_usd=usd,
        idempotency_key=columns.pop("idempotency_key", f"key-{new.id}"),
        request_body=body,
    )
    await _inserted(conn, new, shown=True, now=now)
    await job_store.bear(conn, [born], now=now)
    row = {"status": OrderStatus.RUNNING, "offer_id": "e1", **offered}
    of_order = {name: columns.pop(name) for name in list(columns) if name in _ONLY_ORDERS}
    await change(conn, new.id, {**row, **of_order})
    await change(conn, born.id, {"status": status, "due_at": None, **columns})
    await held_for(conn, born, now=now)
    return born.id


async def held_for(conn: AsyncConnection, born: NewJob, *, now: float) -> None:
    """Set aside what a stored job was born with, as its yes does."""
    order = await order_store.find(conn, born.order_id)
    assert order is not None
    parts = (Part(usd=born.estimate_usd, length_s=None),) * (born.position + 1)
    models, owner_id = {born.position: "sync-3"}, born.team_id
    await ledger.hold(conn, replace(order, parts=parts), models, owner_id=owner_id, now=now)


_ONLY_ORDERS = frozenset(column.key for column in orders.c) - frozenset(column.key for column in jobs.c)


async def change(conn: AsyncConnection, row_id: str, columns: Mapping[str, Any]) -> None:
    """Change rows behind everybody's back, by the id of an order or of a job; cards by `card_…`."""
    is_job = row_id.partition("-")[2].isdecimal()
    order_id = row_id.rpartition("-")[0] if is_job else row_id
    of_card: dict[str, Any] = {
        name.removeprefix(CARD): value for name, value in columns.items() if name.startswith(CARD)
    }
    own = {name: value for name, value in columns.items() if not name.startswith(CARD)}
    if is_job and "slack_file_id" in own and "phase" not in own:
        own["phase"] = Phase.UPLOADING if own["slack_file_id"] is None else Phase.SHARING
    table = jobs if is_job else orders
    if own:
        await conn.execute(update(table).where(table.c.id == row_id).values(**own))
    if of_card:
        await conn.execute(update(cards).where(cards.c.id == order_id).values(**of_card))
