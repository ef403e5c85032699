"""What a person has begun and not said all of: found by conversation and by thread, one message at a time."""

from sqlalchemy import bindparam, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.job_statements import COLUMNS, job_of
from storage.jobs import Job, JobStatus
from storage.schema import jobs

_MOST = 50
"""Cards of one thread or one short while that are looked at; nobody asks for more by hand."""
_TAKES_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))")
_TAKEN = select(jobs.c.id).where(
    jobs.c.team_id == bindparam("team_id"),
    or_(jobs.c.request_key == bindparam("key"), jobs.c.joined_key == bindparam("key")),
)
_ASKING = (
    select(*COLUMNS)
    .where(
        jobs.c.team_id == bindparam("team_id"),
        jobs.c.user_id == bindparam("user_id"),
        jobs.c.created_at >= bindparam("since"),
        jobs.c.channel_id == bindparam("channel_id"),
        jobs.c.status == JobStatus.DRAFT,
        jobs.c.card_revision > 0,
    )
    .order_by(jobs.c.created_at.desc(), jobs.c.request_key.desc())
    .limit(_MOST)
    .with_for_update()
)
_IN_THREAD = (
    select(*COLUMNS)
    .where(
        jobs.c.team_id == bindparam("team_id"),
        or_(
            (jobs.c.channel_id == bindparam("channel_id")) & (jobs.c.thread_ts == bindparam("thread_ts")),
            (jobs.c.card_channel == bindparam("channel_id")) & (jobs.c.card_ts == bindparam("thread_ts")),
        ),
        jobs.c.card_revision > 0,
    )
    .order_by(jobs.c.created_at.desc(), jobs.c.request_key.desc())
    .limit(_MOST)
)
_IN_THREAD_LOCKED = _IN_THREAD.with_for_update()


async def take_turns(conn: AsyncConnection, team_id: str, user_id: str) -> None:
    """Wait until no other message of this person is being taken, and keep others waiting until the commit.

    Two that come at once would not see each other's rows, and each would ask for what the other brings. On
    SQLite every writer waits for the one before it anyway.
    """
    if conn.dialect.name == "postgresql":
        await conn.execute(_TAKES_TURNS, {"who": f"{team_id}:{user_id}"})


async def is_taken(conn: AsyncConnection, team_id: str, key: str) -> bool:
    """Whether this request has made a job, or completed one, before."""
    return (await conn.execute(_TAKEN, {"team_id": team_id, "key": key})).first() is not None


async def asking(
    conn: AsyncConnection, team_id: str, user_id: str, *, channel_id: str, since: float
) -> list[Job]:
    """A person's drafts in one conversation whose cards ask for the rest, the newest first.

    Args:
        conn: a writing transaction; nobody else changes them before it ends.
        team_id: whose workspace.
        user_id: whose.
        channel_id: where they were begun.
        since: only those that are no older than this, in seconds since the epoch.
    """
    values = {"team_id": team_id, "user_id": user_id, "channel_id": channel_id, "since": since}
    return [job_of(row) for row in await conn.execute(_ASKING, values)]


async def in_thread(
    conn: AsyncConnection, team_id: str, channel_id: str, thread_ts: str, *, lock: bool = False
) -> list[Job]:
    """The jobs, in any status and of anybody, whose cards stand in a thread or begin it, the newest first.

    With `lock`, in a writing transaction, nobody else changes them before it ends.
    """
    values = {"team_id": team_id, "channel_id": channel_id, "thread_ts": thread_ts}
    query = _IN_THREAD_LOCKED if lock else _IN_THREAD
    return [job_of(row) for row in await conn.execute(query, values)]
