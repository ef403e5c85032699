"""Leftovers: delete at sync.so what no order can come to any more."""

from collections.abc import Sequence
from http import HTTPStatus

import structlog

from bot.errors import NotConnected
from bot.steps.loops import look_now_and_then
from bot.steps.sides import side_by_side
from bot.steps.tools import Tools
from bot.sync_api.errors import RateLimited, Refused, SyncApiError, Unavailable, Unreadable
from bot.troubles import cause_of
from storage import leftovers
from storage.errors import Undecryptable
from storage.leases import LEASE_S
from storage.leftovers import Leftover

_log = structlog.get_logger(__name__)

_MOST_TRIES = 12
"""With the waits between them about half a day."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 30.0, 3 * 3600.0
_LOOKS_EVERY_S = 10.0
_AT_ONCE = 4
_PASSING = (RateLimited, Unavailable, Unreadable, Undecryptable)
"""What another try may mend, an encryption key put back for one; all else is a refusal, which stays one."""


class Leftovers:
    """Each process claims what is due."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="leftovers")

    async def turn(self) -> bool:
        """Delete some that are due, side by side; whether there was any.

        Raises:
            StorageError: the database cannot be used.
        """
        claimed = await self._claim()
        await side_by_side(map(self._delete, claimed))
        return bool(claimed)

    async def _claim(self) -> Sequence[Leftover]:
        now = self._tools.clock()
        async with self._tools.database.read() as conn:
            due_at = await leftovers.next_due(conn)
        if due_at is None or due_at > now:
            return ()
        async with self._tools.database.write() as conn:
            return await leftovers.claim(
                conn, now=now, lease_s=LEASE_S, token=self._tools.new_token(), limit=_AT_ONCE
            )

    async def _delete(self, held: Leftover) -> None:
        """Once more does no harm: what is deleted already is not there."""
        try:
            account = await self._tools.account_of_sent(held)
            await account.client.delete_asset(held.id)
        except (SyncApiError, NotConnected, Undecryptable) as error:
            if not _is_gone(error):
                await self._keep(held, error)
                return
        async with self._tools.database.write() as conn:
            await leftovers.gone(conn, held)

    async def _keep(self, held: Leftover, error: SyncApiError | NotConnected | Undecryptable) -> None:
        """Ask again where that may help; else it is told here, and by `lipsync-bot doctor`."""
        is_last = not isinstance(error, _PASSING) or held.attempts + 1 >= _MOST_TRIES
        wait_s = min(_FIRST_WAIT_S * 2.0**held.attempts, _LONGEST_WAIT_S)
        due_at = None if is_last else self._tools.clock() + wait_s
        tell = _log.warning if is_last else _log.info
        tell("not deleted at sync.so", asset=held.id, cause=cause_of(error), next_try_at=due_at)
        why = error.code if isinstance(error, SyncApiError) else _no_key(error)
        async with self._tools.database.write() as conn:
            await leftovers.kept(conn, held, why=why, due_at=due_at)


def _is_gone(error: SyncApiError | NotConnected | Undecryptable) -> bool:
    """Whether sync.so says that it has no such file."""
    return isinstance(error, Refused) and (error.code == "asset_not_found" or error.status == HTTPStatus.GONE)


def _no_key(error: NotConnected | Undecryptable) -> str:
    return "not_connected" if isinstance(error, NotConnected) else "key_unreadable"
