"""Videos that show somebody who objects: kept with the objection, so that it holds whoever is named later.

It was said of them once that they show that person. Whoever asked can delete that, or say something else.
"""

from collections.abc import Collection
from functools import cache
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.orders import NewOrder, Order
from storage.owners import Person, of_owner, of_person, owner_values, person_values
from storage.schema import consent_videos, consents, objected_videos, objections, orders
from storage.upserts import insert_into

IS_AGAINST: Final = and_(
    objections.c.user_id == consents.c.user_id,
    or_(objections.c.team_id == consents.c.team_id, objections.c.enterprise_id == consents.c.enterprise_id),
)
"""Whether an objection stands against what is said."""
NOT_THEIRS: Final = exists().where(
    orders.c.id == consent_videos.c.order_id, orders.c.failure_code == "slack_file_not_found"
)
"""It was said of a file that was not its asker's, or not there: that is nobody's word."""
_NOT_KNOWN_THEIRS = exists().where(orders.c.id == consent_videos.c.order_id, orders.c.offer_id.is_(None))
"""Nor is it known to be theirs before the offer, which has seen the file."""
_OF_OBJECTION = and_(
    objections.c.user_id == objected_videos.c.user_id, objections.c.team_id == objected_videos.c.team_id
)
_SAID = (
    select(consent_videos.c.source, objections.c.user_id, objections.c.team_id)
    .join_from(consents, consent_videos, consent_videos.c.order_id == consents.c.order_id)
    .join(objections, IS_AGAINST)
    .where(~NOT_THEIRS, ~_NOT_KNOWN_THEIRS)
    .order_by(consent_videos.c.source, objections.c.user_id, objections.c.team_id)
)
"""In one order, so that no two who keep the same wait for each other."""
_BY_PERSON = _SAID.where(of_person(objections))
_BY_ORDER = _SAID.where(consents.c.order_id == bindparam("order_id"))
FORGET: Final = delete(objected_videos).where(
    objected_videos.c.user_id == bindparam("user_id"), ~exists().where(_OF_OBJECTION)
)
"""Of a person, after an objection of theirs: what is kept with none."""
_OBJECTORS = (
    select(objected_videos.c.user_id)
    .join(objections, _OF_OBJECTION)
    .where(
        objected_videos.c.source.in_(bindparam("sources", expanding=True)),
        objected_videos.c.user_id != bindparam("asker_id"),
        of_owner(objections),
    )
    .distinct()
    .order_by(objected_videos.c.user_id)
)


async def keep(conn: AsyncConnection, person: Person) -> None:
    """Keep all videos of which it is said that they show somebody who objects."""
    await conn.execute(_keeping(conn.dialect.name, of_order=False), person_values(person))


async def keep_of(conn: AsyncConnection, order_id: str) -> None:
    """Keep an order's, where it is said that they show somebody who objects already."""
    await conn.execute(_keeping(conn.dialect.name, of_order=True), {"order_id": order_id})


async def objectors(
    conn: AsyncConnection, order: Order | NewOrder, sources: Collection[str]
) -> tuple[str, ...]:
    """Who stands against an order of these videos, whoever is named; of their own order nobody does."""
    values = {**owner_values(order), "asker_id": order.user_id, "sources": sorted(sources)}
    return tuple((await conn.execute(_OBJECTORS, values)).scalars())


@cache
def _keeping(engine: str, *, of_order: bool) -> Any:
    names = ["source", "user_id", "team_id"]
    said = _BY_ORDER if of_order else _BY_PERSON
    return insert_into(objected_videos, engine).from_select(names, said).on_conflict_do_nothing()
