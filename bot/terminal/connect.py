"""`lipsync-bot connect`: an operator connects a workspace's sync.so account at the terminal."""

import secrets
import time

import click
import httpx

from bot.keys import encryption_keys
from bot.settings import Settings
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import NotAuthorised, SyncApiError
from bot.sync_api.models import Account
from bot.teams.keys import Keys
from bot.terminal.workspace import chosen, opened
from storage.database import Database, migrate
from storage.encryption import Cipher
from storage.installations import Installation, Installations

KEYS_PAGE = "sync.so/settings/api-keys"


async def connect(settings: Settings, team_id: str | None, api_key: str) -> str:
    """Have a workspace's videos paid with this key from now on, after sync.so has said whose it is.

    Args:
        settings: where database and sync.so are.
        team_id: the workspace's or organisation's id; None: there is just one.
        api_key: as it was typed or piped in.

    Returns:
        Words for the person at the terminal, without the key.

    Raises:
        click.ClickException: in words, what has to be done first; nothing was changed.
        StorageError: the database cannot be used.
    """
    told = await _told(settings, api_key)
    async with opened(settings) as database:
        team, keys = await _prepared(database, settings, team_id)
        new = await keys.put(team.id, api_key, told, by=None, now=time.time())
    whose = told.organization_name or "an organisation that sync.so did not name"
    which = f", by the key that ends in …{new.last_four}" if new.last_four else ""
    return f"{team.team_name} ({team.id}) is connected to {whose}{which}."


async def disconnect(settings: Settings, team_id: str | None) -> str:
    """Pay for nothing more with a workspace's key; for arguments and errors see `connect`."""
    async with opened(settings) as database:
        team, keys = await _prepared(database, settings, team_id)
        gone = await keys.take_away(team.id, by=None, now=time.time())
    if gone is None:
        return f"{team.team_name} ({team.id}) had no key of its own."
    which = f"The key that ends in …{gone.last_four}" if gone.last_four else "The key that was connected"
    return (
        f"{which} pays for nothing more of {team.team_name} ({team.id}); what was sent is still brought and "
        "billed with it."
    )


async def _prepared(database: Database, settings: Settings, team_id: str | None) -> tuple[Installation, Keys]:
    await migrate(database)
    cipher = Cipher(encryption_keys(settings))
    team = chosen(await Installations(database, cipher).all(), team_id)
    return team, Keys(database, cipher, new_id=lambda: secrets.token_hex(16), clock=time.monotonic)


async def _told(settings: Settings, api_key: str) -> Account:
    async with httpx.AsyncClient() as http:
        try:
            return await SyncClient(http, base_url=settings.sync_api_url, api_key=api_key).account()
        except ValueError:
            words = f"That is no API key; copy it anew from {KEYS_PAGE}."
        except NotAuthorised:
            words = f"sync.so does not take this key; make a new one at {KEYS_PAGE}."
        except SyncApiError as error:
            words = f"The key could not be tried: {error.message}"
    raise click.ClickException(f"{words} Nothing was changed.")
