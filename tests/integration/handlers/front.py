"""The app's HTTP side with real routes behind it, and payloads as Slack signs them."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.types import ASGIApp

from bot.app import create_bolt, services_of
from bot.asking.asks import Asker
from bot.once import Once
from bot.services import Services
from bot.web.endpoint import SlackEndpoint
from bot.web.routes import SLACK_PATH, create_web
from bot.web.webhooks import Webhooks
from storage import states
from storage.cards import OrderState
from storage.orders import Order
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import ADA, NORTH, VIDEOS

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
GROUPS_URL = "https://app.test/slack/install?groups"
FORM = "application/x-www-form-urlencoded"
Json = dict[str, Any]
_numbers = count(1)
_PATIENCE_S = 60.0
"""Only what never ends, or a very busy machine, takes so long."""
VIDEO_FILE: Json = {
    "id": "F1",
    "name": "clip.mp4",
    "mimetype": "video/mp4",
    "filetype": "mp4",
    "size": 1_000,
    "url_private": "https://files.slack.com/clip.mp4",
}


@dataclass
class Front:
    """One running app without a server: requests go straight into its ASGI app."""

    there: World
    services: Services
    http: httpx.AsyncClient
    web: ASGIApp
    checks: dict[str, bool] = field(default_factory=lambda: {"database": True})

    async def signed(
        self,
        body: bytes,
        *,
        content_type: str = FORM,
        headers: Mapping[str, str] | None = None,
        age_s: int = 0,
    ) -> httpx.Response:
        """POST a body as Slack signed it `age_s` ago; `headers` replace what would be sent."""
        usual = self.signature(body, age_s=age_s) | {"Content-Type": content_type}
        sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
        return await self.http.post(SLACK_PATH, content=body, headers=sent)

    def signature(self, body: bytes, *, age_s: int = 0) -> dict[str, str]:
        """The headers by which Slack signs a body."""
        timestamp = str(int(self.there.clock()) - age_s)
        signature = hmac.new(SIGNING_SECRET.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature.hexdigest()}",
        }

    async def command(self, text: str = "", **changes: Any) -> httpx.Response:
        """A line of Ada's; where nothing else is said nobody hears what is posted to its `response_url`."""
        usual = {
            "response_url": f"{self.there.box.slack.api_url}nowhere"
        }  # 404 at once; Slack's own would be tried
        return await self.signed(urlencode(command(text, **usual | changes)).encode())

    async def interaction(self, payload: Json) -> httpx.Response:
        return await self.signed(urlencode({"payload": json.dumps(payload)}).encode())

    async def event(self, event: Json, **changes: Any) -> httpx.Response:
        body = json.dumps(event_callback(event, **changes)).encode()
        return await self.signed(body, content_type="application/json")

    async def states(self, team_id: str = NORTH.id, user_id: str = ADA) -> list[OrderState]:
        async with self.there.db.read() as conn:
            return await states.recent(conn, Asker(None, team_id, user_id), limit=100)

    async def orders(self, team_id: str = NORTH.id, user_id: str = ADA) -> list[Order]:
        return [state.order for state in await self.states(team_id, user_id)]

    async def settled(self, *, looks: bool = True, within_s: float = _PATIENCE_S) -> None:
        """Wait for what follows an answer, and end what does not come to its end by itself.

        Not `looks`: for cards that nobody will post none is kept up.
        """
        ending = None if looks else asyncio.create_task(_end_looks())
        await self.services.background.drain(within_s=within_s)
        if ending is not None:
            ending.cancel()


async def _end_looks() -> None:
    while True:
        for task in asyncio.all_tasks():
            if task.get_name() == "point to cards":
                task.cancel()
        await asyncio.sleep(0.01)


def alert_in(answer: Json) -> str:
    """What a form that is shown once more says above its fields, each time alone."""
    assert answer["response_action"] == "update"
    shown = answer["view"]["blocks"]
    assert [block["type"] for block in shown].count("alert") == 1
    assert shown[0]["type"] == "alert"
    rest = shown[1]["text"]["text"] if shown[1].get("block_id") == "alert_more" else ""
    return " ".join(filter(None, (shown[0]["text"]["text"], rest)))


def command(text: str = "", **changes: Any) -> Json:
    usual = {
        "token": "old",
        "team_id": NORTH.id,
        "team_domain": NORTH.domain,
        "channel_id": VIDEOS,
        "channel_name": "videos",
        "user_id": ADA,
        "user_name": "ada",
        "command": "/lipsync",
        "text": text,
        "api_app_id": "A1",
        "response_url": "https://hooks.slack.com/commands/T1/1/secret",
        "trigger_id": f"trigger.{next(_numbers)}",
    }
    return usual | changes


def event_callback(event: Json, **changes: Any) -> Json:
    usual = {
        "type": "event_callback",
        "team_id": NORTH.id,
        "api_app_id": "A1",
        "event": event,
        "event_id": f"Ev{next(_numbers)}",
        "event_time": 1_790_000_000,
        "authorizations": [
            {"enterprise_id": None, "team_id": NORTH.id, "user_id": NORTH.bot_user_id, "is_bot": True}
        ],
    }
    return usual | changes


def block_action(action_id: str, value: str = "", **changes: Any) -> Json:
    usual = {
        "type": "block_actions",
        "team": {"id": NORTH.id, "domain": NORTH.domain},
        "user": {"id": ADA, "team_id": NORTH.id},
        "api_app_id": "A1",
        "channel": {"id": VIDEOS, "name": "videos"},
        "trigger_id": f"trigger.{next(_numbers)}",
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value}],
    }
    return usual | changes


def view_payload(kind: str, view: Json, **changes: Any) -> Json:
    usual = {
        "type": kind,
        "team": {"id": NORTH.id, "domain": NORTH.domain},
        "user": {"id": ADA, "team_id": NORTH.id},
        "api_app_id": "A1",
        "view": {"id": "V1", "type": "modal", "state": {"values": {}}, **view},
    }
    return usual | changes


def message_event(text: str = "", **changes: Any) -> Json:
    usual = {
        "type": "message",
        "channel": "D1",
        "channel_type": "im",
        "user": ADA,
        "text": text,
        "ts": f"1790000000.{next(_numbers):06}",
    }
    return usual | changes


@asynccontextmanager
async def front(there: World) -> AsyncIterator[Front]:
    def wake() -> None:
        there.woken.append(there.clock())

    services = services_of(there.tools, wake=wake, public_url="https://app.test", groups_url=GROUPS_URL)
    services = replace(services, once=Once(clock=there.clock))  # or a slow machine makes of two presses two
    bolt = create_bolt(services)
    webhooks = Webhooks(there.db, there.tools.accounts, secret=None, clock=there.clock, wake=wake)
    endpoint = SlackEndpoint(bolt, signing_secret=SIGNING_SECRET, clock=there.clock)
    checks = {"database": True}

    async def ready() -> Mapping[str, bool]:
        return checks

    web = create_web(endpoint, webhooks, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="https://app.test") as http:
        running = Front(there, services, http, web, checks)
        yield running
        await running.settled(looks=False)
