"""Our app under load: `python -m benchmarks.ours WAY STORE STUB_URL [SLACK_API_URL]`.

WAY is `http` (prints its port) or `socket`. STORE says what becomes of a draft: `stored` commits it,
`unstored` stubs the write, `busy` commits it while the worker moves batches of 50, `busy_scripts` while their
scripts are as long as they may be. All features are there; the worker leaves the drafts alone, so that the
answer to Slack is what is measured.
"""

import asyncio
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any, Self, cast

import aiohttp
import httpx
import uvloop
from slack_bolt.async_app import AsyncApp
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.seeds import INSTALLATION, LONGEST_SCRIPT, processing_jobs
from benchmarks.slack_requests import APP_TOKEN, SIGNING_SECRET
from bot.app import create_bolt, new_id
from bot.asking.recent_files import RecentFiles
from bot.background import Background
from bot.conversations import Conversations
from bot.generations import Generations
from bot.heartbeat import Heartbeat
from bot.log import set_up_logging
from bot.media import MediaRelay
from bot.server import Server, leave_out_of_garbage_collection
from bot.services import Services
from bot.slack import Slack
from bot.slack.socket_mode import SocketMode
from bot.steps.settle import Settle
from bot.steps.tools import Tools
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from bot.web.connections import Limits
from bot.web.endpoint import SlackEndpoint
from bot.web.routes import create_web
from bot.web.webhooks import Webhooks
from bot.worker import Lane, Worker, claims_of
from storage.database import Database, migrate, open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from storage.jobs import Job, JobStatus

BATCH = 50
PLENTY = 100_000
"""Processing jobs for the busy worker: more than it moves while it is watched."""
PLENTY_OF_SCRIPTS = 20_000
"""The same where each takes 12 KB in the database; it is watched for a shorter time."""


class _Taken:
    """The answer of a database that has just stored a row, and knows of no other."""

    def scalar(self) -> str:
        return "new"

    def scalar_one(self) -> int:
        return 0


class _Unstored:
    """A database whose writes are stubbed."""

    def __init__(self, real: Database) -> None:
        self._real = real
        self.read = real.read

    def write(self) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    @property
    def dialect(self) -> Any:
        return _Sqlite

    async def execute(self, *_: object) -> _Taken:
        return _Taken()


class _Sqlite:
    name = "sqlite"


async def open_tools(
    stack: AsyncExitStack, stub_url: str, slack_api_url: str, *, clock: Callable[[], float] = time.time
) -> Tools:
    """A fresh database, an installed workspace and the outside world, as `bot.app` opens them."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    database = await stack.enter_async_context(open_database(f"sqlite:///{folder}/bench.db"))
    await migrate(database)
    cipher = Cipher([new_key()])
    teams = Teams(Installations(database, cipher), clock=clock)
    await teams.save(INSTALLATION)
    slack = Slack(await stack.enter_async_context(aiohttp.ClientSession()), base_url=slack_api_url)
    relay = await stack.enter_async_context(aclosing(MediaRelay(slack_token_hosts=set())))
    http = await stack.enter_async_context(httpx.AsyncClient())
    accounts = Accounts(teams, http, base_url=stub_url, default_key="sk-benchmark", clock=clock)
    return Tools(
        database,
        cipher,
        teams,
        accounts,
        slack,
        relay,
        clock,
        new_id,
        Heartbeat(database, "bench", clock=clock),
    )


def services_of(tools: Tools, *, store: str) -> Services:
    drafts = cast("Database", _Unstored(tools.database)) if store == "unstored" else tools.database
    generations = Generations(
        drafts,
        tools.cipher,
        account_key=tools.accounts.key_of_team,
        clock=time.time,
        new_id=new_id,
        wake=lambda: None,
        public_url=None,
    )
    recent_files = RecentFiles(tools.database, clock=time.time)
    return Services(
        generations,
        recent_files,
        tools.relay,
        tools.accounts,
        tools.teams,
        tools.slack,
        Background(),
        time.time,
        Conversations(drafts, tools.cipher, clock=time.time, new_id=new_id, wake=lambda: None),
    )


async def keep_worker_busy(stack: AsyncExitStack, tools: Tools, *, with_scripts: bool) -> None:
    """The real worker, with the settle lane alone and finished generations to find."""
    script, count = (LONGEST_SCRIPT, PLENTY_OF_SCRIPTS) if with_scripts else (None, PLENTY)
    await processing_jobs(tools.database, count, id_prefix="done", script=script)
    statuses = frozenset({JobStatus.PROCESSING})
    settle = Lane("settle", statuses, claims_of(statuses, limit=BATCH), Settle(tools), at_once=1)
    cards = Lane("cards", frozenset(), no_cards, Settle(tools), at_once=1)
    worker = Worker(
        tools.database,
        [settle],
        cards,
        clock=time.time,
        new_token=new_id,
        tell_slow=lambda: None,
        overwritten=set(),
    )
    task = asyncio.create_task(worker.run())
    stack.callback(task.cancel)


async def no_cards(_conn: AsyncConnection, _token: str, _now: float) -> list[Job]:
    return []


async def serve_http(bolt: AsyncApp, tools: Tools) -> None:
    webhooks = Webhooks(tools.database, tools.accounts, secret="whsec_x", clock=time.time, wake=lambda: None)
    web = create_web(SlackEndpoint(bolt, signing_secret=SIGNING_SECRET), webhooks, ready=_ready)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        await Server(web, Limits()).serve(sockets=[listener])


async def _ready() -> dict[str, bool]:
    return {}


async def serve_socket(bolt: AsyncApp, tools: Tools) -> None:
    await SocketMode(bolt, app_token=APP_TOKEN, web_client=tools.slack.web_client(None)).connect_async()
    print("connected", flush=True)
    await asyncio.Event().wait()


async def main() -> None:
    way, store, stub_url, *slack = sys.argv[1:]
    set_up_logging("WARNING")
    async with AsyncExitStack() as stack:
        tools = await open_tools(stack, stub_url, slack[0] if slack else f"{stub_url}/api/")
        bolt = create_bolt(tools.slack, tools.teams, services_of(tools, store=store))
        if store in {"busy", "busy_scripts"}:
            await keep_worker_busy(stack, tools, with_scripts=store == "busy_scripts")
        leave_out_of_garbage_collection()
        await (serve_socket(bolt, tools) if way == "socket" else serve_http(bolt, tools))


if __name__ == "__main__":
    uvloop.run(main())
