"""One process from start to stop: the app under uvicorn, with signals of our own."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from bot.app import running
from bot.errors import BadSettings
from bot.settings import Settings

_log = structlog.get_logger(__name__)

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
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


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, then finish what is held and close.

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
    async with running(settings) as app:
        config = uvicorn.Config(
            app.web,
            log_config=None,
            access_log=False,
            lifespan="off",
            # A listener answers within Slack's three seconds or not at all.
            timeout_graceful_shutdown=4,
        )
        server = _Server(config)
        leave_out_of_garbage_collection()
        serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
        stopping = asyncio.create_task(stop.wait(), name="stop signal")
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
    return 0 if stop.is_set() else 1
