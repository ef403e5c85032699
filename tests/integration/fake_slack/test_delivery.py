"""Envelopes, retries, signatures, connections, and what people see when the app is silent."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.fake_slack import Timings
from bot.sandbox.serving import served
from tests.integration.fake_slack.harness import (
    ACTIONS,
    NORTH,
    RANDOM,
    VIDEOS,
    Heard,
    Sandbox,
    listener,
    manifest_with,
    over_http,
    over_socket,
    sandbox,
)


async def test_without_a_connection_a_command_cannot_be_dispatched(box: Sandbox) -> None:
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync")
    assert box.notices() == ["/lipsync failed with the error “dispatch_failed”"]


async def test_commands_do_not_work_in_threads_and_unknown_ones_not_at_all(box: Sandbox) -> None:
    top = (await box.as_ada("/ui/message", channel=VIDEOS, text="top")).json()["ts"]
    await box.as_ada("/ui/message", channel=VIDEOS, thread_ts=top, text="/lipsync")
    await box.as_ada("/ui/message", channel=VIDEOS, text="/dance")
    assert box.notices()[0] == "/lipsync is not supported in threads. Sorry!"
    assert box.notices()[1].startswith("/dance is not a valid command")
    assert not box.slack.records().deliveries


async def test_events_come_again_until_they_are_taken(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (box, heard):
        heard.fail_events = 2
        await box.as_ada("/ui/message", channel=box.dm(), text="hello")
        await box.slack.settled()
        tries = box.slack.records().deliveries
        assert [(t.retry, t.outcome) for t in tries] == [
            (0, "http_service_error"),
            (1, "http_service_error"),
            (2, "ok"),
        ]
        assert len({t.payload["event_id"] for t in tries}) == 1


async def test_an_event_is_given_up_after_three_retries(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (box, heard):
        heard.fail_events = 9
        await box.as_ada("/ui/message", channel=box.dm(), text="hello")
        await box.slack.settled()
        assert [t.retry for t in box.slack.records().deliveries] == [0, 1, 2, 3]


async def test_http_requests_are_signed_and_retries_say_so(tmp_path: Path) -> None:
    requests: list[tuple[bytes, dict[str, str]]] = []

    async def refuse(request: Request) -> Response:
        requests.append((await request.body(), dict(request.headers)))
        return Response(status_code=500, headers={"x-slack-no-retry": "1"} if len(requests) == 2 else {})

    sock = listener()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}/slack/events"
    app = Starlette(routes=[Route("/slack/events", refuse, methods=["POST"])])
    async with sandbox(tmp_path, delivery="http", request_url=url) as box, served(app, sock):
        await box.as_ada("/ui/message", channel=box.dm(), text="hello")
        await box.slack.settled()
        verifier = SignatureVerifier(box.slack.parts.config.signing_secret)
    assert len(requests) == 2
    for body, headers in requests:
        assert verifier.is_valid_request(body.decode(), headers)
    assert requests[1][1]["x-slack-retry-num"] == "1"
    assert requests[1][1]["x-slack-retry-reason"] == "http_error"


async def test_a_click_that_nobody_answers_is_told(box: Sandbox) -> None:
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="Ready?", blocks=ACTIONS)
    message = {"channel": VIDEOS, "ts": posted["ts"]}
    await box.as_ada("/ui/action", message=message, block_id="row", action_id="go", value={}, state={})
    assert "did not respond" in box.notices()[0]


async def test_a_lost_ack_keeps_the_form_open(both_ways: tuple[Sandbox, Heard]) -> None:
    box, heard = both_ways
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync")
    stack = box.slack.parts.modals.stack(
        box.slack.workspace(NORTH.id), box.slack.workspace(NORTH.id).config.users[0].id
    )
    state = {"script": {"text": {"type": "plain_text_input", "value": "Hi"}}}
    box.slack.faults.set("lose_ack")
    await box.as_ada("/ui/view/submit", view_id=stack[0].id, state=state)
    assert box.notices() == ["We had some trouble connecting. Try again?"]
    assert len(stack) == 1
    assert len(heard.of("view_submission")) == 1


async def test_a_payload_delivered_twice(both_ways: tuple[Sandbox, Heard]) -> None:
    box, heard = both_ways
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="Ready?", blocks=ACTIONS)
    box.slack.faults.set("duplicate_delivery")
    message = {"channel": VIDEOS, "ts": posted["ts"]}
    await box.as_ada("/ui/action", message=message, block_id="row", action_id="go", value={}, state={})
    await box.slack.settled()
    assert len(heard.of("block_actions")) == 2


async def test_the_app_reconnects_after_a_disconnect(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        await box.slack.disconnect("refresh_requested")
        await asyncio.wait_for(box.slack.wait_connected(), 60)
        await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync help")
        assert heard.payloads[0]["text"] == "help"


async def test_the_app_reconnects_after_a_broken_connection(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        await box.slack.drop_connections()
        await asyncio.wait_for(box.slack.wait_connected(), 60)
        await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync help")
        assert heard.payloads[0]["text"] == "help"


async def test_a_socket_url_works_once_and_says_hello(box: Sandbox) -> None:
    url = (await box.api.apps_connections_open(app_token=box.slack.parts.config.app_token))["url"]
    async with box.http.ws_connect(url) as first:
        hello = json.loads((await first.receive()).data)
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await box.http.ws_connect(url)


async def test_the_eleventh_connection_is_refused(box: Sandbox) -> None:
    sockets = []
    for _ in range(11):
        url = (await box.api.apps_connections_open(app_token=box.slack.parts.config.app_token))["url"]
        sockets.append(await box.http.ws_connect(url))
    last = json.loads((await sockets[-1].receive()).data)
    assert last == {**last, "type": "disconnect", "reason": "too_many_websockets"}
    for socket in sockets:
        await socket.close()


async def test_an_unacked_event_comes_again_over_the_socket(box: Sandbox) -> None:
    url = (await box.api.apps_connections_open(app_token=box.slack.parts.config.app_token))["url"]
    async with box.http.ws_connect(url) as socket:
        await socket.receive()
        await box.as_ada("/ui/message", channel=box.dm(), text="hello")
        first = json.loads((await socket.receive()).data)
        second = json.loads((await socket.receive()).data)
        await socket.send_json({"envelope_id": second["envelope_id"]})
        await box.slack.settled()
    assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)
    assert second["retry_reason"] == "http_timeout"
    assert second["payload"]["event_id"] == first["payload"]["event_id"]
    assert second["accepts_response_payload"] is False


async def test_mentions_and_invites_are_events_where_the_manifest_subscribes(tmp_path: Path) -> None:
    manifest = manifest_with(
        tmp_path,
        bot_events=["app_mention", "member_joined_channel"],
        scopes=["app_mentions:read", "channels:read", "chat:write"],
    )
    async with sandbox(tmp_path, manifest=manifest) as box, over_socket(box) as heard:
        await box.as_ada("/ui/message", channel=RANDOM, text="/invite @lipsync")
        await box.as_ada("/ui/message", channel=VIDEOS, text="hey @lipsync, this one")
        await box.slack.settled()
        deliveries = [d.payload["event"]["type"] for d in box.slack.records().deliveries]
    assert sorted(deliveries) == ["app_mention", "member_joined_channel"]
    mention = next(e["event"] for e in heard.events if e["event"]["type"] == "app_mention")
    assert mention["text"] == f"hey <@{NORTH.bot_user_id}>, this one"


@pytest.mark.parametrize(
    ("channel", "scopes"),
    [
        ("dm", ["app_mentions:read", "chat:write", "im:history"]),
        (RANDOM, ["app_mentions:read", "chat:write"]),
        (VIDEOS, ["chat:write"]),
    ],
    ids=["in the direct message", "where the app is not", "without the scope"],
)
async def test_other_mentions_are_no_event(tmp_path: Path, channel: str, scopes: list[str]) -> None:
    manifest = manifest_with(tmp_path, bot_events=["app_mention"], scopes=scopes)
    async with sandbox(tmp_path, manifest=manifest) as box, over_socket(box):
        place = box.dm() if channel == "dm" else channel
        await box.as_ada("/ui/message", channel=place, text="hey @lipsync, this one")
        await box.slack.settled()
        assert box.slack.records().deliveries == []


async def test_slacks_clocks_are_the_default() -> None:
    assert (Timings().ack_s, Timings().trigger_s, Timings().response_url_s) == (3.0, 3.0, 1800)


@pytest.mark.parametrize(
    ("fault", "params", "status", "words"),
    [
        ("rate_limited", {"retry_after": 7}, 429, "ratelimited"),
        ("server_error", {"status": 502}, 502, "upstream trouble"),
        ("api_error", {"error": "fatal_error"}, 200, "fatal_error"),
        ("lose_reply", {}, 504, "upstream trouble"),
    ],
)
async def test_api_faults_strike_once(
    box: Sandbox, fault: str, params: dict[str, Any], status: int, words: str
) -> None:
    await box.page.post("/ui/faults", json={"name": fault, "params": params})
    headers = {"Authorization": f"Bearer {NORTH.bot_token}"}
    body = {"channel": VIDEOS, "text": "hi"}
    first = await box.page.post("/api/chat.postMessage", json=body, headers=headers)
    assert first.status_code == status
    assert words in first.text
    assert first.headers.get("retry-after") == ("7" if status == 429 else None)
    assert len(box.slack.records().messages) == (1 if fault == "lose_reply" else 0)
    assert (await box.page.post("/api/chat.postMessage", json=body, headers=headers)).json()["ok"]
