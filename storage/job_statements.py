"""What the job statements share: columns in the record's order, guards, and the values that they set.

There are few different statements: one for each set of columns that some step changes. Each is built once, so
that SQLAlchemy finds its compiled form without walking the statement again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Final

from sqlalchemy import Update, bindparam, case, or_, update

from storage.jobs import ENDED, Job, JobStatus, Scheduled
from storage.schema import jobs

COLUMNS: Final = tuple(jobs.c[field.name] for field in fields(Job))
"""All columns, in the order of the record's fields, so that a row is a `Job` as it comes."""

CHANGEABLE: Final = frozenset(Scheduled.__annotations__)
"""What `**changes` may name."""

NEW: Final = "new_"
HAS: Final = "has_"
"""Prefixes of bound values, stored and compared: in an UPDATE a column's own name is SQLAlchemy's."""


def job_of(row: Sequence[Any]) -> Job:
    """The record of a row selected or returned by `COLUMNS`."""
    return Job(*row)


def change_names(names: Iterable[str]) -> frozenset[str]:
    """The changes' names as a part of a prebuilt statement's key.

    Raises:
        ValueError: a name that is no column, or one that only the statements themselves may set.
    """
    asked = frozenset(names)
    if not asked <= CHANGEABLE:
        raise ValueError(f"Not to be changed like this: {', '.join(sorted(asked - CHANGEABLE))}")
    return asked


def guarded_update(guards: Iterable[str], values: dict[str, Any]) -> Update:
    """An UPDATE of the job `:job_id` that does nothing unless each of `guards` has its bound value."""
    holds = [jobs.c[name] == bindparam(HAS + name) for name in sorted(guards)]
    return update(jobs).where(jobs.c.id == bindparam("job_id"), *holds).values(values)


def changed_values(changes: Iterable[str], *, visible: bool) -> dict[str, Any]:
    """The caller's own changes, bound as `:new_…`, at the time `:now`."""
    values: dict[str, Any] = {
        name: bindparam(NEW + name, type_=jobs.c[name].type) for name in sorted(changes)
    }
    values["updated_at"] = bindparam("now")
    return values | newer_card() if visible else values


def newer_card() -> dict[str, Any]:
    """A new revision of the card, due at `:now`.

    A card that somebody is showing right now stays theirs: two at once could leave the older words standing.
    They find the newer revision when they are done, and make the card due again.
    """
    return {
        "card_revision": jobs.c.card_revision + 1,
        "card_due_at": case(
            (jobs.c.card_lease.is_(None), bindparam("now", type_=jobs.c.card_due_at.type)),
            else_=jobs.c.card_due_at,
        ),
    }


@cache
def move_update(
    to: JobStatus,
    leaves: frozenset[JobStatus],
    guards: frozenset[str],
    changes: frozenset[str],
    *,
    visible: bool,
    keep_lease: bool = False,
) -> Update:
    """A move: no attempts yet and, unless the lease is kept, free and not due before the changes say so."""
    moved: dict[str, Any] = {
        "status": to,
        "attempts": 0,
        "slow": False,
        "ended_at": bindparam("now") if to in ENDED else None,
    }
    if to in ENDED:
        moved["request_body"] = None  # it is never sent again, and may hold what only sync.so was to see
    freed = {} if keep_lease else {"lease_token": None, "due_at": None}
    values = {**moved, **freed, **changed_values(changes, visible=visible)}
    # Spelled with OR, since an executemany cannot expand an IN.
    may_leave = or_(*(jobs.c.status == status for status in sorted(leaves)))
    return guarded_update(guards, values).where(may_leave)


@cache
def rest_update(changes: frozenset[str], *, visible: bool, failed: bool) -> Update:
    """A held job given back in the same status; a lease that holds is a status that did not change."""
    rested = {"lease_token": None, "attempts": jobs.c.attempts + 1 if failed else 0}
    return guarded_update({"lease_token"}, {**rested, **changed_values(changes, visible=visible)})
