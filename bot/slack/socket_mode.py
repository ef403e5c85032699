"""Socket Mode: Slack over a WebSocket that the app opens; no public address is needed."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

import structlog
from pydantic_core import from_json
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Malformed
from bot.slack.payloads import Json, to_request

_log = structlog.get_logger(__name__)

_PING_EVERY_S = 10


class _Client(SocketModeClient):
    """The SDK's client, whose frames are answered without its queue and its listeners."""

    def __init__(self, app_token: str, web_client: AsyncWebClient, app: AsyncApp) -> None:
        super().__init__(app_token, web_client=web_client, ping_interval=_PING_EVERY_S)
        self.running: set[asyncio.Task[None]] = set()
        self._app = app

    async def enqueue_message(self, message: str) -> None:
        """Start on a frame at once."""
        task = asyncio.create_task(self._take(_read(message)))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _take(self, frame: Json) -> None:
        try:
            if frame.get("type") == "disconnect":
                await self.connect_to_new_endpoint(force=True)
            elif "envelope_id" in frame and "payload" in frame:
                await self._answer(frame)
        except Exception as error:  # noqa: BLE001 - Slack sends again what was not acknowledged
            _log.warning("a frame of Slack's was not answered", error=repr(error))

    async def _answer(self, envelope: Json) -> None:
        """Dispatch one envelope and acknowledge it, unless Slack shall send it again.

        What is no payload of Slack's is acknowledged as well: sent again, it would be no better.
        """
        try:
            response = await self._app.async_dispatch(to_request(envelope["payload"]))
        except Malformed as error:
            kind = envelope.get("type")
            _log.warning("refused a payload that is not of Slack's making", kind=kind, flaw=str(error))
            response = BoltResponse(status=HTTPStatus.BAD_REQUEST)
        answer = {"envelope_id": envelope["envelope_id"]}
        if response.status == HTTPStatus.OK and response.body:
            answer["payload"] = _shown(response)
        if response.status in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}:
            await self.send_message(json.dumps(answer))


class SocketMode:
    """The connection to Slack; a stop waits for what is being answered."""

    def __init__(self, app: AsyncApp, *, app_token: str, web_client: AsyncWebClient) -> None:
        self.client = _Client(app_token, web_client, app)

    async def connect(self, address: str | None, *, within_s: float) -> None:
        """Connect, to `address` first if there is one.

        The SDK would try one dead address for ever: after `within_s` seconds it is given a new one.
        """
        while not await self.connected():
            self.client.wss_uri, address = address, None  # the SDK asks where it is None
            try:
                async with asyncio.timeout(within_s):
                    await self.client.connect()
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
        """Let running answers end, then close."""
        if self.client.running:
            await asyncio.wait(self.client.running, timeout=within_s)
        await self.client.close()


def _shown(response: BoltResponse) -> Any:
    """What an answer shows, as an envelope carries it (Slack: Socket Mode)."""
    is_json = response.headers["content-type"][0].startswith("application/json")
    return json.loads(response.body) if is_json else {"text": response.body}


def _read(message: str) -> Json:
    """A frame; empty where it is none that the SDK could read on."""
    if not message.startswith("{"):
        return {}
    try:
        frame: Json = from_json(message, allow_inf_nan=False)
    except ValueError:
        frame = {"payload": None}
    if isinstance(frame.get("payload", {}), dict) and isinstance(frame.get("type", ""), str):
        return frame
    _log.warning("dropped a frame that is not of Slack's making")
    return {}
