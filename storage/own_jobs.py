"""A person's own jobs, page by page, newest first: those that have a card."""

import math
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.job_statements import COLUMNS, job_of
from storage.jobs import Job, JobStatus
from storage.schema import jobs


class Mark(NamedTuple):
    """A place in somebody's list: what is older comes next."""

    created_at: float
    """Seconds since the epoch."""
    job_id: str

    @staticmethod
    def after(job: Job) -> "Mark":
        """The place behind a job."""
        return Mark(job.created_at, job.id)


NEWEST = Mark(math.inf, "")
"""Where a list begins."""
_FAR = 1e15
"""Seconds; every time is before it, and every engine can store it."""

_OWN = (
    select(*COLUMNS)
    .where(
        jobs.c.team_id == bindparam("team_id"),
        jobs.c.user_id == bindparam("user_id"),
        jobs.c.status.in_(bindparam("statuses", expanding=True)),
        jobs.c.card_revision > 0,  # a form that was only opened is no video of anybody's
        or_(
            jobs.c.created_at < bindparam("before"),
            and_(jobs.c.created_at == bindparam("before"), jobs.c.id < bindparam("before_id")),
        ),
    )
    .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    .limit(bindparam("at_most"))
)


async def own(
    conn: AsyncConnection,
    team_id: str,
    user_id: str,
    *,
    statuses: Collection[JobStatus],
    before: Mark = NEWEST,
    limit: int,
) -> list[Job]:
    """Jobs of one person in one workspace that stand in one of `statuses`, newest first, from `before` on."""
    values = {
        "team_id": team_id,
        "user_id": user_id,
        "statuses": sorted(statuses),
        "before": min(before.created_at, _FAR),
        "before_id": before.job_id,
        "at_most": limit,
    }
    return [job_of(row) for row in await conn.execute(_OWN, values)]
