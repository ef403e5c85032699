"""The layer that carries out the faults of the wire: late, failing, lost, cut and trickling replies."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.problems import problem, too_many_requests
from bot.sandbox.fake_sync.wire import hang_up

_TRICKLES_A_SECOND = 10

_ROUTES = [
    (label, re.compile(pattern))
    for label, pattern in (
        ("create", r"POST /v2/generate"),
        ("estimate", r"POST /v2/(generations/estimate|generate/estimate-cost|analyze/cost)"),
        ("costs", r"GET /v2/generate/[^/]+/costs"),
        ("usage", r"GET /v2/usage/generations"),
        ("count", r"GET /v2/generations/count"),
        ("download", r"GET /v2/generations/[^/]+/download"),
        ("get", r"GET /v2/(generate|generations)/[^/]+"),
        ("list", r"GET /v2/generations"),
        ("delete", r"DELETE /v2/generations/[^/]+"),
        ("upload", r"POST /v2/assets/upload"),
        ("register", r"POST /v2/assets"),
        ("assets", r"GET /v2/assets(/[^/]+)?"),
        ("delete_asset", r"DELETE /v2/assets/[^/]+"),
        ("put", r"PUT /storage/.+"),
        ("file", r"(GET|HEAD) /(files|storage)/.+"),
        ("tts", r"POST /v2/tts"),
        ("voices", r"GET /v2/voices(/[^/]+)?"),
        ("models", r"GET /v2/models"),
        ("account", r"GET /v2/account"),
        ("errors", r"GET /v2/errors"),
        ("secret", r"GET /v2/organizations/webhook/secret"),
    )
]
ROUTE_LABELS = ("*", *(label for label, _ in _ROUTES))
"""Values of a fault's `route` setting."""


def label_of(method: str, path: str) -> str | None:
    """The name of a call in the switchboard; None for what faults do not touch."""
    return next((label for label, call in _ROUTES if call.fullmatch(f"{method} {path}")), None)


class Disturb:
    """ASGI layer between the wire and the routes."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app, self._faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as the switched-on faults let it be served."""
        label = label_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if label is None:
            await self._app(scope, receive, send)
            return
        if slow := self._faults.take("slow_answer", label):
            await asyncio.sleep(slow["seconds"])
        if self._faults.strikes("connection_reset", label):
            await hang_up(scope)
        elif silent := self._faults.take("no_answer", label):
            await asyncio.sleep(silent["seconds"])
            await hang_up(scope)
        elif self._faults.strikes("reply_lost", label):
            await self._app(scope, receive, _swallow)
            await hang_up(scope)
        elif refusal := await self._refusal(label, scope, receive):
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, self._spoiled(label, scope, send))

    async def _refusal(self, label: str, scope: Scope, receive: Receive) -> Response | None:
        if self._faults.strikes("edge_blocked", label):
            return HTMLResponse("<html><body><h1>403 Forbidden</h1></body></html>", 403)
        if limited := self._faults.take("rate_limited", label):
            return too_many_requests(limited["retry_after"]).response()
        if failing := self._faults.take("fail", label):
            if failing["handled"]:
                await self._app(scope, receive, _swallow)
            return _failure(failing)
        return None

    def _spoiled(self, label: str, scope: Scope, send: Send) -> Send:
        if self._faults.strikes("truncated_json", label):
            return _Halved(send).send
        if self._faults.strikes("cut_reply", label):
            return _Cut(scope, send).send
        if slow := self._faults.take("slow_bytes", label):
            return _Trickle(send, slow["bytes_per_s"]).send
        return send


def _failure(failing: Mapping[str, Any]) -> Response:
    headers = {"Retry-After": str(failing["retry_after"])} if failing["retry_after"] else {}
    status = failing["status"]
    if failing["html"]:
        return HTMLResponse(f"<html><body><h1>{status}</h1></body></html>", status, headers=headers)
    return problem(failing["code"], status=status, headers=headers).response()


async def _swallow(_message: Message) -> None:
    """Nothing of the reply gets out."""


class _Halved:
    """Sends the first half of the body as if it were the whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        half = self._body[: len(self._body) // 2]
        headers = [(name, value) for name, value in self._start["headers"] if name != b"content-length"]
        await self._send({**self._start, "headers": [*headers, (b"content-length", b"%d" % len(half))]})
        await self._send({"type": "http.response.body", "body": half})


class _Cut:
    """Sends half of the announced bytes, then resets the connection."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._left = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            length = dict(message["headers"]).get(b"content-length", b"0")
            self._left = int(length) // 2
            await self._send(message)
            return
        body = message.get("body", b"")[: self._left]
        self._left -= len(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        if self._left <= 0:
            await asyncio.sleep(0.05)  # the bytes shall arrive before the reset does
            await hang_up(self._scope)


class _Trickle:
    """Sends the body in small pieces at a bounded pace."""

    def __init__(self, send: Send, bytes_per_s: int) -> None:
        self._send, self._piece = send, max(1, bytes_per_s // _TRICKLES_A_SECOND)

    async def send(self, message: Message) -> None:
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or not body:
            await self._send(message)
            return
        for at in range(0, len(body), self._piece):
            last = at + self._piece >= len(body)
            more = bool(message.get("more_body")) or not last
            piece = body[at : at + self._piece]
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})
            await asyncio.sleep(1 / _TRICKLES_A_SECOND)
