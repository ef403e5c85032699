"""The HTTP side: Slack's requests, sync.so's webhooks, health. One plain ASGI app under one lifespan."""

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sync_api.errors import BadSignature, SyncApiError, Unreadable
from bot.webhooks import Webhooks
from storage.errors import StorageError

_log = structlog.get_logger(__name__)

SLACK_PATH = "/slack/events"
MAX_BODY_BYTES = 1024 * 1024
"""More than any payload of Slack's or sync.so's."""
SIGNATURE_LIFE_S = 300
"""Older requests may be replayed ones (Slack: verifying requests)."""

_WEBHOOK_WITHIN_S = 5.0
"""No sender waits for ever; without an answer it could not know that it has to come again."""

Check = Callable[[], Awaitable[Mapping[str, bool]]]


class BodyTooLarge(Exception):
    """A request sent more than `MAX_BODY_BYTES`."""


async def read_body(receive: Receive) -> bytes:
    """The raw body of an ASGI request. Raises BodyTooLarge."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return bytes(body)


class SlackEndpoint:
    """Events, commands and interactivity: checked over the raw bytes, then dispatched to Bolt.

    The signature is checked here, over the bytes as they came: Bolt's own check answers 500 to a timestamp
    that is no number and to text that is no UTF-8, and logs the whole body of a request it refuses.
    """

    def __init__(self, app: AsyncApp, *, signing_secret: str, clock: Callable[[], float] = time.time) -> None:
        self._app = app
        self._secret = signing_secret.encode()
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one POST within Slack's three seconds."""
        try:
            body = await read_body(receive)
        except BodyTooLarge:
            await _send(send, 413, b"", {})
            return
        headers = dict(scope["headers"])
        if not self._signed(body, headers):
            _log.warning("refused a request without a valid signature")
            await _send(send, 401, b"", {})
            return
        try:
            # In this mode Bolt takes a payload that is read already; it is no different otherwise.
            request = AsyncBoltRequest(body=read_payload(body), mode="socket_mode")
            response = await self._app.async_dispatch(request)
        except (ValueError, LookupError, TypeError, AttributeError):
            # Not of our routes, whose errors Bolt answers: it is Bolt that cannot read this.
            _log.warning("refused a signed request that is no payload of Slack's", exc_info=True)
            await _send(send, 400, b"", {})
            return
        await _send(send, response.status, response.body.encode(), response.headers)

    def _signed(self, body: bytes, headers: Mapping[bytes, bytes]) -> bool:
        timestamp = headers.get(b"x-slack-request-timestamp", b"")
        if not (timestamp.isdigit() and abs(self._clock() - float(timestamp)) <= SIGNATURE_LIFE_S):
            return False
        signed = hmac.digest(self._secret, b"v0:%b:%b" % (timestamp, body), "sha256")
        return hmac.compare_digest(b"v0=" + signed.hex().encode(), headers.get(b"x-slack-signature", b""))


def read_payload(body: bytes) -> dict[str, Any]:
    """What Slack sent: JSON (events), JSON in a form's `payload` (interactivity), or a form (commands).

    Bolt reads it too, in three times the time: a command is a form, and most of its fields need no decoding.

    Raises:
        ValueError: it is none of these.
    """
    text = body.decode()
    if not text.startswith("{"):
        form = dict(map(_field, text.split("&")))
        if "payload" not in form:
            return form
        text = form["payload"]
    payload = json.loads(text)
    if not isinstance(payload, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - a wrong value from outside, not a wrong type in here
    return payload


def _field(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, unquote_plus(value) if "%" in value or "+" in value else value


async def _send(send: Send, status: int, body: bytes, headers: Mapping[str, Any]) -> None:
    # Without its length the server would send a body in chunks.
    sent = [(b"content-length", str(len(body)).encode())]
    sent += [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, values in headers.items()
        for value in values
    ]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


class Front:
    """Sends Slack's requests straight to their endpoint and everything else through Starlette's routes.

    Starlette's routing and middleware cost a third of the time of a request that only acknowledges.
    """

    def __init__(self, slack: SlackEndpoint | None, rest: ASGIApp) -> None:
        self._slack = slack
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one ASGI connection."""
        is_slack = scope["type"] == "http" and scope["path"] == SLACK_PATH and scope["method"] == "POST"
        if is_slack and self._slack is not None:
            await self._slack(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def create_web(slack: SlackEndpoint | None, webhooks: Webhooks, *, ready: Check) -> ASGIApp:
    """The ASGI app. Without `slack` (Socket Mode) only the webhook and health routes are there."""

    async def webhook(request: Request) -> Response:
        try:
            raw = await read_body(request.receive)
            async with asyncio.timeout(_WEBHOOK_WITHIN_S):
                await webhooks.take(
                    str(request.path_params["job_id"]), raw, request.headers.get("sync-signature")
                )
        except (StorageError, TimeoutError) as error:
            # It may come again; if not, the poll tells.
            _log.warning("webhook not stored", error=str(error))
            raise HTTPException(503) from error
        except BodyTooLarge as error:
            raise HTTPException(413) from error
        except (BadSignature, Unreadable) as error:
            _log.warning("webhook refused", reason=error.message)
            raise HTTPException(401) from error
        except SyncApiError as error:
            _log.warning("webhook not verified", reason=error.message)
            raise HTTPException(503) from error
        return PlainTextResponse("ok")

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_request: Request) -> Response:
        checks = await ready()
        return JSONResponse(dict(checks), status_code=200 if all(checks.values()) else 503)

    routes = [
        Route("/sync/webhook/{job_id}", webhook, methods=["POST"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    return Front(slack, Starlette(routes=routes))
