"""The app was removed from a workspace, or its token was taken back."""

from bot.services import Services
from handlers.routing import Answer, Ask


class Installs:
    """Ends an installation; both events may come, in any order, more than once."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def removed(self, ask: Ask) -> Answer:
        """Forget the workspace's token; its open jobs end by themselves when they find no installation.

        Slack sends an event that it could not deliver again for minutes: one that is older than the
        installation tells of an earlier one.
        """
        asker = ask.asker
        installed = await self._services.teams.find(asker.enterprise_id, asker.team_id)
        told_at = float(ask.body.get("event_time") or self._services.clock())
        if installed is not None and told_at >= installed.installed_at:
            await self._services.teams.remove(installed.id)
        return None

    async def tokens_revoked(self, ask: Ask) -> Answer:
        """Only a revoked bot token ends the installation (Slack: tokens_revoked)."""
        if (ask.event.get("tokens") or {}).get("bot"):
            await self.removed(ask)
        return None
