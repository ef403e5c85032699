"""What somebody is to an order, and to whom its workspace belongs."""

from dataclasses import replace

from bot.asking.asks import Asker
from bot.teams.installations import Teams
from bot.teams.rights import Role
from storage import order_store
from storage.database import Database
from storage.orders import Order
from storage.owners import Owner


async def role_of(order: Order, asker: Asker, teams: Teams, database: Database) -> Role:
    """What the person is to the order.

    A press says which organisation the channel's app is of, and of the person just one workspace; so a
    workspace that is not the order's own counts where the app is installed there for the same organisation,
    or where the person has asked in the order's workspace before.
    """
    if order.user_id == asker.user_id:
        return Role.ASKER
    return await role_in(order, asker, teams, database)


async def role_in(owner: Owner, asker: Asker, teams: Teams, database: Database) -> Role:
    """As above, to all orders of a workspace that are not their own."""
    if asker.home in {None, owner.team_id, owner.enterprise_id}:
        return Role.COLLEAGUE
    if owner.enterprise_id is None or owner.enterprise_id != asker.enterprise_id:
        return Role.OUTSIDER
    home = await teams.find(None, asker.home)
    if home is not None and home.enterprise_id == owner.enterprise_id:
        return Role.COLLEAGUE
    async with database.read() as conn:
        is_member = await order_store.asked_as_a_member(conn, there(asker, owner))
    return Role.COLLEAGUE if is_member else Role.OUTSIDER


def there(asker: Asker, owner: Owner) -> Asker:
    """The person as one of an order's workspace, whichever of their organisation's Slack has named."""
    return replace(asker, enterprise_id=owner.enterprise_id, team_id=owner.team_id)
