"""Holds long files up on their way, for as long as something is to happen before they are there."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_AT_ONCE = 256 * 1024
"""Bytes of an answer that are not held up: files are read ahead by such parts."""
_DROP, _DROPS_EVERY_S = 4 * 1024, 0.1
"""What trickles through keeps the leases of those who wait for it; a file of some megabytes takes minutes."""


class Sluice:
    """A layer before a fake; it stands open until it is shut."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = asyncio.Event()
        self._open.set()

    def shut(self) -> None:
        """From now on the rest of each long answer trickles."""
        self._open.clear()

    def open(self) -> None:
        """Let everything through."""
        self._open.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        passed = 0

        async def send_on(message: Message) -> None:
            nonlocal passed
            body = message.get("body", b"")
            passed += len(body)
            if message["type"] == "http.response.body" and passed > _AT_ONCE:
                while len(body) > _DROP and not self._open.is_set():
                    await send({"type": "http.response.body", "body": body[:_DROP], "more_body": True})
                    body = body[_DROP:]
                    await asyncio.sleep(_DROPS_EVERY_S)
                message = {**message, "body": body}
            await send(message)

        await self._app(scope, receive, send_on)
