"""Inputs on their way: held by whoever brings them to sync.so, and waited for by orders.

Locks are taken in this order: orders, inputs, cards. Who waits for an input gives its order back first, and
then looks at the input; who brings one holds its orders first: no order rests after its last input has come.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Update, bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, leftovers
from storage.cards import SHOWS_INPUTS
from storage.input_store import COLUMNS, input_of, is_named
from storage.inputs import Input, InputStatus
from storage.leases import INPUTS
from storage.orders import OrderStatus
from storage.schema import inputs, order_inputs, orders

_GO_ON: Final = (OrderStatus.PREPARING, OrderStatus.CONFIRMED)
_WAIT_FOR_IT: Final = (*_GO_ON, OrderStatus.OFFERED)
"""An offer may have been made ahead of its files, and is priced again once these are there."""

_DUE = (
    select(inputs.c.id)
    .where(inputs.c.due_at <= bindparam("now"))
    .order_by(inputs.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = INPUTS.claim(inputs.c.id.in_(select(_DUE.c.id))).returning(*COLUMNS)
_NAMING = (
    select(orders.c.id)
    .join(order_inputs, order_inputs.c.order_id == orders.c.id)
    .where(order_inputs.c.input_id == bindparam("input_id"))
    .order_by(orders.c.id)
)
_SHOWING = _NAMING.where(orders.c.status.in_(sorted(SHOWS_INPUTS)))
_SHOWING_LOCKED = _SHOWING.with_for_update(of=orders)
_WAKE = (
    update(orders)
    .where(
        orders.c.id.in_(bindparam("order_ids", expanding=True)),
        orders.c.status.in_(_WAIT_FOR_IT),
        orders.c.lease_token.is_(None),
    )
    .values(due_at=bindparam("now"))
)
_SLOW = (
    update(orders)
    .where(orders.c.id.in_(bindparam("order_ids", expanding=True)), orders.c.status.in_(_GO_ON))
    .values(slow=True)
)


def _held() -> Update:
    return update(inputs).where(
        inputs.c.id == bindparam("input_id"), inputs.c.lease_token == bindparam("held_by")
    )


_PROGRESS = (
    _held()
    .where(is_named())
    .values(
        due_at=bindparam("until"),
        sent_bytes=bindparam("sent"),
        size=bindparam("of_bytes"),
        begun_at=bindparam("begun"),
        told_at=bindparam("now"),
    )
    .returning(*COLUMNS)
)
_SETTLED = (
    _held()
    .values(
        status=bindparam("now_is"),
        asset_id=bindparam("asset"),
        found=bindparam("what"),
        failure_code=bindparam("code"),
        failure_detail=bindparam("detail"),
        begun_at=None,
        come_at=bindparam("came"),
        attempts=0,
        due_at=None,
        lease_token=None,
    )
    .returning(*COLUMNS)
)
_KNOWN = _held().values(found=bindparam("what"), due_at=bindparam("now"), lease_token=None)
_LATER = _held().values(
    due_at=bindparam("when"),
    attempts=inputs.c.attempts + bindparam("failed"),
    sent_bytes=0,
    begun_at=None,
    lease_token=None,
)
_LOCKED = select(inputs.c.id).where(inputs.c.id == bindparam("input_id")).with_for_update()
_LEFT = _held().values(
    due_at=case((is_named(), bindparam("now", type_=inputs.c.due_at.type)), else_=None),
    sent_bytes=0,
    begun_at=None,
    lease_token=None,
)


async def claim(conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int) -> list[Input]:
    """Take inputs that are due, the longest due first; see `storage.leases`."""
    values = {"now": now, "until": now + lease_s, "token": token, "at_most": limit}
    return [input_of(row) for row in await conn.execute(_CLAIM, values)]


async def progress(
    conn: AsyncConnection, held: Input, *, now: float, lease_s: float, sent: int = 0, show: bool = False
) -> Input | None:
    """Store how far the bytes of a held input are, and renew its lease.

    Args:
        conn: a writing transaction.
        held: as it was claimed, its size and begin by now.
        now: seconds since the epoch.
        lease_s: longer than until the next call.
        sent: bytes.
        show: whether the cards of the orders that wait for it show it.

    Returns:
        The input as it is now; None: the lease was lost, or no open order names it.
    """
    values = {"input_id": held.id, "held_by": held.lease_token, "until": now + lease_s}
    values |= {"of_bytes": held.size, "sent": sent, "begun": held.begun_at, "now": now}
    row = (await conn.execute(_PROGRESS, values)).one_or_none()
    if row is None:
        return None
    if show:
        await _show(conn, held.id, now=now)
    return input_of(row)


async def known(conn: AsyncConnection, held: Input, *, found: str, now: float) -> bool:
    """Give a held input back, with what is known of it before it is there; those look who wait for it.

    False: the lease was lost.
    """
    ids = (await conn.execute(_SHOWING_LOCKED, {"input_id": held.id})).scalars().all()
    values = {"input_id": held.id, "held_by": held.lease_token, "what": found, "now": now}
    if not (await conn.execute(_KNOWN, values)).rowcount:
        return False
    if ids:
        await conn.execute(_WAKE, {"order_ids": ids, "now": now})
    return True


async def arrived(
    conn: AsyncConnection, held: Input, *, asset_id: str | None, found: str, now: float
) -> bool:
    """Store that sync.so has it, and let those go on who wait for it; False: the lease was lost.

    What sync.so had of it before is deleted there.
    """
    values: dict[str, Any] = {"now_is": InputStatus.THERE, "asset": asset_id, "what": found, "came": now}
    values |= {"code": None, "detail": None}
    if not await _settle(conn, held, values, now=now):
        return False
    if held.asset_id not in {None, asset_id}:
        await leftovers.leave(conn, [leftovers.of_input(held)], now=now)
    return True


async def failed(conn: AsyncConnection, held: Input, *, code: str, detail: str | None, now: float) -> bool:
    """Store why it cannot be had, and let those go on who wait for it; False: the lease was lost."""
    values = {"now_is": InputStatus.FAILED, "code": code, "detail": detail, "came": None}
    return await _settle(conn, held, values | {"asset": held.asset_id, "what": held.found}, now=now)


async def later(
    conn: AsyncConnection, held: Input, *, due_at: float, count: bool, slow: bool, now: float
) -> None:
    """Give a held input back, to be tried again; `count`: it failed, `slow`: the cards shall say so."""
    values = {"input_id": held.id, "held_by": held.lease_token, "when": due_at, "failed": int(count)}
    given = await conn.execute(_LATER, values)
    if given.rowcount and slow:
        await tell_slow(conn, held.id, now=now)


async def tell_slow(conn: AsyncConnection, input_id: str, *, now: float) -> None:
    """Have the cards of those who wait for it say that it takes longer."""
    ids = await _orders(conn, input_id)
    if ids:
        await conn.execute(_SLOW, {"order_ids": ids})
        await card_store.newer_many(conn, ids, now=now)


async def leave(conn: AsyncConnection, held: Input, *, now: float) -> None:
    """Give back what nobody seems to want any more; if somebody does by now, it is due."""
    await conn.execute(_LOCKED, {"input_id": held.id})  # so that who names it meanwhile is seen, or waits
    await conn.execute(_LEFT, {"input_id": held.id, "held_by": held.lease_token, "now": now})


async def _settle(conn: AsyncConnection, held: Input, values: dict[str, Any], *, now: float) -> bool:
    ids = (await conn.execute(_SHOWING_LOCKED, {"input_id": held.id})).scalars().all()
    values = {"input_id": held.id, "held_by": held.lease_token, **values}
    if (await conn.execute(_SETTLED, values)).one_or_none() is None:
        return False
    if ids:
        await conn.execute(_WAKE, {"order_ids": ids, "now": now})
        if held.begun_at is not None:
            await card_store.newer_many(conn, ids, now=now)
    return True


async def _show(conn: AsyncConnection, input_id: str, *, now: float) -> None:
    await card_store.newer_many(conn, await _orders(conn, input_id), now=now)


async def _orders(conn: AsyncConnection, input_id: str) -> Sequence[str]:
    """The orders whose cards show how far it is."""
    return (await conn.execute(_SHOWING, {"input_id": input_id})).scalars().all()
