"""What comes in over HTTP: only what Slack signed is heard, and that is never answered by an error."""

import json
from urllib.parse import urlencode

import httpx
import pytest
from starlette.types import Message

from bot.web.endpoint import MAX_BODY_BYTES
from bot.web.routes import SLACK_PATH
from tests.integration.handlers.front import (
    Front,
    block_action,
    command,
    message_event,
    view_payload,
)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Request-Timestamp": None},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "yesterday"},
        {"X-Slack-Request-Timestamp": "-1790000000"},
        {"X-Slack-Request-Timestamp": "1790000000.5"},
        {"X-Slack-Request-Timestamp": "9" * 5_000},
        {"X-Slack-Signature": None},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=é".encode("latin-1")},
    ],
    ids=str,
)
async def test_what_is_not_signed_properly_is_refused(app: Front, headers: dict[str, str]) -> None:
    answer = await app.signed(b"command=%2Flipsync&text=help", headers=headers)

    assert answer.status_code == 401
    assert answer.content == b""


@pytest.mark.parametrize(("age_s", "status"), [(300, 200), (301, 401), (-300, 200), (-301, 401)])
async def test_what_was_signed_at_another_time_is_refused(app: Front, age_s: int, status: int) -> None:
    answer = await app.signed(urlencode(command("help")).encode(), age_s=age_s)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({b"x-slack-signature": b""}, 401),
        ({b"x-slack-request-timestamp": b"1"}, 401),
        ({b"content-length": b"1048577"}, 413),
        ({b"content-length": b"9" * 4_000}, 413),
    ],
    ids=str,
)
async def test_what_must_be_refused_is_refused_before_its_body_is_read(
    app: Front, changed: dict[bytes, bytes], status: int
) -> None:
    now = str(int(app.there.clock())).encode()
    headers = {b"x-slack-request-timestamp": now, b"x-slack-signature": b"v0=" + b"0" * 64}

    assert await answered_unread(app, SLACK_PATH, headers | changed) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({b"sync-signature": b"t=1,v1=00"}, 401),
        ({b"sync-signature": b"t=1790000000,v1=00", b"content-length": b"1048577"}, 413),
    ],
    ids=str,
)
async def test_so_is_a_webhook(app: Front, headers: dict[bytes, bytes], status: int) -> None:
    assert await answered_unread(app, "/sync/webhook/1", headers) == status


