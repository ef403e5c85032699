"""Installing: a person lets the app into a workspace or an organisation, in a browser."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.asking.asks import Asker
from bot.messages import welcome
from bot.messages.catalogue import Words
from bot.slack.oauth import Grant, OAuth
from bot.slack.scopes import BOT_SCOPES
from bot.steps.telling import in_direct_message
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from storage import answers, install_states
from storage.answers import Answer
from storage.database import Database
from storage.installations import Installation

_log = structlog.get_logger(__name__)

STATE_LIFE_S = 600.0
"""As long as Slack's code lives (Slack: installing with OAuth)."""
REDIRECT_PATH = "/slack/oauth_redirect"


@dataclass(frozen=True, slots=True)
class Begun:
    """An install that a browser has begun."""

    url: str
    """Slack's page, where the person allows it."""
    browser: str
    """What the browser brings back as its cookie."""


@dataclass(frozen=True, slots=True)
class Finished:
    """An install that is done."""

    installation: Installation
    open_url: str | None
    """Where a browser finds the app in Slack; None: an organisation has it, and none of its workspaces."""
    is_paid: bool
    """Whether a sync.so account works for it already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was installed; `bot.messages.pages` has the words for the code."""

    code: str


UNKNOWN_STATE = "unknown_state"
"""It was finished before, began too long ago or in another browser, or not here at all."""
NO_ANSWER = "no_answer"


class Installing:
    """Begins an install, and finishes it in the same browser, once."""

    def __init__(
        self,
        database: Database,
        teams: Teams,
        accounts: Accounts,
        oauth: OAuth,
        words: Words,
        *,
        public_url: str,
        clock: Callable[[], float],
    ) -> None:
        """`public_url` is where browsers reach the app."""
        self._database = database
        self._teams = teams
        self._accounts = accounts
        self._oauth = oauth
        self._words = words
        self._redirect_uri = public_url + REDIRECT_PATH
        self._clock = clock

    async def begin(self, *, browser: str | None, team: str | None, more: Sequence[str] = ()) -> Begun | None:
        """Send a browser to Slack; None: too many were sent there just now.

        Args:
            browser: its cookie, where it has one from another install that it has begun; kept then.
            team: the workspace or organisation that Slack is to offer first.
            more: scopes to ask for beside those that everybody grants.

        Raises:
            StorageError: the database cannot be used.
        """
        browser, state = browser or secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        async with self._database.write() as conn:
            has_room = await install_states.begin(
                conn, state=state, browser=browser, now=self._clock(), life_s=STATE_LIFE_S
            )
        if not has_room:
            return None
        url = self._oauth.authorize_url(
            scopes=(*BOT_SCOPES, *more), state=state, redirect_uri=self._redirect_uri, team=team
        )
        return Begun(url, browser)

    async def finish(
        self, *, state: str | None, browser: str | None, code: str | None, error: str | None
    ) -> Finished | Refused:
        """Take what Slack sends a browser back with.

        Returns:
            What is installed now, or why nothing is.

        Raises:
            SlackRefused, SlackUnreachable: Slack does not give its token.
            StorageError: the database cannot be used.
        """
        if not await self._is_ours(state, browser):
            return Refused(UNKNOWN_STATE)
        if error is not None or not code:
            return Refused(error or NO_ANSWER)
        grant = await self._oauth.exchange(code, redirect_uri=self._redirect_uri)
        installation = self._installation(grant)
        is_paid = await self._accounts.would_pay(installation)
        await self._store(installation, is_paid=is_paid)
        team = installation.team_id
        open_url = None if team is None else self._oauth.open_url(installation.app_id, team)
        return Finished(installation, open_url, is_paid)

    async def _is_ours(self, state: str | None, browser: str | None) -> bool:
        if not (state and browser):
            return False
        async with self._database.write() as conn:
            return await install_states.spend(conn, state=state, browser=browser, now=self._clock())

    def _installation(self, grant: Grant) -> Installation:
        now, tokens = self._clock(), grant.tokens
        return Installation(
            id=grant.owner,
            enterprise_id=grant.enterprise_id,
            team_id=grant.team_id,
            team_name=grant.name,
            app_id=grant.app_id,
            bot_id=grant.bot_id,
            bot_user_id=grant.bot_user_id,
            bot_token=tokens.access_token,
            scopes=grant.scopes,
            installed_at=now,
            installed_by=grant.installer,
            refresh_token=tokens.refresh_token,
            expires_at=None if tokens.expires_in_s is None else now + tokens.expires_in_s,
        )

    async def _store(self, installation: Installation, *, is_paid: bool) -> None:
        """The installer is greeted where the app was not there before; see `bot.use_cases.answering`."""
        greeting = self._greeting(installation, is_paid=is_paid)
        async with self._database.write() as conn:
            is_new = await self._teams.put(conn, installation)
            if is_new:
                await answers.begin(conn, greeting, due_at=installation.installed_at)
        self._teams.forget()
        _log.info("installed", team=installation.id, by=installation.installed_by, anew=not is_new)

    def _greeting(self, installation: Installation, *, is_paid: bool) -> Answer:
        message = welcome.to_installer(self._words, is_paid=is_paid)
        installer = Asker(installation.enterprise_id, installation.id, installation.installed_by or "")
        key, now = f"installed:{installation.installed_at}", installation.installed_at
        return in_direct_message(installer, message, key=key, now=now)
