"""The outermost layer: logs every exchange for the panel, and can drop a connection as a network would."""

import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.fake_sync.state import Records

_TEXT_KEPT = 4096
_READABLE = ("application/json", "text/", "application/xml")


async def hang_up(scope: Scope) -> None:
    """Reset the connection under a request: no answer, or no more of it."""
    await scope["hang_up"]()


class Wire:
    """ASGI layer that keeps the last exchanges, keys masked, bodies cut."""

    def __init__(self, app: ASGIApp, records: Records, clock: Callable[[], float]) -> None:
        self._app, self._records, self._clock = app, records, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log one exchange; the control routes are not logged."""
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        scope["hang_up"] = exchange.hang_up
        started = time.perf_counter()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            ms = round((time.perf_counter() - started) * 1000, 1)
            self._records.log(self._clock(), direction="in", ms=ms, **exchange.entry())


class _Exchange:
    """One request and its reply as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._asked, self._answered = _Body(scope["headers"]), _Body([])
        self._status: int | None = None
        self._dropped = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._asked.add(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if self._dropped:
            return
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._answered = _Body(message.get("headers", []))
        self._answered.add(message.get("body", b""))
        await self._send(message)

    async def hang_up(self) -> None:
        """Abort the transport; ASGI has no word for it, but uvicorn's `send` knows its socket."""
        self._dropped = True
        self._send.__self__.transport.abort()  # type: ignore[attr-defined]
        while (await self._receive())["type"] != "http.disconnect":
            pass  # returning before the server has noticed would make it answer by itself

    def entry(self) -> dict[str, Any]:
        query = self._scope["query_string"].decode()
        return {
            "method": self._scope["method"],
            "path": self._scope["path"] + (f"?{query}" if query else ""),
            "status": None if self._dropped else self._status,
            "dropped": self._dropped,
            "request": self._asked.shown(),
            "reply": self._answered.shown(),
        }


class _Body:
    """Headers, the first text of a body, and how long it was."""

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self._headers = {name.decode().lower(): value.decode("latin-1") for name, value in headers}
        self._kept, self._size = b"", 0

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._kept += chunk[: max(0, _TEXT_KEPT - len(self._kept))]

    def shown(self) -> dict[str, Any]:
        readable = self._headers.get("content-type", "").startswith(_READABLE)
        text = self._kept.decode("utf-8", "replace") if readable else ""
        return {"headers": {**self._headers, **self._masked()}, "body": text, "bytes": self._size}

    def _masked(self) -> dict[str, str]:
        secret = {"x-api-key", "authorization"} & self._headers.keys()
        return {name: f"…{self._headers[name][-4:]}" for name in secret}
