"""Who somebody is to the workspace or organisation that the app is installed in, as Slack tells it.

It is kept in memory and in a table, and asked anew when it is old. Where neither Slack nor what it told last
answers, nobody is taken for anything: whoever needs to know counts that as no.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NotInstalled
from bot.teams.flights import Flights
from bot.teams.installations import Teams
from bot.teams.recent import Recent
from bot.teams.rights import MAY, Deed, Role
from bot.teams.rulebook import Rulebook, allowance_entry
from storage import allowances, audit, people_store
from storage.audit import Action
from storage.database import Database
from storage.errors import StorageError
from storage.installations import Installation
from storage.owners import Owner, Person
from storage.people import ADMINISTRATORS, COLLEAGUES, Membership, Profile

_log = structlog.get_logger(__name__)

FRESH_S, AT_WORST_S = 3600.0, 24 * 3600.0
"""How old it may be where somebody uses the app; where Slack does not answer."""
ADMIN_FRESH_S, ADMIN_AT_WORST_S = 60.0, 15 * 60.0
"""As above, where somebody changes what holds for all, or says yes to what another spends."""
_KEPT = 20_000

Json = Mapping[str, Any]
LookUp = Callable[[Installation, str], Awaitable[Json | None]]
"""Asks Slack for a user object (Slack: users.info); None: it shows nobody of that id."""


class People:
    """Finds out what people are."""

    def __init__(
        self,
        database: Database,
        teams: Teams,
        rulebook: Rulebook,
        look_up: LookUp,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._teams = teams
        self._rulebook = rulebook
        self._look_up = look_up
        self._clock = clock
        self._known: Recent[tuple[str, str], Profile] = Recent(_KEPT)
        """The last that was heard of first."""
        self._flights: Flights[Profile] = Flights()

    async def remembered(self, owner: Owner, user_id: str) -> Profile | None:
        """What is known of a person without asking anybody; None: nothing, or it is too old to go by.

        Raises:
            NotInstalled: the app is not installed there.
        """
        installation = await self._teams.need(owner.enterprise_id, owner.team_id)
        return self._not_older(self._known.get((installation.id, user_id)), AT_WORST_S)

    async def of(
        self, owner: Owner, user_id: str, *, fresh_s: float = FRESH_S, at_worst_s: float = AT_WORST_S
    ) -> Profile:
        """What a person is there: what was told within `fresh_s`, else asked now.

        Raises:
            NotInstalled: the app is not installed there.
            SlackRefused, SlackUnreachable: Slack does not say, and what it said is older than `at_worst_s`.
        """
        installation = await self._teams.need(owner.enterprise_id, owner.team_id)
        key = installation.id, user_id
        known = self._not_older(self._known.get(key), fresh_s)
        if known is not None:
            return known
        try:
            return await self._flights.join(
                (key, fresh_s), lambda: self._learn(installation, user_id, fresh_s)
            )
        except Exception as error:
            last = self._not_older(self._known.get(key), at_worst_s)
            if last is None:
                raise
            _log.info("not told who somebody is, so it is what was told before", cause=str(error))
            return last

    async def may_administer(self, asker: Person) -> bool:
        """Whether somebody may see and change what holds for all; what cannot be told is no.

        Raises NotInstalled.
        """
        return await self.administers(asker) is True

    async def administers(self, asker: Person) -> bool | None:
        """Whether somebody is an owner, an admin, or named by these; None: Slack does not tell.

        Raises NotInstalled.
        """
        try:
            profile = await self.of(asker, asker.user_id, fresh_s=ADMIN_FRESH_S, at_worst_s=ADMIN_AT_WORST_S)
        except (NotInstalled, StorageError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever keeps Slack from telling, it is not told
            _log.warning("not told who somebody is, so they may not", cause=str(error))
            return None
        return await self._role(asker, profile) in MAY[Deed.ADMINISTER]

    async def _role(self, asker: Person, profile: Profile) -> Role | None:
        if profile.membership in ADMINISTRATORS:
            return Role.ADMIN
        if profile.membership not in COLLEAGUES:
            return None
        book = await self._rulebook.of(asker)
        return Role.ADMIN if asker.user_id in book.rules.admins else Role.COLLEAGUE

    async def _learn(self, installation: Installation, user_id: str, fresh_s: float) -> Profile:
        stored = await self._stored(installation.id, user_id)
        if stored is not None:
            self._remember(stored)
            if self._not_older(stored, fresh_s) is not None:
                return stored
        user = await self._look_up(installation, user_id)
        profile = profile_of(installation, user_id, user, now=self._clock())
        self._remember(profile)
        await self._keep(profile)
        return profile

    async def _stored(self, installation_id: str, user_id: str) -> Profile | None:
        try:
            async with self._database.read() as conn:
                return await people_store.find(conn, installation_id, user_id)
        except StorageError as error:
            _log.warning("people not read", error=str(error))
            return None

    async def _keep(self, profile: Profile) -> None:
        try:
            async with self._database.write() as conn:
                await people_store.keep(conn, profile)
                if profile.membership not in COLLEAGUES:
                    await self._end_allowances(conn, profile)
        except StorageError as error:
            _log.warning("people not stored", error=str(error))

    async def _end_allowances(self, conn: AsyncConnection, left: Profile) -> None:
        """What they always allowed counts no more, should they ever come back."""
        now = self._clock()
        for ended in await allowances.end_of_leaver(conn, left.installation_id, left.user_id, now=now):
            await audit.append(conn, allowance_entry(ended, Action.ALLOWANCE_ENDED, by=None), now=now)

    def _remember(self, profile: Profile) -> None:
        key = profile.installation_id, profile.user_id
        before = self._known.get(key)
        self._known[key] = profile if before is None or before.told_at <= profile.told_at else before

    def _not_older(self, profile: Profile | None, within_s: float) -> Profile | None:
        """Of what was told in the future, by a clock that was set back since, nobody knows how old it is."""
        if profile is None or not 0 <= self._clock() - profile.told_at <= within_s:
            return None
        return profile


def profile_of(installation: Installation, user_id: str, user: Json | None, *, now: float) -> Profile:
    """What a user object says of somebody (Slack: users.info)."""
    told = user or {}
    return Profile(
        installation_id=installation.id,
        user_id=user_id,
        membership=_membership(installation, told),
        told_at=now,
    )


def _membership(installation: Installation, user: Json) -> Membership:
    if not user or user.get("deleted") or user.get("is_bot"):
        return Membership.GONE
    if user.get("is_stranger") or not _is_ours(installation, user):
        return Membership.OUTSIDER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Membership.GUEST
    roles = _roles(installation, user)
    if roles.get("is_owner") or roles.get("is_primary_owner"):
        return Membership.OWNER
    return Membership.ADMIN if roles.get("is_admin") else Membership.MEMBER


def _is_ours(installation: Installation, user: Json) -> bool:
    """Whether they are of the workspace, or of the organisation that it belongs to."""
    if installation.team_id is not None and user.get("team_id") == installation.team_id:
        return True
    organisations = {
        _of_organisation(user).get("enterprise_id"),
        user.get("enterprise_id"),
        user.get("team_id"),
    }
    return installation.enterprise_id is not None and installation.enterprise_id in organisations


def _roles(installation: Installation, user: Json) -> Json:
    """The flags that count there: the organisation's, or this workspace's own and no sister's."""
    if installation.team_id is None:
        return _of_organisation(user)
    return user if user.get("team_id") == installation.team_id else {}


def _of_organisation(user: Json) -> Json:
    told = user.get("enterprise_user")
    return told if isinstance(told, Mapping) else {}
