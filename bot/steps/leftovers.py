"""Leftovers: delete at sync.so, and in Slack, what no order can come to any more."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import structlog

from bot.errors import NotConnected, NotInstalled
from bot.slack import SlackBusy, SlackError, SlackRefused, SlackUnreachable
from bot.steps.loops import look_now_and_then
from bot.steps.sides import side_by_side
from bot.steps.tools import Tools
from bot.sync_api.errors import RateLimited, Refused, SyncApiError, Unavailable, Unreadable
from bot.troubles import cause_of
from storage import bills, deletions, leftovers
from storage.errors import Undecryptable
from storage.leases import LEASE_S
from storage.left import LeftoverKind
from storage.leftovers import Leftover

_log = structlog.get_logger(__name__)

_MOST_TRIES = 12
"""With the waits between them about half a day."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 30.0, 3 * 3600.0
_LOOKS_EVERY_S = 10.0
_NEEDED_S = 3600.0
"""Until the next look at what something still depends on."""
_AT_ONCE = 4
_Trouble = SyncApiError | SlackError | NotConnected | NotInstalled | Undecryptable
_PASSING = (RateLimited, Unavailable, Unreadable, SlackBusy, SlackUnreachable, Undecryptable)
"""What another try may mend, an encryption key put back for one; all else is a refusal, which stays one."""
_STILL_RUNS = "generation_not_deletable_while_processing"
_NOT_THERE = frozenset({"asset_not_found", "generation_not_found"})
_OURS: Mapping[type[Exception], str] = {
    NotConnected: "not_connected",
    NotInstalled: "not_installed",
    Undecryptable: "key_unreadable",
}


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
        if await self._is_needed(held):
            async with self._tools.database.write() as conn:
                await leftovers.rest(conn, held, until=self._tools.clock() + _NEEDED_S)
            return
        try:
            await self._delete_there(held)
        except (SyncApiError, SlackError, NotConnected, NotInstalled, Undecryptable) as error:
            if not _is_gone(error):
                await self._keep(held, error)
                return
        async with self._tools.database.write() as conn:
            await leftovers.gone(conn, held)

    async def _is_needed(self, held: Leftover) -> bool:
        """Whether its cost is not settled yet, or an order that goes on takes it for something else."""
        async with self._tools.database.read() as conn:
            if held.kind is LeftoverKind.FILE:
                return await deletions.is_file_needed(conn, held.team_id, held.id)
            if held.kind is LeftoverKind.ASSET:
                return False
            found = await bills.of_generations(conn, held.account_key, [held.id])
        bill = found.get(held.id)
        return bill is not None and not bills.is_settled(bill, self._tools.clock())

    async def _delete_there(self, held: Leftover) -> None:
        if held.kind is LeftoverKind.FILE:
            token = await self._tools.teams.need_token(held.enterprise_id, held.team_id)
            await self._tools.slack.team(token).delete_file(held.id)
            return
        account = await self._tools.account_of_sent(held)
        if held.kind is LeftoverKind.GENERATION:
            await account.client.delete(held.id)
        else:
            await account.client.delete_asset(held.id)

    async def _keep(self, held: Leftover, error: _Trouble) -> None:
        """Ask again where that may help; else it is told here, and by `lipsync-bot doctor`."""
        may_pass = isinstance(error, _PASSING) or _code_of(error) == _STILL_RUNS
        is_last = not may_pass or held.attempts + 1 >= _MOST_TRIES
        wait_s = min(_FIRST_WAIT_S * 2.0**held.attempts, _LONGEST_WAIT_S)
        due_at = None if is_last else self._tools.clock() + wait_s
        tell = _log.warning if is_last else _log.info
        tell(_TOLD[held.kind], id=held.id, cause=cause_of(error), next_try_at=due_at)
        async with self._tools.database.write() as conn:
            await leftovers.kept(conn, held, why=_code_of(error), due_at=due_at)


_TOLD: Mapping[LeftoverKind, str] = {
    LeftoverKind.ASSET: "not deleted at sync.so",
    LeftoverKind.GENERATION: "not deleted at sync.so",
    LeftoverKind.FILE: "not deleted in Slack",
}


def _is_gone(error: _Trouble) -> bool:
    """Whether sync.so says that it has no such thing; Slack's own is no trouble."""
    return isinstance(error, Refused) and (error.code in _NOT_THERE or error.status == HTTPStatus.GONE)


def _code_of(error: _Trouble) -> str:
    """As whoever refused it calls it, or we do."""
    if isinstance(error, SyncApiError | SlackRefused):
        return error.code
    return next((word for kind, word in _OURS.items() if isinstance(error, kind)), "unreachable")
