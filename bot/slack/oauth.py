"""How a workspace lets the app in, and how its token is renewed (Slack: installing with OAuth)."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from bot.slack.client import Slack
from bot.slack.codes import refusal

_TEAM = re.compile(r"[TE][A-Z0-9]{1,30}")
_ACCESS, _EXCHANGE = "oauth.v2.access", "oauth.v2.exchange"


@dataclass(frozen=True, slots=True)
class App:
    """What names the app to Slack, and proves that it is the app."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """A bot token, and what gives the next one."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    """None: the token does not expire."""
    expires_in_s: float | None
    """None: as above."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What Slack tells of an install."""

    tokens: Pair
    app_id: str
    bot_id: str
    """Beside the bot's user id what tells the app's own messages from people's."""
    bot_user_id: str
    scopes: tuple[str, ...]
    team_id: str | None
    """None: installed for a whole organisation."""
    enterprise_id: str | None
    name: str
    """Of the workspace, or the organisation."""
    installer: str
    """The person who allowed it."""

    @property
    def owner(self) -> str:
        """The id of the installation that this makes."""
        return self.team_id or self.enterprise_id or ""


class _Place(BaseModel):
    id: str
    name: str | None = None


class _Person(BaseModel):
    id: str


class _Tokens(BaseModel):
    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None

    def pair(self) -> Pair:
        return Pair(self.access_token, self.refresh_token, self.expires_in)


class _Granted(_Tokens):
    app_id: str
    bot_user_id: str
    scope: str
    authed_user: _Person
    team: _Place | None = None
    enterprise: _Place | None = None
    is_enterprise_install: bool = False


class OAuth:
    """The app's side of it."""

    def __init__(self, slack: Slack, app: App) -> None:
        self._slack = slack
        self._app = app

    def authorize_url(
        self, *, scopes: tuple[str, ...], state: str, redirect_uri: str, team: str | None = None
    ) -> str:
        """Where a browser is sent to, for a person to allow the install.

        Args:
            scopes: what the bot asks for.
            state: comes back with the answer.
            redirect_uri: where the answer comes.
            team: which workspace Slack is to offer first; what is no id is left out.
        """
        asked = {
            "client_id": self._app.client_id,
            "scope": ",".join(scopes),
            "user_scope": "",
            "state": state,
            "redirect_uri": redirect_uri,
        }
        if team is not None and _TEAM.fullmatch(team):
            asked["team"] = team
        return f"{self._site}/oauth/v2/authorize?{urlencode(asked)}"

    def open_url(self, app_id: str, team_id: str) -> str:
        """Where a browser finds the app in a workspace of Slack's (Slack: deep linking)."""
        return f"{self._site}/app_redirect?{urlencode({'app': app_id, 'team': team_id})}"

    @property
    def _site(self) -> str:
        """Where Slack's own pages are."""
        api = urlsplit(self._slack.base_url)
        return f"{api.scheme}://{api.netloc}"

    async def exchange(self, code: str, *, redirect_uri: str) -> Grant:
        """What a code is good for, once, within ten minutes.

        The bot's id is not in the answer: the new token asks for it.

        Raises:
            SlackRefused: Slack does not take it, or gives no bot token for it.
            SlackUnreachable: no answer came; whether the code is spent is not known.
        """
        answer = await self._access(code=code, redirect_uri=redirect_uri)
        told = _granted(answer)
        me = await self._slack.holder_of(told.access_token).who_am_i()
        return _grant(told, str(me.get("bot_id", "")))

    async def refresh(self, refresh_token: str) -> Pair:
        """The next pair; the token that is given works once.

        Raises:
            TokenDead: the workspace took the app's access back, or the token was spent before.
            SlackRefused, SlackUnreachable: it cannot be had now.
        """
        answer = await self._access(grant_type="refresh_token", refresh_token=refresh_token)
        return _pair(_ACCESS, answer)

    async def first_pair(self, token: str) -> Pair:
        """The first pair in place of a token that never ends, which can be had once.

        That token ends with the pair's own first renewal (Slack: using token rotation).

        Raises:
            NotAllowed: the app does not rotate its tokens, or the pair was had before.
            SlackRefused, SlackUnreachable: it cannot be had now.
        """
        return _pair(
            _EXCHANGE, await self._slack.exchange(self._app.client_id, self._app.client_secret, token)
        )

    async def _access(self, **arguments: str) -> Any:
        return await self._slack.access(self._app.client_id, self._app.client_secret, **arguments)


def _pair(method: str, answer: Any) -> Pair:
    try:
        return _Tokens.model_validate(answer).pair()
    except ValidationError:
        raise refusal(method, "unreadable_answer") from None


def _granted(answer: Any) -> _Granted:
    try:
        return _Granted.model_validate(answer)
    except ValidationError:
        raise refusal(_ACCESS, "unreadable_answer") from None


def _grant(told: _Granted, bot_id: str) -> Grant:
    place = told.enterprise if told.is_enterprise_install else told.team
    if place is None:
        raise refusal(_ACCESS, "unreadable_answer")
    return Grant(
        tokens=told.pair(),
        app_id=told.app_id,
        bot_id=bot_id,
        bot_user_id=told.bot_user_id,
        scopes=tuple(scope for scope in told.scope.split(",") if scope),
        team_id=None if told.is_enterprise_install else place.id,
        enterprise_id=None if told.enterprise is None else told.enterprise.id,
        name=place.name or place.id,
        installer=told.authed_user.id,
    )
