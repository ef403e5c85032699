"""The switch that stops all new spending: thrown, read and shown; see `storage.pauses`.

It is a row, and read where it counts: in the transaction that stores that a job is being sent, and once more
directly before a send that comes later than that. It is never kept in memory. While it stands, nothing is
claimed to be priced or sent; what sync.so has goes on, and so do uploads, offers and deliveries.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store
from storage.audit import OPERATOR
from storage.cards import CardKind
from storage.homes import LOOKED_AT_S
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from storage.pauses import ALL, Pause, Paused
from storage.schema import cards, jobs, orders, pauses
from storage.serving import is_served_by
from storage.upserts import insert_into

_COLUMNS: Final = tuple(pauses.c[field.name] for field in fields(Pause))
_WIDEST_FIRST: Final = (pauses.c.scope_id, pauses.c.by_operator.desc())
_SCOPE: Final = bindparam("scope", type_=pauses.c.scope_id.type)


def _covers(table: Table) -> ColumnElement[bool]:
    """Whether a pause is about a row of another table, by its workspace; in a statement."""
    return or_(pauses.c.scope_id == ALL, is_served_by(table, pauses.c.scope_id, pauses))


def is_paused(table: Table) -> ColumnElement[bool]:
    """Whether new spending is stopped where a row belongs to; in a statement."""
    # The first half is asked once for all rows: as good as always there is no pause at all.
    return and_(
        exists(select(literal(1)).select_from(pauses)), exists().where(_covers(table)).correlate(table)
    )


def _of(table: Table, *conditions: ColumnElement[bool]) -> Select[Any]:
    """The pauses that are about some rows, with the rows' ids; what is about all of them first."""
    about = select(table.c.id, *_COLUMNS).join_from(table, pauses, _covers(table))
    return about.where(*conditions).order_by(*_WIDEST_FIRST)


_OF_JOB = _of(jobs, jobs.c.id == bindparam("job_id"))
_OF_ORDERS = _of(orders, orders.c.id.in_(bindparam("order_ids", expanding=True)))
_OF_SCOPES = (
    select(*_COLUMNS)
    .where(pauses.c.scope_id.in_(bindparam("scopes", expanding=True)))
    .order_by(*_WIDEST_FIRST)
)
_EVERY = select(*_COLUMNS).order_by(*_WIDEST_FIRST)
_RESUME = (
    delete(pauses)
    .where(
        pauses.c.scope_id == _SCOPE,
        pauses.c.by_operator == bindparam("operators", type_=pauses.c.by_operator.type),
    )
    .returning(*_COLUMNS)
)


def _in_scope(table: Table) -> ColumnElement[bool]:
    return or_(literal(ALL) == _SCOPE, table.c.team_id == _SCOPE, table.c.enterprise_id == _SCOPE)


_IDLE = (
    select(jobs.c.id)
    .where(
        jobs.c.status.in_([JobStatus.QUEUED, JobStatus.SUBMITTING]),
        jobs.c.due_at.is_not(None),
        jobs.c.lease_token.is_(None),  # who holds one looks for itself
        _in_scope(jobs),
    )
    .with_for_update(skip_locked=True)
    .cte("idle")
)
# The time within which a price has to come did not run meanwhile.
_GO_ON = (
    update(jobs).where(jobs.c.id.in_(select(_IDLE.c.id))).values(due_at=bindparam("now"), pricing_since=None)
)
_SHOWN_ON = union(
    select(jobs.c.order_id).where(jobs.c.status == JobStatus.QUEUED, _in_scope(jobs)),
    select(orders.c.id).where(orders.c.status == OrderStatus.CONFIRMED, _in_scope(orders)),
    select(cards.c.id).where(
        cards.c.kind == CardKind.HOME, cards.c.opened_at > bindparam("since"), _in_scope(cards)
    ),
)
_AT_ONCE = 500


async def stop(conn: AsyncConnection, pause: Pause) -> bool:
    """Stop new spending; whatever is read after the commit sees it.

    Returns:
        False: an earlier pause stands, and stays: an admin's, or the operator's where it is theirs.
    """
    values = asdict(pause) | {"by_operator": pause.by == OPERATOR}
    return (await conn.execute(_stop(conn.dialect.name), values)).first() is not None


async def lift(conn: AsyncConnection, scope_id: str, *, by: str, now: float) -> Pause | None:
    """Let go on what waits, and have it looked at now.

    What an operator stopped, nobody else lets go on. An operator ends their own pause, and an admin's only
    where there is none of theirs: who paused for a reason of their own is not to find it undone by chance.

    Returns:
        What ends; None: nothing was paused, or by an operator, whom `by` is not.
    """
    own = by == OPERATOR
    row = (await conn.execute(_RESUME, {"scope": scope_id, "operators": own})).one_or_none()
    if row is None and own:
        row = (await conn.execute(_RESUME, {"scope": scope_id, "operators": False})).one_or_none()
    if row is None:
        return None
    await conn.execute(_GO_ON, {"scope": scope_id, "now": now})
    return Pause(*row)


async def show(conn: AsyncConnection, scope_id: str, *, now: float) -> None:
    """Have the cards and Homes that a pause, or its end, is told on show it.

    In a transaction after that of the change itself, which waits for nobody.
    """
    rows = await conn.execute(_SHOWN_ON, {"scope": scope_id, "since": now - LOOKED_AT_S})
    ids = sorted(rows.scalars())
    for begin in range(0, len(ids), _AT_ONCE):
        await card_store.newer_many(conn, ids[begin : begin + _AT_ONCE], now=now)


async def of_job(conn: AsyncConnection, job_id: str) -> Pause | None:
    """What keeps a job from being sent; None: it may be."""
    row = (await conn.execute(_OF_JOB, {"job_id": job_id})).first()
    return None if row is None else Pause(*row[1:])


async def check(conn: AsyncConnection, order_id: str) -> None:
    """See that an order may begin to cost something. Raises Paused."""
    for pause in (await of_orders(conn, [order_id])).values():
        raise Paused(pause)


async def of_orders(conn: AsyncConnection, order_ids: Collection[str]) -> dict[str, Pause]:
    """What keeps orders from costing more than they do, by the orders' ids."""
    if not order_ids:
        return {}
    rows = (await conn.execute(_OF_ORDERS, {"order_ids": list(order_ids)})).all()
    return {order_id: Pause(*row) for order_id, *row in reversed(rows)}


async def of_installation(conn: AsyncConnection, installation_id: str) -> list[Pause]:
    """Its own pause and that of all, as far as they stand; that of all first."""
    return await _in_scopes(conn, [ALL, installation_id])


async def every(conn: AsyncConnection) -> list[Pause]:
    """All that stand: for whoever runs the app."""
    return [Pause(*row) for row in await conn.execute(_EVERY)]


async def _in_scopes(conn: AsyncConnection, scopes: Sequence[str]) -> list[Pause]:
    return [Pause(*row) for row in await conn.execute(_OF_SCOPES, {"scopes": list(scopes)})]


@cache
def _stop(engine: str) -> Any:
    new = insert_into(pauses, engine).values({column.key: bindparam(column.key) for column in pauses.c})
    return new.on_conflict_do_nothing().returning(pauses.c.scope_id)
