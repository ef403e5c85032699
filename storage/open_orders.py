"""How many of a person's orders are open: what one person can keep the app and a workspace busy with."""

from sqlalchemy import and_, bindparam, exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.orders import OrderStatus
from storage.owners import Person, of_person, one_name_of, person_values
from storage.schema import cards, jobs, orders

_HAS_CARD = exists().where(cards.c.id == orders.c.id)
_GOES_ON = exists().where(jobs.c.order_id == orders.c.id, jobs.c.ended_at.is_(None))
# A form that is merely open is no order yet: it has no card, and may have been left by closing Slack. An
# order whose jobs have ended only waits for its card.
_OPEN = (
    select(orders.c.id)
    .where(
        of_person(orders),
        orders.c.ended_at.is_(None),
        or_(
            orders.c.status.not_in([OrderStatus.DRAFT, OrderStatus.RUNNING]),
            and_(orders.c.status == OrderStatus.DRAFT, _HAS_CARD),
            and_(orders.c.status == OrderStatus.RUNNING, _GOES_ON),
        ),
    )
    .limit(bindparam("at_most"))
    .subquery()
)
_COUNT = select(func.count()).select_from(_OPEN)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('open orders'), hashtext(:who))")


async def count_open(conn: AsyncConnection, person: Person, *, at_most: int) -> int:
    """A person's orders that have not ended, without forms that were opened and not sent.

    Nobody else counts them before the transaction ends: of two that each add one, the later sees both.

    Args:
        conn: a writing transaction.
        person: whose.
        at_most: where the count stops, so that it never takes long.
    """
    if conn.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        await conn.execute(_ONE_AT_A_TIME, {"who": one_name_of(person)})
    return (await conn.execute(_COUNT, {**person_values(person), "at_most": at_most})).scalar_one()
