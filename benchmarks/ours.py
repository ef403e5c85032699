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
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, cast

import aiohttp
import uvloop
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.seeds import INSTALLATION, LONGEST_SCRIPT, processing_jobs, team_id
from benchmarks.slack_requests import APP_TOKEN, SIGNING_SECRET
from bot import app
from bot.app import create_bolt, services_of, worker_of
from bot.log import set_up_logging
from bot.server import Server, leave_out_of_garbage_collection
from bot.settings import Settings
from bot.slack import Slack
from bot.slack.bolt import Bolt
from bot.slack.socket_mode import SocketMode
from bot.steps.settle import Settle
from bot.steps.tools import Tools
from bot.sync_api.models import Account
from bot.teams.keys import Keys
from bot.web.connections import Limits
from bot.web.endpoint import SlackEndpoint
from bot.web.routes import create_web
from bot.web.webhooks import Webhooks
from bot.worker import Lane, claims_of
from storage.cards import Card
from storage.database import Database
from storage.jobs import JobStatus

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
    """What the app opens, over a fresh database, with an installed workspace."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    settings = Settings(
        database_url=f"sqlite:///{folder}/bench.db",
        sync_api_key=SecretStr("sk-benchmark"),
        sync_api_url=stub_url,
        slack_api_url=slack_api_url,
    )
    slack = Slack(await stack.enter_async_context(aiohttp.ClientSession()), base_url=slack_api_url)
    tools = await app.open_tools(stack, settings, slack, clock=clock, own_team=INSTALLATION.id)
    await tools.teams.save(INSTALLATION)
    return tools


async def connect(tools: Tools, number: int) -> None:
    """Give one of the workspaces an account of its own, whose name is as in `benchmarks.seeds`."""
    keys = Keys(tools.database, tools.cipher, new_id=tools.new_id, clock=tools.clock)
    told = Account(organization_id=str(number))
    await keys.put(team_id(number), f"sk-{number}", told, by=None, now=tools.clock())


async def keep_worker_busy(stack: AsyncExitStack, tools: Tools, *, with_scripts: bool) -> None:
    """The real worker, with the settle lane alone and finished generations to find."""
    script, count = (LONGEST_SCRIPT, PLENTY_OF_SCRIPTS) if with_scripts else (None, PLENTY)
    await connect(tools, 1)
    await processing_jobs(tools.database, count, id_prefix="done", script=script)
    statuses = frozenset({JobStatus.PROCESSING})
    settle = Lane("settle", statuses, claims_of(statuses, limit=BATCH), Settle(tools), at_once=1)
    cards = Lane("cards", frozenset(), no_cards, show_nothing, at_once=1)
    worker = worker_of(tools, [settle], cards)
    task = asyncio.create_task(worker.run())
    stack.callback(task.cancel)


async def no_cards(_conn: AsyncConnection, _token: str, _now: float) -> list[Card]:
    return []


async def show_nothing(_cards: list[Card]) -> None:
    return


async def serve_http(bolt: Bolt, tools: Tools) -> None:
    webhooks = Webhooks(tools.database, tools.accounts, secret="whsec_x", clock=time.time, wake=lambda: None)
    web = create_web(SlackEndpoint(bolt, signing_secret=SIGNING_SECRET), webhooks, ready=_ready)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        await Server(web, Limits()).serve(sockets=[listener])


async def _ready() -> dict[str, bool]:
    return {}


async def serve_socket(bolt: Bolt, tools: Tools) -> None:
    socket = SocketMode(bolt, app_token=APP_TOKEN, web_client=tools.slack.web_client(None))
    await socket.connect(None, within_s=8.0)
    print("connected", flush=True)
    await asyncio.Event().wait()


async def main() -> None:
    way, store, stub_url, *slack = sys.argv[1:]
    set_up_logging("WARNING")
    async with AsyncExitStack() as stack:
        tools = await open_tools(stack, stub_url, slack[0] if slack else f"{stub_url}/api/")
        drafts = cast("Database", _Unstored(tools.database)) if store == "unstored" else tools.database
        asked = replace(tools, database=drafts)
        bolt = create_bolt(services_of(asked, wake=lambda: None, public_url=None))
        if store in {"busy", "busy_scripts"}:
            await keep_worker_busy(stack, tools, with_scripts=store == "busy_scripts")
        leave_out_of_garbage_collection()
        await (serve_socket(bolt, tools) if way == "socket" else serve_http(bolt, tools))


if __name__ == "__main__":
    uvloop.run(main())
