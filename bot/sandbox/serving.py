"""Serves an app of the sandbox, or of its tests, in the loop that runs."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import uvicorn

from bot.web.connections import KEPT_ALIVE_S

_LOOKED_AGAIN_S = 0.005


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: whoever started the process has their own."""
        yield


@contextlib.asynccontextmanager
async def served(asgi: Callable[..., Awaitable[None]], listening: socket.socket) -> AsyncIterator[None]:
    """Serve `asgi` with its lifespan on a bound socket; it answers as soon as this is entered."""
    config = uvicorn.Config(
        asgi,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=KEPT_ALIVE_S,
        ws="websockets-sansio",
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not (server.started or task.done()):  # noqa: ASYNC110 — uvicorn has no event for it
            await asyncio.sleep(_LOOKED_AGAIN_S)
        yield
    finally:
        server.should_exit = True
        await task
