"""What comes in over HTTP: only what Slack signed is heard, and that is never answered by an error."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.web import MAX_BODY_BYTES, SLACK_PATH
from tests.integration.handlers.front import (
    Front,
    block_action,
    command,
    event_callback,
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
        {"X-Slack-Request-Timestamp": "1789999699"},  # 301 s ago
        {"X-Slack-Request-Timestamp": "1790000301"},
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


async def test_one_changed_byte_breaks_the_signature(app: Front) -> None:
    good = await app.signed(b"command=%2Fother")
    headers = {
        name: good.request.headers[name] for name in ("x-slack-request-timestamp", "x-slack-signature")
    }

    bad = await app.http.post(SLACK_PATH, content=b"command=%2Fothes", headers=headers)

    assert (good.status_code, bad.status_code) == (200, 401)


async def test_more_than_a_mebibyte_is_not_read_on(app: Front) -> None:
    assert (await app.signed(b"x" * (MAX_BODY_BYTES + 1))).status_code == 413
    assert (await app.signed(b"command=" + b"x" * 1_000_000)).status_code == 200


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\xfa", b"{not json", b'{"a": ', b"payload=%7Bnot", b"payload=[1]", b"payload=null"]
)
async def test_signed_nonsense_is_a_bad_request(app: Front, body: bytes) -> None:
    assert (await app.signed(body)).status_code == 400


async def test_slack_may_check_the_address(app: Front) -> None:
    answer = await app.signed(
        json.dumps({"type": "url_verification", "challenge": "say this", "token": "old"}).encode(),
        content_type="application/json",
    )

    assert answer.status_code == 200
    assert "say this" in answer.text


async def test_slack_may_check_the_certificate(app: Front) -> None:
    assert (await app.signed(b"ssl_check=1&token=old")).status_code == 200


@pytest.mark.parametrize(
    "payload",
    [
        block_action("an_action_of_an_old_card"),
        block_action("x", actions=[]),
        view_payload("view_submission", {"callback_id": "a_form_of_an_old_version"}),
        view_payload("view_closed", {"callback_id": "a_form_of_an_old_version"}),
        {**block_action("x"), "type": "shortcut", "callback_id": "no_more"},
        {**block_action("x"), "type": "message_action", "callback_id": "no_more", "message": {}},
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
    assert await app.jobs() == []


async def test_a_workspace_that_is_not_installed_is_acknowledged_and_dropped(app: Front) -> None:
    answer = await app.command("https://e.com/v.mp4 https://e.com/a.mp3", team_id="T0UNKNOWN0")

    assert answer.status_code == 200
    assert await app.jobs(team_id="T0UNKNOWN0") == []


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_WHOLE = st.sampled_from(
    [
        event_callback(message_event("hello")),
        event_callback({"type": "tokens_revoked", "tokens": {"bot": ["U1"]}}, team_id="T0OTHER"),
        block_action("generate", "job:price"),
        block_action("rerun", "job"),
        view_payload("view_closed", {"callback_id": "lipsync_form", "private_metadata": "{}"}),
        command("help"),
    ]
)


@given(whole=_WHOLE, data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_payload_that_lost_a_part_never_breaks_the_server(
    app: Front, whole: dict[str, object], data: st.DataObject
) -> None:
    """Slack leaves out and adds keys as it likes. An event may come again; nothing else may fail."""
    payload = dict(whole)
    for name in data.draw(st.lists(st.sampled_from(sorted(whole)), max_size=2)):
        if data.draw(st.booleans()):
            payload.pop(name, None)
        else:
            payload[name] = data.draw(_ODD)

    answer = await app.signed(json.dumps(payload).encode(), content_type="application/json")

    assert answer.status_code < 500 or "event" in payload


async def test_health_says_that_the_process_lives(app: Front) -> None:
    assert (await app.http.get("/healthz")).text == "ok"


async def test_readiness_tells_what_is_missing(app: Front) -> None:
    assert (await app.http.get("/readyz")).status_code == 200

    app.checks["database"] = False

    answer = await app.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": False})


@pytest.mark.parametrize("path", ["/", "/slack/events", "/slack/install", "/sync/webhook/"])
async def test_other_addresses_are_not_there(app: Front, path: str) -> None:
    answer: httpx.Response = await app.http.get(path)

    assert answer.status_code in {404, 405}
