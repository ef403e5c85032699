"""Tokens that expire: one function gives web and worker a good one, and one holder at a time renews it.

The row is held by a lease in the database, read anew by whoever gets it, and both new tokens are stored at
once: a refresh token works once, and two who used it would leave one of them with nothing (Slack: using token
rotation).
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.slack.errors import SlackError, SlackUnreachable
from bot.slack.oauth import OAuth
from storage import token_store
from storage.database import Database
from storage.installations import Installation, Installations
from storage.leases import LEASE_S
from storage.token_store import Held

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 0.25
_WAITS_S = 10.0
"""How long it is waited for another holder who renews a token that has expired."""


class Renewal:
    """Renews the tokens of installations ahead of their end."""

    def __init__(
        self,
        database: Database,
        installations: Installations,
        oauth: OAuth,
        *,
        clock: Callable[[], float],
        new_token: Callable[[], str],
    ) -> None:
        """`new_token` makes tokens of leases that are this process's."""
        self._database = database
        self._installations = installations
        self._oauth = oauth
        self._clock = clock
        self._new_token = new_token

    async def __call__(self, known: Installation) -> Installation:
        """An installation whose token can be used: as it is known, unless that is near its end.

        Raises:
            SlackRefused, SlackUnreachable: it has ended, and no new one can be had now.
            StorageError: the database cannot be used.
        """
        if not known.is_ageing(self._clock()):
            return known
        try:
            return await self._renewed(known)
        except SlackError as error:
            if self._has_ended(known):
                raise
            _log.warning("token not renewed; it is still good for a while", team=known.id, cause=str(error))
            return known

    async def hold(self, held: Held) -> Installation:
        """Renew the token of a held row, and give that back; one that is young again stays as it is.

        Raises:
            SlackRefused, SlackUnreachable: no new one can be had now; the row is still held.
        """
        known, now = self._installations.opened(held.row), self._clock()
        if known.refresh_token is None or not known.is_ageing(now):
            await self._give_back(held, due_at=known.looked_at_next(now))
            return known
        pair = await self._oauth.refresh(known.refresh_token)
        ends_at = None if pair.expires_in_s is None else now + pair.expires_in_s
        renewed = replace(
            known, bot_token=pair.access_token, refresh_token=pair.refresh_token, expires_at=ends_at
        )
        async with self._database.write() as conn:
            await token_store.renewed(
                conn,
                held,
                renewed,
                access=self._installations.sealed(renewed, "bot_token"),
                refresh=self._installations.sealed(renewed, "refresh_token"),
                now=now,
            )
        _log.info("token renewed", team=known.id)
        return renewed

    async def _renewed(self, known: Installation) -> Installation:
        """Renew it, or wait for whoever does."""
        until = self._clock() + _WAITS_S
        while True:
            now = self._clock()
            async with self._database.write() as conn:
                held = await token_store.claim_one(
                    conn, known.id, now=now, lease_s=LEASE_S, token=self._new_token()
                )
            if held is not None:
                return await self._renew_held(held)
            found = await self._as_it_is(known)
            if not self._has_ended(found):
                return found
            if self._clock() >= until:
                raise SlackUnreachable("another process is renewing the token")
            await asyncio.sleep(_LOOKS_EVERY_S)

    async def _renew_held(self, held: Held) -> Installation:
        try:
            return await self.hold(held)
        except SlackError:
            await self._give_back(held, due_at=self._clock())
            raise

    async def _as_it_is(self, known: Installation) -> Installation:
        async with self._database.read() as conn:
            row = await token_store.find(conn, known.id)
        if row is None:
            return known
        return self._installations.opened(row)

    async def _give_back(self, held: Held, *, due_at: float) -> None:
        async with self._database.write() as conn:
            await token_store.later(conn, held, due_at=due_at)

    def _has_ended(self, known: Installation) -> bool:
        return known.expires_at is not None and known.expires_at <= self._clock()
