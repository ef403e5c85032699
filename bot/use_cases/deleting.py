"""The use case of deleting: what somebody wants forgotten, here and where it was sent."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from bot import audited
from bot.asking.asks import Asker
from bot.roles import Roles
from bot.slack import SlackRefused, SlackUnreachable
from bot.teams.installations import Teams
from bot.teams.people import ADMIN_AT_WORST_S, ADMIN_FRESH_S
from bot.teams.rights import MAY, Deed, Forbidden, Role
from bot.teams.rulebook import allowance_entry
from bot.use_cases.askers import is_private, role_of, there
from storage import allowances, audit, deletions, departures, order_store
from storage.audit import Action
from storage.database import Database
from storage.departures import Waits
from storage.orders import Forgotten, Order
from storage.people import Membership


class Deletion(StrEnum):
    """What became of a wish to have an order deleted."""

    DELETED = "deleted"
    """Its words are gone; the worker deletes what is in Slack and at sync.so."""
    OPEN = "open"
    """It goes on, or its card has not shown its end yet."""
    UNKNOWN = "unknown"
    """There is none, or it was deleted before."""


class Leaver(StrEnum):
    """Whether an admin may have somebody's data deleted."""

    GONE = "gone"
    """They have left, and something is kept of them."""
    STILL_HERE = "still_here"
    """They can do it themselves; or Slack does not tell."""
    UNKNOWN = "unknown"
    """Nothing is kept of anybody of that id."""
    NOT_FOR_THEM = "not_for_them"
    """Whoever asks is no admin."""


class Deleting:
    """Has orders, and people's data, deleted. `wake` tells the worker that something is due."""

    def __init__(
        self,
        database: Database,
        teams: Teams,
        roles: Roles,
        *,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._teams = teams
        self._roles = roles
        self._clock = clock
        self._wake = wake

    async def delete_order(self, asker: Asker, order_id: str) -> Deletion:
        """Delete what an order said, its videos in Slack and at sync.so, and its files there.

        A file stays that another order names. What it cost stays in the ledger.

        Raises:
            Forbidden: only its asker, and admins, may.
            NotInstalled: the app is not installed there.
        """
        known = await self._known(asker, order_id)
        if known is None:
            return Deletion.UNKNOWN
        try:
            await self._check(known, asker)
        except Forbidden:
            if is_private(known, asker):
                return Deletion.UNKNOWN
            raise
        now = self._clock()
        async with self._database.write() as conn:
            order = await order_store.deletable(
                conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=True
            )
            if order is None:
                return Deletion.UNKNOWN
            if order.ended_at is None:
                return Deletion.OPEN
            await deletions.delete_order(conn, order, now=now, with_videos=True)
            await audit.append(conn, audited.deleted(order, asker), now=now)
        self._wake()
        return Deletion.DELETED

    async def is_old(self, asker: Asker, order_id: str) -> bool:
        """Whether an order's words went by time, of which what was made may still be deleted."""
        known = await self._known(asker, order_id)
        return known is not None and not is_private(known, asker) and known.forgotten is Forgotten.OLD

    async def delete_person(self, asker: Asker) -> Waits:
        """Have all that is kept of the asker deleted; how many of their orders have to end first.

        The worker does it, and ends what was not sent to sync.so: see `bot.steps.departures`. What they
        always allow ends at once, since others spend by it.

        Raises:
            NotInstalled: the app is not installed there.
        """
        await self._teams.need(asker.enterprise_id, asker.team_id)
        return await self._leave(asker, by=None)

    async def leaver(self, asker: Asker, user_id: str) -> Leaver:
        """Whether an admin may have the data deleted of somebody who has left. Raises NotInstalled."""
        people = self._roles.people
        if not await people.may_administer(asker):
            return Leaver.NOT_FOR_THEM
        async with self._database.read() as conn:
            if not await departures.is_known(conn, replace(asker, user_id=user_id, home=None)):
                return Leaver.UNKNOWN
        try:
            profile = await people.of(asker, user_id, fresh_s=ADMIN_FRESH_S, at_worst_s=ADMIN_AT_WORST_S)
        except (SlackRefused, SlackUnreachable):
            return Leaver.STILL_HERE
        return Leaver.GONE if profile.membership is Membership.GONE else Leaver.STILL_HERE

    async def delete_leaver(self, asker: Asker, user_id: str) -> tuple[Leaver, Waits]:
        """As `delete_person`, for somebody who has left, on an admin's word."""
        leaver = await self.leaver(asker, user_id)
        if leaver is not Leaver.GONE:
            return leaver, Waits(0, 0)
        return leaver, await self._leave(replace(asker, user_id=user_id, home=None), by=asker)

    async def _leave(self, person: Asker, *, by: Asker | None) -> Waits:
        now = self._clock()
        # Apart from the write, for which others would wait while a long log is looked through.
        async with self._database.read() as conn:
            if not await departures.is_known(conn, person):
                return Waits(0, 0)
            waits = await departures.count_open(conn, person, now=now)
        async with self._database.write() as conn:
            pseudonym = await departures.ask(conn, person, now=now)
            if by is not None:
                await audit.append(conn, audited.forget_asked(person, pseudonym, by), now=now)
            for ended in await allowances.end_of_person(conn, person, now=now):
                entry = allowance_entry(ended, Action.ALLOWANCE_ENDED, by=(by or person).user_id)
                await audit.append(conn, entry, now=now)
        self._wake()
        return waits

    async def _known(self, asker: Asker, order_id: str) -> Order | None:
        async with self._database.read() as conn:
            return await order_store.deletable(
                conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id
            )

    async def _check(self, order: Order, asker: Asker) -> None:
        role = await role_of(order, asker, self._teams, self._database)
        if role is Role.COLLEAGUE and await self._roles.people.may_administer(there(asker, order)):
            role = Role.ADMIN
        if role not in MAY[Deed.DELETE]:
            raise Forbidden(role, order.user_id)
