"""Unconnected: what was asked where no sync.so account pays waits for one, and then goes on by itself.

A key that sync.so no longer accepts pays for nothing, as if there were none.

Nothing is uploaded or priced meanwhile. Whoever connects an account has it looked at in the same transaction;
a look now and then finds what was overtaken, and an account that came in another way.
"""

import structlog

from bot.asking.drafts import DRAFT_LIFE_S
from bot.errors import KeyRefused
from bot.steps.tools import Tools
from storage import order_store, sync_keys
from storage.orders import Order, OrderStatus
from storage.waiting import KEY_REFUSED, NOT_CONNECTED, WAITS

_log = structlog.get_logger(__name__)

_LOOK_AGAIN_S = 600.0


async def wait_for_account(tools: Tools, order: Order, error: Exception) -> None:
    """Let a held order wait, and its card say whom to ask; after a day it has expired.

    `error` says why: NotConnected, or KeyRefused.

    Raises:
        NotInstalled: the app is not installed there.
    """
    now, why = tools.clock(), KEY_REFUSED if isinstance(error, KeyRefused) else NOT_CONNECTED
    until = order.expires_at if order.failure_code in WAITS else None
    if until is not None and until <= now:
        _log.info("no account was connected in time")
        await tools.move_order(order, OrderStatus.EXPIRED, failure_code=why)
        return
    admins = (await tools.roles.rulebook.of(order)).admins
    owners = await tools.accounts.payers_of(order)
    async with tools.database.write() as conn:
        resting = await order_store.retry_later(
            conn,
            order,
            now=now,
            due_at=min(now + _LOOK_AGAIN_S, until or now + DRAFT_LIFE_S),
            lease_token=order.lease_token or "",
            count=False,
            visible=order.failure_code != why,
            failure_code=why,
            failure_detail=" ".join(admins) or None,
            expires_at=until or now + DRAFT_LIFE_S,
        )
        # Whoever put a key a moment ago has found the order held, and left it to this.
        pays = await sync_keys.in_use(conn, owners)
        if resting is not None and pays is not None and pays.refused_at is None:
            await order_store.save(conn, resting, now=now, lease_token=None, due_at=now)
    if order.failure_code != why:
        _log.info("waits for an account", why=why)


async def goes_on(tools: Tools, order: Order) -> Order:
    """A held order for which an account pays now: its card says what is done with it. Raises LeaseLost."""
    if order.failure_code not in WAITS:
        return order
    _log.info("an account is connected")
    return await tools.save(order, visible=True, failure_code=None, failure_detail=None, expires_at=None)
