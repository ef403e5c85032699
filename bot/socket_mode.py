"""Socket Mode: Slack over a WebSocket that the app opens; no public address is needed."""

import asyncio
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient


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

    async def stop(self, *, within_s: float) -> None:
        """Let running listeners answer, then close."""
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)
        await self.close_async()
