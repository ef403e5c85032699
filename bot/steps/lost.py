"""Lost: sync.so no longer has a file that it had; it is brought once more, and nobody has to do anything."""

import re
from collections.abc import Iterable

import structlog

from bot.steps.tools import Tools
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import Refused, SyncApiError
from bot.teams.accounts import Account
from storage import input_store
from storage.inputs import Input, InputStatus
from storage.orders import Order

_log = structlog.get_logger(__name__)

_GONE = frozenset({"asset_not_found", "asset_forbidden", "invalid_asset_id_format"})
"""sync.so's codes for an asset that is not there, or not for this account (sync.so: error codes)."""
_JUST_CAME_S = 600.0
"""What is lost so soon would be lost again: that is told, rather than moved over and over."""
_ASSET = re.compile(r'"asset_id":"([^"]+)"')


def is_lost(error: Exception) -> bool:
    """Whether a refusal says that an input is not there any more."""
    return isinstance(error, Refused) and error.code in _GONE


async def bring_again(tools: Tools, order: Order, account: Account) -> bool:
    """Have brought again what sync.so has lost of an order's inputs.

    Returns:
        False: it has all of them, or has lost one right after it came: nothing was changed.

    Raises:
        SyncApiError: sync.so cannot say now.
    """
    now = tools.clock()
    async with tools.database.read() as conn:
        named = (await input_store.of_orders(conn, [order.id]))[order.id]
    known = [
        each
        for each in named
        if each.status is InputStatus.THERE and not each.is_link and each.account_key == account.key
    ]
    lost = [each for each in known if await _is_gone(account.client, each)]
    if any(each.come_at is not None and now - each.come_at < _JUST_CAME_S for each in lost):
        return False
    if not lost and not _has_others(order, known):
        return False
    _log.info("sync.so has lost inputs", inputs=[each.id for each in lost])
    async with tools.database.write() as conn:
        ids = [each.asset_id for each in lost if each.asset_id is not None]
        await input_store.lost(conn, order.team_id, account.key, ids, now=now)
    return True


async def _is_gone(client: SyncClient, known: Input) -> bool:
    try:
        await client.asset(known.asset_id or "")
    except SyncApiError as error:
        if is_lost(error):
            return True
        raise
    return False


def _has_others(order: Order, known: Iterable[Input]) -> bool:
    """Whether the order still goes by what was lost before, and has come again meanwhile."""
    return not set(_ASSET.findall(order.prepared)) <= {each.asset_id for each in known}
