"""Orders that wait until a sync.so account is connected: what they wait for, and that they go on."""

from typing import Final

from sqlalchemy import bindparam, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.orders import OrderStatus
from storage.schema import orders
from storage.sync_keys import APP

NOT_CONNECTED = "not_connected"
"""Stands in the way of an order that is prepared for a team whose videos nobody pays."""
KEY_REFUSED = "key_refused"
"""As above, for a team whose key sync.so no longer accepts."""
WAITS: Final = frozenset({NOT_CONNECTED, KEY_REFUSED})
"""What an order waits for until somebody gives a key that is accepted."""

_OWNER = bindparam("owner", type_=orders.c.team_id.type)
_WAITING = (
    select(orders.c.id)
    .where(
        orders.c.status == OrderStatus.PREPARING,
        orders.c.due_at > bindparam("now"),
        orders.c.failure_code.in_(sorted(WAITS)),
        orders.c.lease_token.is_(None),
        or_(literal(APP) == _OWNER, orders.c.team_id == _OWNER, orders.c.enterprise_id == _OWNER),
    )
    .with_for_update(skip_locked=True)  # who holds one looks for the key itself
    .cte("waiting")
)
_GO_ON = (
    update(orders)
    .where(orders.c.id.in_(select(_WAITING.c.id)))
    .values(due_at=bindparam("now"))
    .returning(orders.c.id)
)


async def go_on(conn: AsyncConnection, owner_id: str, *, now: float) -> int:
    """Have what waits for a key looked at now; how many orders that are.

    Args:
        conn: the writing transaction in which the key is put, or accepted again.
        owner_id: whose key it is: an installation's id, or `APP`, which may serve anybody.
        now: seconds since the epoch.
    """
    return len((await conn.execute(_GO_ON, {"owner": owner_id, "now": now})).all())
