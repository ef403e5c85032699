"""One job at a time: made, read, moved and changed. Every write is one guarded statement.

Functions take a connection, so that a caller decides what is one transaction. A guard that does not hold
changes nothing and gives None: somebody else was first, which is a normal outcome and no error.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from functools import cache
from typing import Any, Unpack

from sqlalchemy import Select, Update, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from storage.job_statements import (
    COLUMNS,
    HAS,
    NEW,
    change_names,
    changed_values,
    guarded_update,
    job_of,
    move_update,
    rest_update,
)
from storage.jobs import Changes, Job, JobStatus, NewJob, Scheduled, sources_of
from storage.schema import jobs
from storage.upserts import insert_into

_BY_ID = select(*COLUMNS).where(jobs.c.id == bindparam("job_id"))
_OF_TEAM = _BY_ID.where(
    # An organisation that is not known is nobody's: NULL equals nothing.
    or_(jobs.c.team_id == bindparam("team_id"), jobs.c.enterprise_id == bindparam("enterprise_id"))
)
_BY_ID_LOCKED = _BY_ID.with_for_update()
_OF_TEAM_LOCKED = _OF_TEAM.with_for_update()
_OF_REQUEST = select(*COLUMNS).where(
    jobs.c.team_id == bindparam("team_id"),
    jobs.c.request_key == bindparam("request_key"),
)
_ASKED_AS_A_MEMBER = (
    select(jobs.c.id)
    .where(
        jobs.c.team_id == bindparam("team_id"),
        jobs.c.user_id == bindparam("user_id"),
        or_(jobs.c.request_key.startswith("command:"), jobs.c.request_key.startswith("shortcut:")),
    )
    .limit(1)
)
_RECENT = (
    select(*COLUMNS)
    .where(jobs.c.team_id == bindparam("team_id"), jobs.c.user_id == bindparam("user_id"))
    .order_by(jobs.c.created_at.desc())
    .limit(bindparam("at_most"))
)
_MAKE_DUE = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job_id"),
        jobs.c.status.in_(bindparam("statuses", expanding=True)),
        or_(jobs.c.due_at.is_(None), jobs.c.due_at > bindparam("now")),
    )
    .values(due_at=bindparam("now"))
    .returning(jobs.c.id)
)


async def insert(conn: AsyncConnection, new: NewJob, *, now: float) -> bool:
    """Make a job, unless the same request made one before: False."""
    inserted = await conn.execute(_insert_new(conn.dialect.name), _born(new, now=now))
    return inserted.scalar() is not None


async def create(conn: AsyncConnection, new: NewJob, *, now: float) -> tuple[Job, bool]:
    """Make a job, or find the one that the same request made before.

    Returns:
        The job, and whether it is new. What was made before comes back as it is now, whatever `new` says.
    """
    if await insert(conn, new, now=now):
        return Job(**{**_UNSET, **_born(new, now=now)}), True
    found = await conn.execute(_OF_REQUEST, {"team_id": new.team_id, "request_key": new.request_key})
    return job_of(found.one()), False


async def get(
    conn: AsyncConnection, job_id: str, *, team_id: str, enterprise_id: str | None = None, lock: bool = False
) -> Job | None:
    """The job, if it is that team's or organisation's: what everything that comes from a person asks by.

    Args:
        conn: a transaction, a writing one to lock.
        job_id: which.
        team_id: whose.
        enterprise_id: the person's Enterprise organisation, in which Slack may name any of its workspaces.
        lock: whether others must not change it before the transaction ends; on SQLite no writer can anyway.
    """
    query = _OF_TEAM_LOCKED if lock else _OF_TEAM
    return await _one(conn, query, {"job_id": job_id, "team_id": team_id, "enterprise_id": enterprise_id})


async def find(conn: AsyncConnection, job_id: str, *, lock: bool = False) -> Job | None:
    """The job of any team: for the app's own work, never for what a person sent. For `lock` see `get`."""
    return await _one(conn, _BY_ID_LOCKED if lock else _BY_ID, {"job_id": job_id})


async def asked_as_a_member(conn: AsyncConnection, team_id: str, user_id: str) -> bool:
    """Whether the person has used the command or a shortcut in that workspace.

    Slack offers both only to members of the workspace the app is installed in (Slack: Slack Connect).
    """
    found = await conn.execute(_ASKED_AS_A_MEMBER, {"team_id": team_id, "user_id": user_id})
    return found.first() is not None


async def recent(conn: AsyncConnection, team_id: str, user_id: str, *, limit: int) -> list[Job]:
    """A person's latest jobs, newest first."""
    rows = await conn.execute(_RECENT, {"team_id": team_id, "user_id": user_id, "at_most": limit})
    return [job_of(row) for row in rows]


async def move(  # noqa: PLR0913 - each guard is a word of its own
    conn: AsyncConnection,
    job: Job | str,
    to: JobStatus,
    *,
    now: float,
    expect: Collection[JobStatus] | None = None,
    lease_token: str | None = None,
    spends: str | None = None,
    visible: bool = True,
    keep_lease: bool = False,
    **changes: Unpack[Scheduled],
) -> Job | None:
    """Move a job to another status, if it stands where it may come from.

    Frees the job from its lease, begins its attempts anew, and makes it due at `due_at`, if that is among the
    changes, else never. Of several that move the same job at once, one succeeds.

    Args:
        conn: a writing transaction.
        job: the job, or its id.
        to: the new status; the table of legal moves names those it may be reached from.
        now: seconds since the epoch.
        expect: narrows the statuses it may leave.
        lease_token: only while the job is held by this lease; None: held or not.
        spends: only while this is the id of the job's estimate; None: whichever it is.
        visible: whether the card shows it.
        keep_lease: whether the holder goes on with the job's next step under the lease it has.
        **changes: further columns, by the record's names.

    Returns:
        The job as it is now, or None if a guard did not hold and nothing was changed.

    Raises:
        ValueError: no expected status may move there, or a change names no changeable column.
    """
    leaves = sources_of(to) if expect is None else sources_of(to) & frozenset(expect)
    if not leaves:
        raise ValueError(f"Nothing expected may become {to}")
    guards = _given(lease_token=lease_token, estimate_id=spends)
    statement = move_update(
        to, leaves, frozenset(guards), change_names(changes), visible=visible, keep_lease=keep_lease
    )
    return await _changed(conn, statement, job, now=now, guards=guards, changes=changes)


