"""People who want their data deleted: what is still there of them, and what takes it away.

Each function may be repeated at any time. What somebody asks for afterwards is not touched.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    Double,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import objected_videos
from storage.cards import CardKind
from storage.jobs import JobStatus
from storage.orders import Forgotten
from storage.owners import Person, of_person, person_values
from storage.pseudonyms import new_pseudonym
from storage.schema import (
    allowances,
    audit,
    cards,
    departures,
    jobs,
    ledger,
    objections,
    orders,
    people,
    shared_files,
)
from storage.upserts import insert_into

_PAGE: Final = 500
LogKey = tuple[str, int]
"""The team whose log it is, and the entry's number there."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One row of `departures`. Times are seconds since the epoch."""

    enterprise_id: str | None
    team_id: str
    user_id: str
    pseudonym: str
    asked_at: float
    due_at: float


class Waits(NamedTuple):
    """How many of somebody's orders have to end before their data can go."""

    open: int
    """In all."""
    unresolved: int
    """Of these the ones of which nobody knows what became of a video at sync.so."""


_COLUMNS: Final = tuple(departures.c[each.name] for each in fields(Departure))
_DUE = (
    select(*_COLUMNS)
    .where(departures.c.due_at <= bindparam("now"))
    .order_by(departures.c.due_at)
    .limit(bindparam("at_most"))
)
_KEY = (departures.c.team_id == bindparam("of_team"), departures.c.user_id == bindparam("of_user"))
_WAIT = (
    update(departures)
    .where(*_KEY, departures.c.asked_at == bindparam("asked"))
    .values(due_at=bindparam("when"))
)
_DONE = delete(departures).where(*_KEY, departures.c.asked_at == bindparam("asked"))

_ASKED_BEFORE = and_(of_person(orders), orders.c.created_at <= bindparam("asked_at"))
_OPEN = select(orders.c.id).where(_ASKED_BEFORE, orders.c.ended_at.is_(None)).order_by(orders.c.id)
_HAS_CARD = select(cards.c.id).where(cards.c.id == orders.c.id).exists()
_IS_UNRESOLVED = exists().where(jobs.c.order_id == orders.c.id, jobs.c.status == JobStatus.UNRESOLVED)
_COUNT_OPEN = select(
    *(
        select(func.count()).select_from(each.subquery()).scalar_subquery()
        for each in (_OPEN.where(_HAS_CARD), _OPEN.where(_HAS_CARD, _IS_UNRESOLVED))
    )
)
_ENDED = (
    select(orders.c.id)
    .where(
        _ASKED_BEFORE,
        orders.c.ended_at.is_not(None),
        orders.c.forgotten.is_distinct_from(Forgotten.DELETED),
    )
    .order_by(orders.c.id)
)
_IS_KNOWN = select(
    or_(
        *(
            select(table.c.user_id).where(of_person(table)).exists()
            for table in (orders, shared_files, allowances, objections)
        ),
        select(cards.c.id).where(of_person(cards), cards.c.opened_at.is_not(None)).exists(),
        # The books and the log name whoever has asked for nothing of late, or only decided.
        select(ledger.c.user_id)
        .where(
            ledger.c.user_id == bindparam("user_id"),
            or_(ledger.c.team_id == bindparam("team_id"), ledger.c.owner_id == bindparam("enterprise_id")),
        )
        .exists(),
        select(audit.c.seq)
        .where(
            audit.c.team_id.in_([bindparam("team_id"), bindparam("enterprise_id")]),
            audit.c.salt.is_not(None),
            audit.c.personal.contains(bindparam("user_id")),
        )
        .exists(),
    )
)
_ASKED: BindParameter[float] = bindparam("asked_at", type_=Double)
_TRACES: Final = (
    delete(cards).where(of_person(cards), cards.c.kind == CardKind.HOME, cards.c.opened_at <= _ASKED),
    delete(shared_files).where(of_person(shared_files), shared_files.c.shared_at <= _ASKED),
    delete(objections).where(of_person(objections), objections.c.made_at <= _ASKED),
    objected_videos.FORGET,
    delete(people).where(
        people.c.user_id == bindparam("user_id"),
        people.c.installation_id.in_([bindparam("team_id"), bindparam("enterprise_id")]),
        people.c.told_at <= _ASKED,
    ),
)
_LOGGED = (
    select(audit.c.team_id, audit.c.seq, audit.c.personal)
    .where(
        audit.c.team_id == bindparam("log"),
        audit.c.seq > bindparam("after"),
        audit.c.at <= bindparam("asked_at"),
        audit.c.salt.is_not(None),
        audit.c.personal.contains(bindparam("user_id")),
    )
    .order_by(audit.c.seq)
    .limit(_PAGE)
)
_UNNAME = (
    update(audit)
    .where(tuple_(audit.c.team_id, audit.c.seq).in_(bindparam("keys", expanding=True)))
    .values(personal=None, salt=None)
)


