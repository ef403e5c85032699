"""What is known of a sync.so account's limits: what it told, and for how long it wants to be left alone.

Every change of a row comes first in its transaction, before any job's: whoever takes both locks, takes them
in this order.
"""

from functools import cache

from sqlalchemy import Insert, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.jobs import JobStatus
from storage.schema import accounts, jobs
from storage.upserts import insert_into

_IS_FRESH = select(accounts.c.key).where(
    accounts.c.key == bindparam("account_key"),
    accounts.c.looked_at > bindparam("stale"),
    accounts.c.looked_at <= bindparam("now"),  # or the clock was set back
)
_RUNNING = (
    select(func.count())
    .select_from(jobs)
    .where(
        jobs.c.account_key == bindparam("account_key"),
        jobs.c.ended_at.is_(None),
        jobs.c.status.in_([JobStatus.SUBMITTING, JobStatus.PROCESSING]),
    )
    .scalar_subquery()
)
_KEEP_TO_RUNNING = (
    update(accounts)
    .where(accounts.c.key == bindparam("account_key"))
    .values(room=_RUNNING, room_until=bindparam("until"))
)


async def is_fresh(conn: AsyncConnection, key: str, *, now: float, for_s: float) -> bool:
    """Whether somebody has asked for the account's limits less than `for_s` seconds ago."""
    values = {"account_key": key, "now": now, "stale": now - for_s}
    return (await conn.execute(_IS_FRESH, values)).scalar() is not None


async def tell_limit(conn: AsyncConnection, key: str, *, concurrency: int | None, now: float) -> None:
    """Store how many generations the account may run at once, as it was asked for now.

    Args:
        conn: a writing transaction.
        key: the account.
        concurrency: what sync.so said; None: nothing, what was told before stands.
        now: seconds since the epoch.
    """
    changed = frozenset({"concurrency"}) if concurrency is not None else frozenset[str]()
    values = {"key": key, "looked_at": now, "concurrency": concurrency}
    await conn.execute(_note(conn.dialect.name, changed), values)


async def look_again(conn: AsyncConnection, key: str) -> None:
    """Have the account's limits asked for before the next job is sent: they may have changed."""
    await conn.execute(_note(conn.dialect.name, frozenset()), {"key": key, "looked_at": None})


async def wait_for_rate(conn: AsyncConnection, key: str, *, until: float) -> None:
    """Send nothing to the account before `until`: sync.so has counted too many requests of its key."""
    values = {"key": key, "looked_at": None, "rate_limited_until": until}
    await conn.execute(_note(conn.dialect.name, frozenset({"rate_limited_until"})), values)


async def lower_limit(conn: AsyncConnection, key: str, *, limit: int | None) -> None:
    """Note that sync.so found no slot, and the limit it named with that; None: it named none."""
    changed = frozenset({"concurrency"}) if limit is not None else frozenset[str]()
    values = {"key": key, "looked_at": None, "concurrency": limit}
    await conn.execute(_note(conn.dialect.name, changed), values)


async def keep_to_running(conn: AsyncConnection, key: str, *, until: float) -> None:
    """Until then, start a job only where one ends: others use the account too, and no limit tells of them."""
    await conn.execute(_KEEP_TO_RUNNING, {"account_key": key, "until": until})


@cache
def _note(engine: str, changes: frozenset[str]) -> Insert:
    """A row with these columns and `looked_at` changed, made where it is missing."""
    named = sorted({"looked_at", *changes})
    insert = insert_into(accounts, engine).values({name: bindparam(name) for name in ("key", *named)})
    return insert.on_conflict_do_update(
        index_elements=[accounts.c.key], set_={name: insert.excluded[name] for name in named}
    )
