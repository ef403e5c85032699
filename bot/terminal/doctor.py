"""What is wrong with this set-up, found out before anything is served: `lipsync-bot doctor`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from tempfile import TemporaryFile
from typing import Any

import aiohttp
import httpx

from bot.data_folder import close_data_folder
from bot.errors import BadSettings
from bot.keys import encryption_keys
from bot.messages.catalogue import ENGLISH
from bot.messages.text import usd
from bot.settings import Settings
from bot.slack import Slack, SlackRefused, SlackUnreachable
from bot.slack.scopes import BOT_SCOPES
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import NotAuthorised, SyncApiError
from storage import ledger, leftovers, sync_keys
from storage.database import Database, open_database, pending_revision
from storage.encryption import Cipher
from storage.errors import StorageError
from storage.installations import Installations
from storage.sync_keys import APP

_CLOCK_OFF_S = 60.0
"""Slack's signatures are good for five minutes (Slack: verifying requests)."""
_PATIENCE = aiohttp.ClientTimeout(total=15)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, and words for the person at the terminal."""

    what: str
    well: bool
    words: str


async def examine(settings: Settings, *, clock: Callable[[], float]) -> list[Finding]:
    """Look at everything the app stands on. Costs nothing, and changes nothing but who may read its files."""
    findings = [*_settings(settings), *await _database(settings)]
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session, httpx.AsyncClient() as http:
        slack = Slack(session, base_url=settings.slack_api_url)
        looks = [
            _slack(slack, settings, clock),
            _socket_mode(slack, settings),
            _sync(http, settings),
            _public_url(http, settings),
        ]
        for found in await asyncio.gather(*looks):
            findings += found
    return findings


def _settings(settings: Settings) -> list[Finding]:
    try:
        settings.require_serving()
    except BadSettings as error:
        return [Finding("settings", well=False, words=problem) for problem in error.problems]
    mode = "Socket Mode" if settings.socket_mode else "HTTP"
    return [Finding("settings", well=True, words=f"complete; Slack over {mode}")]


async def _database(settings: Settings) -> list[Finding]:
    try:
        readable = close_data_folder(settings)
        unready = _before_the_first_start(settings)
        if unready is not None:
            return [unready]
        cipher = Cipher(encryption_keys(settings))
        async with open_database(settings.database_url) as database:
            behind = await pending_revision(database)
            if behind is not None:
                words = (
                    f"revision {behind}; the next start upgrades it"
                    if behind
                    else "new; the first start makes it"
                )
                return [Finding("database", well=True, words=f"answers; {words}")]
            kept = await Installations(database, cipher).all()
            beside = [await _books(database), await _connected(database, settings)]
            async with database.read() as conn:
                not_deleted = await leftovers.refused(conn)
    except (StorageError, BadSettings) as error:
        return [Finding("database", well=False, words=str(error))]
    if readable:
        words = f"other users of this machine may read it: {'; '.join(readable)}"
        return [Finding("database", well=False, words=words), *beside]
    words = f"answers; {len(kept)} workspaces installed"
    behind_in_scopes = [each.id for each in kept if set(BOT_SCOPES) - set(each.scopes)]
    if behind_in_scopes:
        words += f"; to be installed again for permissions that are new: {', '.join(behind_in_scopes)}"
    if not_deleted:
        words += f"; files and videos that sync.so or Slack did not delete when asked to: {not_deleted}"
    return [Finding("database", well=True, words=words), *beside]


async def _connected(database: Database, settings: Settings) -> Finding:
    async with database.read() as conn:
        of_teams = [key for key in await sync_keys.every(conn) if key.in_use and key.owner_id != APP]
    words = f"{len(of_teams)} workspaces pay with keys of their own"
    if not of_teams and settings.sync_api_key is None:
        words = "no sync.so account is connected: set SYNC_API_KEY, or run `lipsync-bot connect`"
        return Finding("connected accounts", well=False, words=words)
    if not of_teams and settings.slack_bot_token is None and not settings.sync_key_for_all_teams:
        words = "SYNC_API_KEY pays for no workspace: set SYNC_KEY_FOR_ALL_TEAMS=true, or connect an account"
        return Finding("connected accounts", well=False, words=words)
    return Finding("connected accounts", well=True, words=words)


async def _books(database: Database) -> Finding:
    async with database.read() as conn:
        told = await ledger.overview(conn)
    words = [f"{usd(ENGLISH, told.held_usd)} held, {usd(ENGLISH, told.spent_usd)} spent"]
    if not told.sums_agree:
        words.append("the budgets do not add up to that; please report it")
    if told.differences:
        words.append(
            f"open differences to sync.so's record: {told.differences} (see `lipsync-bot differences`)"
        )
    return Finding("ledger", well=told.sums_agree, words="; ".join(words))


def _before_the_first_start(settings: Settings) -> Finding | None:
    """What is to say of an SQLite file or key that is not there: a doctor makes neither. None: both are."""
    path = settings.sqlite_path
    if path is None:
        return None
    if not path.exists():
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        try:
            TemporaryFile(dir=folder).close()
        except OSError as error:
            return Finding("database", well=False, words=f"{path} cannot be made ({error.strerror})")
        return Finding("database", well=True, words=f"{path} is not there yet; the first start makes it")
    key = path.with_suffix(".key")
    if not settings.encryption_keys and not key.exists():
        words = f"the key {key} is gone; without it, or ENCRYPTION_KEYS, no stored secret can be read"
        return Finding("database", well=False, words=words)
    return None


async def _slack(slack: Slack, settings: Settings, clock: Callable[[], float]) -> list[Finding]:
    if settings.slack_bot_token is None:
        return []
    team = slack.holder_of(settings.slack_bot_token.get_secret_value())
    try:
        me = await team.who_am_i()
    except (SlackRefused, SlackUnreachable) as error:
        return [Finding("Slack token", well=False, words=_not_usable("SLACK_BOT_TOKEN", error))]
    granted = {scope.strip() for scope in str(me["scopes"]).split(",")}
    missing = sorted(set(BOT_SCOPES) - granted)
    scopes = (
        "all granted" if not missing else f"missing: {', '.join(missing)}; add them and install the app again"
    )
    return [
        Finding("Slack token", well=True, words=f"good for the workspace {me.get('team', '')}"),
        Finding("Slack scopes", well=not missing, words=scopes),
        *_clock(me, clock),
    ]


def _not_usable(variable: str, error: SlackRefused | SlackUnreachable) -> str:
    if isinstance(error, SlackUnreachable):
        return f"{variable} could not be tried: Slack is out of reach ({error})"
    return f"{variable} is not accepted ({error})"


def _clock(me: dict[str, Any], clock: Callable[[], float]) -> list[Finding]:
    date = me.get("date")
    if not date:
        return []
    off_s = abs(clock() - parsedate_to_datetime(str(date)).timestamp())
    words = (
        "agrees with Slack's" if off_s < _CLOCK_OFF_S else f"is {off_s:.0f} s off; signatures will not match"
    )
    return [Finding("clock", well=off_s < _CLOCK_OFF_S, words=words)]


async def _socket_mode(slack: Slack, settings: Settings) -> list[Finding]:
    if settings.slack_app_token is None:
        return []
    try:
        await slack.open_connection(settings.slack_app_token.get_secret_value())
    except (SlackRefused, SlackUnreachable) as error:
        return [Finding("Socket Mode", well=False, words=_not_usable("SLACK_APP_TOKEN", error))]
    return [Finding("Socket Mode", well=True, words="the app token opens connections")]


async def _sync(http: httpx.AsyncClient, settings: Settings) -> list[Finding]:
    if settings.sync_api_key is None:
        words = "SYNC_API_KEY is not set; each workspace connects an account of its own"
        return [Finding("sync.so key", well=True, words=words)]
    client = SyncClient(
        http, base_url=settings.sync_api_url, api_key=settings.sync_api_key.get_secret_value()
    )
    try:
        account = await client.account()
    except NotAuthorised:
        return [
            Finding(
                "sync.so key", well=False, words="SYNC_API_KEY is not accepted; make a new one at sync.so"
            )
        ]
    except SyncApiError as error:
        return [Finding("sync.so key", well=False, words=f"SYNC_API_KEY could not be tried: {error.message}")]
    slots = f"{account.concurrency} videos at once" if account.concurrency else "concurrency not told"
    return [Finding("sync.so key", well=True, words=f"plan {account.plan or 'not told'}, {slots}")]


async def _public_url(http: httpx.AsyncClient, settings: Settings) -> list[Finding]:
    if settings.public_url is None:
        return [Finding("public URL", well=True, words="not set; results are polled")]
    try:
        reply = await http.get(f"{settings.public_url}/healthz")
    except httpx.HTTPError as error:
        words = f"not reachable from here ({type(error).__name__}); is the app running behind it?"
        return [Finding("public URL", well=False, words=words)]
    words = "answers" if reply.is_success else f"answers {reply.status_code}; is the app running behind it?"
    if reply.is_success and settings.installs:
        words += f"; workspaces install the app at {settings.public_url}/slack/install"
    return [Finding("public URL", well=reply.is_success, words=words)]
