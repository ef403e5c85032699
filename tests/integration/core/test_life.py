"""The life of the process: a clean stop, a start that cannot be, a connection that is lost for good."""

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.fake_slack import FakeSlack, FakeSlackConfig, create_fake_slack
from bot.sandbox.machine import locked
from bot.sandbox.server import Setup, _keep_running, sandbox
from bot.sandbox.serving import served
from bot.sandbox.world import APP_TOKEN, TEAMS
from bot.slack.socket_mode import SocketMode

ROOT = Path(__file__).parents[3]

_STOP_WITHIN_S = 20.0


@pytest.mark.parametrize("setup", [Setup(), Setup(http=True)], ids=["socket mode", "http"])
async def test_a_stop_is_clean(tmp_path: Path, setup: Setup) -> None:
    async with sandbox(tmp_path, setup) as (_, app):
        began = time.monotonic()
        await app.stop()
        assert app.exit_code == 0
        assert time.monotonic() - began < _STOP_WITHIN_S


@pytest.mark.parametrize("setup", [Setup(), Setup(http=True)], ids=["socket mode", "http"])
async def test_a_stop_lets_a_listener_end_that_is_in_flight(tmp_path: Path, setup: Setup) -> None:
    async with (
        sandbox(tmp_path, setup) as (addresses, app),
        httpx.AsyncClient(base_url=addresses.slack_url) as page,
    ):
        team = TEAMS[0]
        typed = {"team": team.id, "user": team.users[0].id, "channel": team.channels[0].id}
        line = f"/lipsync {addresses.slack_url}/clip.mp4 {addresses.slack_url}/voice.mp3"
        async with locked(tmp_path / "lipsync.db"):
            asked = asyncio.create_task(page.post("/ui/message", json=typed | {"text": line}))
            await asyncio.sleep(1)  # the listener waits for the database
            stopping = asyncio.create_task(app.stop())
            await asyncio.sleep(0.5)
        await asyncio.wait_for(stopping, _STOP_WITHIN_S)
        await asked
        sent = [each for each in (await page.get("/ui/wire")).json()["entries"] if each["direction"] == "out"]
    assert app.exit_code == 0
    assert sent[-1]["status"] == "ok"
    with closing(sqlite3.connect(tmp_path / "lipsync.db")) as kept:
        assert kept.execute("SELECT count(*) FROM orders").fetchone() == (1,)


async def test_a_stop_waits_for_no_locked_database(tmp_path: Path) -> None:
    async with sandbox(tmp_path, Setup()) as (_, app), locked(tmp_path / "lipsync.db"):
        began = time.monotonic()
        await app.stop()
        assert app.exit_code == 0
        assert time.monotonic() - began < _STOP_WITHIN_S


async def test_the_sandbox_starts_an_app_that_was_killed_again(tmp_path: Path) -> None:
    async with sandbox(tmp_path, Setup()) as (addresses, app):
        stop = asyncio.Event()
        keeping = asyncio.create_task(_keep_running(app, stop))
        await app.kill()
        async with asyncio.timeout(30), httpx.AsyncClient(base_url=addresses.app_url) as client:
            while app.exit_code is not None or not await _is_ready(client):  # noqa: ASYNC110 - another process has no event for it
                await asyncio.sleep(0.1)
        stop.set()
        await keeping


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx.TransportError:
        return False


