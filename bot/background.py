"""Small tasks that must follow an answer to Slack within seconds: tracked, guarded, drained at the end."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import structlog

from bot.errors import NotInstalled
from bot.slack import CallBroken, SlackError

_log = structlog.get_logger(__name__)


class Background:
    """Starts coroutines, keeps them alive, logs what they raise and waits for them at shutdown."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `work` now; an exception is logged under `name` and ends nothing else."""
        task = asyncio.create_task(self._guard(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, *, within_s: float) -> None:
        """Wait for running tasks and for those that they start, then cancel what is left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        late = list(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    @staticmethod
    async def _guard(work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - nobody awaits the task: this is where it is told
            if isinstance(error, NotInstalled | SlackError) and not isinstance(error, CallBroken):
                # Nothing of ours broke: there is no way to the person who is to be told.
                _log.warning("background task given up", task=name, error=repr(error))
            else:
                _log.exception("background task failed", task=name)
