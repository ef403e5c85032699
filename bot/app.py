"""The composition root: opens everything once, hands it over, and closes it in the reverse order."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from starlette.routing import Route
from starlette.types import ASGIApp

import handlers
from bot.asking.asks import Births
from bot.asking.recent_files import RecentFiles
from bot.background import Background
from bot.data_folder import data_folder
from bot.heartbeat import Heartbeat, free_what_the_dead_held
from bot.keys import encryption_keys
from bot.lanes import card_lane, lanes_of
from bot.loops import loops_of
from bot.media import SLACK_FILE_HOSTS, Links, Looks, MediaRelay
from bot.messages.about import About
from bot.messages.catalogue import ENGLISH
from bot.patience import Patience
from bot.probe.reader import Reader, is_installed
from bot.roles import roles_of
from bot.services import Services
from bot.settings import Settings, plain
from bot.slack import Slack
from bot.slack.bolt import Bolt, bolt_app
from bot.slack.oauth import App as OAuthApp
from bot.slack.oauth import OAuth
from bot.slack.renewal import Renewal
from bot.slack_entry import check_tokens, connect_socket, endpoint
from bot.steps.tools import Tools
from bot.steps.watch import Watch
from bot.teams.installations import Teams, installation_of
from bot.teams.keys import Keys
from bot.teams.payers import open_accounts
from bot.use_cases.administration import Administration
from bot.use_cases.allowing import Allowing
from bot.use_cases.answering import Answering
from bot.use_cases.approvals import Approvals
from bot.use_cases.bookkeeping import Bookkeeping
from bot.use_cases.connecting import connecting_of
from bot.use_cases.consents import Consents
from bot.use_cases.conversations import Conversations
from bot.use_cases.deleting import Deleting
from bot.use_cases.homes import Homes
from bot.use_cases.installing import Installing
from bot.use_cases.objections import Objections
from bot.use_cases.orders import Orders
from bot.use_cases.pausing import Pausing
from bot.use_cases.reports import Reports
from bot.use_cases.unresolved import Unresolved
from bot.web.about import about_pages
from bot.web.connect import connect_pages
from bot.web.install import GROUPS_PATH, InstallPages
from bot.web.routes import Check, create_web
from bot.web.webhooks import Webhooks
from bot.worker import Lane, Worker
from handlers.errors import error_listener
from storage import leases
from storage.cards import Card
from storage.database import Database, migrate, open_database
from storage.encryption import Cipher
from storage.installations import Installations

if TYPE_CHECKING:
    from bot.slack.socket_mode import SocketMode

_log = structlog.get_logger(__name__)

_ANSWERS_WITHIN_S = 3.0
"""A stop waits this long for listeners and what follows them."""
_CLAIM_WITHIN_S = 2.0
"""A stop waits this long for the worker to come out of a claim."""
_STEPS_WITHIN_S = 6.0
"""A stop waits this long for running steps; the rest is taken up again when its lease has ended."""
_SLACK_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)


@dataclass(frozen=True, slots=True)
class Running:
    """The app while it runs."""

    web: ASGIApp
    bolt: Bolt
    services: Services
    database: Database
    worker: Worker
    settings: Settings
    socket: "SocketMode | None"
    """None: Slack calls over HTTP."""


@asynccontextmanager
async def running(settings: Settings, *, clock: Callable[[], float] = time.time) -> AsyncIterator[Running]:
    """Open the database, the sessions, the worker and, in Socket Mode, the connection to Slack.

    What only measures how old something is goes by a clock that nobody sets.

    Raises:
        BadSettings, StorageError, SlackRefused, SlackUnreachable: the app cannot start as it is set up.
    """
    async with AsyncExitStack() as stack:
        slack = Slack(await _session(stack), base_url=settings.slack_api_url)
        me, address = await check_tokens(settings, slack)
        token = plain(settings.slack_bot_token) or ""
        own = None if me is None else installation_of(me, token, now=clock())
        own_team = None if own is None else own.id
        tools = await open_tools(stack, settings, slack, clock=clock, own_team=own_team)
        if own is not None:
            await tools.teams.save(own)
        cards = card_lane(tools, ask_again_from_usd=settings.ask_again_from_usd)
        births = Births(tools.cipher, tools.new_id, settings.public_url)
        watch = None if settings.public_url else Watch(tools)
        worker = worker_of(tools, lanes_of(tools, watch, births), cards)
        services = _services(settings, tools, worker)
        bolt = create_bolt(services)
        secret = plain(settings.sync_webhook_secret)
        webhooks = Webhooks(tools.database, tools.accounts, secret=secret, clock=clock, wake=worker.wake)
        await stack.enter_async_context(tools.heartbeat.beating())
        await _work(
            stack,
            worker,
            tools.database.listen(worker.wake),
            *loops_of(tools),
            services.answering.run(),
            tools.accounts.adopt_in_time(),
            *([watch.run(worker.wake)] if watch else []),
        )
        stack.push_async_callback(services.background.drain, within_s=_ANSWERS_WITHIN_S)
        socket = await connect_socket(stack, settings, bolt, slack, address, stop_within_s=_ANSWERS_WITHIN_S)
        ready = _readiness(tools.database, socket)
        pages = _pages(settings, tools, services)
        web = create_web(endpoint(settings, bolt, clock), webhooks, ready=ready, pages=pages)
        yield Running(web, bolt, services, tools.database, worker, settings, socket)


async def open_tools(
    stack: AsyncExitStack,
    settings: Settings,
    slack: Slack,
    *,
    clock: Callable[[], float],
    own_team: str | None,
) -> Tools:
    """The store, made or brought up to date, and the outside world, as long as the stack is open.

    `own_team` is the workspace whose bot token stands in the settings.

    Raises:
        BadSettings, StorageError: the app cannot start as it is set up.
    """
    is_alone = await stack.enter_async_context(data_folder(settings))
    cipher = Cipher(encryption_keys(settings))
    database = await stack.enter_async_context(open_database(settings.database_url))
    await migrate(database)
    if is_alone:
        await free_what_the_dead_held(database, now=clock())
    heartbeat = Heartbeat(database, new_id(), clock=clock)
    renewal = _renewal(stack, settings, slack, database, cipher, heartbeat, clock)
    teams = Teams(Installations(database, cipher), clock=time.monotonic, renew=renewal)
    relay = await _relay(stack, settings)
    keys = Keys(database, cipher, new_id=new_id, clock=time.monotonic)
    accounts = await open_accounts(stack, settings, teams, keys, clock=clock, own_team=own_team)
    looks = _looks(settings)
    patience = Patience()
    roles = roles_of(database, teams, slack, clock=clock, elapsed=time.monotonic, patience=patience)
    return Tools(
        *(database, cipher, teams, accounts, slack, relay, clock, new_id, heartbeat, looks, ENGLISH),
        *(roles, patience, renewal),
    )


def worker_of(tools: Tools, lanes: Sequence[Lane[Any]], cards: Lane[Card]) -> Worker:
    """The worker of this process, which is the holder that its heart beats for."""
    return Worker(
        tools.database,
        lanes,
        cards,
        clock=tools.clock,
        new_token=tools.new_token,
        tell_slow=tools.live_cards.tell,
        overwritten=tools.live_cards.overwritten,
    )


def services_of(
    tools: Tools, *, wake: Callable[[], None], public_url: str | None, groups_url: str | None = None
) -> Services:
    """The use cases over what the steps work with, and what else a handler may use."""
    database, cipher, clock, new_id = tools.database, tools.cipher, tools.clock, tools.new_id
    background, administration = Background(), Administration(tools.teams, tools.roles, tools.patience)
    approvals = Approvals(tools, Births(cipher, new_id, public_url), wake=wake)
    return Services(
        _orders_of(tools, wake, public_url),
        RecentFiles(database, clock=clock),
        tools.relay,
        tools.accounts,
        tools.teams,
        tools.slack,
        background,
        clock,
        Conversations(database, cipher, tools.roles, clock=clock, new_id=new_id, wake=wake),
        tools.words,
        Answering(database, tools.teams, tools.slack, background, clock=clock),
        Homes(database, tools.teams, clock=clock, wake=wake),
        tools.roles,
        administration,
        connecting_of(tools, public_url),
        approvals,
        Allowing(tools, approvals, wake=wake),
        Consents(tools, wake=wake),
        Objections(tools, wake=wake),
        Unresolved(tools, wake=wake),
        Bookkeeping(database, tools.teams, tools.accounts, tools.roles.people, clock=clock),
        Reports(database, tools.roles, clock=clock),
        Pausing(database, administration, clock=clock, wake=wake),
        Deleting(database, tools.teams, tools.roles, clock=clock, wake=wake),
        tools.patience,
        groups_url,
    )


def _orders_of(tools: Tools, wake: Callable[[], None], public_url: str | None) -> Orders:
    return Orders(
        tools.database,
        tools.cipher,
        tools.teams,
        tools.roles,
        clock=tools.clock,
        new_id=tools.new_id,
        wake=wake,
        account_key=tools.accounts.key_of_team,
        public_url=public_url,
        patience=tools.patience,
    )


def new_id() -> str:
    """An opaque, unguessable id."""
    return secrets.token_hex(16)


def create_bolt(services: Services) -> Bolt:
    """The Bolt app with all routes."""
    app = bolt_app(services.slack, services.teams, error_listener(services), services.patience)
    handlers.register(app, services)
    return app


def _oauth(settings: Settings, slack: Slack) -> OAuth | None:
    """None: the app is installed by its token in the settings alone."""
    client_id, client_secret = settings.slack_client_id, plain(settings.slack_client_secret)
    return OAuth(slack, OAuthApp(client_id, client_secret)) if client_id and client_secret else None


def _services(settings: Settings, tools: Tools, worker: Worker) -> Services:
    """As `services_of`, with who runs the app, for its pages and its help."""
    about = About(settings.company_name, settings.support_contact, settings.public_url)
    services = services_of(
        tools, wake=worker.wake, public_url=settings.public_url, groups_url=_groups_url(settings)
    )
    return replace(services, about=about)


def _groups_url(settings: Settings) -> str | None:
    return f"{settings.public_url}{GROUPS_PATH}" if settings.installs else None


def _renewal(
    stack: AsyncExitStack,
    settings: Settings,
    slack: Slack,
    database: Database,
    cipher: Cipher,
    heartbeat: Heartbeat,
    clock: Callable[[], float],
) -> Renewal | None:
    oauth = _oauth(settings, slack)
    if oauth is None:
        return None

    def new_token() -> str:
        return leases.new_token(heartbeat.holder, new_id())

    renewal = Renewal(database, Installations(database, cipher), oauth, clock=clock, new_token=new_token)
    stack.push_async_callback(renewal.finish)
    return renewal


def _pages(settings: Settings, tools: Tools, services: Services) -> Sequence[Route]:
    oauth, public_url = _oauth(settings, tools.slack), settings.public_url
    for_anybody = about_pages(tools.words, services.about)
    connect = connect_pages(services.connecting, tools.words, public_url)
    if oauth is None or public_url is None:
        return (*for_anybody, *connect)
    if services.about.contact is None:
        _log.warning("nobody is named on the page /support", missing="SUPPORT_CONTACT")
    installing = Installing(
        tools.database,
        tools.teams,
        tools.accounts,
        oauth,
        tools.words,
        public_url=public_url,
        clock=tools.clock,
    )
    install = InstallPages(installing, tools.words, over_tls=public_url.startswith("https:"))
    return (*install.routes(), *for_anybody, *connect)


async def _session(stack: AsyncExitStack) -> aiohttp.ClientSession:
    return await stack.enter_async_context(aiohttp.ClientSession(timeout=_SLACK_TIMEOUT))


async def _relay(stack: AsyncExitStack, settings: Settings) -> MediaRelay:
    relay = MediaRelay(slack_token_hosts=_slack_hosts(settings), loopback=settings.is_sandbox)
    return await stack.enter_async_context(aclosing(relay))


def _slack_hosts(settings: Settings) -> frozenset[str]:
    """Who may see a workspace's token when a file is asked for."""
    return SLACK_FILE_HOSTS | {urlsplit(settings.slack_api_url).hostname or ""}


def _looks(settings: Settings) -> Looks:
    if not is_installed():
        _log.warning(
            "files are not read: their lengths come from sync.so alone, their frame rates from nowhere",
            missing="the extra `probe` (requirements-probe.lock)",
        )
    links = Links(loopback=settings.is_sandbox, token_hosts=_slack_hosts(settings))
    return Looks(links, Reader() if is_installed() else None)


async def _work(stack: AsyncExitStack, worker: Worker, *loops: Coroutine[Any, Any, None]) -> None:
    """Run the worker, and the loops beside it."""
    work = asyncio.create_task(worker.run(), name="worker")
    beside = [asyncio.create_task(loop) for loop in loops]

    async def stop() -> None:
        worker.finish()
        await asyncio.wait({work}, timeout=_CLAIM_WITHIN_S)
        for task in (work, *beside):
            task.cancel()
        await asyncio.gather(work, *beside, return_exceptions=True)
        await worker.stop(within_s=_STEPS_WITHIN_S)

    stack.push_async_callback(stop)


def _readiness(database: Database, socket: "SocketMode | None") -> Check:
    async def ready() -> Mapping[str, bool]:
        return {"database": await database.answers(), "slack": socket is None or await socket.connected()}

    return ready
