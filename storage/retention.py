"""What is not kept for ever: the addresses of links, which outlive their order's jobs by some days."""

from sqlalchemy import bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.orders import OrderStatus
from storage.schema import jobs, orders

# An order ends a little after its last job, when its card has shown that; or much, where Slack is away.
_RECENT_OR_OPEN = exists().where(
    jobs.c.order_id == orders.c.id,
    or_(jobs.c.ended_at.is_(None), jobs.c.ended_at > bindparam("before")),
)
_ADDRESSED = select(orders.c.id).where(
    orders.c.addresses.is_not(None),
    or_(orders.c.ended_at <= bindparam("before"), orders.c.status == OrderStatus.RUNNING),
    ~_RECENT_OR_OPEN,
)
_COUNT = select(func.count()).select_from(_ADDRESSED.subquery())
_OLD = (
    _ADDRESSED.order_by(orders.c.ended_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("old")
)
_FORGET = (
    update(orders).where(orders.c.id.in_(select(_OLD.c.id))).values(addresses=None).returning(orders.c.id)
)
"""Rows are counted by what comes back: Python's `sqlite3` counts none of a statement that begins by WITH."""


async def forget_addresses(conn: AsyncConnection, *, ended_before: float, limit: int) -> int:
    """Delete the addresses of orders whose last job ended before a time; returns of how many orders.

    Args:
        conn: a writing transaction.
        ended_before: seconds since the epoch.
        limit: at most of so many jobs, so that other writers wait for milliseconds.
    """
    forgotten = await conn.execute(_FORGET, {"before": ended_before, "at_most": limit})
    return len(forgotten.all())


async def count_addresses(conn: AsyncConnection, *, ended_before: float) -> int:
    """Of how many orders addresses are still to be deleted; see `forget_addresses`."""
    return int((await conn.execute(_COUNT, {"before": ended_before})).scalar_one())
