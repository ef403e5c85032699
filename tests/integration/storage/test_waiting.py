"""Orders that wait for an account, on both engines: a key that is put has its owner's looked at alone."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import order_store, waiting
from storage.database import Database
from storage.orders import Order, OrderStatus
from storage.sync_keys import APP
from storage.waiting import NOT_CONNECTED
from tests.integration.storage.builders import NOW, order_in

LATER = NOW + 600


async def waits(conn: AsyncConnection, status: OrderStatus = OrderStatus.PREPARING, **columns: Any) -> Order:
    return await order_in(conn, status, **{"failure_code": NOT_CONNECTED, "due_at": LATER} | columns)


async def due_of(conn: AsyncConnection, order: Order) -> float | None:
    found = await order_store.find(conn, order.id)
    assert found is not None
    return found.due_at


@pytest.mark.parametrize("owner", ["T1", "E1", APP])
async def test_what_waits_for_the_owner_is_due_at_once(db: Database, owner: str) -> None:
    async with db.write() as conn:
        order = await waits(conn, team_id="T1", enterprise_id="E1")

        assert await waiting.go_on(conn, owner, now=NOW) == 1
        assert await due_of(conn, order) == NOW
        assert await waiting.go_on(conn, owner, now=NOW) == 0


@pytest.mark.parametrize(
    "columns",
    [
        {"team_id": "T2"},
        {"team_id": "T2", "enterprise_id": "E2"},
        {"failure_code": None},
        {"failure_code": "internal"},
        {"lease_token": "held"},
        {"status": OrderStatus.OFFERED},
        {"status": OrderStatus.EXPIRED},
        {"due_at": None},
    ],
)
async def test_nothing_else_is_touched(db: Database, columns: dict[str, Any]) -> None:
    async with db.write() as conn:
        order = await waits(conn, **columns)

        assert await waiting.go_on(conn, "T1", now=NOW) == 0
        assert await order_store.find(conn, order.id) == order
