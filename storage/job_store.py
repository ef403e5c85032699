"""One job at a time: born at the yes, read, moved and changed; see `storage.rows` for how.

A job ends through `storage.endings` alone. What is visible makes the order's card newer in the same
transaction.
"""

from collections.abc import Collection, Iterable
from typing import Unpack

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, ledger
from storage.encryption import Sealed, SealedFor
from storage.jobs import ENDED, MONEY, Job, JobChanges, JobFacts, JobStatus, NewJob, Phase
from storage.rows import JOBS
from storage.schema import bodies, jobs

_MOVES_MONEY = frozenset(to for (_, to), money in MONEY.items() if money is not None)
_OF_ORDERS = (
    select(*JOBS.columns)
    .where(jobs.c.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(jobs.c.order_id, jobs.c.position)
)
_REBIND = update(bodies).where(bodies.c.job_id == bindparam("of_job")).values(request_body=bindparam("what"))
_BODY = select(bodies.c.request_body).where(bodies.c.job_id == bindparam("job_id"))
_MAKE_DUE = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job_id"),
        jobs.c.status.in_(bindparam("statuses", expanding=True)),
        or_(jobs.c.due_at.is_(None), jobs.c.due_at > bindparam("now")),
    )
    .values(due_at=bindparam("now"))
    .returning(jobs.c.id)
)


async def bear(conn: AsyncConnection, new: Iterable[NewJob], *, now: float) -> None:
    """Make the jobs of an order, in the transaction that moves it on: queued, and due at once."""
    born = list(new)
    await conn.execute(insert(jobs), [_born(job, now=now) for job in born])
    sealed = [{"job_id": job.id, "request_body": job.request_body} for job in born]
    await conn.execute(insert(bodies), sealed)


async def find(conn: AsyncConnection, job_id: str, *, lock: bool = False) -> Job | None:
    """The job of any team: for the app's own work, never for what a person sent."""
    return await JOBS.find(conn, job_id, lock=lock)


async def of_orders(conn: AsyncConnection, order_ids: Collection[str]) -> list[Job]:
    """All jobs of these orders, by order and position."""
    return [JOBS.record(row) for row in await conn.execute(_OF_ORDERS, {"order_ids": list(order_ids)})]


async def rebind(conn: AsyncConnection, job_id: str, body: SealedFor) -> None:
    """Have a job send another body. For its holder, and only while sync.so has surely not taken it."""
    await conn.execute(_REBIND, {"of_job": job_id, "what": body})


async def body_of(conn: AsyncConnection, job_id: str) -> Sealed | None:
    """The create call's body, byte for byte as it is sent; None: the job has ended."""
    found: Sealed | None = (await conn.execute(_BODY, {"job_id": job_id})).scalar()
    return found


async def move(  # noqa: PLR0913 - each guard is a word of its own
    conn: AsyncConnection,
    job: Job,
    to: JobStatus,
    *,
    now: float,
    expect: Collection[JobStatus] | None = None,
    lease_token: str | None = None,
    visible: bool = True,
    keep_lease: bool = False,
    **changes: Unpack[JobChanges],
) -> Job | None:
    """Move a job to another status that is no end, if it stands where it may come from; see `Rows.move`.

    Args:
        conn: a writing transaction.
        job: as it was read.
        to: the new status; the table of legal moves names those it may be reached from.
        now: seconds since the epoch.
        expect: narrows the statuses it may leave.
        lease_token: only while the job is held by this lease; None: held or not.
        visible: whether the card shows it.
        keep_lease: whether the holder goes on with the job's next step under the lease it has.
        **changes: further columns, by the record's names.

    Returns:
        The job as it is now, or None if a guard did not hold and nothing was changed.

    Raises:
        ValueError: no expected status may move there, or it is an end.
    """
    if to in ENDED:
        raise ValueError(f"A job becomes {to} by storage.endings")
    before = await find(conn, job.id, lock=True) if to in _MOVES_MONEY else None
    moved = await JOBS.move(
        conn,
        job.id,
        to,
        now=now,
        changes=changes,
        guards={} if lease_token is None else {"lease_token": lease_token},
        expect=expect,
        keep_lease=keep_lease,
    )
    if before is not None and moved is not None:
        await ledger.close(conn, [(before, to)], now=now)
    return await _told(conn, moved, visible=visible, now=now)


async def save(
    conn: AsyncConnection,
    job: Job,
    *,
    now: float,
    lease_token: str | None,
    visible: bool = False,
    anew: bool = False,
    **changes: Unpack[JobChanges],
) -> Job | None:
    """Change a job that still has the status it was read with; a lease stays. For arguments see `orders`."""
    saved = await JOBS.save(conn, job, now=now, changes=changes, lease_token=lease_token, anew=anew)
    return await _told(conn, saved, visible=visible, now=now)


async def retry_later(
    conn: AsyncConnection,
    job: Job,
    *,
    now: float,
    due_at: float | None,
    lease_token: str,
    count: bool = True,
    visible: bool = False,
    **changes: Unpack[JobFacts],
) -> Job | None:
    """Give a held job back, to be taken up again at `due_at`; see `order_store.retry_later`."""
    rested = await JOBS.rest(
        conn, job.id, now=now, changes={**changes, "due_at": due_at}, lease_token=lease_token, failed=count
    )
    return await _told(conn, rested, visible=visible, now=now)


async def make_due(
    conn: AsyncConnection, job_id: str, *, now: float, statuses: Collection[JobStatus]
) -> bool:
    """Have a job's step run now, if it stands in one of `statuses` and is not due already.

    A lease does not protect it: what its holder read may be older than the reason to look again. The next
    claim takes the job over, and the earlier holder's writes change nothing.
    """
    made = await conn.execute(_MAKE_DUE, {"job_id": job_id, "now": now, "statuses": sorted(statuses)})
    return made.scalar() is not None


async def _told(conn: AsyncConnection, job: Job | None, *, visible: bool, now: float) -> Job | None:
    if job is not None and visible:
        await card_store.newer(conn, job.order_id, now=now)
    return job


def _born(new: NewJob, *, now: float) -> dict[str, object]:
    return {
        "id": new.id,
        "order_id": new.order_id,
        "position": new.position,
        "label": new.label,
        "enterprise_id": new.enterprise_id,
        "team_id": new.team_id,
        "user_id": new.user_id,
        "account_key": new.account_key,
        "status": JobStatus.QUEUED,
        "phase": Phase.UPLOADING,
        "estimate_usd": new.estimate_usd,
        "idempotency_key": new.idempotency_key,
        "due_at": now,
        "attempts": 0,
        "slow": False,
        "created_at": now,
        "updated_at": now,
    }
