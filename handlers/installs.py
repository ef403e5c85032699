"""The app was removed from a workspace or an organisation, or a workspace of one was given or taken."""

from collections.abc import Mapping
from typing import Any

from bot.services import Services
from handlers.routing import Answer, Ask, Route


class Installs:
    """Ends installations; the events may come in any order, more than once, and late."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def events(self) -> Mapping[str, Route]:
        """The events that tell of it."""
        return {
            "app_uninstalled": self.removed,
            "tokens_revoked": self.tokens_revoked,
            "team_access_granted": self.team_access_granted,
            "team_access_revoked": self.team_access_revoked,
        }

    async def removed(self, ask: Ask) -> Answer:
        """Forget the token; what becomes of open work see `bot.steps.removals`.

        Slack sends an event that it could not deliver again for minutes: one that is older than the
        installation tells of an earlier one. Where it is not certain whose end it tells of, the token is
        tried. One that counts as removed already, by a call that Slack refused, may still have its token.
        """
        team_id, enterprise_id = ask.body.get("team_id"), ask.asker.enterprise_id
        installed = await self._services.teams.find(enterprise_id, team_id)
        owner_id = enterprise_id if team_id is None or _is_of_all(ask.body) else team_id
        if owner_id is not None:
            now = self._services.clock()
            await self._services.teams.remove(owner_id, at=_told_at(ask, now), now=now)
        if installed is not None and installed.id != owner_id:
            self._services.slack.suspect(installed.id)
        return None

    async def tokens_revoked(self, ask: Ask) -> Answer:
        """Only a revoked bot token ends the installation (Slack: tokens_revoked)."""
        if (ask.event.get("tokens") or {}).get("bot"):
            await self.removed(ask)
        return None

    async def team_access_granted(self, ask: Ask) -> Answer:
        """An admin of an organisation has added the app to workspaces of it."""
        return await self._tell_access(ask, granted=True)

    async def team_access_revoked(self, ask: Ask) -> Answer:
        """An admin of an organisation has taken the app out of workspaces of it."""
        return await self._tell_access(ask, granted=False)

    async def _tell_access(self, ask: Ask, *, granted: bool) -> Answer:
        enterprise_id = ask.asker.enterprise_id
        if enterprise_id is not None:
            now = self._services.clock()
            await self._services.teams.tell_access(
                enterprise_id, ask.event["team_ids"], granted=granted, told_at=_told_at(ask, now), now=now
            )
        return None


def _told_at(ask: Ask, now: float) -> float:
    return float(ask.body.get("event_time") or now)


def _is_of_all(body: Mapping[str, Any]) -> bool:
    """Whether an event is about an installation for a whole organisation."""
    return any(each.get("is_enterprise_install") for each in body.get("authorizations") or ())
