"""One process from start to stop: the app under uvicorn, with signals of our own.

The server answers before the app is there: half of a start is the import of what the app is made of.
"""

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import structlog
import uvicorn

from bot.errors import BadSettings
from bot.settings import Settings
from bot.web.connections import KEPT_ALIVE_S, Connection, Door, Limits

if TYPE_CHECKING:
    from bot.app import Running

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Entrance:
    """Says that the process lives while the app is still on its way in; what needs the app waits for it."""

    def __init__(self) -> None:
        self._app: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def lead_to(self, app: Any) -> None:
        """Pass everything on to this ASGI app, from what is waiting on."""
        if not self._app.done():
            self._app.set_result(app)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer or pass on one ASGI connection."""
        if self._app.done():
            await self._app.result()(scope, receive, send)
        elif scope["path"] == "/healthz":
            await _reply(send, 200, b"ok")
        elif scope["path"] == "/readyz":
            await not_there(scope, receive, send)
        else:
            await (await self._app)(scope, receive, send)


async def not_there(_scope: Any, _receive: Any, send: Any) -> None:
    """The ASGI app of a process whose app is not there."""
    await _reply(send, 503, b"starting")


async def _reply(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    """uvicorn with a door; signals are the process's own."""

    def __init__(self, app: Any, limits: Limits) -> None:
        self._door = Door(limits)
        config = uvicorn.Config(
            app,
            http=cast("Any", partial(Connection, door=self._door)),
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=KEPT_ALIVE_S,
            # Nobody asks where a request comes from: it is signed.
            proxy_headers=False,
            # A listener answers within Slack's three seconds or not at all.
            timeout_graceful_shutdown=3,
        )
        super().__init__(config)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        self._door.sweep()
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn would raise the signal again after its end, and the app would never close."""
        yield


def _listen(settings: Settings) -> socket.socket:
    """The app's address, taken before anything else is opened. Raises BadSettings where that cannot be."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        reason = f"HOST and PORT: {settings.host}:{settings.port} cannot be listened on ({error.strerror})."
        raise BadSettings((reason,)) from None


def leave_out_of_garbage_collection() -> None:
    """Take what is there now for lasting: else every full collection looks through all modules and routes.

    It would do so in the middle of answers to Slack.
    """
    gc.collect()
    gc.freeze()


async def serve(
    settings: Settings, *, clock: Callable[[], float] = time.time, limits: Limits | None = None
) -> int:
    """Serve until SIGTERM or SIGINT, then finish what is held and close. A start is left off at once.

    Args:
        settings: where everything is.
        clock: what time it is, in seconds since the epoch.
        limits: how long requests may take to come, and how many at once; None: the usual ones.

    Returns:
        The exit code: 0 after a signal, 1 where the connection to Slack was lost for good.

    Raises:
        BadSettings: the address cannot be listened on.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    listening = _listen(settings)
    entrance = Entrance()
    server = Server(entrance, limits or Limits())
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    try:
        running = await asyncio.to_thread(_import_app)
        async with AsyncExitStack() as stack:
            stopping = asyncio.create_task(stop.wait(), name="stop signal")
            app = await _unless(stopping, stack.enter_async_context(running(settings, clock=clock)))
            if app is None:
                return 0
            entrance.lead_to(app.web)
            leave_out_of_garbage_collection()
            ends = {serving, stopping}
            if app.socket is not None:
                ends.add(asyncio.create_task(app.socket.watch(), name="watch the connection to Slack"))
            _log.info("serving", host=settings.host, port=settings.port, socket_mode=settings.socket_mode)
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            _log.info("stopping")
            server.should_exit = True
            await serving
            for task in ends - {serving}:
                task.cancel()
    finally:
        entrance.lead_to(not_there)
        server.should_exit = True
        await serving
    return 0 if stop.is_set() else 1


async def _unless(stopping: asyncio.Task[Any], start: Coroutine[Any, Any, T]) -> T | None:
    """What `start` comes to; None: `stopping` came first, and it was cut."""
    starting = asyncio.create_task(start, name="start")
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.wait({starting})
        return None
    return starting.result()


def _import_app() -> Callable[..., "AbstractAsyncContextManager[Running]"]:
    """In a thread, while the loop answers for the process.

    Nearly all that an import makes stays: collections between would only look at more of it each time, for a
    sixth of the start, and one at its end would take a tenth to find one object in a hundred.
    """
    gc.disable()
    try:
        from bot.app import running  # noqa: PLC0415 - as above
    finally:
        gc.freeze()
        gc.enable()
    return running
