"""The HTTP side: Slack's requests, sync.so's webhooks, health. One plain ASGI app under one lifespan."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sync_api.errors import SyncApiError
from bot.webhooks import Webhooks

_log = structlog.get_logger(__name__)

SLACK_PATH = "/slack/events"
MAX_BODY_BYTES = 1024 * 1024
"""More than any payload of Slack's or sync.so's."""

Check = Callable[[], Awaitable[Mapping[str, bool]]]
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


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

    The signature is checked here, since Bolt's own check answers 500 to a timestamp that is no number, and
    logs the whole body of a request it refuses.
    """

    def __init__(self, app: AsyncApp, *, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one POST within Slack's three seconds."""
        try:
            body = await read_body(receive)
        except BodyTooLarge:
            await _send(send, 413, b"", {})
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._signed(body, headers):
            _log.warning("refused a request without a valid signature")
            await _send(send, 401, b"", {})
            return
        try:
            request = AsyncBoltRequest(body=body.decode(), headers=headers)
        except (ValueError, TypeError, AttributeError):
            _log.warning("refused a signed request that is no payload of Slack's", exc_info=True)
            await _send(send, 400, b"", {})
            return
        response = await self._app.async_dispatch(request)
        await _send(send, response.status, response.body.encode(), response.headers)

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        # slack_sdk compares text: it raises for a signature beyond ASCII and for a body that is no UTF-8.
        if not (_TIMESTAMP.fullmatch(timestamp) and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False


async def _send(send: Send, status: int, body: bytes, headers: Mapping[str, Any]) -> None:
    sent = [
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
            await webhooks.take(
                str(request.path_params["job_id"]), raw, request.headers.get("sync-signature")
            )
        except BodyTooLarge as error:
            raise HTTPException(413) from error
        except SyncApiError as error:
            _log.warning("webhook refused", reason=error.message)
            raise HTTPException(401) from error
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
