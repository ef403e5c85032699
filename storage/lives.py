"""What is over by time, by `storage.data_map`: counted, and cleared some at a time; each may be repeated."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Delete,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import data_map, deletions, gate_store
from storage.orders import Forgotten
from storage.schema import (
    audit,
    bills,
    cards,
    consent_videos,
    consents,
    gate_answers,
    gates,
    installations,
    jobs,
    order_inputs,
    orders,
    people,
    shared_files,
)

_OWNERS_AT_ONCE: Final = 500
Clear = Callable[[AsyncConnection, Sequence[Any], float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Over:
    """One kind of what is kept for a while only."""

    what: str
    """As whoever runs the app reads it."""
    rows: Select[Any]
    """What tells those of its rows apart whose time is over."""
    values: Mapping[str, Any]
    clear: Clear
    """Of some of these rows; what has changed meanwhile stays."""


_OWNERS: BindParameter[Any] = bindparam("owners", expanding=True)
_BEFORE: BindParameter[Any] = bindparam("before")
_HAS_WORDS = and_(orders.c.forgotten.is_(None), orders.c.ended_at <= _BEFORE)
_HAS_OWN_APP = exists().where(installations.c.id == orders.c.team_id)
_WORDS = select(
    union_all(
        select(orders.c.id).where(orders.c.team_id.in_(_OWNERS), _HAS_WORDS),
        select(orders.c.id).where(orders.c.enterprise_id.in_(_OWNERS), _HAS_WORDS, ~_HAS_OWN_APP),
    ).subquery()
)
_STILL_THERE = (
    select(orders.c.id)
    .where(
        orders.c.id.in_(bindparam("order_ids", expanding=True)),
        orders.c.forgotten.is_(None),
        orders.c.ended_at.is_not(None),
    )
    .order_by(orders.c.id)
    .with_for_update(skip_locked=True)
)
_HAS_OPEN_BILL = exists().where(
    jobs.c.order_id == orders.c.id, bills.c.job_id == jobs.c.id, bills.c.due_at.is_not(None)
)
_IS_BEHIND = exists().where(cards.c.id == orders.c.id, cards.c.due_at.is_not(None))
_ROWS = select(orders.c.id).where(
    or_(
        and_(orders.c.forgotten == Forgotten.DELETED, orders.c.updated_at <= bindparam("deleted_before")),
        and_(orders.c.forgotten == Forgotten.OLD, orders.c.updated_at <= bindparam("old_before")),
    ),
    ~_HAS_OPEN_BILL,
    ~_IS_BEHIND,
)
_ORDER_IDS: BindParameter[Any] = bindparam("order_ids", expanding=True)
_OF_GATES = gate_answers.c.gate_id.in_(select(gates.c.id).where(gates.c.order_id.in_(_ORDER_IDS)))
_DELETE_CARDS = delete(cards).where(cards.c.id.in_(bindparam("card_ids", expanding=True)))
_DELETE_ROWS = (
    delete(gate_answers).where(_OF_GATES),
    delete(consent_videos).where(consent_videos.c.order_id.in_(_ORDER_IDS)),
    delete(consents).where(consents.c.order_id.in_(_ORDER_IDS)),
    delete(gates).where(gates.c.order_id.in_(_ORDER_IDS)),
    delete(order_inputs).where(order_inputs.c.order_id.in_(_ORDER_IDS)),
    delete(jobs).where(jobs.c.order_id.in_(_ORDER_IDS)),
    delete(orders).where(orders.c.id.in_(_ORDER_IDS)),
)
_AUDIT_KEY = tuple_(audit.c.team_id, audit.c.seq)
_FILE_KEY = (shared_files.c.team_id, shared_files.c.user_id, shared_files.c.file_id)
_PERSON_KEY = (people.c.installation_id, people.c.user_id)


def over(kept_days: Mapping[int, Sequence[str]], *, now: float) -> list[Over]:
    """All kinds.

    Args:
        kept_days: for how many days which installations keep what people wrote.
        now: seconds since the epoch.
    """
    rows_before = {
        "old_before": now - data_map.ROWS_KEPT_S,
        "deleted_before": now - data_map.DELETED_ROWS_KEPT_S,
    }
    return [
        *_words(kept_days, now),
        Over("orders, without their words", _ROWS, rows_before, _delete_rows),
        *(
            Over(what, rows.where(column <= _BEFORE), {"before": now - kept_s}, _each(statement))
            for what, column, kept_s, rows, statement in _BY_TIME
        ),
    ]


async def some(conn: AsyncConnection, kind: Over, *, limit: int) -> Sequence[Any]:
    """Some rows of a kind."""
    rows: Sequence[Any] = (await conn.execute(kind.rows.limit(limit), kind.values)).all()
    return rows


async def count(conn: AsyncConnection, kind: Over) -> int:
    """How many rows of a kind are over."""
    number = select(func.count()).select_from(kind.rows.subquery())
    return int((await conn.execute(number, kind.values)).scalar_one())


def _words(kept_days: Mapping[int, Sequence[str]], now: float) -> Iterator[Over]:
    for days, owners in sorted(kept_days.items()):
        for first in range(0, len(owners), _OWNERS_AT_ONCE):
            values = {
                "owners": owners[first : first + _OWNERS_AT_ONCE],
                "before": now - days * data_map.DAY_S,
            }
            yield Over("orders' words", _WORDS, values, _forget_words)


async def _forget_words(conn: AsyncConnection, rows: Sequence[Any], now: float) -> None:
    found = await conn.execute(_STILL_THERE, {"order_ids": [order_id for (order_id,) in rows]})
    ids = list(found.scalars())
    if ids:
        await deletions.forget_words(conn, ids, Forgotten.OLD, now=now)


async def _delete_rows(conn: AsyncConnection, rows: Sequence[Any], now: float) -> None:  # noqa: ARG001 - as `Clear`
    ids = [order_id for (order_id,) in rows]
    of_gates = await gate_store.of_orders(conn, ids)
    of_approvers = [card for gate in of_gates.values() for card in gate.cards]
    await conn.execute(_DELETE_CARDS, {"card_ids": [*ids, *of_approvers]})
    for statement in _DELETE_ROWS:
        await conn.execute(statement, {"order_ids": ids})


def _each(statement: Delete | Update) -> Clear:
    async def clear(conn: AsyncConnection, rows: Sequence[Any], now: float) -> None:  # noqa: ARG001 - as `Clear`
        await conn.execute(statement, {"keys": [row[0] if len(row) == 1 else tuple(row) for row in rows]})

    return clear


_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_BY_TIME: Final = (
    (
        "names in the audit log",
        audit.c.at,
        data_map.LOG_KEPT_S,
        select(audit.c.team_id, audit.c.seq).where(audit.c.salt.is_not(None)),
        update(audit).where(_AUDIT_KEY.in_(_KEYS)).values(personal=None, salt=None),
    ),
    (
        "Homes that nobody opens",
        cards.c.opened_at,
        data_map.HOMES_KEPT_S,
        select(cards.c.id).where(cards.c.lease_token.is_(None)),
        delete(cards).where(cards.c.id.in_(_KEYS), cards.c.lease_token.is_(None)),
    ),
    (
        "what people are there",
        people.c.told_at,
        data_map.PEOPLE_KEPT_S,
        select(*_PERSON_KEY),
        delete(people).where(tuple_(*_PERSON_KEY).in_(_KEYS)),
    ),
    (
        "files that forms offer",
        shared_files.c.shared_at,
        data_map.FILES_KEPT_S,
        select(*_FILE_KEY),
        delete(shared_files).where(tuple_(*_FILE_KEY).in_(_KEYS)),
    ),
)
