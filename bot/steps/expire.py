"""Expire: end what nobody finished: forms left open and prices nobody accepted."""

from bot.steps.guarded import guarded
from bot.steps.telling import tell_end
from bot.steps.tools import Tools
from storage import card_store, gate_store, order_store
from storage.orders import Order, OrderStatus


class Expire:
    """The step of what waits for an answer, due when its time is over."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, orders: list[Order]) -> None:
        """Nothing was spent: the card says so and offers to ask again."""
        for order in orders:
            await guarded(self._tools, order, self._expire)

    async def _expire(self, order: Order) -> None:
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            ended = await order_store.move(
                conn, order, OrderStatus.EXPIRED, now=now, lease_token=order.lease_token, visible=False
            )
            if ended is not None:
                await card_store.newer(conn, order.id, now=now)  # a form that was merely opened has none
                for gate in (await gate_store.of_orders(conn, [order.id])).values():
                    await tell_end(conn, self._tools, ended, gate, now=now)