async def answered_unread(app: Front, path: str, headers: dict[bytes, bytes]) -> int:
    """The status of the answer to a POST whose body never comes; the connection has to end with it."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("its body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": list(headers.items()),
    }
    await app.web(scope, receive, send)
    assert (b"connection", b"close") in sent[0]["headers"]
    return int(sent[0]["status"])


async def test_a_sender_that_leaves_is_not_answered(app: Front) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        raise AssertionError("nobody is there")

    now = str(int(app.there.clock())).encode()
    headers = [(b"x-slack-request-timestamp", now), (b"x-slack-signature", b"v0=0")]
    await app.web({"type": "http", "method": "POST", "path": SLACK_PATH, "headers": headers}, receive, send)


async def test_one_changed_byte_breaks_the_signature(app: Front) -> None:
    body = urlencode(command("help")).encode()
    good = await app.signed(body)
    headers = {
        name: good.request.headers[name] for name in ("x-slack-request-timestamp", "x-slack-signature")
    }

    bad = await app.http.post(SLACK_PATH, content=body.replace(b"help", b"hexp"), headers=headers)

    assert (good.status_code, bad.status_code) == (200, 401)


async def test_more_than_a_mebibyte_is_not_read_on(app: Front) -> None:
    assert (await app.signed(b"x" * (MAX_BODY_BYTES + 1))).status_code == 413
    assert (await app.command("x" * 1_000_000)).status_code == 200


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\xfa", b"{not json", b'{"a": ', b"payload=%7Bnot", b"payload=[1]", b"payload=null"]
)
async def test_signed_nonsense_is_a_bad_request(
    app: Front, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    assert (await app.signed(body)).status_code == 400

    logged = capsys.readouterr().out
    assert "level='warning'" in logged
    assert "Traceback" not in logged


@pytest.mark.parametrize(
    "changes",
    [
        {"user": None},
        {"user": {"id": ["U1"]}},
        {"trigger_id": "x" * 300},
        {"trigger_id": "line\nbreak"},
        {"team": {"id": 7}},
        {"actions": [{"action_id": "generate", "value": 5}]},
        {"actions": [None]},
        {"actions": [{"action_id": "form_video"}]},  # without the form that it stands in
        {"actions": [{"action_id": "form_video"}], "view": {"id": "V1", "private_metadata": "{}"}},
    ],
    ids=str,
)
async def test_a_press_of_another_shape_is_a_bad_request(app: Front, changes: dict[str, object]) -> None:
    assert (await app.interaction(block_action("generate", "job:price", **changes))).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"files": [{"id": "F1", "size": -1}]},
        {"files": [{"id": "F1", "duration_ms": 10**400}]},
        {"files": {"id": "F1"}},
        {"ts": None},
        {"channel": {"id": "D1"}},
        {"text": 5},
        {"text": "nul\0"},
    ],
    ids=str,
)
async def test_a_message_of_another_shape_is_a_bad_request(app: Front, changes: dict[str, object]) -> None:
    assert (await app.event(message_event() | changes)).status_code == 400


async def test_slack_may_check_the_address(app: Front) -> None:
    answer = await app.signed(
        json.dumps({"type": "url_verification", "challenge": "say this", "token": "old"}).encode(),
        content_type="application/json",
    )

    assert answer.status_code == 200
    assert answer.json() == {"challenge": "say this"}


async def test_slack_may_check_the_certificate(app: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert (await app.signed(b"ssl_check=1&token=old")).status_code == 200
    assert (await app.http.get(SLACK_PATH, params={"ssl_check": "1"})).status_code == 200
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "payload",
    [
        block_action("an_action_of_an_old_card"),
        block_action("x", actions=[]),
        view_payload("view_submission", {"callback_id": "a_form_of_an_old_version"}),
        view_payload("view_closed", {"callback_id": "a_form_of_an_old_version"}),
        {**block_action("x"), "type": "shortcut", "callback_id": "no_more"},
        {**block_action("x"), "type": "message_action", "callback_id": "no_more", "message": {"ts": "1.2"}},
        {**block_action("x"), "type": "block_suggestion", "value": "Rac"},
        {**block_action("x"), "type": "interactive_message", "callback_id": "old"},
    ],
    ids=lambda payload: payload["type"],
)
async def test_what_no_route_knows_is_acknowledged_all_the_same(
    app: Front, payload: dict[str, object]
) -> None:
    assert (await app.interaction(payload)).status_code == 200


async def test_a_command_or_an_event_of_another_version_is_acknowledged(app: Front) -> None:
    assert (await app.command(command="/something-else")).status_code == 200
    assert (await app.event({"type": "reaction_added", "user": "U1"})).status_code == 200
    assert (await app.event({}, type="app_rate_limited", minute_rate_limited=1)).status_code == 200


async def test_the_apps_own_messages_are_not_answered(app: Front) -> None:
    own = message_event("https://example.com/v.mp4 say hello", bot_id="B0NORTH001", user="U0NORTHBOT")

    assert (await app.event(own)).status_code == 200
    assert await app.orders() == []


async def test_health_says_that_the_process_lives(app: Front) -> None:
    assert (await app.http.get("/healthz")).text == "ok"


async def test_readiness_tells_what_is_missing(app: Front) -> None:
    assert (await app.http.get("/readyz")).status_code == 200

    app.checks["database"] = False

    answer = await app.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": False})


@pytest.mark.parametrize("path", ["/", "/slack/events", "/slack/install", "/sync/webhook/", "/healthz/"])
async def test_other_addresses_are_not_there(app: Front, path: str) -> None:
    answer: httpx.Response = await app.http.get(path)

    assert answer.status_code in {404, 405}
