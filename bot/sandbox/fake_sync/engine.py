"""The life of a generation after create: waiting, rendering, ending, telling."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import Any

from bot.sandbox.fake_sync.blobs import Links
from bot.sandbox.fake_sync.config import FakeSyncConfig, Org
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.planning import Work
from bot.sandbox.fake_sync.problems import CATALOG
from bot.sandbox.fake_sync.state import Generation
from bot.sandbox.fake_sync.webhooks import Webhooks
from bot.sandbox.media.studio import Studio

_log = logging.getLogger(__name__)
_QUEUED_PART = 0.25  # of a generation's time is spent PENDING
_TICK_S = 0.2


class Engine:
    """Runs generations as tasks of the service's event loop; the rendering itself is in the child process."""

    def __init__(
        self, config: FakeSyncConfig, studio: Studio, links: Links, faults: Faults, webhooks: Webhooks
    ) -> None:
        self._config, self._studio, self._links = config, studio, links
        self._faults, self._webhooks = faults, webhooks
        self._running: set[asyncio.Task[None]] = set()

    def start(self, generation: Generation, work: Work, org: Org) -> asyncio.Task[None]:
        """Let a generation live; the task ends when the webhook was sent."""
        return self._run(self._live(generation, work, org))

    def fail(self, generation: Generation, code: str, org: Org) -> None:
        """End a generation that nothing can be made of, and tell."""
        self._end(generation, "FAILED", code)
        self._run(self._webhooks.tell(generation, org))

    def _run(self, life: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(life)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def close(self) -> None:
        """End all generations as if the machine were switched off."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _live(self, generation: Generation, work: Work, org: Org) -> None:
        try:
            await self._work(generation, work)
        except Exception:  # noqa: BLE001 (whatever the media did, the generation must end)
            _log.exception("generation %s broke", generation.id)
            self._end(generation, "FAILED", "generation_pipeline_failed")
        await self._webhooks.tell(generation, org)

    async def _work(self, generation: Generation, work: Work) -> None:
        await asyncio.sleep(self._config.processing_s * _QUEUED_PART)
        if stuck := self._faults.take("stuck_pending"):
            await self._until_cleared("stuck_pending", stuck["seconds"])
        if rejected := self._faults.take("generation_rejected"):
            self._end(generation, "REJECTED", rejected["code"])
            return
        if odd := self._faults.take("unknown_status"):
            generation.status = odd["status"]
            await asyncio.sleep(odd["seconds"])
        generation.status = "PROCESSING"
        if slow := self._faults.take("slow_generation"):
            await self._until_cleared("slow_generation", slow["seconds"])
        output, _ = await asyncio.gather(self._studio.render(work.recipe), self._seem_busy(generation))
        if failed := self._faults.take("generation_fails"):
            self._end(generation, "FAILED", failed["code"])
            return
        name = f"{generation.output_name or generation.id}.mp4"
        generation.output = self._links.publish(output, name, "video/mp4")
        hidden: Mapping[str, Any] = self._faults.take("no_output_url") or {"seconds": 0.0}
        generation.shown_from = self._config.clock() + hidden["seconds"]
        if unlike := self._faults.take("cost_unlike"):
            generation.usd *= Decimal(str(unlike["factor"]))
        self._end(generation, "COMPLETED", None)

    async def _seem_busy(self, generation: Generation) -> None:
        """Count the progress up over the rest of the time."""
        steps = 10
        for step in range(steps):
            generation.progress = 100 * step // steps
            await asyncio.sleep(self._config.processing_s * (1 - _QUEUED_PART) / steps)

    async def _until_cleared(self, fault: str, seconds: float) -> None:
        """Wait out a fault. One that was set without a number of times ends early when it is turned off."""
        lasting = self._faults.peek(fault) is not None
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            if lasting and self._faults.peek(fault) is None:
                return
            await asyncio.sleep(min(_TICK_S, seconds))

    def _end(self, generation: Generation, status: str, code: str | None) -> None:
        if code is not None:
            entry = CATALOG.get(code)
            generation.error_code = code
            generation.error = entry.message if entry else code
        generation.status = status
        generation.progress = 100
        generation.ended_at = self._config.clock()
        generation.ended.set()
