"""An install of the app in a workspace or in an organisation, and its tokens."""

from dataclasses import dataclass, field
from typing import Literal

from bot.sandbox.fake_slack.config import OrganisationConfig

DeadTokenError = Literal["token_revoked", "account_inactive", "invalid_auth"]


@dataclass(slots=True, eq=False)
class Token:
    """A bot token. With rotation it expires at `ends_at` (Unix seconds) and has a refresh token."""

    access: str
    ends_at: float | None = None
    refresh: str | None = None
    refreshed_at: float | None = None
    """When its refresh token was spent."""
    is_exchanged: bool = False
    """It was a long-lived one, and was given for a pair that rotates."""
    dead: str | None = None
    """The error it answers since it was revoked; None: it lives, unless it has expired."""


@dataclass(slots=True, eq=False)
class Install:
    """What a workspace or an organisation has allowed the app.

    Attributes:
        team: The workspace's id; None: the install is the whole organisation's.
        enterprise: The organisation's id, where there is one.
        scopes: In the order in which they were granted; installs only ever add to them.
        installer: The person who allowed it first.
        added_to: Of an organisation's install: the workspaces to which an admin has added the app.
    """

    team: str | None
    enterprise: str | None
    bot_id: str
    bot_user_id: str
    scopes: tuple[str, ...]
    installer: str
    added_to: list[str] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)

    @property
    def is_enterprise(self) -> bool:
        """Whether it is an organisation's (Slack: is_enterprise_install)."""
        return self.team is None

    def add_scopes(self, scopes: tuple[str, ...]) -> None:
        """Add what was granted now: scopes never shrink but by revoking (Slack: installing with OAuth)."""
        self.scopes += tuple(scope for scope in scopes if scope not in self.scopes)


class Organisation:
    """An Enterprise organisation and the app's install for all of it, if there is one."""

    def __init__(self, config: OrganisationConfig) -> None:
        self.config = config
        self.id = config.id
        self.install: Install | None = None

    def install_for(self, team: str) -> Install | None:
        """Its install where an admin has added the app to that workspace."""
        added = self.install is not None and team in self.install.added_to
        return self.install if added else None

    def as_json(self) -> dict[str, str]:
        """As answers and payloads name it."""
        return {"id": self.id, "name": self.config.name}
