"""The life of the process: a clean stop, a start that cannot be, a connection that is lost for good."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Setup, _keep_running, sandbox
from bot.socket_mode import SocketMode

_STOP_WITHIN_S = 20.0


@pytest.mark.parametrize("setup", [Setup(), Setup(http=True)], ids=["socket mode", "http"])
async def test_a_stop_is_clean(tmp_path: Path, setup: Setup) -> None:
    async with sandbox(tmp_path, setup) as (_, app):
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
        await asyncio.wait_for(mode.watch(look_every_s=0.01, most_failures=3), timeout=5)
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
