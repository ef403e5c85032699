"""Serves an app of the sandbox, or of its tests, in the loop that runs."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import uvicorn

from bot.web.connections import KEPT_ALIVE_S

_FINISH_WITHIN_S = 1.0
_LOOKED_AGAIN_S = 0.001


@contextlib.asynccontextmanager
async def served(asgi: Callable[..., Awaitable[None]], listening: socket.socket) -> AsyncIterator[None]:
    """Serve `asgi` with its lifespan on a bound socket; it answers as soon as this is entered."""
    config = uvicorn.Config(
        asgi,
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEPT_ALIVE_S,
        ws="websockets-sansio",
    )
    # asyncio sees to it where it binds itself. Without it a body waits 40 ms for word that its head has come.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield
    finally:
        ticking.cancel()
        await _ended(server)


async def _ended(server: uvicorn.Server) -> None:
    """End it as uvicorn does, without its fixed waits: a fifth of a second at the end of most tests."""
    for listener in server.servers:
        listener.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    busy = server.server_state.connections, server.server_state.tasks
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FINISH_WITHIN_S):
            while any(busy):  # noqa: ASYNC110 — uvicorn has no event for it
                await asyncio.sleep(_LOOKED_AGAIN_S)
    for task in server.server_state.tasks:
        task.cancel()
    await server.lifespan.shutdown()
