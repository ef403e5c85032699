"""Tokens that expire: one function gives web and worker a good one, and one holder at a time renews it.

The row is held by a lease in the database, read anew by whoever gets it, and both new tokens are stored at
once: a refresh token works once, and two who used it would leave one of them with nothing (Slack: using token
rotation). So what Slack has answered is stored whatever becomes of whoever waits for it, and of the lease.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from bot.slack.errors import CallBroken, NotAllowed, SlackError, SlackUnreachable
from bot.slack.oauth import OAuth, Pair
from storage import token_store
from storage.database import Database
from storage.errors import StorageError, Undecryptable
from storage.installations import Installation, Installations
from storage.leases import LEASE_S
from storage.token_store import Held

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 0.25
_WAITS_S = 10.0
"""How long it is waited for another holder who renews a token that has expired."""
_STORED_AGAIN_S = 1.0
_ENDS_WITHIN_S = 10.0


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
        self._begun: set[asyncio.Task[Any]] = set()

    async def finish(self) -> None:
        """Let what was begun come to its end: for shutdown, while Slack and the database still work."""
        if self._begun:
            await asyncio.wait(self._begun, timeout=_ENDS_WITHIN_S)

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
            now_is = await self._as_it_is(known) if self._has_ended(known) else known
            if self._has_ended(now_is):
                raise
            _log.warning("token not renewed; one is still good for a while", team=known.id, cause=str(error))
            return now_is

    async def hold(self, held: Held) -> Installation:
        """Renew the token of a held row, and give that back; one that is young again stays as it is.

        Raises:
            SlackRefused, SlackUnreachable: no new one can be had now; the row is still held.
        """
        known, now = self._installations.opened(held.row), self._clock()
        if known.refresh_token is None or not known.is_ageing(now):
            await self._give_back(held, due_at=known.looked_at_next(now))
            return known
        return await self._to_its_end(self._refreshed(known, known.refresh_token))

    async def begin(self, held: Held) -> bool:
        """Have the token of a held row, which never ends, give way to one that does, and give the row back.

        Returns:
            False: it stays, for the app does not rotate its tokens, mostly; the row is still held.

        Raises:
            SlackRefused, SlackUnreachable: Slack does not say now; the row is still held.
        """
        return await self._to_its_end(self._first(self._installations.opened(held.row))) is not None

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it; whoever is cut while they wait for it does not cut it."""
        task = asyncio.create_task(work, name="renew a token")
        self._begun.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._begun.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Whoever waits is told as well, if anybody still does.
            _log.info("token not renewed", cause=repr(error))

    async def _refreshed(self, known: Installation, spent: str) -> Installation:
        """From here on the refresh token may be spent, and only the answer holds the next one."""
        now = self._clock()
        return await self._kept(known, await self._oauth.refresh(spent), now)

    async def _first(self, known: Installation) -> Installation | None:
        """Slack answers with it once; where that is lost, the token that never ends goes on working."""
        now = self._clock()
        try:
            pair = await self._oauth.first_pair(known.bot_token)
        except (NotAllowed, CallBroken) as error:
            _log.debug("token stays one that never ends", team=known.id, cause=str(error))
            return None
        return await self._kept(known, pair, now)

    async def _kept(self, known: Installation, pair: Pair, now: float) -> Installation:
        ends_at = None if pair.expires_in_s is None else now + pair.expires_in_s
        renewed = replace(
            known, bot_token=pair.access_token, refresh_token=pair.refresh_token, expires_at=ends_at
        )
        while True:
            if await self._is_kept(renewed, known.bot_token, now):
                _log.info("token renewed", team=known.id)
                return renewed
            await asyncio.sleep(_STORED_AGAIN_S)

    async def _is_kept(self, renewed: Installation, before: str, now: float) -> bool:
        """Whether the database has taken it: in place of the one before, or not at all if that is gone."""
        try:
            async with self._database.write() as conn:
                row = await token_store.find(conn, renewed.id)
                if row is not None and self._installations.opened(row).bot_token == before:
                    await token_store.renewed(
                        conn,
                        row,
                        renewed,
                        access=self._installations.sealed(renewed, "bot_token"),
                        refresh=self._installations.sealed(renewed, "refresh_token"),
                        now=now,
                    )
        except Undecryptable:
            raise  # another try would not mend that
        except StorageError as error:
            _log.warning("a renewed token is not stored yet", team=renewed.id, cause=str(error))
            return False
        return True

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
                return await self._to_its_end(self._renew_held(held))
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