async def save(
    conn: AsyncConnection,
    job: Job,
    *,
    now: float,
    lease_token: str | None,
    visible: bool = False,
    anew: bool = False,
    **changes: Unpack[Scheduled],
) -> Job | None:
    """Change a job that still has the status it was read with; a lease stays.

    Args:
        conn: a writing transaction.
        job: as it was read.
        now: seconds since the epoch.
        lease_token: only while the job is held by this lease; None: held or not.
        visible: whether the card shows the change.
        anew: whether its attempts begin anew.
        **changes: columns, by the record's names.

    Returns:
        The job as it is now, or None if a guard did not hold and nothing was changed.

    Raises:
        ValueError: a change names no changeable column.
    """
    guards = _given(lease_token=lease_token) | {"status": job.status}
    statement = _save(frozenset(guards), change_names(changes), visible=visible, anew=anew)
    return await _changed(conn, statement, job, now=now, guards=guards, changes=changes)


async def retry_later(
    conn: AsyncConnection,
    job: Job,
    *,
    now: float,
    due_at: float | None,
    lease_token: str,
    count: bool = True,
    visible: bool = False,
    **changes: Unpack[Changes],
) -> Job | None:
    """Give a held job back, to be taken up again at `due_at` in the same status.

    Args:
        conn: a writing transaction.
        job: as it was claimed.
        now: seconds since the epoch.
        due_at: when its step is to run again; None: not before somebody acts.
        lease_token: the lease it is held by.
        count: whether this was a failed attempt; otherwise it just waits, and its attempts begin anew.
        visible: whether the card shows the change.
        **changes: further columns, by the record's names.

    Returns:
        The job as it is now, or None if the lease was lost and nothing was changed.

    Raises:
        ValueError: a change names no changeable column.
    """
    scheduled: Scheduled = {**changes, "due_at": due_at}
    guards = {"lease_token": lease_token}
    statement = rest_update(change_names(scheduled), visible=visible, failed=count)
    return await _changed(conn, statement, job, now=now, guards=guards, changes=scheduled)


async def make_due(
    conn: AsyncConnection, job_id: str, *, now: float, statuses: Collection[JobStatus]
) -> bool:
    """Have a job's step run now, if it stands in one of `statuses` and is not due already.

    A lease does not protect it: what its holder read may be older than the reason to look again. The next
    claim takes the job over, and the earlier holder's writes change nothing.
    """
    made = await conn.execute(_MAKE_DUE, {"job_id": job_id, "now": now, "statuses": sorted(statuses)})
    return made.scalar() is not None


_UNSET: Mapping[str, Any] = dict.fromkeys((field.name for field in fields(Job)), None)


def _born(new: NewJob, *, now: float) -> dict[str, Any]:
    """The columns a new job fills; the others begin as NULL without being sent."""
    return {
        "id": new.id,
        "request_key": new.request_key,
        "enterprise_id": new.enterprise_id,
        "team_id": new.team_id,
        "user_id": new.user_id,
        "channel_id": new.channel_id,
        "thread_ts": new.thread_ts,
        "conversation": new.conversation,
        "status": new.status,
        "draft": new.draft,
        "addresses": new.addresses,
        "prepared": new.prepared,
        "card_moved": False,
        "card_revision": int(new.show_card),
        "card_shown": 0,
        "card_due_at": now if new.show_card else None,
        "due_at": new.due_at,
        "attempts": 0,
        "slow": False,
        "created_at": now,
        "updated_at": now,
        **(asdict(new.offer) if new.offer is not None else {}),
    }


async def _one(conn: AsyncConnection, query: Select[Any], values: dict[str, Any]) -> Job | None:
    row = (await conn.execute(query, values)).one_or_none()
    return None if row is None else job_of(row)


async def _changed(
    conn: AsyncConnection,
    statement: Update,
    job: Job | str,
    *,
    now: float,
    guards: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> Job | None:
    values = {"job_id": job if isinstance(job, str) else job.id, "now": now}
    values |= {HAS + name: value for name, value in guards.items()}
    values |= {NEW + name: value for name, value in changes.items()}
    row = (await conn.execute(_returning_job(statement), values)).one_or_none()
    return None if row is None else job_of(row)


def _given(**guards: str | None) -> dict[str, Any]:
    return {name: value for name, value in guards.items() if value is not None}


@cache
def _insert_new(engine: str) -> ReturningInsert[tuple[str]]:
    once = insert_into(jobs, engine).on_conflict_do_nothing(
        index_elements=[jobs.c.team_id, jobs.c.request_key],
    )
    return once.returning(jobs.c.id)


@cache
def _save(guards: frozenset[str], changes: frozenset[str], *, visible: bool, anew: bool) -> Update:
    begun = {"attempts": 0} if anew else {}
    return guarded_update(guards, changed_values(changes, visible=visible) | begun)


@cache
def _returning_job(statement: Update) -> ReturningUpdate[Any]:
    return statement.returning(*COLUMNS)
