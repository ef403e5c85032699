"""Runs a fake Slack on a real socket, and a real Bolt app against it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import yaml
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.fake_slack import FakeSlack, FakeSlackConfig, TeamConfig, Timings, create_fake_slack
from bot.sandbox.serving import served
from tests.integration.fake_slack import cast

NORTH, SOUTH = cast.NORTH, cast.SOUTH

MANIFEST = Path(__file__).parents[3] / "manifest.yml"
ADA, BEN = (user.id for user in NORTH.users)
VIDEOS, RANDOM = (channel.id for channel in NORTH.channels)
# An answer may take as long as with Slack: a busy machine is no reason to lose one.
QUICK = Timings(event_retries_s=(0.0, 0.05, 0.05), share_s=0.05, heartbeat_s=0.2)
BUTTON: dict[str, Any] = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Go"},
    "action_id": "go",
    "value": "job-1",
}
ACTIONS: list[dict[str, Any]] = [{"type": "actions", "block_id": "row", "elements": [BUTTON]}]
PLAIN_FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Lip-sync"},
    "submit": {"type": "plain_text", "text": "Send"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "script",
            "label": {"type": "plain_text", "text": "Script"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


class Clock:
    """A clock that a test may move."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self.time = start

    def __call__(self) -> float:
        return self.time


def listener() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    return sock


@dataclass
class Sandbox:
    """A fake Slack that is listening, with clients for both of its sides."""

    slack: FakeSlack
    page: httpx.AsyncClient
    clients: dict[str, AsyncWebClient]
    http: aiohttp.ClientSession

    @property
    def api(self) -> AsyncWebClient:
        """The app's client in the first team."""
        return self.clients[NORTH.id]

    def client(self, token: str | None) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=self.slack.api_url, session=self.http, retry_handlers=[])

    async def as_ada(self, path: str, **body: Any) -> httpx.Response:
        return await self.page.post(path, json={"team": NORTH.id, "user": ADA, **body})

    async def upload(
        self, data: bytes, name: str = "clip.mp4", mimetype: str = "video/mp4"
    ) -> dict[str, Any]:
        query = {"team": NORTH.id, "user": ADA, "name": name, "mimetype": mimetype}
        answer = await self.page.post("/ui/upload", params=query, content=data)
        file: dict[str, Any] = answer.json()["file"]
        return file

    def dm(self, user: str = ADA) -> str:
        return self.slack.workspace(NORTH.id).direct_message(user).id

    def notices(self) -> list[str]:
        return [notice.text for notice in self.slack.records().notices]


@contextlib.asynccontextmanager
async def sandbox(folder: Path, **changes: Any) -> AsyncIterator[Sandbox]:
    """A fake Slack on a free port. `changes` are fields of its config."""
    sock = listener()
    base_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    config = FakeSlackConfig(
        manifest=MANIFEST, base_url=base_url, data=folder / "files", teams=(NORTH, SOUTH), timings=QUICK
    )
    slack = create_fake_slack(replace(config, **changes))
    async with (
        served(slack.asgi, sock),
        # Nothing is verified on this machine, and all authorities of the world take long to read.
        httpx.AsyncClient(base_url=base_url, trust_env=False, verify=False, timeout=60) as page,
        aiohttp.ClientSession() as http,
    ):
        box = Sandbox(slack, page, {}, http)
        box.clients = {team.id: box.client(team.bot_token) for team in (NORTH, SOUTH)}
        try:
            yield box
        finally:
            await slack.close()


def manifest_with(folder: Path, **changes: Any) -> Path:
    """The app's manifest with other scopes, events, features or switches."""
    raw = yaml.safe_load(MANIFEST.read_text())
    if "scopes" in changes:
        raw["oauth_config"]["scopes"]["bot"] = changes["scopes"]
    if "bot_optional" in changes:
        raw["oauth_config"]["scopes"]["bot_optional"] = changes["bot_optional"]
    for switch in ("token_rotation_enabled", "org_deploy_enabled"):
        raw["settings"][switch] = changes.get(switch, raw["settings"][switch])
    if "bot_events" in changes:
        raw["settings"]["event_subscriptions"]["bot_events"] = changes["bot_events"]
    if "home_tab_enabled" in changes:
        raw["features"]["app_home"]["home_tab_enabled"] = changes["home_tab_enabled"]
    path = folder / "manifest.yml"
    path.write_text(yaml.safe_dump(raw))
    return path


