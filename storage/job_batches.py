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
from storage.jobs import Job, JobChanges, JobStatus
from storage.rows import JOBS, bound
from storage.schema import jobs

_AS_READ = frozenset({"lease_token", "status"})


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


async def store(conn: AsyncConnection, told: Iterable[Move | Rest], *, now: float, lease_token: str) -> None:
    """Move or give back jobs held by one lease, each as single writes do.

    All jobs first, then the money of all, then all cards: locks are taken in that order.

    Raises:
        ValueError: a change names no changeable column.
    """
    each_one = list(told)
    moves = [each for each in each_one if isinstance(each, Move)]
    rests = [each for each in each_one if isinstance(each, Rest)]
    await _move(conn, moves, now=now, lease_token=lease_token)
    await _rest(conn, rests, now=now, lease_token=lease_token)
    await endings.settle(conn, [(move.job, move.to) for move in moves], now=now)
    await card_store.newer_many(conn, [rest.job.order_id for rest in rests if rest.visible], now=now)


async def _move(conn: AsyncConnection, moves: Iterable[Move], *, now: float, lease_token: str) -> None:
    """Only from where each was read: what its move does to the money depends on that."""
    batches: _Batches = defaultdict(list)
    for move in moves:
        names = JOBS.change_names(move.changes)
        statement = JOBS.move_update(move.to, JOBS.sources_of(move.to), _AS_READ, names)
        guards = {"lease_token": lease_token, "status": move.job.status}
        batches[statement].append(bound(move.job.id, move.changes, now=now, guards=guards))
    await _run(conn, batches)


async def _rest(conn: AsyncConnection, rests: Iterable[Rest], *, now: float, lease_token: str) -> None:
    """Those that only wait, nearly all of them, take one statement for each time at which they are due."""
    batches: _Batches = defaultdict(list)
    waiting: defaultdict[float | None, list[str]] = defaultdict(list)
    for rest in rests:
        if not (rest.changes or rest.failed):
            waiting[rest.due_at].append(rest.job.id)
            continue
        changes: JobChanges = {**rest.changes, "due_at": rest.due_at}
        statement = JOBS.rest_update(JOBS.change_names(changes), failed=rest.failed)
        guards = {"lease_token": lease_token}
        batches[statement].append(bound(rest.job.id, changes, now=now, guards=guards))
    await _run(conn, batches)
    for due_at, job_ids in waiting.items():
        values = {"job_ids": job_ids, "token": lease_token, "when": due_at, "now": now}
        await conn.execute(_WAIT, values)


_WAIT = (
    update(jobs)
    .where(jobs.c.id.in_(bindparam("job_ids", expanding=True)), jobs.c.lease_token == bindparam("token"))
    .values(due_at=bindparam("when"), updated_at=bindparam("now"), lease_token=None, attempts=0)
)
_Batches = defaultdict[Update, list[dict[str, Any]]]


async def _run(conn: AsyncConnection, batches: _Batches) -> None:
    for statement, values in batches.items():
        await conn.execute(statement, values)
