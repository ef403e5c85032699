"""Many held jobs at once: one executemany for each kind of change, so that a batch is one short transaction.

What a single write tells by its result, a batch does not: a job whose lease was lost stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.job_statements import HAS, NEW, change_names, move_update, rest_update
from storage.jobs import Changes, JobStatus, Scheduled, sources_of
from storage.schema import jobs

_HELD = frozenset({"lease_token"})


@dataclass(frozen=True, slots=True)
class Move:
    """One job's way into another status."""

    job_id: str
    to: JobStatus
    changes: Scheduled = field(default_factory=Scheduled)
    """Further columns, by the record's names; `due_at` among them makes it due, else it is not."""
    visible: bool = True
    """Whether the card shows it."""


@dataclass(frozen=True, slots=True)
class Rest:
    """One job given back in the status it has."""

    job_id: str
    due_at: float | None
    """When its step is to run again; None: not before somebody acts."""
    changes: Changes = field(default_factory=Changes)
    visible: bool = False
    failed: bool = False
    """Whether this was a failed attempt; otherwise it just waits, and its attempts begin anew."""


async def move_many(conn: AsyncConnection, moves: Iterable[Move], *, now: float, lease_token: str) -> None:
    """Move jobs held by one lease, each as `job_store.move` does.

    Raises:
        ValueError: a change names no changeable column.
    """
    batches: _Batches = defaultdict(list)
    for move in moves:
        names = change_names(move.changes)
        statement = move_update(move.to, sources_of(move.to), _HELD, names, visible=move.visible)
        batches[statement].append(_bound(move.job_id, move.changes, now=now, lease_token=lease_token))
    await _run(conn, batches)


async def rest_many(conn: AsyncConnection, rests: Iterable[Rest], *, now: float, lease_token: str) -> None:
    """Give back jobs held by one lease, each as `job_store.retry_later` does.

    Those that only wait, nearly all of them, take one statement for each time at which they are due again.

    Raises:
        ValueError: a change names no changeable column.
    """
    batches: _Batches = defaultdict(list)
    waiting: defaultdict[float | None, list[str]] = defaultdict(list)
    for rest in rests:
        if not (rest.changes or rest.visible or rest.failed):
            waiting[rest.due_at].append(rest.job_id)
            continue
        changes: Scheduled = {**rest.changes, "due_at": rest.due_at}
        statement = rest_update(change_names(changes), visible=rest.visible, failed=rest.failed)
        batches[statement].append(_bound(rest.job_id, changes, now=now, lease_token=lease_token))
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


def _bound(job_id: str, changes: Mapping[str, Any], *, now: float, lease_token: str) -> dict[str, Any]:
    values = {"job_id": job_id, "now": now, HAS + "lease_token": lease_token}
    return values | {NEW + name: value for name, value in changes.items()}


async def _run(conn: AsyncConnection, batches: _Batches) -> None:
    for statement, values in batches.items():
        await conn.execute(statement, values)
