"""The lines in which confirmed jobs wait for a slot of their sync.so account, across all replicas.

A claim locks the account's row before it counts, so that of several replicas one counts and takes; on SQLite
the writers' lock does it. What a worker has claimed keeps its slot until it is given back, is taken over
from the dead, or its lease ends; then it goes first.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.job_statements import COLUMNS, job_of
from storage.jobs import Job, JobStatus
from storage.leases import JOBS
from storage.schema import accounts, jobs
from storage.standing import CREATES_A_MINUTE, MINUTE_S, Standing
from storage.turns import Person, Waiting, in_turns
from storage.upserts import insert_into

SEEN: Final = 300
"""How far a line is looked into, everybody's first jobs first: what is further back gets there in time."""
_REMEMBERED_TURNS: Final = 120
"""Of the latest create calls of an account; whoever is in none of them counts as never served."""

_now = bindparam("now", type_=jobs.c.due_at.type)
_key = bindparam("account_key", type_=jobs.c.account_key.type)
_confirmed = jobs.c.confirmed_at.is_not(None)
_takes_a_slot = jobs.c.status.in_([JobStatus.SUBMITTING, JobStatus.PROCESSING])
_is_held = and_(jobs.c.status == JobStatus.QUEUED, jobs.c.lease_token.is_not(None), jobs.c.due_at > _now)

_WAITING = (
    select(jobs.c.account_key.label("key"), func.min(jobs.c.due_at).label("waits_since"))
    .where(jobs.c.status == JobStatus.QUEUED, jobs.c.due_at.is_not(None), jobs.c.account_key.is_not(None))
    .group_by(jobs.c.account_key)
)
_HELD = (
    select(
        jobs.c.account_key.label("key"),
        func.count().label("sending"),
        func.sum(case((jobs.c.status == JobStatus.QUEUED, 1), else_=0)).label("queued"),
    )
    .where(
        jobs.c.status.in_([JobStatus.QUEUED, JobStatus.SUBMITTING]),
        jobs.c.due_at > _now,
        jobs.c.lease_token.is_not(None),
    )
    .group_by(jobs.c.account_key)
    .subquery("held")
)


def _standings(waiting: Select[Any]) -> Select[Any]:
    """The fields of `Standing` for each account in `waiting`."""
    line = waiting.subquery("line")
    # A stamp from the future is from before the clock was set back.
    of_the_minute = and_(
        jobs.c.account_key == line.c.key,
        jobs.c.submitted_at > _now - MINUTE_S,
        jobs.c.submitted_at < _now + MINUTE_S,
    )
    running = (
        select(func.count())
        .select_from(jobs)
        .where(jobs.c.account_key == line.c.key, _confirmed, _takes_a_slot)
    )
    sent = select(func.count()).select_from(jobs).where(of_the_minute)
    one_too_many = (
        select(jobs.c.submitted_at + MINUTE_S)
        .where(of_the_minute)
        .order_by(jobs.c.submitted_at.desc())
        .limit(1)
        .offset(CREATES_A_MINUTE - 1)
    )
    return select(
        line.c.key,
        accounts.c.key.is_not(None).label("known"),
        line.c.waits_since,
        running.scalar_subquery().label("running"),
        func.coalesce(_HELD.c.queued, 0).label("held"),
        func.coalesce(_HELD.c.sending, 0).label("sending"),
        sent.scalar_subquery().label("sent"),
        one_too_many.scalar_subquery().label("budget_from"),
        accounts.c.concurrency,
        accounts.c.rate_limited_until,
        accounts.c.room,
        accounts.c.room_until,
        accounts.c.looked_at,
    ).select_from(
        line.outerjoin(accounts, accounts.c.key == line.c.key).outerjoin(_HELD, _HELD.c.key == line.c.key)
    )


_ALL_STANDINGS = _standings(_WAITING)
_STANDING = _standings(_WAITING.where(jobs.c.account_key == _key, _confirmed))
_LOCK = (
    select(accounts.c.key).where(accounts.c.key == _key).with_for_update(skip_locked=True)
)  # nothing on SQLite
_ranked = (
    select(
        jobs.c.id,
        jobs.c.team_id,
        jobs.c.user_id,
        jobs.c.confirmed_at,
        jobs.c.lease_token.is_not(None).label("held"),
        func.row_number()
        .over(
            partition_by=(jobs.c.team_id, jobs.c.user_id),
            order_by=(jobs.c.lease_token.is_(None), jobs.c.confirmed_at, jobs.c.id),
        )
        .label("turn"),
    )
    .where(
        jobs.c.account_key == _key,
        jobs.c.status == JobStatus.QUEUED,
        _confirmed,
        # Spelled so that no index on due_at is used: it knows nothing of accounts.
        jobs.c.due_at + 0 <= bindparam("due_by", type_=jobs.c.due_at.type),
    )
    .subquery("ranked")
)
_LINE = (
    select(*(column for column in _ranked.c if column.key != "turn"))
    .where(_ranked.c.turn <= bindparam("of_each"))
    .order_by(_ranked.c.held.desc(), _ranked.c.turn, _ranked.c.confirmed_at)
    .limit(SEEN)
)
_RUNNING = (
    select(jobs.c.team_id, jobs.c.user_id, func.count())
    .where(
        jobs.c.account_key == _key,
        _confirmed,
        jobs.c.status.in_([JobStatus.QUEUED, JobStatus.SUBMITTING, JobStatus.PROCESSING]),
        or_(_takes_a_slot, _is_held),
    )
    .group_by(jobs.c.team_id, jobs.c.user_id)
)
_LAST_TURNS = (
    select(jobs.c.team_id, jobs.c.user_id, jobs.c.submitted_at)
    .where(jobs.c.account_key == _key, jobs.c.submitted_at.is_not(None))
    .order_by(jobs.c.submitted_at.desc())
    .limit(_REMEMBERED_TURNS)
)
_CLAIM = JOBS.claim(
    and_(
        jobs.c.id.in_(bindparam("job_ids", expanding=True)),
        jobs.c.status == JobStatus.QUEUED,
        jobs.c.due_at <= _now,
    )
).returning(*COLUMNS)


