"""The cards' own lane: which job's message in Slack is behind, who is showing it, and what was shown.

It is apart from the steps, so that a slow Slack never holds up a job, nor a long step its card.
"""

from collections.abc import Collection

from sqlalchemy import bindparam, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.job_statements import COLUMNS, HAS, guarded_update, job_of, newer_card
from storage.jobs import Job
from storage.leases import CARDS
from storage.schema import jobs

_BEHIND = (
    select(jobs.c.id)
    .where(jobs.c.card_due_at <= bindparam("now"))
    .order_by(jobs.c.card_ts.is_not(None), jobs.c.card_due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("behind")
)
_CLAIM = CARDS.claim(jobs.c.id.in_(select(_BEHIND.c.id))).returning(*COLUMNS)
_HELD = frozenset({"card_lease"})
_SHOWN = guarded_update(
    _HELD,
    {
        "card_shown": bindparam("revision"),
        "card_channel": bindparam("channel"),
        "card_ts": bindparam("ts"),
        "card_moved": bindparam("moved"),
        "card_due_at": case(
            (jobs.c.card_revision > bindparam("revision"), bindparam("now", type_=jobs.c.card_due_at.type)),
            else_=bindparam("again_at", type_=jobs.c.card_due_at.type),
        ),
        "card_place": bindparam("place"),
        "card_lease": None,
    },
).returning(*COLUMNS)
_LATER = guarded_update(_HELD, {"card_due_at": bindparam("when"), "card_lease": None}).returning(jobs.c.id)
_AGAIN = update(jobs).where(jobs.c.id == bindparam("job_id"), jobs.c.card_revision > 0).values(newer_card())

_REDRAW = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job_id"),
        jobs.c.card_ts.is_not(None),
        jobs.c.card_lease.is_(None),
        or_(jobs.c.card_due_at.is_(None), jobs.c.card_due_at > bindparam("now")),
    )
    # Without the place that it shows it does not count as shown.
    .values(card_due_at=bindparam("now"), card_place=None)
)
_STANDING_OR_LATE = select(*COLUMNS).where(
    jobs.c.id.in_(bindparam("job_ids", expanding=True)),
    or_(jobs.c.card_ts.is_not(None), jobs.c.card_due_at > bindparam("late")),
)
_NEXT_DUE = select(func.min(jobs.c.card_due_at)).where(jobs.c.card_due_at.is_not(None))


async def claim_cards(
    conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int = 50
) -> list[Job]:
    """Take jobs whose cards are behind, for `lease_s` seconds, in the order in which they were asked.

    First those that have no card yet, since who asked does not know that they were heard; of each, the
    longest due. While a card is held, newer changes wait for its holder: nobody else shows it.
    """
    values = {"now": now, "until": now + lease_s, "token": token, "at_most": limit}
    claimed = [job_of(row) for row in await conn.execute(_CLAIM, values)]
    return sorted(claimed, key=lambda job: (job.card_ts is not None, job.created_at))


async def card_shown(  # noqa: PLR0913 - each thing that it shows is a word of its own
    conn: AsyncConnection,
    job: Job,
    *,
    now: float,
    revision: int,
    channel: str,
    ts: str,
    moved: bool,
    place: int | None = None,
    again_at: float | None = None,
) -> Job | None:
    """Store where the card stands and which revision it shows; due at once if the job has changed meanwhile.

    Args:
        conn: a writing transaction.
        job: as it was claimed.
        now: seconds since the epoch.
        revision: what the card shows.
        channel: where it stands.
        ts: which message it is.
        moved: whether that is the asker's direct message.
        place: the place in a line that it shows; None: none.
        again_at: when that place is to be looked at again; None: not before the job changes.

    Returns:
        The job as it is now, or None if the card's lease was lost: somebody else has shown it since.
    """
    values = {
        "job_id": job.id,
        HAS + "card_lease": job.card_lease,
        "now": now,
        "revision": revision,
        "channel": channel,
        "ts": ts,
        "moved": moved,
        "place": place,
        "again_at": again_at,
    }
    row = (await conn.execute(_SHOWN, values)).one_or_none()
    return None if row is None else job_of(row)


async def card_later(conn: AsyncConnection, job: Job, *, due_at: float | None) -> bool:
    """Give a held card back, to be shown at `due_at`; None: not before the job changes again."""
    values = {"job_id": job.id, HAS + "card_lease": job.card_lease, "when": due_at}
    return (await conn.execute(_LATER, values)).scalar() is not None


async def card_again(conn: AsyncConnection, job_id: str, *, now: float) -> None:
    """Have a card shown once more, though the job has not changed: what Slack shows may be old."""
    await conn.execute(_AGAIN, {"job_id": job_id, "now": now})


async def redraw(conn: AsyncConnection, job_id: str, *, now: float) -> None:
    """Have a card that stands drawn once more as it is, unless that is about to happen by itself."""
    await conn.execute(_REDRAW, {"job_id": job_id, "now": now})


async def standing_or_late(conn: AsyncConnection, job_ids: Collection[str], *, late: float) -> list[Job]:
    """Of some jobs those whose cards stand, and those whose cards are not to be shown before `late`."""
    values = {"job_ids": list(job_ids), "late": late}
    return [job_of(row) for row in await conn.execute(_STANDING_OR_LATE, values)]


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next card is to be shown, which may be past; None: Slack shows the truth everywhere."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at
