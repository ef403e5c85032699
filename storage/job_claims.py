"""Which jobs are due, and their claims in batches; see `storage.leases` for what a claim is."""

from collections.abc import Collection

from sqlalchemy import bindparam, func, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.job_statements import COLUMNS, job_of
from storage.jobs import ENDED, Job, JobStatus
from storage.leases import JOBS
from storage.schema import accounts, jobs

_DUE = (
    select(jobs.c.id)
    .where(jobs.c.due_at <= bindparam("now"), jobs.c.status.in_(bindparam("statuses", expanding=True)))
    .order_by(jobs.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)  # nothing on SQLite, where the writers' lock does it
    .cte("due")
)
_CLAIM = JOBS.claim(jobs.c.id.in_(select(_DUE.c.id))).returning(*COLUMNS)
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
_CLAIM_POLLS = JOBS.claim(jobs.c.id.in_(select(_POLLS.c.id))).returning(*COLUMNS)
_GOES_ON = (
    JobStatus.PREPARING,
    JobStatus.QUEUED,
    JobStatus.SUBMITTING,
    JobStatus.PROCESSING,
    JobStatus.DELIVERING,
)
"""Where a job waits for the app or for sync.so, and never for a person."""
_PULL_IN = (
    *(
        update(accounts).where(column > bindparam("latest")).values({column: bindparam("now")})
        for column in (accounts.c.rate_limited_until, accounts.c.room_until)
    ),
    update(jobs)
    .where(jobs.c.status.in_(_GOES_ON), jobs.c.due_at > bindparam("latest"))
    .values(due_at=bindparam("now")),
    update(jobs).where(jobs.c.card_due_at > bindparam("latest")).values(card_due_at=bindparam("now")),
)
# One look into the index for each status; a GROUP BY would read all of it.
_NEXT_DUE = union_all(
    *(
        select(literal(status, jobs.c.status.type), func.min(jobs.c.due_at)).where(
            jobs.c.status == status,
            jobs.c.due_at.is_not(None),
        )
        for status in JobStatus
        if status not in ENDED
    ),
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
    return [job_of(row) for row in await conn.execute(_CLAIM_POLLS, values)]


async def pull_in(conn: AsyncConnection, *, now: float, ahead_s: float) -> None:
    """Make due now what is due further ahead than anything is ever put off.

    It was put there when the clock was ahead, and would lie there until the clock is where it was.

    Args:
        conn: a writing transaction.
        now: seconds since the epoch.
        ahead_s: the longest that a job or an account waits by itself.
    """
    for statement in _PULL_IN:
        await conn.execute(statement, {"now": now, "latest": now + ahead_s})


async def next_due(conn: AsyncConnection) -> dict[JobStatus, float]:
    """When the next job of each status is due, which may be past; where nothing waits there is no entry."""
    return {status: due_at for status, due_at in await conn.execute(_NEXT_DUE) if due_at is not None}
