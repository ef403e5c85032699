"""What budgets were raised by for one order: kept with its gate, for the end of its holds to take it back."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import to_micro
from storage.schema import gates

_NOTE: Final = (
    update(gates).where(gates.c.order_id == bindparam("of_order")).values(raised=bindparam("by_scope"))
)
_OF_ORDERS: Final = select(gates.c.order_id, gates.c.raised).where(
    gates.c.order_id.in_(bindparam("order_ids", expanding=True)), gates.c.raised.is_not(None)
)


async def note(conn: AsyncConnection, order_id: str, raised_usd: Mapping[str, Decimal]) -> None:
    """Keep what budgets were raised by for an order, in the transaction that does it.

    Args:
        conn: a writing transaction.
        order_id: it came to a gate.
        raised_usd: USD by scope.
    """
    by_scope = {scope: to_micro(usd) for scope, usd in raised_usd.items()}
    await conn.execute(_NOTE, {"of_order": order_id, "by_scope": by_scope})


async def of_orders(conn: AsyncConnection, order_ids: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """Of those orders for which budgets were raised: by how much, in micro-dollars by scope."""
    if not order_ids:
        return {}
    found = await conn.execute(_OF_ORDERS, {"order_ids": sorted(order_ids)})
    return {row.order_id: row.raised for row in found}
