"""All that a handler may use, handed over as one frozen record."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.asking.recent_files import RecentFiles
from bot.background import Background
from bot.conversations import Conversations
from bot.generations import Asker, Generations
from bot.media import MediaRelay
from bot.once import Once
from bot.slack import Slack, SlackTeam
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from storage.jobs import Job


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, and what a handler needs to answer within three seconds."""

    generations: Generations
    recent_files: RecentFiles
    relay: MediaRelay
    accounts: Accounts
    teams: Teams
    slack: Slack
    background: Background
    clock: Callable[[], float]
    conversations: Conversations
    once: Once = field(default_factory=Once)

    async def slack_of(self, whose: Asker | Job) -> SlackTeam:
        """Slack as that workspace lets the app use it. Raises NotInstalled."""
        return self.slack.team(await self.teams.need(whose.enterprise_id, whose.team_id))
