"""Begin: the one way from a yes to jobs, be it in the yes itself or once the last input has come."""

from dataclasses import replace
from typing import Unpack

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.addresses import open_draft
from bot.asking.asks import Births
from bot.asking.drafts import Prepared
from bot.asking.wanted import with_arrived
from storage import input_store, job_store, order_store
from storage.orders import Order, OrderChanges, OrderStatus


async def begin(
    conn: AsyncConnection,
    births: Births,
    order: Order,
    account_key: str,
    *,
    now: float,
    lease_token: str | None = None,
    **changes: Unpack[OrderChanges],
) -> Order | None:
    """Move an order on that everybody said yes to.

    With its last input at sync.so its jobs are born and it is running; until then it is confirmed, and due at
    once: what arrives while this is stored is found by its step. Show its card last, for locks' sake.

    Args:
        conn: a writing transaction.
        births: makes the jobs.
        order: as it stands, with its offer and the parts that can be made.
        account_key: of the account that pays.
        now: seconds since the epoch.
        lease_token: only while the order is held by this lease; None: held or not.
        **changes: columns of the order, by the record's names.

    Returns:
        The order as it is now; None: it has moved on, or its offer is another by now.
    """
    prepared = Prepared.model_validate_json(order.prepared)
    if prepared.is_coming:
        named = (await input_store.of_orders(conn, [order.id]))[order.id]
        prepared = with_arrived(open_draft(order, births.cipher), prepared, named, account_key)
    is_coming = prepared.is_coming
    order = replace(order, prepared=prepared.model_dump_json())
    born = [] if is_coming else births.jobs_of(order, account_key)
    changes |= {"prepared": order.prepared, "due_at": now if is_coming else None}
    moved = await order_store.move(
        conn,
        order,
        OrderStatus.CONFIRMED if is_coming else OrderStatus.RUNNING,
        now=now,
        expect={order.status},
        lease_token=lease_token,
        spends=order.offer_id,
        visible=False,
        **changes,
    )
    if moved is not None and born:
        await job_store.bear(conn, born, now=now)
    return moved
