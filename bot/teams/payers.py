"""The way to sync.so, as the settings say: the accounts that pay, over one HTTP client that all share."""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from bot.settings import Settings
from bot.teams.accounts import Accounts, OwnKey
from bot.teams.installations import Teams
from bot.teams.keys import Keys


async def open_accounts(
    stack: AsyncExitStack,
    settings: Settings,
    teams: Teams,
    keys: Keys,
    *,
    clock: Callable[[], float],
    own_team: str | None,
) -> Accounts:
    """What finds the account of a workspace, as long as the stack is open.

    Args:
        stack: closes what is opened here.
        settings: where sync.so is, and the key that stands there.
        teams: who is installed.
        keys: what they pay with.
        clock: seconds since the epoch.
        own_team: the workspace whose bot token stands in the settings, too; None: there is none.
    """
    http = await stack.enter_async_context(httpx.AsyncClient(cookies=_no_cookies()))
    secret = settings.sync_api_key
    own = None
    if secret is not None:
        own = OwnKey(secret.get_secret_value(), own_team, for_all=settings.sync_key_for_all_teams)
    url = settings.sync_api_url
    return Accounts(teams, keys, http, base_url=url, own=own, clock=clock, elapsed=time.monotonic)


def _no_cookies() -> CookieJar:
    """Accounts share the client; no cookie of one may travel with the key of another."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
