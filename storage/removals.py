"""What becomes of a workspace that the app was removed from; each function may be repeated at any time.

What was not sent to sync.so ends, and its money is free. What was sent is settled and billed without Slack.
A finished video waits: installed again in time, it is delivered where it was asked for. When nothing is open
any more, or time is over, key and data go (`storage.purging`).

A workspace is served by its own installation or by that of its organisation. It is left when neither serves
it any more, since that was removed or has been taken out of this workspace.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, endings, job_store, order_store
from storage.jobs import Job, JobStatus
from storage.orders import ORDER_MOVES, OrderStatus
from storage.rows import JOBS, ORDERS, Rows
from storage.schema import cards, inputs, installations, jobs, orders, team_access
from storage.serving import is_served, is_shut_out

APP_REMOVED: Final = "app_removed"
"""Why what ends here ends."""
_BEFORE_THE_JOBS: Final = sorted(
    status for status, targets in ORDER_MOVES.items() if OrderStatus.FAILED in targets
)
_AT_SYNC: Final = frozenset({JobStatus.SUBMITTING, JobStatus.PROCESSING})
_SENT: Final = sorted({*_AT_SYNC, JobStatus.UNRESOLVED, JobStatus.DELIVERING})


def is_left(table: Table) -> ColumnElement[bool]:
    """Whether the app was where a row belongs to, and has not been there since `:before`; in a statement."""
    was_removed = (
        exists()
        .where(
            installations.c.removed_at <= bindparam("before"),
            or_(installations.c.id == table.c.team_id, installations.c.id == table.c.enterprise_id),
        )
        .correlate(table)
    )
    was_shut_out = is_shut_out(table, team_access.c.told_at <= bindparam("before"))
    return and_(or_(was_removed, was_shut_out), ~is_served(table))


def _of(rows: Rows[Any, Any], *conditions: ColumnElement[bool]) -> tuple[Select[Any], Select[Any]]:
    """The ids of what is open and left, and one of those rows, for whoever ends it, if it still is."""
    table = rows.table
    is_meant = and_(table.c.ended_at.is_(None), is_left(table), *conditions)
    ids = select(table.c.id).where(is_meant).order_by(table.c.id).limit(bindparam("at_most"))
    return ids, rows.by_id_locked.where(is_meant)


_LEFT_WHERE = union_all(
    *(
        select(func.count(), func.max(when)).where(is_out)
        for when, is_out in (
            (installations.c.removed_at, installations.c.removed_at.is_not(None)),
            (team_access.c.told_at, team_access.c.granted.is_(False)),
        )
    )
)
_ORDER_IDS, _ORDER = _of(ORDERS, orders.c.status.in_(_BEFORE_THE_JOBS))
_QUEUED_IDS, _QUEUED = _of(JOBS, jobs.c.status == JobStatus.QUEUED)
_SENT_IDS, _SENT_JOB = _of(JOBS, jobs.c.status.in_(_SENT))
_LET_GO = (
    update(inputs)
    .where(inputs.c.delete_at > bindparam("before"), is_left(inputs))
    .values(delete_at=bindparam("before"))
)


Left = tuple[tuple[int, float | None], ...]
"""How many installations have ended, and workspaces were taken out, and when the last ones were."""
NOTHING_LEFT: Final[Left] = ((0, None), (0, None))


async def left(conn: AsyncConnection) -> Left:
    """Where there is anything to look for: mostly nowhere, and seldom somewhere else than a moment ago."""
    return tuple((number, latest) for number, latest in await conn.execute(_LEFT_WHERE))


async def unsent(conn: AsyncConnection, *, now: float, limit: int) -> tuple[Sequence[str], Sequence[str]]:
    """Ids of orders without jobs, and of jobs that wait in line, where the app is not any more."""
    values = {"before": now, "at_most": limit}
    of_orders = (await conn.execute(_ORDER_IDS, values)).scalars()
    return list(of_orders), list((await conn.execute(_QUEUED_IDS, values)).scalars())


async def undelivered(conn: AsyncConnection, *, before: float, limit: int) -> Sequence[str]:
    """Ids of jobs that were sent, where the app has not been since `before`."""
    found = await conn.execute(_SENT_IDS, {"before": before, "at_most": limit})
    return list(found.scalars())


async def end_order(conn: AsyncConnection, order_id: str, *, now: float) -> None:
    """End an order of `unsent`, unless it has moved on or the app is back; its money is free.

    Args:
        conn: a writing transaction of its own, for locks' sake.
        order_id: which.
        now: seconds since the epoch.
    """
    row = (await conn.execute(_ORDER, {"row_id": order_id, "before": now})).one_or_none()
    if row is not None:
        await order_store.move(
            conn, order_id, OrderStatus.FAILED, now=now, visible=False, failure_code=APP_REMOVED
        )
        await card_store.newer(conn, order_id, now=now)  # a form that was merely opened has none


async def end_queued(conn: AsyncConnection, job_id: str, *, now: float) -> None:
    """As `end_order`, of a job that waits in line."""
    row = (await conn.execute(_QUEUED, {"row_id": job_id, "before": now})).one_or_none()
    if row is not None:
        job = JOBS.record(row)
        await endings.end(conn, job, JobStatus.FAILED, now=now, failure_code=APP_REMOVED)


async def give_up(conn: AsyncConnection, job_id: str, *, before: float, now: float) -> None:
    """End a job of `undelivered`, unless the app is back.

    What is not known to have come to an end counts as spent until sync.so's record says otherwise.

    Args:
        conn: a writing transaction of its own.
        job_id: which.
        before: as there.
        now: seconds since the epoch.
    """
    row = (await conn.execute(_SENT_JOB, {"row_id": job_id, "before": before})).one_or_none()
    if row is None:
        return
    job: Job | None = JOBS.record(row)
    if job is not None and job.status in _AT_SYNC:
        job = await job_store.move(conn, job, JobStatus.UNRESOLVED, now=now, failure_code=APP_REMOVED)
    if job is not None:
        await endings.end(conn, job, JobStatus.FAILED, now=now, failure_code=APP_REMOVED)


async def let_go_of_inputs(conn: AsyncConnection, *, now: float) -> None:
    """Have deleted at sync.so what nothing needs any more that goes on there."""
    await conn.execute(_LET_GO, {"before": now})


_WAITING = (JobStatus.DELIVERING, JobStatus.SUBMITTING, JobStatus.PROCESSING)
_BRING_FORWARD = (
    update(jobs)
    .where(
        jobs.c.order_id.in_(bindparam("order_ids", expanding=True)),
        jobs.c.status.in_(_WAITING),
        jobs.c.lease_token.is_(None),
        jobs.c.due_at > bindparam("now"),
    )
    .values(due_at=bindparam("now"))
)
_WAITING_ORDERS = select(jobs.c.order_id).where(
    jobs.c.ended_at.is_(None),
    jobs.c.status.in_(_WAITING),
    or_(
        jobs.c.team_id.in_(bindparam("owners", expanding=True)),
        jobs.c.enterprise_id.in_(bindparam("owners", expanding=True)),
    ),
)
_SHOW = (
    update(cards)
    .where(
        cards.c.order_id.in_(
            select(orders.c.id).where(
                or_(
                    orders.c.team_id.in_(bindparam("owners", expanding=True)),
                    orders.c.enterprise_id.in_(bindparam("owners", expanding=True)),
                )
            )
        ),
        cards.c.lease_token.is_(None),
        cards.c.shown < cards.c.revision,
        or_(cards.c.due_at.is_(None), cards.c.due_at > bindparam("now")),
    )
    .values(due_at=bindparam("now"))
)


async def came_back(conn: AsyncConnection, owners: Sequence[str], *, now: float) -> None:
    """Bring what is finished, and what cards have not shown, to where it was asked for.

    Args:
        conn: a writing transaction.
        owners: the workspaces, or the organisation, where the app is once more.
        now: seconds since the epoch.
    """
    waiting = (await conn.execute(_WAITING_ORDERS, {"owners": list(owners)})).scalars().all()
    if waiting:
        await conn.execute(_BRING_FORWARD, {"order_ids": list(waiting), "now": now})
    await conn.execute(_SHOW, {"owners": list(owners), "now": now})
