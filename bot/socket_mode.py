"""Socket Mode: Slack over a WebSocket that the app opens; no public address is needed."""

import asyncio
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

_log = structlog.get_logger(__name__)


class SocketMode(AsyncSocketModeHandler):
    """Bolt's handler, with its running listeners tracked so that a stop can wait for them."""

    def __init__(self, app: AsyncApp, *, app_token: str, web_client: AsyncWebClient) -> None:
        super().__init__(app, app_token, web_client=web_client)
        self._running: set[asyncio.Task[Any]] = set()

    async def handle(self, client: Any, req: SocketModeRequest) -> None:
        """Dispatch one envelope and acknowledge it."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        await super().handle(client, req)

    async def connected(self) -> bool:
        """Whether Slack can reach the app now."""
        return bool(await self.client.is_connected())

    async def watch(self, *, look_every_s: float = 15.0, most_failures: int = 8) -> None:
        """Come to an end when the connection is lost for good; the supervisor's restart is then the cure.

        The SDK reconnects by itself, but has been seen to give up silently, or to try a dead address again:
        each look that finds no connection (no pong for four intervals counts as none) asks for a new one.
        """
        failures = 0
        while failures < most_failures:
            await asyncio.sleep(look_every_s)
            if await self.connected():
                failures = 0
                continue
            failures += 1
            _log.warning("no connection to Slack; asking for a new one", failures=failures)
            try:
                async with asyncio.timeout(look_every_s):
                    await self.client.connect_to_new_endpoint(force=True)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look tries again
                _log.warning("not reconnected", error=repr(error))

    async def stop(self, *, within_s: float) -> None:
        """Let running listeners answer, then close."""
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)
        await self.close_async()
