"""What was not sent to sync.so yet, of all workspaces: for whoever looks at it when another account pays."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from storage.rows import ORDERS
from storage.schema import jobs, orders

_IN_LINE = (
    select(jobs.c.order_id, jobs.c.enterprise_id, jobs.c.team_id, jobs.c.account_key)
    .where(jobs.c.status == JobStatus.QUEUED, jobs.c.ended_at.is_(None))
    .distinct()
    .order_by(jobs.c.order_id)
)
_PRICED = (
    select(orders.c.id)
    .where(
        orders.c.status.in_([OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL, OrderStatus.CONFIRMED]),
        orders.c.due_at.is_not(None),  # as all of them; said for the index
    )
    .order_by(orders.c.id)
)
_ORDERS = (
    select(*ORDERS.columns)
    .where(orders.c.id.in_(bindparam("order_ids", expanding=True)))
    .order_by(orders.c.id)
)


@dataclass(frozen=True, slots=True)
class InLine:
    """An order with jobs that wait in the line of an account."""

    order_id: str
    enterprise_id: str | None
    team_id: str
    account_key: str


async def in_line(conn: AsyncConnection) -> list[InLine]:
    """All whose jobs wait for their turn."""
    return [InLine(*row) for row in await conn.execute(_IN_LINE)]


async def priced(conn: AsyncConnection) -> list[str]:
    """Ids of all orders that show a price, or were said yes to and have no jobs yet."""
    return list((await conn.execute(_PRICED)).scalars())


async def orders_of(conn: AsyncConnection, order_ids: Collection[str]) -> list[Order]:
    """Those orders, of whatever team, as they are now."""
    return [ORDERS.record(row) for row in await conn.execute(_ORDERS, {"order_ids": list(order_ids)})]