def bolt_app(api_url: str, signing_secret: str, teams: tuple[TeamConfig, ...] = (NORTH, SOUTH)) -> AsyncApp:
    """A real Bolt app that knows both teams, as ours does."""
    by_id = {team.id: team for team in teams}

    async def authorize(team_id: str, **_: Any) -> AuthorizeResult:
        team = by_id[team_id]
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team.id,
            bot_token=team.bot_token,
            bot_id=team.bot_id,
            bot_user_id=team.bot_user_id,
        )

    return AsyncApp(
        client=AsyncWebClient(base_url=api_url),
        signing_secret=signing_secret,
        authorize=authorize,
        process_before_response=True,
    )


@dataclass
class Heard:
    """What a recording app heard, and what it answers next."""

    payloads: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    submission: dict[str, Any] = field(default_factory=dict)
    fail_events: int = 0

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [payload for payload in self.payloads if payload.get("type") == kind]


def recording_app(box_url: str, signing_secret: str) -> tuple[AsyncApp, Heard]:
    """An app that opens a form on /lipsync, takes everything and writes it down."""
    app = bolt_app(box_url, signing_secret)
    heard = Heard()

    async def command(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        heard.payloads.append(body)
        if body["text"] == "help":
            await ack("Here is how.")
            return
        if body["text"] == "slow":
            await asyncio.sleep(QUICK.ack_s + 0.5)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=PLAIN_FORM)

    async def submission(ack: Any, body: dict[str, Any]) -> None:
        heard.payloads.append(body)
        await ack(**heard.submission)

    async def anything(ack: Any, body: dict[str, Any]) -> None:
        heard.payloads.append(body)
        await ack()

    async def event(body: dict[str, Any]) -> None:
        if heard.fail_events:
            heard.fail_events -= 1
            raise RuntimeError("not yet")
        heard.events.append(body)

    app.command("/lipsync")(command)
    app.view("form")(submission)
    app.view_closed("form")(anything)
    app.action("go")(anything)
    app.shortcut("lipsync_global")(anything)
    app.shortcut("lipsync_message")(anything)
    for kind in (
        *("message", "member_joined_channel", "app_mention", "app_home_opened"),
        *("app_uninstalled", "tokens_revoked", "team_access_granted", "team_access_revoked"),
    ):
        app.event(kind)(event)
    return app, heard


@contextlib.asynccontextmanager
async def over_socket(box: Sandbox) -> AsyncIterator[Heard]:
    """The recording app, connected by Socket Mode."""
    config = box.slack.parts.config
    app, heard = recording_app(box.slack.api_url, config.signing_secret)
    handler = AsyncSocketModeHandler(app, config.app_token)
    await handler.connect_async()
    await asyncio.wait_for(box.slack.wait_connected(), 60)
    try:
        yield heard
    finally:
        await handler.close_async()


@contextlib.asynccontextmanager
async def over_http(folder: Path, **changes: Any) -> AsyncIterator[tuple[Sandbox, Heard]]:
    """A fake Slack that delivers by signed HTTP, and the recording app behind its request URL."""
    sock = listener()
    request_url = f"http://127.0.0.1:{sock.getsockname()[1]}/slack/events"
    async with sandbox(folder, delivery="http", request_url=request_url, **changes) as box:
        app, heard = recording_app(box.slack.api_url, box.slack.parts.config.signing_secret)
        async with served(AsyncSlackRequestHandler(app), sock):
            yield box, heard


async def refusal(call: Awaitable[Any]) -> SlackApiError:
    """Slack's no to a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


async def error(call: Awaitable[Any]) -> str:
    """Slack's name for its no."""
    return str((await refusal(call)).response["error"])
