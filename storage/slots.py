"""The lines in which confirmed jobs wait for a slot of their sync.so account, across all replicas.

There are two claims. Whose turn it is while there is a slot has its price looked at once more, and takes none
meanwhile; whose price holds is sent.

A claim locks the account's row before it counts, so that of several replicas one counts and takes; on SQLite
the writers' lock does it. What a worker has claimed keeps its slot until it is given back, is taken over
from the dead, or its lease ends; then it goes first.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from storage import leases
from storage.jobs import PRICE_GOOD_S, Job, JobStatus
from storage.pause_store import is_paused
from storage.rows import JOBS
from storage.schema import accounts, jobs
from storage.standing import CREATES_A_MINUTE, MINUTE_S, PRICED_SLOWLY_S, Standing
from storage.turns import Person, Waiting, in_turns
from storage.upserts import insert_into

SEEN: Final = 300
"""How far a line is looked into, everybody's first jobs first: what is further back gets there in time."""
_REMEMBERED_TURNS: Final = 120
"""Of the latest create calls of an account; whoever is in none of them counts as never served."""

_now = bindparam("now", type_=jobs.c.due_at.type)
_key = bindparam("account_key", type_=jobs.c.account_key.type)
_is_open = jobs.c.ended_at.is_(None)
_takes_a_slot = jobs.c.status.in_([JobStatus.SUBMITTING, JobStatus.PROCESSING])
_is_leased = and_(jobs.c.lease_token.is_not(None), jobs.c.due_at > _now)
_is_queued = jobs.c.status == JobStatus.QUEUED
# Who asks for a price has no slot; only who was about to send does.
_was_to_be_sent = and_(jobs.c.lease_token.is_not(None), jobs.c.pricing_since.is_(None))
_is_held = and_(_is_queued, _was_to_be_sent, jobs.c.due_at > _now)
_is_priced = and_(_is_queued, _is_leased, jobs.c.pricing_since.is_not(None))
# A price from the future is from before the clock was set back.
_is_ready = and_(jobs.c.priced_at > _now - PRICE_GOOD_S, jobs.c.priced_at <= _now)
_is_unpriced = or_(jobs.c.priced_at.is_(None), not_(_is_ready))

_WAITING = (
    select(
        jobs.c.account_key.label("key"),
        func.min(case((_is_unpriced, jobs.c.due_at))).label("unpriced_since"),
        func.min(case((_is_ready, jobs.c.due_at))).label("ready_since"),
        func.sum(case((and_(_is_ready, jobs.c.due_at <= _now), 1), else_=0)).label("ready"),
    )
    .where(_is_queued, jobs.c.due_at.is_not(None), not_(is_paused(jobs)))
    .group_by(jobs.c.account_key)
)
_HELD = (
    select(
        jobs.c.account_key.label("key"),
        func.sum(case((_is_priced, 0), else_=1)).label("sending"),
        func.sum(case((_is_held, 1), else_=0)).label("queued"),
        func.sum(case((_is_priced, 1), else_=0)).label("pricing"),
        func.sum(case((and_(_is_priced, jobs.c.pricing_since < _now - PRICED_SLOWLY_S), 1), else_=0)).label(
            "pricing_slowly"
        ),
    )
    .where(jobs.c.status.in_([JobStatus.QUEUED, JobStatus.SUBMITTING]), _is_leased)
    .group_by(jobs.c.account_key)
    .subquery("held")
)


def _standings(waiting: Select[Any]) -> Select[Any]:
    """The fields of `Standing` for each account in `waiting`."""
    line = waiting.subquery("line")
    return select(
        line.c.key,
        accounts.c.key.is_not(None).label("known"),
        line.c.unpriced_since,
        line.c.ready_since,
        line.c.ready,
        func.coalesce(_HELD.c.pricing, 0).label("pricing"),
        func.coalesce(_HELD.c.pricing_slowly, 0).label("pricing_slowly"),
        _running_of(line).label("running"),
        func.coalesce(_HELD.c.queued, 0).label("held"),
        func.coalesce(_HELD.c.sending, 0).label("sending"),
        *_sent_of(line),
        accounts.c.concurrency,
        accounts.c.rate_limited_until,
        accounts.c.room,
        accounts.c.room_until,
        accounts.c.looked_at,
    ).select_from(
        line.outerjoin(accounts, accounts.c.key == line.c.key).outerjoin(_HELD, _HELD.c.key == line.c.key)
    )


def _running_of(line: Subquery) -> ScalarSelect[int]:
    """How many jobs of the line's account have a slot at sync.so."""
    running = (
        select(func.count())
        .select_from(jobs)
        .where(jobs.c.account_key == line.c.key, _is_open, _takes_a_slot)
    )
    return running.scalar_subquery()


