"""Breaks a connection under a request, for which ASGI has no word."""

from starlette.types import ASGIApp, Receive, Scope, Send

_KEY = "sandbox.hang_up"


class HangUp:
    """ASGI layer that lets `hang_up` reach the connection of a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""

        async def cut() -> None:
            send.__self__.transport.abort()  # type: ignore[attr-defined] # uvicorn's `send` knows its socket
            while (await receive())["type"] != "http.disconnect":
                pass  # returning before the server has noticed would make it answer by itself

        scope[_KEY] = cut
        await self._app(scope, receive, send)


async def hang_up(scope: Scope) -> None:
    """Reset the connection: no answer, or no more of it."""
    await scope[_KEY]()