@asynccontextmanager
async def slack_at(folder: Path) -> AsyncIterator[tuple[FakeSlack, dict[str, str]]]:
    """A fake Slack alone, and the settings of an app that nobody has started yet."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = FakeSlackConfig(
        manifest=ROOT / "manifest.yml", base_url=url, data=folder / "slack", teams=TEAMS, app_token=APP_TOKEN
    )
    slack = create_fake_slack(config)
    async with served(slack.asgi, listening):
        yield (
            slack,
            {
                "SLACK_BOT_TOKEN": TEAMS[0].bot_token,
                "SLACK_APP_TOKEN": APP_TOKEN,
                "SLACK_API_URL": f"{url}/api/",
                "SYNC_API_KEY": "sk-1",
                "PORT": "0",
            },
        )
        await slack.close()


@asynccontextmanager
async def serving(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The app, started on its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve"), env=kept | dict(settings), cwd=folder, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_it_says(process: asyncio.subprocess.Process, words: str) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while words not in (line := (await process.stderr.readline()).decode()):
            assert line, "it ended"


@pytest.mark.parametrize("variable", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_refused_token_ends_the_start_with_one_line_and_leaves_nothing(
    tmp_path: Path, variable: str
) -> None:
    async with slack_at(tmp_path) as (_, settings):
        kind = settings[variable].partition("-")[0]
        async with serving(tmp_path, settings | {variable: f"{kind}-wrong"}) as process:
            _, told = await asyncio.wait_for(process.communicate(), timeout=30)
    assert process.returncode == 1
    assert f"{variable}: Slack does not accept it" in told.decode()
    assert "Traceback" not in told.decode()
    assert not (tmp_path / "data").exists()


async def test_a_start_waits_until_slack_is_well_again(tmp_path: Path) -> None:
    async with slack_at(tmp_path) as (slack, settings):
        slack.faults.set("server_error", {"method": "auth.test", "times": 2})
        slack.faults.set("rate_limited", {"method": "apps.connections.open", "times": 1, "retry_after": 1})
        async with serving(tmp_path, settings) as process:
            await until_it_says(process, "serving")
            process.terminate()
            assert await asyncio.wait_for(process.wait(), _STOP_WITHIN_S) == 0


async def test_a_start_that_waits_can_be_stopped(tmp_path: Path) -> None:
    async with slack_at(tmp_path) as (slack, settings):
        slack.faults.set("server_error", {"method": "auth.test", "times": 0})
        async with serving(tmp_path, settings) as process:
            await until_it_says(process, "trying again")
            process.terminate()
            assert await asyncio.wait_for(process.wait(), _STOP_WITHIN_S) == 0


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        settings = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SYNC_API_KEY": "sk-1"}
        served = subprocess.run(
            [sys.executable, "-m", "bot", "serve"],
            env={**kept, **settings, "PORT": str(port)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert served.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in served.stderr
    assert "Traceback" not in served.stderr


class Dead:
    """A Socket Mode client that never gets a connection."""

    def __init__(self) -> None:
        self.asked = 0

    async def is_connected(self) -> bool:
        return False

    async def connect_to_new_endpoint(self, *, force: bool) -> None:
        assert force
        self.asked += 1
        raise OSError("no way to Slack")


async def test_a_connection_that_never_comes_back_ends_the_watch() -> None:
    client: Any = Dead()
    bolt = AsyncApp(token="xoxb-1", signing_secret="secret")
    mode = SocketMode(bolt, app_token="xapp-1", web_client=AsyncWebClient())
    real, mode.client = mode.client, client
    try:
        await asyncio.wait_for(mode.watch(look_every_s=0.01, most_failures=3), timeout=60)
    finally:
        await real.close()
    assert client.asked == 3


class Shaky(Dead):
    """A client that loses its connection now and then, and gets it back."""

    async def is_connected(self) -> bool:
        return self.asked % 2 == 1

    async def connect_to_new_endpoint(self, *, force: bool) -> None:
        assert force
        self.asked += 1


async def test_a_connection_that_comes_back_is_watched_on() -> None:
    client: Any = Shaky()
    bolt = AsyncApp(token="xoxb-1", signing_secret="secret")
    mode = SocketMode(bolt, app_token="xapp-1", web_client=AsyncWebClient())
    real, mode.client = mode.client, client
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mode.watch(look_every_s=0.01, most_failures=2), timeout=0.5)
    finally:
        await real.close()
