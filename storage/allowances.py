"""Allowances: what approvers have said yes to beforehand, each of one model in one channel, up to a price.

One counts as its approver's yes when a gate opens, and at none that is open already, where they are asked.
When it ends, that yes counts no more where others are still waited for: its approver is asked after all.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from storage import gate_store
from storage.owners import Owner, Person, of_owner, of_person, owner_values, person_values
from storage.schema import allowances
from storage.upserts import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One row of `allowances`."""

    id: str
    owner_id: str
    """The installation whose rules name the approver."""
    enterprise_id: str | None
    team_id: str
    user_id: str
    """The approver."""
    channel_id: str
    model: str
    most_usd: Decimal
    """The most that one order may come to."""
    at: float
    """Since when, in seconds since the epoch."""


_NAMES: Final = tuple(each.name for each in fields(Allowance))
_COLUMNS: Final = tuple(allowances.c[name] for name in _NAMES)
_KEY: Final = ("owner_id", "channel_id", "model", "user_id")
_IN_ORDER: Final = (allowances.c.at, allowances.c.id)
_ID = allowances.c.id == bindparam("row_id")
_FIND = select(*_COLUMNS).where(_ID, of_owner(allowances))
_OF_INSTALLATION = (
    select(*_COLUMNS).where(allowances.c.owner_id == bindparam("owner_id")).order_by(*_IN_ORDER)
)
_COVERING = _OF_INSTALLATION.where(
    allowances.c.channel_id == bindparam("channel_id"),
    allowances.c.model == bindparam("model"),
    allowances.c.most_usd >= bindparam("usd", type_=allowances.c.most_usd.type),
)
_COVERING_LOCKED = _COVERING.with_for_update(read=True)
_OF_PERSON = select(*_COLUMNS).where(of_person(allowances))
_OF_LEAVER = _OF_INSTALLATION.where(allowances.c.user_id == bindparam("user_id"))
_OF_OTHERS = _OF_INSTALLATION.where(allowances.c.user_id.not_in(bindparam("named", expanding=True)))
_END = (
    delete(allowances).where(allowances.c.id.in_(bindparam("row_ids", expanding=True))).returning(*_COLUMNS)
)


async def give(conn: AsyncConnection, new: Allowance) -> Allowance:
    """Store one, in place of what the same approver allows of the same kind. Returns it as it is now."""
    row = (await conn.execute(_give(conn.dialect.name), asdict(new))).one()
    return _record(row)


async def find(conn: AsyncConnection, row_id: str, owner: Owner) -> Allowance | None:
    """One, if it is that team's or organisation's."""
    row = (await conn.execute(_FIND, {"row_id": row_id, **owner_values(owner)})).one_or_none()
    return None if row is None else _record(row)


async def of_installation(conn: AsyncConnection, owner_id: str) -> list[Allowance]:
    """All of an installation, the oldest first."""
    return [_record(row) for row in await conn.execute(_OF_INSTALLATION, {"owner_id": owner_id})]


async def covering(
    conn: AsyncConnection, owner_id: str, channel_id: str, model: str, usd: Decimal, *, lock: bool = False
) -> list[Allowance]:
    """Those that an order of that price is within, the oldest first.

    Args:
        conn: a transaction, a writing one to lock.
        owner_id: the installation.
        channel_id: where it is asked.
        model: what makes it.
        usd: the most that it may come to.
        lock: whether nobody may take one back before the transaction ends; on SQLite nobody can anyway.
    """
    values = {"owner_id": owner_id, "channel_id": channel_id, "model": model, "usd": usd}
    rows = await conn.execute(_COVERING_LOCKED if lock else _COVERING, values)
    return [_record(row) for row in rows]


async def take_back(conn: AsyncConnection, row_id: str, owner: Owner, *, now: float) -> Allowance | None:
    """End one, if it is that team's or organisation's. None: it is not there."""
    ended = await _end(conn, _FIND, {"row_id": row_id, **owner_values(owner)}, now=now)
    return ended[0] if ended else None


async def end_of_others(
    conn: AsyncConnection, owner_id: str, named: Collection[str], *, now: float
) -> list[Allowance]:
    """End those of an installation whose approver is not among `named`, and give them back."""
    return await _end(conn, _OF_OTHERS, {"owner_id": owner_id, "named": sorted(named)}, now=now)


async def end_of_leaver(conn: AsyncConnection, owner_id: str, user_id: str, *, now: float) -> list[Allowance]:
    """End those of somebody who is nobody any more to an installation, and give them back."""
    return await _end(conn, _OF_LEAVER, {"owner_id": owner_id, "user_id": user_id}, now=now)


async def end_of_person(conn: AsyncConnection, person: Person, *, now: float) -> list[Allowance]:
    """End those of somebody there, and give them back."""
    return await _end(conn, _OF_PERSON, person_values(person), now=now)


async def _end(
    conn: AsyncConnection, which: Select[Any], values: Mapping[str, Any], *, now: float
) -> list[Allowance]:
    """Delete them, the one way in which any ends: what waits by it is looked at anew.

    The orders first, as a yes locks them.
    """
    known = [_record(row) for row in await conn.execute(which, values)]
    if not known:
        return []
    for owner_id in sorted({each.owner_id for each in known}):
        await gate_store.look_at_all(conn, owner_id, now=now)
    rows = await conn.execute(_END, {"row_ids": [each.id for each in known]})
    return sorted(map(_record, rows), key=lambda each: each.id)


def _record(row: Sequence[Any]) -> Allowance:
    return Allowance(**dict(zip(_NAMES, row, strict=True)))


@cache
def _give(engine: str) -> ReturningInsert[Any]:
    new = insert_into(allowances, engine).values({name: bindparam(name) for name in _NAMES})
    return new.on_conflict_do_update(
        index_elements=[allowances.c[name] for name in _KEY],
        set_={name: new.excluded[name] for name in ("most_usd", "at")},
    ).returning(*_COLUMNS)
