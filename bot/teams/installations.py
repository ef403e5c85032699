"""Installed workspaces, kept in memory for a short while so that no request waits for a read."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NotInstalled
from bot.teams.last_read import LastRead
from storage.installations import Installation, Installations, Serving

_FRESH_S = 30.0
"""Replicas learn of an uninstall elsewhere within this time."""
_FRESH_NONE_S = 3.0
"""And of an install: whoever has just allowed it tries it at once."""

Renew = Callable[[Installation], Awaitable[Installation]]
"""Gives an installation whose token is good for a while: the same one, mostly."""


class Teams:
    """Finds the installation that serves a workspace."""

    def __init__(
        self, installations: Installations, *, clock: Callable[[], float], renew: Renew | None = None
    ) -> None:
        """`renew` is for tokens that expire; None: those that have been kept are good."""
        self._installations = installations
        self._renew = renew
        self._served = LastRead(self._read, fresh_s=_fresh_s, elapsed=clock)

    async def find(self, enterprise_id: str | None, team_id: str | None) -> Installation | None:
        """What serves the workspace; None where the app is not installed."""
        return (await self.serving(enterprise_id, team_id)).installation

    async def serving(self, enterprise_id: str | None, team_id: str | None) -> Serving:
        """All that serves the workspace: its own installation, and its organisation's."""
        return await self._served.of((enterprise_id, team_id))

    async def _read(self, of: tuple[str | None, str | None]) -> Serving:
        enterprise_id, team_id = of
        return await self._installations.serving(enterprise_id=enterprise_id, team_id=team_id)

    async def need(self, enterprise_id: str | None, team_id: str | None) -> Installation:
        """What serves the workspace; its token may have expired.

        Raises:
            NotInstalled: there is none (any more).
        """
        installation = await self.find(enterprise_id, team_id)
        if installation is None:
            raise NotInstalled(team_id)
        return installation

    async def need_token(self, enterprise_id: str | None, team_id: str | None) -> Installation:
        """As `need`, with a token that can be used: for whoever is about to call Slack.

        Raises:
            NotInstalled: there is none (any more).
            SlackUnreachable, SlackRefused: it has expired, and no new one can be had now.
        """
        installation = await self.need(enterprise_id, team_id)
        if installation.expires_at is None or self._renew is None:
            return installation
        renewed = await self._renew(installation)
        if renewed is not installation:
            self.forget()
        return renewed

    async def put(self, conn: AsyncConnection, installation: Installation) -> bool:
        """Store an install in a transaction; call `forget` once it is over. See `Installations.put`."""
        return await self._installations.put(conn, installation)

    async def save(self, installation: Installation) -> None:
        """Store an install, and forget what was known before it."""
        await self._installations.save(installation)
        self.forget()

    async def remove(self, installation_id: str, *, at: float, now: float) -> None:
        """End an installation; repeating it changes nothing. For the times see `Installations.remove`."""
        await self._installations.remove(installation_id, at=at, now=now)
        self.forget()

    async def tell_access(
        self, enterprise_id: str, team_ids: Sequence[str], *, granted: bool, told_at: float, now: float
    ) -> None:
        """Store what Slack tells of an organisation's workspaces; see `Installations.tell_access`."""
        await self._installations.tell_access(
            enterprise_id, team_ids, granted=granted, told_at=told_at, now=now
        )
        self.forget()

    def forget(self) -> None:
        """Have everything read anew: somebody has changed it."""
        self._served.forget()


def _fresh_s(found: Serving) -> float:
    return _FRESH_NONE_S if found.installation is None else _FRESH_S


def installation_of(me: Mapping[str, Any], token: str, *, now: float) -> Installation:
    """The token in the settings is one row of the installations, like any other workspace's."""
    is_of_all = bool(me.get("is_enterprise_install"))
    return Installation(
        id=str(me["enterprise_id"] if is_of_all else me["team_id"]),
        enterprise_id=me.get("enterprise_id"),
        team_id=None if is_of_all else str(me["team_id"]),
        team_name=str(me.get("team", "")),
        app_id=str(me.get("app_id", "")),
        bot_id=str(me.get("bot_id", "")),
        bot_user_id=str(me["user_id"]),
        bot_token=token,
        scopes=tuple(scope for scope in str(me["scopes"]).split(",") if scope),
        installed_at=now,
    )
