"""Orders with their cards and jobs, read together: for what is shown, listed and pressed."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, consent_store, gate_store, input_store, job_store, order_store, pause_store
from storage.cards import SHOWS_GATE, SHOWS_INPUTS, Card, OrderState, Statuses
from storage.jobs import Job
from storage.orders import Forgotten, Order, OrderStatus
from storage.owners import Person, of_person, person_values
from storage.rows import ORDERS
from storage.schema import cards, jobs, orders


class Mark(NamedTuple):
    """A place in somebody's list: what is older comes next."""

    created_at: float
    """Seconds since the epoch."""
    order_id: str

    @staticmethod
    def after(state: OrderState) -> "Mark":
        """The place behind an order."""
        return Mark(state.order.created_at, state.order.id)

    @staticmethod
    def read(written: str) -> "Mark | None":
        """The place that a button names; None: it names none."""
        created_at, _, order_id = written.partition(":")
        try:
            moment = float(created_at)
        except ValueError:
            return None
        return Mark(moment, order_id) if math.isfinite(moment) else None

    def written(self) -> str:
        """The place, for a button to carry."""
        return f"{self.created_at!r}:{self.order_id}"


NEWEST = Mark(math.inf, "")
"""Where a list begins."""
_FAR = 1e15
"""Seconds; every time is before it, and every engine can store it."""

# The first half is what an index finds: a page far back is as quick as the first.
_OLDER = and_(
    orders.c.created_at <= bindparam("before"),
    or_(orders.c.created_at < bindparam("before"), orders.c.id < bindparam("before_id")),
)
_RECENT = (
    select(*ORDERS.columns)
    .where(of_person(orders), orders.c.forgotten.is_(None))
    .order_by(orders.c.created_at.desc())
    .limit(bindparam("at_most"))
)
_OWN_COLUMNS = len(ORDERS.columns)
_WITH_CARDS = (
    select(*ORDERS.columns, *card_store.COLUMNS)
    .join_from(orders, cards, cards.c.id == orders.c.id)
    .where(of_person(orders))
)
"""A form that was only opened has no card, and is no video of anybody's."""
_LIVE = _WITH_CARDS.where(orders.c.ended_at.is_(None))
_NEWEST_FIRST = _WITH_CARDS.where(_OLDER).order_by(orders.c.created_at.desc(), orders.c.id.desc())
_HAS_WORDS = orders.c.forgotten.is_(None)
# Of what went by time, a finished video may still be there.
_OVER = _NEWEST_FIRST.where(
    or_(
        # Not by IN, for which SQLAlchemy would write the statement anew each time.
        and_(orders.c.status == OrderStatus.ENDED, or_(_HAS_WORDS, orders.c.forgotten == Forgotten.OLD)),
        and_(orders.c.status == OrderStatus.FAILED, _HAS_WORDS),
    )
).limit(bindparam("at_most"))
_OWN = _NEWEST_FIRST.where(
    _HAS_WORDS,
    or_(
        orders.c.status.in_(bindparam("order_statuses", expanding=True)),
        exists().where(
            jobs.c.order_id == orders.c.id,
            jobs.c.status.in_(bindparam("job_statuses", expanding=True)),
        ),
    ),
).limit(bindparam("at_most"))


async def state_of(conn: AsyncConnection, order: Order) -> OrderState:
    """An order with what belongs to it."""
    card = await card_store.of_order(conn, order.id)
    of_order = await job_store.of_orders(conn, [order.id])
    return OrderState(order, card, tuple(of_order))


async def find(conn: AsyncConnection, order_id: str) -> OrderState | None:
    """The order of any team: for the app's own work, never for what a person sent."""
    order = await order_store.find(conn, order_id)
    return None if order is None else await state_of(conn, order)


