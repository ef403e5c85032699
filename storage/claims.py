"""Which orders and jobs are due, and their claims in batches; see `storage.leases` for what a claim is."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    Update,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from storage import leases
from storage.inputs import InputStatus
from storage.jobs import ENDED, Job, JobStatus
from storage.leases import Lease
from storage.orders import OVER, Order, OrderStatus
from storage.rows import JOBS, ORDERS, Rows
from storage.schema import accounts, cards, inputs, jobs, orders


def _claim(rows: Rows[Any, Any], lease: Lease) -> ReturningUpdate[Any]:
    table = rows.table
    due = (
        select(table.c.id)
        .where(table.c.due_at <= bindparam("now"), table.c.status.in_(bindparam("statuses", expanding=True)))
        .order_by(table.c.due_at)
        .limit(bindparam("at_most"))
        .with_for_update(skip_locked=True)  # nothing on SQLite, where the writers' lock does it
        .cte("due")
    )
    return lease.claim(table.c.id.in_(select(due.c.id))).returning(*rows.columns)


_CLAIM_ORDERS = _claim(ORDERS, leases.ORDERS)
_CLAIM_JOBS = _claim(JOBS, leases.JOBS)
_LONGEST_DUE = (
    select(jobs.c.account_key, jobs.c.due_at)
    .where(jobs.c.status == JobStatus.PROCESSING, jobs.c.due_at <= bindparam("now"))
    .order_by(jobs.c.due_at)
    .limit(
        bindparam("at_most")
    )  # read in the index's order, so that a long queue costs no more than a short one
    .subquery()
)
_POLLED_ACCOUNTS = (
    select(_LONGEST_DUE.c.account_key)
    .group_by(_LONGEST_DUE.c.account_key)
    .order_by(func.min(_LONGEST_DUE.c.due_at))
    .limit(bindparam("accounts"))
)
_POLLS = (
    select(jobs.c.id)
    .where(
        jobs.c.status == JobStatus.PROCESSING,
        jobs.c.account_key.in_(_POLLED_ACCOUNTS),
        jobs.c.due_at <= bindparam("soon"),
        or_(jobs.c.due_at <= bindparam("now"), jobs.c.lease_token.is_(None)),
    )
    .order_by(jobs.c.account_key, jobs.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("polls")
)
_CLAIM_POLLS = leases.JOBS.claim(jobs.c.id.in_(select(_POLLS.c.id))).returning(*JOBS.columns)
_ORDERS_GO_ON = (OrderStatus.PREPARING, OrderStatus.CONFIRMED)
_JOBS_GO_ON = (
    JobStatus.QUEUED,
    JobStatus.SUBMITTING,
    JobStatus.PROCESSING,
    JobStatus.DELIVERING,
)
"""Where they wait for the app or for sync.so, and never for a person."""


def _pull(table: Table, *conditions: ColumnElement[bool]) -> Update:
    return (
        update(table).where(table.c.due_at > bindparam("latest"), *conditions).values(due_at=bindparam("now"))
    )


_PULL_IN = (
    *(
        update(accounts).where(column > bindparam("latest")).values({column: bindparam("now")})
        for column in (accounts.c.rate_limited_until, accounts.c.room_until)
    ),
    _pull(orders, orders.c.status.in_(_ORDERS_GO_ON)),
    _pull(jobs, jobs.c.status.in_(_JOBS_GO_ON)),
    _pull(inputs),
    _pull(cards),
)


def _earlier(table: Table, column: ColumnElement[float], *conditions: ColumnElement[bool]) -> Update:
    at_once = column <= bindparam("now") + bindparam("back_s")
    when = case((at_once, bindparam("now")), else_=column - bindparam("back_s"))
    return update(table).where(column > bindparam("now"), *conditions).values({column: when})


# What is held is left to its holder, which works on it, or is known to be gone before its lease ends.
_SET_BACK = (
    *(_earlier(accounts, column) for column in (accounts.c.rate_limited_until, accounts.c.room_until)),
    _earlier(orders, orders.c.due_at, orders.c.lease_token.is_(None), orders.c.status.in_(_ORDERS_GO_ON)),
    _earlier(jobs, jobs.c.due_at, jobs.c.lease_token.is_(None), jobs.c.status.in_(_JOBS_GO_ON)),
    _earlier(inputs, inputs.c.due_at, inputs.c.lease_token.is_(None)),
    _earlier(cards, cards.c.due_at, cards.c.lease_token.is_(None)),
)


def _soonest(rows: Rows[Any, Any], status: StrEnum) -> Select[str, Any]:
    table = rows.table
    return select(literal(str(status), Text), func.min(table.c.due_at)).where(
        table.c.status == status,
        table.c.due_at.is_not(None),
    )


# One look into the index for each status; a GROUP BY would read all of it.
_NEXT_DUE = union_all(
    *(_soonest(ORDERS, status) for status in OrderStatus if status not in OVER),
    *(_soonest(JOBS, status) for status in JobStatus if status not in ENDED),
    select(literal(str(InputStatus.WANTED), Text), func.min(inputs.c.due_at)).where(
        inputs.c.due_at.is_not(None)
    ),
)


async def claim_orders(
    conn: AsyncConnection,
    *,
    now: float,
    lease_s: float,
    token: str,
    statuses: Collection[OrderStatus],
    limit: int = 50,
) -> list[Order]:
    """Take due orders, the longest due first, for `lease_s` seconds.

    Args:
        conn: a writing transaction.
        now: seconds since the epoch.
        lease_s: longer than the longest call a step makes; long work renews.
        token: fresh for each claim.
        statuses: only orders that stand in one of these.
        limit: at most so many.

    Returns:
        The orders as claimed, in no particular order.
    """
    values = _due(now, lease_s, token, statuses, limit)
    return [ORDERS.record(row) for row in await conn.execute(_CLAIM_ORDERS, values)]


async def claim_jobs(
    conn: AsyncConnection,
    *,
    now: float,
    lease_s: float,
    token: str,
    statuses: Collection[JobStatus],
    limit: int = 50,
) -> list[Job]:
    """As `claim_orders`, of jobs."""
    values = _due(now, lease_s, token, statuses, limit)
    return [JOBS.record(row) for row in await conn.execute(_CLAIM_JOBS, values)]


async def claim_polls(
    conn: AsyncConnection,
    *,
    now: float,
    ahead_s: float,
    lease_s: float,
    token: str,
    accounts: int = 50,
    limit: int = 200,
) -> list[Job]:
    """Take the jobs that sync.so works on and that are due to be read, whole accounts at a time.

    One request reads many generations of an account, so a due job takes its account's soon due ones along.

    Args:
        conn: a writing transaction.
        now: seconds since the epoch.
        ahead_s: how much earlier than due a job may be taken along.
        lease_s: longer than the longest call.
        token: fresh for each claim.
        accounts: at most so many accounts, the longest due first.
        limit: at most so many jobs.

    Returns:
        The jobs as claimed, in no particular order.
    """
    values = {"now": now, "soon": now + ahead_s, "until": now + lease_s, "token": token}
    values |= {"accounts": accounts, "at_most": limit}
    return [JOBS.record(row) for row in await conn.execute(_CLAIM_POLLS, values)]


async def pull_in(conn: AsyncConnection, *, now: float, ahead_s: float, back_s: float) -> None:
    """Make due now what is due further ahead than anything is ever put off, and the rest sooner by `back_s`.

    It was put there when the clock was ahead, and would lie there until the clock is where it was. What was
    put there before that comes a little early, which harms no step.

    Args:
        conn: a writing transaction.
        now: seconds since the epoch.
        ahead_s: the longest that anything waits by itself.
        back_s: by how much the clock was set back, as far as is known.
    """
    for statement in _PULL_IN:
        await conn.execute(statement, {"now": now, "latest": now + ahead_s})
    for statement in _SET_BACK if back_s else ():
        await conn.execute(statement, {"now": now, "back_s": back_s})


async def next_due(conn: AsyncConnection) -> dict[str, float]:
    """When the next order, job or input of each status is due, which may be past; no entry where none waits.

    No status in which something can wait is of two of them.
    """
    return {status: due_at for status, due_at in await conn.execute(_NEXT_DUE) if due_at is not None}


def _due(
    now: float, lease_s: float, token: str, statuses: Collection[StrEnum], limit: int
) -> dict[str, object]:
    return {
        "now": now,
        "until": now + lease_s,
        "token": token,
        "statuses": sorted(statuses),
        "at_most": limit,
    }
