"""Tokens: each is tried now and then, and renewed ahead of its end, so that a dead one is no surprise."""

from dataclasses import replace

import structlog

from bot.messages.welcome import token_ends
from bot.slack import SlackError, TokenDead
from bot.slack.renewal import Renewal
from bot.steps.admins import to_admins
from bot.steps.loops import look_now_and_then
from bot.steps.sides import side_by_side
from bot.steps.tools import Tools
from bot.troubles import cause_of
from storage import answers, token_store
from storage.errors import Undecryptable
from storage.installations import RENEWED_AHEAD_S, Installation, Installations
from storage.leases import LEASE_S
from storage.token_store import Held

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 5.0
_AGAIN_S = 300.0
"""After a look of which nothing was learnt."""
_DEAD_AGAIN_S = 3600.0
"""A token that is not taken may be so by mistake: of an allow-list of addresses, for one."""
_AT_ONCE = 8


class Tokens:
    """Each process claims what is due."""

    def __init__(self, tools: Tools, renewal: Renewal | None) -> None:
        """`renewal` is for tokens that expire; None: the app has no client secret to renew them with."""
        self._tools = tools
        self._renewal = renewal
        self._installations = Installations(tools.database, tools.cipher)

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="tokens")

    async def turn(self) -> bool:
        """Try or renew some that are due, side by side; whether there were any.

        Raises:
            StorageError: the database cannot be used.
        """
        claimed = await self._claim()
        await side_by_side(map(self._look, claimed))
        return bool(claimed)

    async def _claim(self) -> list[Held]:
        database, now, suspects = self._tools.database, self._tools.clock(), self._tools.slack.take_suspects()
        if suspects:
            async with database.write() as conn:
                for owner in sorted(suspects):
                    await token_store.suspect(conn, owner, now=now)
        async with database.read() as conn:
            due_at = await token_store.next_due(conn)
        if due_at is None or due_at > now:
            return []
        token = self._tools.new_token()
        async with database.write() as conn:
            return await token_store.claim(conn, now=now, lease_s=LEASE_S, token=token, limit=_AT_ONCE)

    async def _look(self, held: Held) -> None:
        try:
            known = self._installations.opened(held.row)
        except Undecryptable as error:
            _log.error("token cannot be read", team=held.id, cause=cause_of(error))
            await self._later(held)
            return
        try:
            await self._renew_or_try(held, known)
        except TokenDead as error:
            await self._dead(held, known, error)
        except SlackError as error:
            _log.info("token not tried", team=held.id, cause=cause_of(error))
            await self._later(held)
        self._tools.teams.forget()

    async def _renew_or_try(self, held: Held, known: Installation) -> None:
        if self._renewal is None:
            await self._try(held, known)
        elif known.refresh_token is not None and known.is_ageing(self._tools.clock()):
            await self._renewal.hold(held)
        elif not (_never_ends(known) and await self._renewal.begin(held)):
            await self._try(held, known)

    async def _try(self, held: Held, known: Installation) -> None:
        me = await self._tools.slack.holder_of(known.bot_token).who_am_i()
        now_is = replace(
            known,
            enterprise_id=str(me.get("enterprise_id") or "") or known.enterprise_id,
            bot_id=str(me.get("bot_id") or known.bot_id),
            scopes=tuple(each for each in str(me["scopes"]).split(",") if each) or known.scopes,
        )
        async with self._tools.database.write() as conn:
            await token_store.works(conn, held, now_is, now=self._tools.clock())

    async def _dead(self, held: Held, known: Installation, error: TokenDead) -> None:
        """Slack does not take it: the app counts as removed, unless the token is still good for a while."""
        now = self._tools.clock()
        if known.expires_at is not None and known.expires_at > now and error.code == "invalid_refresh_token":
            _log.warning("token cannot be renewed; it still works", team=held.id, cause=str(error))
            await self._tell_of_its_end(held, known.expires_at)
            await self._later(held)
            return
        async with self._tools.database.write() as conn:
            is_news = await token_store.dead(conn, held, now=now, again_at=now + _DEAD_AGAIN_S)
        if is_news:
            _log.warning("token is dead: the app counts as removed", team=held.id, cause=str(error))

    async def _tell_of_its_end(self, held: Held, ends_at: float) -> None:
        """While there still is a token to tell it with: an install mends it, and nothing of the app's can.

        Not at the first look: whoever spent the refresh token may be about to store what came of it.
        """
        if ends_at - self._tools.clock() > RENEWED_AHEAD_S - _AGAIN_S:
            return
        message, now = token_ends(self._tools.words, ends_at), self._tools.clock()
        told = await to_admins(self._tools, held.id, message, key=f"token_ends:{ends_at!r}")
        async with self._tools.database.write() as conn:
            for answer in told:
                await answers.begin(conn, answer, due_at=now)

    async def _later(self, held: Held) -> None:
        async with self._tools.database.write() as conn:
            await token_store.later(conn, held, due_at=self._tools.clock() + _AGAIN_S)


def _never_ends(known: Installation) -> bool:
    """Whether its token never ends, and may be changed for one that does: one in the settings may not."""
    return known.expires_at is None and known.refresh_token is None and known.installed_by is not None
