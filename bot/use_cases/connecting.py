"""Connecting: an admin gives the team's sync.so key on a page of the app's own, since no form may ask for it.

A link lives ten minutes. Looking at it spends nothing, for scanners open links; its button does, and all that
follows belongs to that browser.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import Asker
from bot.messages import connecting as words_of
from bot.messages.catalogue import Words
from bot.slack import Slack, SlackRefused, SlackUnreachable
from bot.slack.naming import called
from bot.steps.telling import in_direct_message
from bot.steps.tools import Tools
from bot.sync_api.errors import NotAuthorised, SyncApiError
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from bot.troubles import cause_of
from storage import answers, connect_links, homes
from storage.connect_links import Invitation, Session
from storage.database import Database
from storage.sync_keys import SyncKey

_log = structlog.get_logger(__name__)

LINK_LIFE_S = 600.0
SESSION_LIFE_S = 1800.0
"""How long the browser that opened a link may go on."""
PATH = "/connect"


class NoLink(StrEnum):
    """Why somebody gets no link."""

    NOT_ADMIN = "not_admin"
    NO_PAGE = "no_page"
    """No browser reaches the app: there is no PUBLIC_URL."""


class NotTaken(StrEnum):
    """Why a key was not kept; nothing was changed."""

    NO_KEY = "no_key"
    """It cannot be one."""
    REFUSED = "refused"
    """sync.so does not take it."""
    UNTRIED = "untried"
    """sync.so cannot say now."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page tells of an invitation or a session."""

    team_name: str
    user_name: str
    key: SyncKey | None
    """The one in use; None: there is none of the team's own."""


class Connecting:
    """Makes links, and does what their pages ask for."""

    def __init__(  # noqa: PLR0913 - it is where the page meets what it works with
        self,
        database: Database,
        teams: Teams,
        accounts: Accounts,
        slack: Slack,
        words: Words,
        *,
        may_administer: Callable[[Asker], Awaitable[bool]],
        public_url: str | None,
        clock: Callable[[], float],
    ) -> None:
        """`public_url` is where browsers reach the app; None: nowhere."""
        self._database = database
        self._teams = teams
        self._accounts = accounts
        self._keys = accounts.keys
        self._slack = slack
        self._words = words
        self._may_administer = may_administer
        self._public_url = public_url
        self._clock = clock

    async def link_for(self, asker: Asker) -> str | NoLink:
        """An address that leads an admin to the page, once and within ten minutes; it is a secret.

        Raises:
            NotInstalled: the app is not installed there.
        """
        installation = await self._teams.need(asker.enterprise_id, asker.team_id)
        if not await self._may_administer(asker):
            return NoLink.NOT_ADMIN
        if self._public_url is None:
            return NoLink.NO_PAGE
        token = secrets.token_urlsafe(32)
        invitation = Invitation(
            owner_id=installation.id,
            enterprise_id=asker.enterprise_id,
            team_id=asker.team_id,
            user_id=asker.user_id,
            user_name=await self._name_of(asker),
        )
        async with self._database.write() as conn:
            await connect_links.begin(conn, token, invitation, until=self._clock() + LINK_LIFE_S)
        return f"{self._public_url}{PATH}/{token}"

    async def look(self, token: str) -> Shown | None:
        """Who connects which workspace by a link; None: it leads nowhere (any more). Spends nothing."""
        async with self._database.read() as conn:
            invitation = await connect_links.find(conn, token, now=self._clock())
        return None if invitation is None else await self._shown(invitation)

    async def open(self, token: str) -> str | None:
        """Spend a link; the cookie by which its browser is known from here on, or None: it is refused.

        The admin who asked for it is told of a second try.
        """
        session, now = secrets.token_urlsafe(32), self._clock()
        async with self._database.write() as conn:
            opened = await connect_links.spend(conn, token, session, now=now, until=now + SESSION_LIFE_S)
            if opened is None and (first := await connect_links.spent(conn, token)) is not None:
                await self._tell_of_a_second_try(conn, first)
        return None if opened is None else session

    async def session(self, cookie: str) -> Session | None:
        """What a browser may do, as long as its admin still is one; None: nothing."""
        async with self._database.read() as conn:
            found = await connect_links.session_of(conn, cookie, now=self._clock())
        return found if found is not None and await self._is_still_admin(found) else None

    async def shown(self, session: Session) -> Shown | None:
        """What the page tells; None: the app is not installed there any more."""
        return await self._shown(session)

    async def connect(self, session: Session, api_key: str) -> NotTaken | None:
        """Have the team's videos paid with this key from now on, once sync.so has said whose it is.

        Returns:
            Why it was not kept; None: it was, though another admin may have taken it away since.
        """
        try:
            told = await self._accounts.told_by(api_key)
        except ValueError:
            return NotTaken.NO_KEY
        except NotAuthorised:
            return NotTaken.REFUSED
        except SyncApiError as error:
            _log.info("a key was not tried", team=session.team_id, cause=cause_of(error))
            return NotTaken.UNTRIED
        now = self._clock()
        await self._keys.put(session.owner_id, api_key, told, by=session.user_id, now=now)
        await self._show_at_home(session, now)
        return None

    async def disconnect(self, session: Session) -> bool:
        """Pay for nothing more with the team's key; whether another one works for the team now."""
        now = self._clock()
        await self._keys.take_away(session.owner_id, by=session.user_id, now=now)
        await self._show_at_home(session, now)
        installation = await self._teams.find(session.enterprise_id, session.team_id)
        return installation is not None and await self._accounts.would_pay(installation)

    async def _show_at_home(self, admin: Session, now: float) -> None:
        """The Home from which the admin came says from now on who pays."""
        async with self._database.write() as conn:
            await homes.changed(conn, admin, now=now)

    async def _name_of(self, asker: Asker) -> str:
        """The full name, which tells a stranger from a colleague; where Slack does not tell, the id."""
        try:
            installation = await self._teams.need_token(asker.enterprise_id, asker.team_id)
            user = await self._slack.team(installation).user_info(asker.user_id) or {}
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("the name of an admin was not told", cause=cause_of(error))
            return asker.user_id
        return called(user) or asker.user_id

    async def _is_still_admin(self, session: Session) -> bool:
        if await self._teams.find(session.enterprise_id, session.team_id) is None:
            return False
        return await self._may_administer(Asker(session.enterprise_id, session.team_id, session.user_id))

    async def _shown(self, invitation: Invitation) -> Shown | None:
        installation = await self._teams.find(invitation.enterprise_id, invitation.team_id)
        if installation is None or installation.id != invitation.owner_id:
            return None
        key = await self._keys.in_use((invitation.owner_id,))
        return Shown(installation.team_name, invitation.user_name, key)

    async def _tell_of_a_second_try(self, conn: AsyncConnection, first: Session) -> None:
        now = self._clock()
        message = words_of.opened_twice(self._words, first_at=first.opened_at, again_at=now)
        key = f"connect:{first.user_id}:{first.opened_at!r}"
        answer = in_direct_message(first, message, key=key, now=now)
        await answers.begin(conn, answer, due_at=now)


def connecting_of(tools: Tools, public_url: str | None) -> Connecting:
    """The use cases over what the steps work with."""
    return Connecting(
        tools.database,
        tools.teams,
        tools.accounts,
        tools.slack,
        tools.words,
        may_administer=tools.roles.people.may_administer,
        public_url=public_url,
        clock=tools.clock,
    )
