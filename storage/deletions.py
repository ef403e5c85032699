"""What deletes an order's words and what belongs to it; its row stays without them, for a while.

Only what has ended: nothing that goes here is anything that money depends on. What an order cost is in the
ledger, what it is to cost yet in `bills`, and neither is touched.
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import and_, bindparam, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, gate_store, homes, leftovers
from storage.jobs import Job
from storage.left import LeftoverKind
from storage.leftovers import NewLeftover
from storage.orders import Forgotten, Order
from storage.rows import JOBS
from storage.schema import consent_videos, consents, gates, inputs, jobs, order_inputs, orders

_OF_ORDERS: Final = orders.c.id.in_(bindparam("order_ids", expanding=True))
_WORDLESS: Final = (
    update(orders)
    .where(_OF_ORDERS, orders.c.ended_at.is_not(None))
    .values(
        draft="{}",
        prepared="{}",
        parts=(),
        addresses=None,
        failure_detail=None,
        forgotten=bindparam("why", type_=orders.c.forgotten.type),
        updated_at=bindparam("now"),
    ),
    update(jobs)
    .where(jobs.c.order_id.in_(bindparam("order_ids", expanding=True)))
    .values(label="", failure_detail=None),
    update(gates).where(gates.c.order_id.in_(bindparam("order_ids", expanding=True))).values(reason=None),
)
_ASKERS = (
    select(orders.c.enterprise_id, orders.c.team_id, orders.c.user_id)
    .where(_OF_ORDERS)
    .distinct()
    .order_by(orders.c.user_id, orders.c.team_id)
)
_WITHOUT_CONSENTS: Final = tuple(
    delete(table).where(table.c.order_id == bindparam("order_id")) for table in (consent_videos, consents)
)
_JOBS = (
    select(*JOBS.columns)
    .where(jobs.c.order_id == bindparam("order_id"))
    .order_by(jobs.c.id)
    .with_for_update()
)
_others = order_inputs.alias("others")
_NAMED_BY_OTHERS = exists().where(
    _others.c.input_id == inputs.c.id,
    _others.c.order_id.not_in(bindparam("order_ids", expanding=True)),
    orders.c.id == _others.c.order_id,
    orders.c.forgotten.is_(None),
)
_LET_GO = (
    update(inputs)
    .where(
        inputs.c.id.in_(
            select(order_inputs.c.input_id).where(
                order_inputs.c.order_id.in_(bindparam("order_ids", expanding=True))
            )
        ),
        inputs.c.delete_at > bindparam("now"),
        ~_NAMED_BY_OTHERS,
    )
    .values(delete_at=bindparam("now"))
)
_NEEDS_FILE = select(
    exists().where(
        and_(
            inputs.c.team_id == bindparam("team_id"),
            inputs.c.source == bindparam("source"),
            order_inputs.c.input_id == inputs.c.id,
            orders.c.id == order_inputs.c.order_id,
            orders.c.ended_at.is_(None),
        )
    )
)


async def jobs_of(conn: AsyncConnection, order_id: str) -> Sequence[Job]:
    """An order's jobs, locked."""
    return [JOBS.record(row) for row in await conn.execute(_JOBS, {"order_id": order_id})]


async def forget_words(
    conn: AsyncConnection, order_ids: Collection[str], why: Forgotten, *, now: float
) -> None:
    """Take the words from orders that have ended, and let go of what sync.so has of their files.

    What Slack shows of them is a copy: cards, approvers' cards and Homes are drawn anew.

    Args:
        conn: a writing transaction in which the orders are locked.
        order_ids: which.
        why: what their cards will say.
        now: seconds since the epoch.
    """
    values = {"order_ids": sorted(order_ids), "why": why, "now": now}
    for statement in (*_WORDLESS, _LET_GO):
        await conn.execute(statement, values)
    gated = await gate_store.of_orders(conn, order_ids)
    of_approvers = [card for gate in gated.values() for card in gate.cards]
    await card_store.newer_standing(conn, [*order_ids, *of_approvers], now=now)
    for asker in await conn.execute(_ASKERS, {"order_ids": sorted(order_ids)}):
        await homes.changed(conn, asker, now=now, though_away=True)


async def delete_order(conn: AsyncConnection, order: Order, *, now: float, with_videos: bool) -> None:
    """Delete what an order said and what was made of it; its card shows that.

    What is elsewhere is left to be deleted there; see `storage.leftovers`.

    Args:
        conn: a writing transaction in which the order is locked.
        order: one that has ended.
        now: seconds since the epoch.
        with_videos: whether the finished videos in Slack go as well.
    """
    made = await jobs_of(conn, order.id)
    await forget_words(conn, [order.id], Forgotten.DELETED, now=now)
    for statement in _WITHOUT_CONSENTS:
        await conn.execute(statement, {"order_id": order.id})
    await leftovers.leave(conn, [each for job in made for each in _left_of(job, with_videos)], now=now)


async def is_file_needed(conn: AsyncConnection, team_id: str, file_id: str) -> bool:
    """Whether an order that goes on takes a file of Slack's for something else that it makes."""
    values = {"team_id": team_id, "source": f"slack:{file_id}"}
    return bool((await conn.execute(_NEEDS_FILE, values)).scalar())


def _left_of(job: Job, with_videos: bool) -> list[NewLeftover]:  # noqa: FBT001 - as in `delete_order`
    left = {LeftoverKind.GENERATION: job.generation_id, LeftoverKind.FILE: job.slack_file_id}
    return [
        NewLeftover(row_id, job.enterprise_id, job.team_id, job.account_key, kind=kind)
        for kind, row_id in left.items()
        if row_id is not None and (with_videos or kind is not LeftoverKind.FILE)
    ]
