"""Who works on what: due jobs are claimed in batches under a lease, so that many workers share one table.

A claim puts `due_at` to the end of the lease and stamps a token. A holder that dies is simply due again when
the lease ends; one that lost its lease finds its token gone, and its guarded writes change nothing.
"""

from collections.abc import Collection

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.job_statements import COLUMNS, job_of
from storage.jobs import Job, JobStatus
from storage.schema import jobs

_DUE = (
    select(jobs.c.id)
    .where(jobs.c.due_at <= bindparam("now"), jobs.c.status.in_(bindparam("statuses", expanding=True)))
    .order_by(jobs.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)  # nothing on SQLite, where the writers' lock does it
    .cte("due")
)
_CLAIM = (
    update(jobs)
    .where(jobs.c.id.in_(select(_DUE.c.id)))
    .values(due_at=bindparam("until"), lease_token=bindparam("token"))
    .returning(*COLUMNS)
)
_POLLED_ACCOUNTS = (
    select(jobs.c.account_key)
    .where(jobs.c.status == JobStatus.PROCESSING, jobs.c.due_at <= bindparam("now"))
    .group_by(jobs.c.account_key)
    .order_by(func.min(jobs.c.due_at))
    .limit(bindparam("accounts"))
)
_POLLS = (
    select(jobs.c.id)
    .where(
        jobs.c.status == JobStatus.PROCESSING,
        jobs.c.account_key.in_(_POLLED_ACCOUNTS),
        or_(
            jobs.c.due_at <= bindparam("now"),
            and_(jobs.c.due_at <= bindparam("soon"), jobs.c.lease_token.is_(None)),
        ),
    )
    .order_by(jobs.c.account_key, jobs.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("polls")
)
_CLAIM_POLLS = (
    update(jobs)
    .where(jobs.c.id.in_(select(_POLLS.c.id)))
    .values(due_at=bindparam("until"), lease_token=bindparam("token"))
    .returning(*COLUMNS)
)
_RENEW = (
    update(jobs)
    .where(jobs.c.id.in_(bindparam("job_ids", expanding=True)), jobs.c.lease_token == bindparam("token"))
    .values(due_at=bindparam("until"))
    .returning(jobs.c.id)
)
_RELEASE = (
    update(jobs)
    .where(jobs.c.id == bindparam("job_id"), jobs.c.lease_token == bindparam("token"))
    .values(due_at=bindparam("now"), lease_token=None)
)
_NEXT_DUE = (
    select(jobs.c.status, func.min(jobs.c.due_at).label("due_at"))
    .where(jobs.c.due_at.is_not(None))
    .group_by(jobs.c.status)
)


async def claim_due(
    conn: AsyncConnection,
    *,
    now: float,
    lease_s: float,
    token: str,
    statuses: Collection[JobStatus],
    limit: int = 50,
) -> list[Job]:
    """Take due jobs, the longest due first, for `lease_s` seconds.

    Args:
        conn: a writing transaction.
        now: seconds since the epoch.
        lease_s: longer than the longest call a step makes; long work renews.
        token: fresh for each claim.
        statuses: only jobs that stand in one of these.
        limit: at most so many.

    Returns:
        The jobs as claimed, in no particular order.
    """
    values = {
        "now": now,
        "until": now + lease_s,
        "token": token,
        "statuses": sorted(statuses),
        "at_most": limit,
    }
    return [job_of(row) for row in await conn.execute(_CLAIM, values)]


async def claim_polls(
    conn: AsyncConnection,
    *,
    now: float,
    ahead_s: float,
    lease_s: float,
    token: str,
    accounts: int = 100,
    limit: int = 1_000,
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
    return [job_of(row) for row in await conn.execute(_CLAIM_POLLS, values)]


async def renew(
    conn: AsyncConnection, job_ids: Collection[str], lease_token: str, *, until: float
) -> frozenset[str]:
    """Hold jobs until a later time; those that are not among the returned ids were lost."""
    renewed = await conn.execute(_RENEW, {"job_ids": sorted(job_ids), "token": lease_token, "until": until})
    return frozenset(renewed.scalars())


async def release(conn: AsyncConnection, held: Collection[Job], *, now: float) -> None:
    """Give claimed jobs back unworked, due at once for whoever claims next."""
    if held:
        await conn.execute(
            _RELEASE, [{"job_id": job.id, "token": job.lease_token, "now": now} for job in held]
        )


async def next_due(conn: AsyncConnection) -> dict[JobStatus, float]:
    """When the next job of each status is due, which may be past; a status in which none waits is left out."""
    return {row.status: row.due_at for row in await conn.execute(_NEXT_DUE)}
