"""The lanes share out the statuses of orders: two of one status would end what the other works on."""

from itertools import combinations

from bot.asking.asks import Births
from bot.lanes import lanes_of
from storage import leases
from storage.orders import OrderStatus
from tests.integration.core.world import CIPHER, World


async def test_no_two_lanes_take_orders_of_one_status(there: World) -> None:
    lanes = lanes_of(there.tools, None, Births(CIPHER, there.tools.new_id, None))
    of_orders = [set(lane.statuses) for lane in lanes if lane.lease is leases.ORDERS]

    assert not any(one & other for one, other in combinations(of_orders, 2))
    assert OrderStatus.PREPARING in set().union(*of_orders)