async def ask(conn: AsyncConnection, person: Person, *, now: float) -> str:
    """Have somebody's data deleted; returns what will stand in their place.

    What they have asked for since then is deleted as well, if they ask again.
    """
    new = Departure(person.enterprise_id, person.team_id, person.user_id, new_pseudonym(), now, now)
    insert = insert_into(departures, conn.dialect.name).values(asdict(new))
    again = insert.on_conflict_do_update(
        index_elements=[departures.c.team_id, departures.c.user_id],
        set_={"asked_at": insert.excluded.asked_at, "due_at": insert.excluded.due_at},
    )
    return str((await conn.execute(again.returning(departures.c.pseudonym))).scalar_one())


async def is_known(conn: AsyncConnection, person: Person) -> bool:
    """Whether anything there tells of somebody."""
    return bool((await conn.execute(_IS_KNOWN, person_values(person))).scalar())


async def count_open(conn: AsyncConnection, person: Person, *, now: float) -> Waits:
    """How many of somebody's orders have not ended."""
    counted = await conn.execute(_COUNT_OPEN, person_values(person) | {"asked_at": now})
    return Waits(*counted.one())


async def due(conn: AsyncConnection, *, now: float, limit: int) -> list[Departure]:
    """Some that are to be looked at."""
    return [Departure(*row) for row in await conn.execute(_DUE, {"now": now, "at_most": limit})]


async def wait(conn: AsyncConnection, left: Departure, *, until: float) -> None:
    """Look again later; at once, if they have asked again meanwhile."""
    await conn.execute(_WAIT, _key(left) | {"asked": left.asked_at, "when": until})


async def done(conn: AsyncConnection, left: Departure) -> bool:
    """Forget that they asked; False: they have asked again meanwhile, or somebody else was first."""
    return (await conn.execute(_DONE, _key(left) | {"asked": left.asked_at})).rowcount > 0


async def open_orders(conn: AsyncConnection, left: Departure, *, limit: int) -> Sequence[str]:
    """Their orders that have not ended."""
    return await _ids(conn, _OPEN, left, limit)


async def ended_orders(conn: AsyncConnection, left: Departure, *, limit: int) -> Sequence[str]:
    """Their orders that have, and of which something is left here or at sync.so."""
    return await _ids(conn, _ENDED, left, limit)


async def forget_traces(conn: AsyncConnection, left: Departure) -> None:
    """Delete what was kept of them, when they asked, beside orders, books and log."""
    for statement in _TRACES:
        await conn.execute(statement, person_values(left) | {"asked_at": left.asked_at})


async def logged(conn: AsyncConnection, left: Departure) -> Sequence[LogKey]:
    """Some of what tells of them in the audit logs, up to when they asked; empty: nothing is left."""
    names = re.compile(rf"\b{re.escape(left.user_id)}\b")
    for log in filter(None, (left.team_id, left.enterprise_id)):
        after = 0
        while True:
            values: dict[str, Any] = {"log": log, "after": after, "asked_at": left.asked_at}
            page = (await conn.execute(_LOGGED, values | {"user_id": left.user_id})).all()
            if keys := [(row.team_id, row.seq) for row in page if names.search(row.personal)]:
                return keys
            if len(page) < _PAGE:
                break
            after = page[-1].seq
    return ()


async def unname(conn: AsyncConnection, keys: Sequence[LogKey]) -> None:
    """Take from entries of the audit logs what tells of people; the rows hold as before."""
    await conn.execute(_UNNAME, {"keys": list(keys)})


async def _ids(conn: AsyncConnection, query: Any, left: Departure, limit: int) -> Sequence[str]:
    values = person_values(left) | {"asked_at": left.asked_at}
    return list((await conn.execute(query.limit(limit), values)).scalars())


def _key(left: Departure) -> dict[str, Any]:
    return {"of_team": left.team_id, "of_user": left.user_id}
