"""Unconnected: what was asked where no sync.so account pays waits for one, and then goes on by itself.

Nothing is uploaded or priced meanwhile. Whoever connects an account has it looked at in the same transaction;
a look now and then finds what was overtaken, and an account that came in another way.
"""

import structlog

from bot.asking.drafts import DRAFT_LIFE_S
from bot.steps.tools import Tools
from storage import order_store, sync_keys
from storage.orders import Order, OrderStatus
from storage.waiting import NOT_CONNECTED

_log = structlog.get_logger(__name__)

_LOOK_AGAIN_S = 600.0


async def wait_for_account(tools: Tools, order: Order) -> None:
    """Let a held order wait, and its card say whom to ask; after a day it has expired.

    Raises:
        NotInstalled: the app is not installed there.
    """
    now = tools.clock()
    until = order.expires_at if order.failure_code == NOT_CONNECTED else None
    if until is not None and until <= now:
        _log.info("no account was connected in time")
        await tools.move_order(order, OrderStatus.EXPIRED, failure_code=NOT_CONNECTED)
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
            visible=until is None,
            failure_code=NOT_CONNECTED,
            failure_detail=" ".join(admins) or None,
            expires_at=until or now + DRAFT_LIFE_S,
        )
        # Whoever put a key a moment ago has found the order held, and left it to this.
        if resting is not None and await sync_keys.is_any_in_use(conn, owners):
            await order_store.save(conn, resting, now=now, lease_token=None, due_at=now)
    if until is None:
        _log.info("waits for an account")


async def goes_on(tools: Tools, order: Order) -> Order:
    """A held order for which an account pays now: its card says what is done with it. Raises LeaseLost."""
    if order.failure_code != NOT_CONNECTED:
        return order
    _log.info("an account is connected")
    return await tools.save(order, visible=True, failure_code=None, failure_detail=None, expires_at=None)
