"""All that a handler may use, handed over as one frozen record."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.asking.recent_files import RecentFiles
from bot.background import Background
from bot.conversations import Conversations
from bot.generations import Generations
from bot.media import MediaRelay
from bot.once import Once
from bot.slack import Slack
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams


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
