"""Objections: who does not want to be shown in what others there ask for, until they withdraw it.

Whether one stands against an order is read with its consents: see `storage.consents.objectors`.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.owners import Person, of_person, person_values
from storage.schema import consents, objections, orders
from storage.upserts import insert_into

_STANDS = select(objections.c.made_at).where(of_person(objections)).limit(1)
_WITHDRAW = delete(objections).where(of_person(objections))
_OPEN_ORDERS = (
    select(orders.c.id)
    .join_from(consents, orders, orders.c.id == consents.c.order_id)
    .where(of_person(consents), orders.c.ended_at.is_(None), orders.c.user_id != bindparam("user_id"))
    .distinct()
    .order_by(orders.c.id)
)


async def make(conn: AsyncConnection, person: Person, *, now: float) -> bool:
    """Keep that somebody objects; False: they do already."""
    new = {**person_values(person), "made_at": now}
    return (await conn.execute(_make(conn.dialect.name), new)).first() is not None


async def withdraw(conn: AsyncConnection, person: Person) -> bool:
    """It is settled; False: nothing stood."""
    return (await conn.execute(_WITHDRAW, person_values(person))).rowcount > 0


async def stands(conn: AsyncConnection, person: Person) -> bool:
    """Whether somebody objects."""
    return (await conn.execute(_STANDS, person_values(person))).first() is not None


async def open_orders(conn: AsyncConnection, person: Person) -> Sequence[str]:
    """Others' orders that have not ended and, by what is said of them, show that person."""
    return list((await conn.execute(_OPEN_ORDERS, person_values(person))).scalars())


@cache
def _make(engine: str) -> Any:
    new = insert_into(objections, engine).values(
        {column.key: bindparam(column.key) for column in objections.c}
    )
    return new.on_conflict_do_nothing().returning(objections.c.made_at)
