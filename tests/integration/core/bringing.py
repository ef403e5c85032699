"""Prepare with the lane beside it that brings inputs to sync.so, as they run in the app."""

from sqlalchemy import select

from bot.app import new_id
from bot.steps.prepare import Prepare
from bot.steps.relay import Relay
from bot.steps.tools import Tools
from storage import input_store, relays
from storage.inputs import Input
from storage.leases import LEASE_S
from storage.orders import Order, OrderStatus
from storage.schema import inputs
from tests.integration.core.world import World


class Preparing:
    """The steps of `preparing` and of inputs, until nothing of both is due."""

    def __init__(self, there: World, tools: Tools | None = None) -> None:
        self._there = there
        self._prepare, self._relay = Prepare(tools or there.tools), Relay(tools or there.tools)

    async def __call__(self, orders: list[Order]) -> None:
        await self._prepare(orders)
        while held := await claim_inputs(self._there):
            await self._relay(held)
            now = [await self._there.now_order(order.id) for order in orders]
            if woken := [order for order in now if self._is_due(order)]:
                await self._prepare(await self._there.claim(*woken))

    def _is_due(self, order: Order) -> bool:
        is_waiting = order.status is OrderStatus.PREPARING and order.lease_token is None
        return is_waiting and order.due_at is not None and order.due_at <= self._there.clock()


async def claim_inputs(there: World) -> list[Input]:
    """Hold the inputs that are due, as the worker does."""
    async with there.db.write() as conn:
        return await relays.claim(conn, now=there.clock(), lease_s=LEASE_S, token=new_id(), limit=10)


async def inputs_of(there: World, order: Order) -> tuple[Input, ...]:
    """The inputs that an order names, as they are stored now."""
    async with there.db.read() as conn:
        return (await input_store.of_orders(conn, [order.id]))[order.id]


async def input_now(there: World, known: Input) -> Input:
    """An input as it is stored now."""
    async with there.db.read() as conn:
        row = (await conn.execute(select(*input_store.COLUMNS).where(inputs.c.id == known.id))).one()
    return input_store.input_of(row)
