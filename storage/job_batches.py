"""Many held jobs at once: one executemany for each kind of change, so that a batch is one short transaction.

What a single write tells by its result, a batch does not: a job whose lease was lost stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, endings
from storage.jobs import ENDED, Job, JobChanges, JobStatus
from storage.rows import JOBS, bound
from storage.schema import jobs

_HELD = frozenset({"lease_token"})


@dataclass(frozen=True, slots=True)
class Move:
    """One job's way into another status, which its card shows."""

    job: Job
    to: JobStatus
    changes: JobChanges = field(default_factory=JobChanges)
    """Further columns, by the record's names; `due_at` among them makes it due, else it is not."""


@dataclass(frozen=True, slots=True)
class Rest:
    """One job given back in the status it has."""

    job: Job
    due_at: float | None
    """When its step is to run again; None: not before somebody acts."""
    changes: JobChanges = field(default_factory=JobChanges)
    visible: bool = False
    failed: bool = False
    """Whether this was a failed attempt; otherwise it just waits, and its attempts begin anew."""


async def move_many(conn: AsyncConnection, moves: Iterable[Move], *, now: float, lease_token: str) -> None:
    """Move jobs held by one lease, each as `job_store.move` or `endings.end` does.

    Raises:
        ValueError: a change names no changeable column.
    """
    moved = list(moves)
    batches: _Batches = defaultdict(list)
    for move in moved:
        names = JOBS.change_names(move.changes)
        statement = JOBS.move_update(move.to, JOBS.sources_of(move.to), _HELD, names)
        batches[statement].append(_bound(move.job, move.changes, now=now, lease_token=lease_token))
    await _run(conn, batches)
    await endings.settle_ended(conn, [move.job for move in moved if move.to in ENDED], now=now)
    shown = [move.job.order_id for move in moved if move.to not in ENDED]
    await card_store.newer_many(conn, shown, now=now)


async def rest_many(conn: AsyncConnection, rests: Iterable[Rest], *, now: float, lease_token: str) -> None:
    """Give back jobs held by one lease, each as `job_store.retry_later` does.

    Those that only wait, nearly all of them, take one statement for each time at which they are due again.

    Raises:
        ValueError: a change names no changeable column.
    """
    rested = list(rests)
    batches: _Batches = defaultdict(list)
    waiting: defaultdict[float | None, list[str]] = defaultdict(list)
    for rest in rested:
        if not (rest.changes or rest.failed):
            waiting[rest.due_at].append(rest.job.id)
            continue
        changes: JobChanges = {**rest.changes, "due_at": rest.due_at}
        statement = JOBS.rest_update(JOBS.change_names(changes), failed=rest.failed)
        batches[statement].append(_bound(rest.job, changes, now=now, lease_token=lease_token))
    await _run(conn, batches)
    for due_at, job_ids in waiting.items():
        values = {"job_ids": job_ids, "token": lease_token, "when": due_at, "now": now}
        await conn.execute(_WAIT, values)
    await card_store.newer_many(conn, [rest.job.order_id for rest in rested if rest.visible], now=now)


_WAIT = (
    update(jobs)
    .where(jobs.c.id.in_(bindparam("job_ids", expanding=True)), jobs.c.lease_token == bindparam("token"))
    .values(due_at=bindparam("when"), updated_at=bindparam("now"), lease_token=None, attempts=0)
)
_Batches = defaultdict[Update, list[dict[str, Any]]]


def _bound(job: Job, changes: JobChanges, *, now: float, lease_token: str) -> dict[str, Any]:
    return bound(job.id, changes, now=now, guards={"lease_token": lease_token})


async def _run(conn: AsyncConnection, batches: _Batches) -> None:
    for statement, values in batches.items():
        await conn.execute(statement, values)
