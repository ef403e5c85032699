"""Small tasks that must follow an answer to Slack within seconds: tracked, guarded, drained at the end."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import structlog

from bot.troubles import log_trouble


class Background:
    """Starts coroutines, keeps them alive, logs what they raise and waits for them at shutdown."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `work` now; an exception is logged under `name` and ends nothing else."""
        task = asyncio.create_task(self._guard(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cut before its first step never comes to its work, which nobody else would end.
        task.add_done_callback(lambda _task: work.close())

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
        # The task's own context: what it says in the log carries its name, and no other's.
        structlog.contextvars.bind_contextvars(task=name)
        try:
            await work
        except Exception as error:  # noqa: BLE001 - nobody awaits the task: this is where it is told
            log_trouble("not done", error)
