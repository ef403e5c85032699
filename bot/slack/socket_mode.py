"""Socket Mode: Slack over a WebSocket that the app opens; no public address is needed."""

import asyncio
import time
from http import HTTPStatus
from logging import Logger
from typing import Any

import structlog
from pydantic_core import from_json
from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.async_base_handler import AsyncBaseSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Malformed
from bot.slack.payloads import to_request

_log = structlog.get_logger(__name__)

_PING_EVERY_S = 10


class _Client(SocketModeClient):
    """The SDK's client, without the queue between a frame and its listeners."""

    def __init__(self, app_token: str, web_client: AsyncWebClient, logger: Logger) -> None:
        super().__init__(app_token, logger, web_client, ping_interval=_PING_EVERY_S)
        self.running: set[asyncio.Task[None]] = set()

    async def enqueue_message(self, message: str) -> None:
        """Start on a frame at once: the queue's only reader does no more than that, and forgets the task."""
        frame = _read(message)
        task = asyncio.create_task(self.run_message_listeners(frame, message))
        self.running.add(task)
        task.add_done_callback(self.running.discard)


class SocketMode(AsyncBaseSocketModeHandler):
    """Bolt's handler for that client; a stop waits for running listeners."""

    def __init__(self, app: AsyncApp, *, app_token: str, web_client: AsyncWebClient) -> None:
        self._app = app
        self.client = self._client = _Client(app_token, web_client, app.logger)
        self.client.socket_mode_request_listeners.append(self.handle)

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Dispatch one envelope and acknowledge it.

        What is no payload of Slack's is acknowledged as well: sent again, it would be no better.
        """
        began = time.time()
        try:
            response = await self._app.async_dispatch(to_request(req.payload))
        except Malformed as error:
            _log.warning("refused a payload that is not of Slack's making", kind=req.type, flaw=str(error))
            response = BoltResponse(status=HTTPStatus.OK)
        if response.status == HTTPStatus.BAD_REQUEST:
            response = BoltResponse(status=HTTPStatus.OK)
        await send_async_response(client, req, response, began)

    async def connect(self, address: str | None, *, within_s: float) -> None:
        """Connect, to `address` first if there is one.

        The SDK would try one dead address for ever: after `within_s` seconds it is given a new one.
        """
        while not await self.connected():
            self.client.wss_uri, address = address, None  # type: ignore[assignment] # the SDK asks where it is None
            try:
                async with asyncio.timeout(within_s):
                    await self.connect_async()
            except TimeoutError:
                _log.warning("not connected to Slack yet; trying another address")

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
        if self._client.running:
            await asyncio.wait(self._client.running, timeout=within_s)
        await self.close_async()


def _read(message: str) -> dict[str, Any]:
    """A frame; empty where it is none that the SDK could read on."""
    if not message.startswith("{"):
        return {}
    try:
        frame: dict[str, Any] = from_json(message, allow_inf_nan=False)
    except ValueError:
        frame = {"payload": None}
    if isinstance(frame.get("payload", {}), dict) and isinstance(frame.get("type", ""), str):
        return frame
    _log.warning("dropped a frame that is not of Slack's making")
    return {}
