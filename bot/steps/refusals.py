"""Refusals: what it means that sync.so did not accept a key (401), which says nothing of what was asked.

The key itself is asked about. One that is not accepted pays for nothing from then on, and admins are told so:
once, in the transaction that stores it. It is tried again for a day, should sync.so have been wrong.
"""

import structlog

from bot.errors import KeyRefused, KeyWorks, NotConnected, NotInstalled
from bot.messages.connecting import key_is_refused
from bot.steps.admins import to_admins
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from bot.sync_api.errors import NotAuthorised, SyncApiError
from bot.teams.accounts import Sent
from bot.teams.keys import owners_of
from bot.troubles import cause_of
from storage import answers, refused_keys, waiting
from storage.answers import Answer
from storage.errors import Undecryptable
from storage.orders import Order
from storage.owners import Owner
from storage.sync_keys import APP, SyncKey

_log = structlog.get_logger(__name__)

_TRIED_AGAIN_EVERY_S = 60.0
_TRIED_AGAIN_FOR_S = 86_400.0


async def looked_into(tools: Tools, of: Order | Sent, error: Exception) -> Exception:
    """What a step's trouble is, where it is that sync.so does not accept a key; any other is as it was.

    Args:
        tools: what the steps work with.
        of: an order, or what stands under an account.
        error: as the step has met it.

    Returns:
        KeyRefused: it is accepted for nothing, and its admins are told.
        KeyWorks: another one pays by now, or it is accepted again.
        Whatever the question has met: it is not known.

    Raises:
        StorageError: it could not be stored.
    """
    if not isinstance(error, NotAuthorised | KeyRefused):
        return error
    try:
        return await _asked_of_the_key(tools, of, error)
    except (NotInstalled, Undecryptable, SyncApiError) as instead:
        return instead


async def _asked_of_the_key(tools: Tools, of: Order | Sent, error: Exception) -> Exception:
    used, pays = await _key_for(tools, of, anew=False), await _key_for(tools, of, anew=True)
    if used is None or pays is None:
        return NotConnected(of.team_id)
    if used.id != pays.id:
        return KeyWorks(of.team_id)
    if not await _is_accepted(tools, pays):
        await _refused(tools, pays, of)
        return KeyRefused(of.team_id)
    if pays.refused_at is None:
        return error
    await _accepted(tools, pays)
    return KeyWorks(of.team_id)


class Refusals:
    """Tries refused keys again; each process does, and what it finds out is the same."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Try them now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_TRIED_AGAIN_EVERY_S, what="refused keys")

    async def turn(self) -> bool:
        """Try each once; what waits for one that is accepted goes on.

        Raises:
            StorageError: the database cannot be used.
        """
        since = self._tools.clock() - _TRIED_AGAIN_FOR_S
        async with self._tools.database.read() as conn:
            refused = await refused_keys.since(conn, since)
        for key in refused:
            try:
                if await _is_accepted(self._tools, key):
                    await _accepted(self._tools, key)
            except (Undecryptable, SyncApiError) as error:
                _log.info("a refused key was not tried", owner=key.owner_id, cause=cause_of(error))
        return False


async def _key_for(tools: Tools, of: Order | Sent, *, anew: bool) -> SyncKey | None:
    """The key that an order is asked with, or that stands for an account. Raises NotInstalled."""
    keys = tools.accounts.keys
    is_order = isinstance(of, Order)
    owners = await tools.accounts.payers_of(of) if is_order else owners_of(of.enterprise_id, of.team_id)
    if anew:
        keys.forget(owners)
    return await (keys.in_use(owners) if isinstance(of, Order) else keys.of_account(owners, of.account_key))


async def _is_accepted(tools: Tools, key: SyncKey) -> bool:
    """Whether sync.so accepts it. Raises Undecryptable and SyncApiError: that is not known."""
    try:
        await tools.accounts.told_by(tools.accounts.keys.opened(key))
    except NotAuthorised:
        return False
    return True


async def _refused(tools: Tools, key: SyncKey, of: Owner) -> None:
    """Use it no more, and tell its admins: whoever of several processes finds it out first."""
    now, told = tools.clock(), await _to_admins(tools, key)
    async with tools.database.write() as conn:
        is_news = await refused_keys.refused(conn, key, now=now)
        for answer in told if is_news else ():
            await answers.begin(conn, answer, due_at=now)
    tools.accounts.keys.forget()
    if is_news:
        told_to = [answer.user_id for answer in told]
        _log.error("sync.so no longer accepts a key", owner=key.owner_id, team=of.team_id, told=told_to)


async def _accepted(tools: Tools, key: SyncKey) -> None:
    async with tools.database.write() as conn:
        if await refused_keys.accepted(conn, key):
            await waiting.go_on(conn, key.owner_id, now=tools.clock())
    tools.accounts.keys.forget()
    _log.info("sync.so accepts a key again", owner=key.owner_id)


async def _to_admins(tools: Tools, key: SyncKey) -> list[Answer]:
    """To whoever can give another; of the settings' key, where it is no team's own, only the log tells."""
    owner_id = tools.accounts.given_by(key)
    if owner_id is None:
        return []
    message = key_is_refused(tools.words, key.last_four, is_apps_own=key.owner_id == APP)
    return await to_admins(tools, owner_id, message, key=f"key_refused:{key.id}")
