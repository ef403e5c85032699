"""What somebody is to an order, and to whom its workspace belongs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import Asker
from bot.asking.highest import highest_usd
from bot.errors import NotInstalled
from bot.teams import allowances
from bot.teams.approval import approval_of
from bot.teams.installations import Teams
from bot.teams.people import ADMIN_AT_WORST_S, ADMIN_FRESH_S, People
from bot.teams.rights import MAY, Deed, Forbidden, Role
from bot.teams.rulebook import Book
from bot.together import all_of
from storage import order_store
from storage.database import Database
from storage.errors import StorageError
from storage.orders import Conversation, Order
from storage.owners import Owner
from storage.people import COLLEAGUES

_log = structlog.get_logger(__name__)

Outcome = TypeVar("Outcome")

_THEIRS_ALONE = frozenset({Conversation.DIRECT_MESSAGE, Conversation.NONE})


async def order_of(conn: AsyncConnection, order_id: str, asker: Asker, *, lock: bool = False) -> Order | None:
    """The order that a person names, if it is of their workspace or organisation, and theirs to see."""
    order = await order_for_approver(conn, order_id, asker, lock=lock)
    return None if order is None or is_private(order, asker) else order


async def order_for_approver(
    conn: AsyncConnection, order_id: str, asker: Asker, *, lock: bool = False
) -> Order | None:
    """As above, for whoever is asked about it wherever it was asked for; see `order_store.get`."""
    return await order_store.get(
        conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=lock
    )


def is_private(order: Order, asker: Asker) -> bool:
    """Whether it was asked for, and is shown, where its asker alone reads: no colleague learns of it.

    In a group message that the app is in, its people read the card as in a channel.
    """
    return order.user_id != asker.user_id and order.conversation in _THEIRS_ALONE


async def role_of(order: Order, asker: Asker, teams: Teams, database: Database) -> Role:
    """What the person is to the order.

    A press says which organisation the channel's app is of, and of the person just one workspace; so a
    workspace that is not the order's own counts where the app is installed there for the same organisation,
    or where the person has asked in the order's workspace before.
    """
    if order.user_id == asker.user_id:
        return Role.ASKER
    return await role_in(order, asker, teams, database)


async def check(deed: Deed, order: Order, asker: Asker, teams: Teams, database: Database) -> None:
    """Raises Forbidden: this is not for that person to do."""
    role = await role_of(order, asker, teams, database)
    if role not in MAY[deed]:
        raise Forbidden(role, order.user_id)


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


async def while_rules_stay(attempt: Callable[[], Awaitable[Outcome | None]]) -> Outcome:
    """What an attempt comes to; one that gives None has met a change of the rules, and is made anew."""
    while (outcome := await attempt()) is None:
        _log.info("the rules have changed on the way")
    return outcome


async def is_named(who: Asker, book: Book, people: People, *, within_s: float) -> bool:
    """Whether somebody is one of those who may say yes to what others ask for, and of the workspace.

    What Slack does not tell in time counts as no.
    """
    try:
        async with asyncio.timeout(within_s):
            if not book.rules.approvers:
                return await people.may_administer(who)
            profile = await people.of(who, who.user_id, fresh_s=ADMIN_FRESH_S, at_worst_s=ADMIN_AT_WORST_S)
    except (NotInstalled, StorageError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever keeps Slack from telling, it is not told
        _log.warning("not told who an approver is", cause=repr(error))
        return False
    return who.user_id in book.rules.approvers and profile.membership in COLLEAGUES


async def allowing(
    order: Order, book: Book, people: People, database: Database, *, within_s: float
) -> frozenset[str]:
    """The approvers, by user id, who have allowed an order beforehand and are of the workspace still."""
    if approval_of(book.rules, order.user_id, highest_usd(order)) is None:
        return frozenset()
    async with database.read() as conn:
        allowed = await allowances.allowed(conn, order, book)
    those = [there(Asker(None, order.team_id, each.user_id), order) for each in allowed]
    told = await all_of(is_named(who, book, people, within_s=within_s) for who in those)
    return frozenset(who.user_id for who, is_one in zip(those, told, strict=True) if is_one)