def _sent_of(line: Subquery) -> tuple[ColumnElement[int], ColumnElement[float]]:
    """How many creates the account's last minute had, and from when on it may have one more."""
    # A stamp from the future is from before the clock was set back.
    of_the_minute = and_(
        jobs.c.account_key == line.c.key,
        jobs.c.submitted_at > _now - MINUTE_S,
        jobs.c.submitted_at < _now + MINUTE_S,
    )
    sent = select(func.count()).select_from(jobs).where(of_the_minute)
    one_too_many = (
        select(jobs.c.submitted_at + MINUTE_S)
        .where(of_the_minute)
        .order_by(jobs.c.submitted_at.desc())
        .limit(1)
        .offset(CREATES_A_MINUTE - 1)
    )
    return sent.scalar_subquery().label("sent"), one_too_many.scalar_subquery().label("budget_from")


_ALL_STANDINGS = _standings(_WAITING)
_STANDING = _standings(_WAITING.where(jobs.c.account_key == _key, _is_open))
_LOCK = (
    select(accounts.c.key).where(accounts.c.key == _key).with_for_update(skip_locked=True)
)  # nothing on SQLite


def _line_of(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The fields of `Waiting` for the front of one account's line, as far as the conditions go."""
    ranked = (
        select(
            jobs.c.id,
            jobs.c.team_id,
            jobs.c.user_id,
            jobs.c.created_at,
            _was_to_be_sent.label("held"),
            func.row_number()
            .over(
                partition_by=(jobs.c.team_id, jobs.c.user_id),
                order_by=(not_(_was_to_be_sent), jobs.c.created_at, jobs.c.id),
            )
            .label("turn"),
        )
        .where(
            jobs.c.account_key == _key,
            _is_queued,
            _is_open,
            # Spelled so that no index on due_at is used: it knows nothing of accounts.
            jobs.c.due_at + 0 <= bindparam("due_by", type_=jobs.c.due_at.type),
            not_(is_paused(jobs)),
            *conditions,
        )
        .subquery("ranked")
    )
    return (
        select(*(column for column in ranked.c if column.key != "turn"))
        .where(ranked.c.turn <= bindparam("of_each"))
        .order_by(ranked.c.held.desc(), ranked.c.turn, ranked.c.created_at)
        .limit(SEEN)
    )


def _served_with(*further: ColumnElement[bool]) -> Select[Any]:
    """How many jobs each person of one account has a slot for, or one of the further things."""
    return (
        select(jobs.c.team_id, jobs.c.user_id, func.count())
        .where(
            jobs.c.account_key == _key,
            _is_open,
            jobs.c.status.in_([JobStatus.QUEUED, JobStatus.SUBMITTING, JobStatus.PROCESSING]),
            or_(_takes_a_slot, _is_held, *further),
        )
        .group_by(jobs.c.team_id, jobs.c.user_id)
    )


def _claim_of(**values: Any) -> ReturningUpdate[Any]:
    chosen = and_(jobs.c.id.in_(bindparam("job_ids", expanding=True)), _is_queued, jobs.c.due_at <= _now)
    return leases.JOBS.claim(chosen).values(values).returning(*JOBS.columns)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a job in a line is claimed for."""

    room_at: Callable[[Standing, float], int]
    since: Callable[[Standing], float | None]
    """When the first job was, or will be, due for it."""
    line: Select[Any]
    served: Select[Any]
    """What counts when it is seen whose turn it is."""
    claim: ReturningUpdate[Any]


_TO_PRICE = _Stage(
    Standing.room_to_price_at,
    lambda standing: standing.unpriced_since,
    _line_of(_is_unpriced),
    _served_with(_is_priced, and_(_is_queued, _is_ready)),
    _claim_of(pricing_since=case((jobs.c.pricing_since <= _now, jobs.c.pricing_since), else_=_now)),
)
_TO_SEND = _Stage(
    Standing.room_at,
    lambda standing: standing.ready_since,
    _line_of(_is_ready),
    _served_with(),
    _claim_of(pricing_since=None),
)
_LINE, _SERVED = _line_of(), _served_with()
_LAST_TURNS = (
    select(jobs.c.team_id, jobs.c.user_id, jobs.c.submitted_at)
    .where(jobs.c.account_key == _key, jobs.c.submitted_at.is_not(None))
    .order_by(jobs.c.submitted_at.desc())
    .limit(_REMEMBERED_TURNS)
)


async def standings(conn: AsyncConnection, *, now: float) -> list[Standing]:
    """Every account in whose line jobs wait."""
    return await _read(conn, _ALL_STANDINGS, now)


async def claim_to_price(
    conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int
) -> list[Job]:
    """Take queued jobs whose turn it is and whose price was not looked at a moment ago; see `claim`.

    They take no slot meanwhile: others are sent if they are ready earlier.
    """
    return await _claim(conn, _TO_PRICE, now=now, lease_s=lease_s, token=token, limit=limit)


async def claim(conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int) -> list[Job]:
    """Take queued jobs whose price holds and for which their accounts have a slot, for `lease_s` seconds.

    Args:
        conn: a writing transaction.
        now: seconds since the epoch.
        lease_s: longer than the longest call a step makes.
        token: fresh for each claim.
        limit: at most so many jobs; accounts for which the least is on its way come first.

    Returns:
        The jobs as claimed, still queued, in no particular order.
    """
    return await _claim(conn, _TO_SEND, now=now, lease_s=lease_s, token=token, limit=limit)


async def _claim(
    conn: AsyncConnection, stage: _Stage, *, now: float, lease_s: float, token: str, limit: int
) -> list[Job]:
    open_now = [
        (standing.sending + standing.pricing, since, standing)
        for standing in await _read(conn, _ALL_STANDINGS, now)
        if (since := stage.since(standing)) is not None and since <= now and stage.room_at(standing, now) > 0
    ]
    chosen_now = [standing for *_, standing in sorted(open_now, key=lambda each: each[:2])[:limit]]
    await _make_known(conn, (standing.key for standing in chosen_now if not standing.known))
    claimed: list[Job] = []
    for standing in chosen_now:
        left = limit - len(claimed)
        if left > 0 and (await conn.execute(_LOCK, {"account_key": standing.key})).scalar() is not None:
            chosen = await _choose(conn, stage, standing.key, now=now, limit=left)
            values = {"job_ids": chosen, "now": now, "until": now + lease_s, "token": token}
            claimed += [JOBS.record(row) for row in await conn.execute(stage.claim, values)] if chosen else []
    return claimed


async def places(conn: AsyncConnection, account_key: str, *, now: float) -> dict[str, int]:
    """The places of the first `SEEN` jobs in the account's line, from 1."""
    line = await _line(conn, _LINE, account_key, now=now, due_by=float("inf"))
    ordered = await _in_order(conn, _SERVED, account_key, line, now=now)
    return {waiting.job_id: place for place, waiting in enumerate(ordered, start=1)}


async def _choose(conn: AsyncConnection, stage: _Stage, key: str, *, now: float, limit: int) -> list[str]:
    """Whose turn it is, as far as there is room; counted again, now that the account is locked."""
    (standing,) = await _read(conn, _STANDING, now, account_key=key) or (None,)
    room = min(stage.room_at(standing, now), limit) if standing is not None else 0
    if room <= 0:
        return []
    line = await _line(conn, stage.line, key, now=now, due_by=now, of_each=room)
    if len(line) > room:
        line = (await _in_order(conn, stage.served, key, line, now=now))[:room]
    return [waiting.job_id for waiting in line]


async def _make_known(conn: AsyncConnection, keys: Iterable[str]) -> None:
    # Sorted, so that two replicas that make the same rows never wait for each other.
    rows = [{"key": key} for key in sorted(keys)]
    if rows:
        await conn.execute(insert_into(accounts, conn.dialect.name).on_conflict_do_nothing(), rows)


async def _read(conn: AsyncConnection, standings: Select[Any], now: float, **values: str) -> list[Standing]:
    return [Standing(*row) for row in await conn.execute(standings, {"now": now, **values})]


async def _line(
    conn: AsyncConnection, line: Select[Any], key: str, *, now: float, due_by: float, of_each: int = SEEN
) -> list[Waiting]:
    """The front of the line, with at most so many jobs of each person."""
    values = {"account_key": key, "now": now, "due_by": due_by, "of_each": of_each}
    return [Waiting(*row) for row in await conn.execute(line, values)]


async def _in_order(
    conn: AsyncConnection, served: Select[Any], key: str, line: list[Waiting], *, now: float
) -> list[Waiting]:
    rows = await conn.execute(served, {"account_key": key, "now": now})
    running: Counter[Person] = Counter({(team_id, user_id): count for team_id, user_id, count in rows})
    turns = (await conn.execute(_LAST_TURNS, {"account_key": key})).all()
    last_turns = {(team_id, user_id): at for team_id, user_id, at in reversed(turns)}
    return list(in_turns(line, running=running, last_turns=last_turns))
