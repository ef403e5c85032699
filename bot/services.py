"""All that a handler may use, handed over as one frozen record."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.asking.asks import Asker
from bot.asking.recent_files import RecentFiles
from bot.background import Background
from bot.media import MediaRelay
from bot.messages.about import UNTOLD, About
from bot.messages.catalogue import Words
from bot.once import Once
from bot.patience import Patience
from bot.roles import Roles
from bot.slack import Slack, SlackTeam
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from bot.use_cases.administration import Administration
from bot.use_cases.allowing import Allowing
from bot.use_cases.answering import Answering
from bot.use_cases.approvals import Approvals
from bot.use_cases.bookkeeping import Bookkeeping
from bot.use_cases.connecting import Connecting
from bot.use_cases.consents import Consents
from bot.use_cases.conversations import Conversations
from bot.use_cases.deleting import Deleting
from bot.use_cases.homes import Homes
from bot.use_cases.objections import Objections
from bot.use_cases.orders import Orders
from bot.use_cases.pausing import Pausing
from bot.use_cases.reports import Reports
from bot.use_cases.unresolved import Unresolved
from storage.orders import Order


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, and what a handler needs to answer within three seconds."""

    orders: Orders
    recent_files: RecentFiles
    relay: MediaRelay
    accounts: Accounts
    teams: Teams
    slack: Slack
    background: Background
    clock: Callable[[], float]
    conversations: Conversations
    words: Words
    answering: Answering
    homes: Homes
    roles: Roles
    administration: Administration
    connecting: Connecting
    approvals: Approvals
    allowing: Allowing
    consents: Consents
    objections: Objections
    unresolved: Unresolved
    bookkeeping: Bookkeeping
    reports: Reports
    pausing: Pausing
    deleting: Deleting
    patience: Patience
    groups_url: str | None = None
    """Where the app is installed again with the permission that rules on user groups need; None: nowhere,
    whoever runs the app adds it by hand."""
    about: About = UNTOLD
    once: Once = field(default_factory=Once)

    async def slack_of(self, whose: Asker | Order) -> SlackTeam:
        """Slack as that workspace lets the app use it. For what is raised see `Teams.need_token`."""
        return self.slack.team(await self.teams.need_token(whose.enterprise_id, whose.team_id))
