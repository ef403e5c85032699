"""Objections: who does not want to be shown in what others there ask for, until they withdraw it.

Whether one stands against an order is read with its consents: see `storage.consents.objectors`. So it holds
as soon as it is stored; what it ends of what had its yes before is left to whoever finds it due. Of which
videos it was said that they show them is kept with it; see `storage.objected_videos`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import objected_videos
from storage.owners import Person, of_person, person_values
from storage.schema import consents, objections, orders
from storage.upserts import insert_into


@dataclass(frozen=True, slots=True)
class Objection:
    """One row of `objections` with something left to stop."""

    enterprise_id: str | None
    team_id: str
    user_id: str
    due_at: float
    reached: str
    """The last order that was looked at; empty: none yet."""


_STANDS = select(objections.c.made_at).where(of_person(objections)).limit(1)
_WITHDRAW = delete(objections).where(of_person(objections))
_AGAIN = update(objections).where(of_person(objections, "of_")).values(due_at=bindparam("now"), reached="")
_OPEN_ORDERS = (
    select(orders.c.id)
    .join_from(consents, orders, orders.c.id == consents.c.order_id)
    .where(
        of_person(consents),
        orders.c.ended_at.is_(None),
        orders.c.user_id != bindparam("user_id"),
        orders.c.id > bindparam("after"),
    )
    .distinct()
    .order_by(orders.c.id)
    .limit(bindparam("at_most"))
)
_DUE = (
    select(*(objections.c[each.name] for each in fields(Objection)))
    .where(objections.c.due_at <= bindparam("now"))
    .order_by(objections.c.due_at)
    .limit(1)
)
_AS_READ: Final = and_(
    objections.c.user_id == bindparam("of_user"),
    objections.c.team_id == bindparam("of_team"),
    objections.c.due_at == bindparam("seen"),
)
_GO_ON = (
    update(objections).where(_AS_READ).values(due_at=bindparam("again_at"), reached=bindparam("reached_id"))
)


async def make(conn: AsyncConnection, person: Person, *, now: float) -> bool:
    """Keep that somebody objects; False: they do already. What it has to stop is due either way."""
    new = {**person_values(person), "made_at": now, "due_at": now, "reached": ""}
    is_new = (await conn.execute(_make(conn.dialect.name), new)).first() is not None
    if not is_new:
        whose = {f"of_{name}": value for name, value in person_values(person).items()}
        await conn.execute(_AGAIN, {**whose, "now": now})
    await objected_videos.keep(conn, person)
    return is_new


async def withdraw(conn: AsyncConnection, person: Person) -> bool:
    """It is settled; False: nothing stood."""
    stood = (await conn.execute(_WITHDRAW, person_values(person))).rowcount > 0
    await conn.execute(objected_videos.FORGET, {"user_id": person.user_id})
    return stood


async def stands(conn: AsyncConnection, person: Person) -> bool:
    """Whether somebody objects."""
    return (await conn.execute(_STANDS, person_values(person))).first() is not None


async def open_orders(conn: AsyncConnection, person: Person, *, after: str = "", limit: int) -> Sequence[str]:
    """Others' orders that have not ended and, by what is said of them, show that person; by their ids."""
    values = {**person_values(person), "after": after, "at_most": limit}
    return list((await conn.execute(_OPEN_ORDERS, values)).scalars())


async def due(conn: AsyncConnection, *, now: float) -> Objection | None:
    """The one that has waited longest with something left to stop; None: there is none."""
    row = (await conn.execute(_DUE, {"now": now})).one_or_none()
    return None if row is None else Objection(*row)


async def go_on(conn: AsyncConnection, seen: Objection, *, reached: str, due_at: float | None) -> None:
    """Note how far it has come, and when it goes on (None: all is stopped); not if it was made once more."""
    values = {"of_user": seen.user_id, "of_team": seen.team_id, "seen": seen.due_at}
    await conn.execute(_GO_ON, {**values, "reached_id": reached, "again_at": due_at})


@cache
def _make(engine: str) -> Any:
    new = insert_into(objections, engine).values(
        {column.key: bindparam(column.key) for column in objections.c}
    )
    return new.on_conflict_do_nothing().returning(objections.c.made_at)
