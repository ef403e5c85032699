"""The one door through which a job ends, and an order whose jobs have ended.

Nothing else reaches an ended status of a job: what belongs to an end is done here, in one transaction.
"""

from collections.abc import Collection
from typing import Any, Unpack

from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import bills, card_store, ledger
from storage.cards import Card
from storage.jobs import ENDED, MONEY, Job, JobChanges, JobStatus, Money
from storage.orders import OrderStatus
from storage.rows import JOBS
from storage.schema import bodies, cards, jobs, orders

_FORGET_BODIES = delete(bodies).where(
    bodies.c.job_id.in_(
        select(jobs.c.id).where(
            jobs.c.id.in_(bindparam("job_ids", expanding=True)), jobs.c.ended_at.is_not(None)
        )
    )
)
_UNSENT = (
    select(*JOBS.columns)
    .where(jobs.c.order_id == bindparam("order_id"), jobs.c.status == JobStatus.QUEUED)
    .order_by(jobs.c.position)
    .with_for_update()
)
_GOES_ON = exists().where(jobs.c.order_id == orders.c.id, jobs.c.ended_at.is_(None))
_END_ORDER = (
    update(orders)
    .where(orders.c.id == bindparam("order_id"), orders.c.status == OrderStatus.RUNNING, ~_GOES_ON)
    .values(status=OrderStatus.ENDED, ended_at=bindparam("now"), updated_at=bindparam("now"))
)
_END_SHOWN_ORDER = _END_ORDER.where(
    exists().where(
        cards.c.id == orders.c.id,  # its own, and no approver's
        cards.c.lease_token == bindparam("held_by"),
        cards.c.revision == bindparam("what"),
    )
)


async def end(
    conn: AsyncConnection,
    job: Job,
    to: JobStatus,
    *,
    now: float,
    expect: Collection[JobStatus] | None = None,
    lease_token: str | None = None,
    **changes: Unpack[JobChanges],
) -> Job | None:
    """End a job, if it stands where it may come from; its hold is closed, its card shows it.

    Args:
        conn: a writing transaction.
        job: as it was read.
        to: one of the statuses that no job leaves.
        now: seconds since the epoch.
        expect: narrows the statuses it may leave.
        lease_token: only while the job is held by this lease; None: held or not.
        **changes: further columns, by the record's names.

    Returns:
        The job as it is now, or None if a guard did not hold and nothing was changed.

    Raises:
        ValueError: no expected status may move there, or it is no end.
    """
    if to not in ENDED:
        raise ValueError(f"{to} is no end")
    guards: dict[str, Any] = {} if lease_token is None else {"lease_token": lease_token}
    before = await JOBS.find(conn, job.id, lock=True)
    ended = await JOBS.move(conn, job.id, to, now=now, changes=changes, guards=guards, expect=expect)
    if before is None or ended is None:
        return None
    await settle(conn, [(before, to)], now=now)
    return ended


async def end_unsent(
    conn: AsyncConnection,
    order_id: str,
    *,
    now: float,
    to: JobStatus = JobStatus.CANCELLED,
    held: Job | None = None,
    of_held: JobChanges | None = None,
    **changes: Unpack[JobChanges],
) -> list[Job]:
    """Cancel all jobs of an order that were certainly not sent, or have them fail.

    Args:
        conn: a writing transaction.
        order_id: which.
        now: seconds since the epoch.
        to: the status that ends them.
        held: one of them, whose holder does this: nothing is changed if it was lost.
        of_held: columns of this one alone.
        **changes: further columns, by the record's names.

    Returns:
        The jobs as they were, by position.
    """
    unsent = [JOBS.record(row) for row in await conn.execute(_UNSENT, {"order_id": order_id})]
    if held is not None and (held.id, held.lease_token) not in {(job.id, job.lease_token) for job in unsent}:
        return []
    for job in unsent:
        own = {**changes, **of_held} if held is not None and of_held and job.id == held.id else changes
        await JOBS.move(conn, job.id, to, now=now, changes=own, guards={})
    await settle(conn, [(job, to) for job in unsent], now=now)
    return unsent


async def settle(conn: AsyncConnection, moved: Collection[tuple[Job, JobStatus]], *, now: float) -> None:
    """Do what belongs to moves of jobs, above all to ends, in the transaction that made them.

    Args:
        conn: a writing transaction, in which the jobs are locked.
        moved: each job as it was before, and where it was moved; of one that did not move nothing comes.
        now: seconds since the epoch.
    """
    if not moved:
        return
    ended = [job for job, to in moved if to in ENDED]
    if ended:
        await conn.execute(_FORGET_BODIES, {"job_ids": [job.id for job in ended]})
    # What counts as spent until sync.so's record says otherwise: the record is asked for, where it has one.
    written_off = [job for job, to in moved if MONEY.get((job.status, to)) is Money.WRITE_OFF]
    await bills.open_many(conn, [bills.bill_of(job, now) for job in written_off if job.generation_id])
    await ledger.close(conn, moved, now=now)
    await card_store.newer_many(conn, [job.order_id for job, _ in moved], now=now)


async def end_order(conn: AsyncConnection, order_id: str, *, now: float, shown: Card | None) -> None:
    """End an order if all its jobs have ended, and nobody has anything left to learn of them.

    Args:
        conn: a writing transaction, before it changes the card.
        order_id: which.
        now: seconds since the epoch.
        shown: the card, as it was claimed and has been shown; None: it never will be.
    """
    if shown is None:
        await conn.execute(_END_ORDER, {"order_id": order_id, "now": now})
        return
    values = {"order_id": order_id, "now": now, "held_by": shown.lease_token, "what": shown.revision}
    await conn.execute(_END_SHOWN_ORDER, values)
