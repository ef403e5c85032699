"""What somebody is to an order, and to whom its workspace belongs."""

from dataclasses import replace

from bot.asking.asks import Asker
from bot.rights import Role
from bot.teams.installations import Teams
from storage import order_store
from storage.database import Database
from storage.orders import Order


async def role_of(order: Order, asker: Asker, teams: Teams, database: Database) -> Role:
    """What the person is to the order.

    A press says which organisation the channel's app is of, and of the person just one workspace; so a
    workspace that is not the order's own counts where the app is installed there for the same organisation,
    or where the person has asked in the order's workspace before.
    """
    if order.user_id == asker.user_id:
        return Role.ASKER
    if asker.home in {None, order.team_id, order.enterprise_id}:
        return Role.COLLEAGUE
    if order.enterprise_id is None or order.enterprise_id != asker.enterprise_id:
        return Role.OUTSIDER
    home = await teams.find(None, asker.home)
    if home is not None and home.enterprise_id == order.enterprise_id:
        return Role.COLLEAGUE
    async with database.read() as conn:
        is_member = await order_store.asked_as_a_member(conn, there(asker, order))
    return Role.COLLEAGUE if is_member else Role.OUTSIDER


def there(asker: Asker, order: Order) -> Asker:
    """The person as one of the order's workspace, whichever of their organisation's Slack has named."""
    return replace(asker, enterprise_id=order.enterprise_id, team_id=order.team_id)
