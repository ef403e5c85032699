"""One process from start to stop: the app under uvicorn, with signals of our own."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import structlog
import uvicorn

from bot.app import running
from bot.settings import Settings

_log = structlog.get_logger(__name__)

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn would raise the signal again after its end, and the app would never close."""
        yield


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, then finish what is held and close. Returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as app:
        config = uvicorn.Config(
            app.web,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(), name="http")
        stopping = asyncio.create_task(stop.wait(), name="stop signal")
        _log.info("serving", host=settings.host, port=settings.port, socket_mode=settings.socket_mode)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping")
        server.should_exit = True
        stopping.cancel()
        await serving
    return 0 if stop.is_set() else 1
