"""How many of a person's jobs are open: what one person can keep the app and a workspace busy with."""

from sqlalchemy import bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.jobs import JobStatus
from storage.schema import jobs

# A form that is merely open is no job yet: it has no card, and may have been left by closing Slack.
_OPEN = (
    select(jobs.c.id)
    .where(
        jobs.c.team_id == bindparam("team_id"),
        jobs.c.user_id == bindparam("user_id"),
        jobs.c.ended_at.is_(None),
        or_(jobs.c.status != JobStatus.DRAFT, jobs.c.card_revision > 0),
    )
    .limit(bindparam("at_most"))
    .subquery()
)
_COUNT = select(func.count()).select_from(_OPEN)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(:team_id), hashtext(:user_id))")


async def count_open(conn: AsyncConnection, team_id: str, user_id: str, *, at_most: int) -> int:
    """A person's jobs that have not ended, without forms that were opened and not sent.

    Nobody else counts them before the transaction ends: of two that each add one, the later sees both.

    Args:
        conn: a writing transaction.
        team_id: the person's workspace.
        user_id: the person.
        at_most: where the count stops, so that it never takes long.
    """
    person = {"team_id": team_id, "user_id": user_id}
    if conn.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        await conn.execute(_ONE_AT_A_TIME, person)
    return (await conn.execute(_COUNT, {**person, "at_most": at_most})).scalar_one()