async def find_all(conn: AsyncConnection, order_ids: Collection[str]) -> list[OrderState]:
    """As `find`, for many, with all that their cards show; what is not there is left out."""
    found = await _states(conn, await conn.execute(ORDERS.by_ids, {"row_ids": list(order_ids)}))
    waiting = [state.order.id for state in found if state.order.status in SHOWS_INPUTS]
    named = await input_store.of_orders(conn, waiting)
    gated = await gate_store.of_orders(conn, [state.order.id for state in found if _shows_gate(state.order)])
    said = await consent_store.of_orders(conn, [state.order.id for state in found])
    return [
        replace(
            state,
            inputs=named.get(state.order.id, ()),
            gate=gated.get(state.order.id),
            consents=said.get(state.order.id, ()),
        )
        for state in found
    ]


def _shows_gate(order: Order) -> bool:
    return order.status in SHOWS_GATE and order.confirmed_at is not None


async def recent(conn: AsyncConnection, person: Person, *, limit: int) -> list[OrderState]:
    """A person's latest orders, newest first."""
    values = {**person_values(person), "at_most": limit}
    return await _states(conn, await conn.execute(_RECENT, values))


async def own(
    conn: AsyncConnection,
    person: Person,
    *,
    statuses: Statuses,
    before: Mark = NEWEST,
    limit: int,
) -> list[OrderState]:
    """Orders of one person that have a card, newest first, from `before` on."""
    values = {
        **person_values(person),
        "order_statuses": sorted(statuses.orders),
        "job_statuses": sorted(statuses.jobs),
        "before": min(before.created_at, _FAR),
        "before_id": before.order_id,
        "at_most": limit,
    }
    return await _completed(conn, await _with_cards(conn, _OWN, values))


class Mine(NamedTuple):
    """A person's orders, as far as a Home shows them; both newest first."""

    live: Sequence[OrderState]
    """All that have not ended, of which one may have few."""
    over: Sequence[OrderState]
    """Some of which something came, a video or words on why there is none."""


async def mine(conn: AsyncConnection, person: Person, *, before: Mark, limit: int) -> Mine:
    """What a person's Home shows of their orders.

    Args:
        conn: a transaction.
        person: whose.
        before: what is over begins there.
        limit: the most of what is over.
    """
    # Sorted here: by an index that sorts, SQLite would look through all that has ended.
    live = sorted(await _with_cards(conn, _LIVE, person_values(person)), key=Mark.after, reverse=True)
    place = {"before": min(before.created_at, _FAR), "before_id": before.order_id, "at_most": limit}
    over = await _with_cards(conn, _OVER, person_values(person) | place)
    all_of_them = await _completed(conn, [*live, *over])
    return Mine(all_of_them[: len(live)], all_of_them[len(live) :])


async def _with_cards(
    conn: AsyncConnection, orders_of: Select[Any], values: Mapping[str, Any]
) -> list[OrderState]:
    rows = await conn.execute(orders_of, values)
    return [OrderState(ORDERS.record(row[:_OWN_COLUMNS]), Card(*row[_OWN_COLUMNS:]), ()) for row in rows]


async def _states(conn: AsyncConnection, rows: Iterable[object]) -> list[OrderState]:
    found = [ORDERS.record(row) for row in rows]  # type: ignore[arg-type]
    return await states_of(conn, found)


async def states_of(conn: AsyncConnection, found: Collection[Order]) -> list[OrderState]:
    """Orders with what belongs to them, in the same order."""
    if not found:
        return []
    shown = await card_store.of_orders(conn, [order.id for order in found])
    return await _completed(conn, [OrderState(order, shown.get(order.id), ()) for order in found])


async def _completed(conn: AsyncConnection, found: Sequence[OrderState]) -> list[OrderState]:
    """The same with their jobs, and with what keeps those waiting that do."""
    if not found:
        return []
    born: defaultdict[str, list[Job]] = defaultdict(list)
    for job in await job_store.of_orders(conn, [state.order.id for state in found]):
        born[job.order_id].append(job)
    made = [replace(state, jobs=tuple(born[state.order.id])) for state in found]
    waiting = [state.order.id for state in made if state.waits_to_be_sent]
    paused = await pause_store.of_orders(conn, waiting)
    return [replace(state, paused=paused.get(state.order.id)) for state in made] if paused else made