async def next_due(conn: AsyncConnection, *, now: float) -> float | None:
    """When the next queued job may be sent, as far as time decides; None: not before some job moves on."""
    openings = (standing.opens_at(now) for standing in await _read(conn, _ALL_STANDINGS, now))
    return min((opening for opening in openings if opening is not None), default=None)


async def claim(conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int) -> list[Job]:
    """Take queued jobs for which their accounts have a slot, for `lease_s` seconds.

    Args:
        conn: a writing transaction.
        now: seconds since the epoch.
        lease_s: longer than the longest call a step makes.
        token: fresh for each claim.
        limit: at most so many jobs; accounts for which the least is on its way come first.

    Returns:
        The jobs as claimed, still queued, in no particular order.
    """
    open_now = [
        standing
        for standing in await _read(conn, _ALL_STANDINGS, now)
        if standing.waits_since <= now and standing.room_at(now) > 0
    ]
    open_now.sort(key=lambda standing: (standing.sending, standing.waits_since))
    open_now = open_now[:limit]
    await _make_known(conn, (standing.key for standing in open_now if not standing.known))
    claimed: list[Job] = []
    for standing in open_now:
        left = limit - len(claimed)
        if left > 0 and (await conn.execute(_LOCK, {"account_key": standing.key})).scalar() is not None:
            chosen = await _choose(conn, standing.key, now=now, limit=left)
            values = {"job_ids": chosen, "now": now, "until": now + lease_s, "token": token}
            claimed += [job_of(row) for row in await conn.execute(_CLAIM, values)] if chosen else []
    return claimed


async def places(conn: AsyncConnection, account_key: str, *, now: float) -> dict[str, int]:
    """The places of the first `SEEN` jobs in the account's line, from 1."""
    line = await _line(conn, account_key, due_by=float("inf"))
    ordered = await _in_order(conn, account_key, line, now=now)
    return {waiting.job_id: place for place, waiting in enumerate(ordered, start=1)}


async def _choose(conn: AsyncConnection, key: str, *, now: float, limit: int) -> list[str]:
    """Whose turn it is, as far as there is room; counted again, now that the account is locked."""
    (standing,) = await _read(conn, _STANDING, now, account_key=key) or (None,)
    room = min(standing.room_at(now), limit) if standing is not None else 0
    if room <= 0:
        return []
    line = await _line(conn, key, due_by=now, of_each=room)
    if len(line) > room:
        line = (await _in_order(conn, key, line, now=now))[:room]
    return [waiting.job_id for waiting in line]


async def _make_known(conn: AsyncConnection, keys: Iterable[str]) -> None:
    # Sorted, so that two replicas that make the same rows never wait for each other.
    rows = [{"key": key} for key in sorted(keys)]
    if rows:
        await conn.execute(insert_into(accounts, conn.dialect.name).on_conflict_do_nothing(), rows)


async def _read(conn: AsyncConnection, standings: Select[Any], now: float, **values: str) -> list[Standing]:
    return [Standing(*row) for row in await conn.execute(standings, {"now": now, **values})]


async def _line(conn: AsyncConnection, key: str, *, due_by: float, of_each: int = SEEN) -> list[Waiting]:
    """The front of the line, with at most so many jobs of each person."""
    values = {"account_key": key, "due_by": due_by, "of_each": of_each}
    return [Waiting(*row) for row in await conn.execute(_LINE, values)]


async def _in_order(conn: AsyncConnection, key: str, line: list[Waiting], *, now: float) -> list[Waiting]:
    rows = await conn.execute(_RUNNING, {"account_key": key, "now": now})
    running: Counter[Person] = Counter({(team_id, user_id): count for team_id, user_id, count in rows})
    turns = (await conn.execute(_LAST_TURNS, {"account_key": key})).all()
    last_turns = {(team_id, user_id): at for team_id, user_id, at in reversed(turns)}
    return list(in_turns(line, running=running, last_turns=last_turns))
