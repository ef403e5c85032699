"""What is not kept for ever: the addresses of links, which outlive their job by some days."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import jobs

_OLD = (
    select(jobs.c.id)
    .where(jobs.c.addresses.is_not(None), jobs.c.ended_at <= bindparam("before"))
    .order_by(jobs.c.ended_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("old")
)
_FORGET = update(jobs).where(jobs.c.id.in_(select(_OLD.c.id))).values(addresses=None).returning(jobs.c.id)
"""Rows are counted by what comes back: Python's `sqlite3` counts none of a statement that begins by WITH."""


async def forget_addresses(conn: AsyncConnection, *, ended_before: float, limit: int) -> int:
    """Delete the addresses of jobs that ended before a time, the oldest first; returns of how many jobs.

    Args:
        conn: a writing transaction.
        ended_before: seconds since the epoch.
        limit: at most of so many jobs, so that other writers wait for milliseconds.
    """
    forgotten = await conn.execute(_FORGET, {"before": ended_before, "at_most": limit})
    return len(forgotten.all())
