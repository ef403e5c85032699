"""What is no payload of Slack's over Socket Mode: acknowledged, told in one line, and the rest goes on."""

import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any, cast

import pytest
from slack_bolt import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import create_bolt
from bot.slack.bolt import Bolt
from bot.slack.socket_mode import SocketMode
from storage.orders import OrderStatus
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import NORTH
from tests.integration.handlers.front import block_action, command, front, message_event
from tests.integration.handlers.mutations import mutated_frame, ours, slacks_own


class Wire:
    """The SDK's client without a socket: frames go in, and what it would send comes out."""

    def __init__(self, mode: SocketMode, app: Bolt) -> None:
        self.sent: list[dict[str, Any]] = []
        self.app = app
        self.client = cast("Any", mode.client)
        self.client.send_message = self._send

    async def _send(self, message: str) -> None:
        self.sent.append(json.loads(message))

    async def frame(self, text: str) -> list[dict[str, Any]]:
        """Everything that is sent for a frame."""
        self.sent.clear()
        await self.client.enqueue_message(text)
        for task in list(self.client.running):
            await task
        return self.sent

    async def envelope(self, payload: Any, kind: str = "interactive") -> list[dict[str, Any]]:
        return await self.frame(json.dumps({"type": kind, "envelope_id": "e1", "payload": payload}))


@pytest.fixture
async def wire(there: World) -> AsyncIterator[Wire]:
    async with front(there) as app:
        bolt = create_bolt(app.services)
        mode = SocketMode(bolt, app_token="xapp-1", web_client=AsyncWebClient())
        yield Wire(mode, bolt)
        await mode.client.close()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("interactive", block_action("generate", "job:price", user=None)),
        ("interactive", block_action("form_video")),
        ("interactive", {"type": "block_actions", "event": 5}),
        ("slash_commands", {"command": "/lipsync"}),
        ("events_api", {"type": "event_callback", "event": message_event() | {"ts": None}}),
    ],
)
async def test_another_shape_is_acknowledged_and_told_in_one_line(
    wire: Wire, capsys: pytest.CaptureFixture[str], kind: str, payload: Any
) -> None:
    assert await wire.envelope(payload, kind) == [{"envelope_id": "e1"}]

    [line] = capsys.readouterr().out.splitlines()
    assert "not of Slack's making" in line
    assert "level='warning'" in line


@pytest.mark.parametrize(
    "frame",
    [
        "{not json",
        '{"type": "interactive", "envelope_id": "e1", "payload": ' + "[" * 100_000,
        '{"type": "interactive", "envelope_id": "e1", "payload": []}',
        '{"type": ["interactive"], "envelope_id": "e1", "payload": {}}',
        '{"type": "interactive", "envelope_id": "e1", "payload": {"a": NaN}}',
        "Ping from applink-1",
    ],
    ids=lambda frame: frame[:60],
)
async def test_a_broken_frame_breaks_nothing(
    wire: Wire, capsys: pytest.CaptureFixture[str], frame: str
) -> None:
    assert await wire.frame(frame) == []
    assert "Traceback" not in capsys.readouterr().out

    [answer] = await wire.envelope(command("help"), "slash_commands")
    assert "/lipsync" in answer["payload"]["text"]


async def test_slack_may_ask_for_another_connection(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    async def connect(*, force: bool) -> None:
        asked.append(force)

    monkeypatch.setattr(wire.client, "connect_to_new_endpoint", connect)

    assert await wire.frame('{"type": "disconnect", "reason": "refresh_requested"}') == []
    assert asked == [True]


async def test_what_cannot_be_sent_breaks_nothing(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def send(_message: str) -> None:
        raise ConnectionResetError("cut")

    with monkeypatch.context() as cut:
        cut.setattr(wire.client, "send_message", send)
        assert await wire.envelope(command("help"), "slash_commands") == []

    [line] = capsys.readouterr().out.splitlines()
    assert "not answered" in line
    assert await wire.envelope(command("help"), "slash_commands")


@pytest.mark.parametrize(
    ("response", "sent"),
    [
        (BoltResponse(status=200), [{"envelope_id": "e1"}]),
        (BoltResponse(status=200, body="said"), [{"envelope_id": "e1", "payload": {"text": "said"}}]),
        (
            BoltResponse(status=200, body={"text": "said"}),
            [{"envelope_id": "e1", "payload": {"text": "said"}}],
        ),
        (BoltResponse(status=400), [{"envelope_id": "e1"}]),
        (BoltResponse(status=503), []),
    ],
    ids=lambda value: f"{value.status} {value.body}" if isinstance(value, BoltResponse) else "",
)
async def test_an_answer_as_an_envelope_carries_it(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, response: BoltResponse, sent: list[dict[str, Any]]
) -> None:
    async def dispatch(_request: object) -> BoltResponse:
        return response

    monkeypatch.setattr(wire.app, "async_dispatch", dispatch)

    assert await wire.envelope(command("help"), "slash_commands") == sent


@pytest.mark.parametrize("seed", range(3))
async def test_frames_of_any_kind_break_nothing(
    wire: Wire, there: World, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    for path in ("/v2/voices", "/v2/models"):
        there.sync.get(path).respond(json=[])
    chance = Random(seed)
    job = await there.order(OrderStatus.OFFERED)
    samples = ours(job.id, response_url=f"{there.box.slack.api_url}nowhere") * 3 + slacks_own()
    teams = there.tools.teams
    installation = await teams.need(None, NORTH.id)

    for number in range(300):
        frame = mutated_frame(chance, samples)
        answers = await wire.frame(frame)
        assert len(answers) <= 1, (seed, number, frame[:2_000])
        if number % 20 == 0:
            await teams.save(installation)  # some of it says that the app was removed

    logged = capsys.readouterr().out
    assert "level='error'" not in logged
    assert "Traceback" not in logged
    await teams.save(installation)
    [answer] = await wire.envelope(command("help"), "slash_commands")
    assert "/lipsync" in answer["payload"]["text"]
