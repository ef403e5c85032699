"""Carries payloads to the app: faults, the journal, retries of events, and the tasks this takes."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

from bot.sandbox.fake_slack.delivery.ways import Answer, Delivery, Kind, Retry
from bot.sandbox.fake_slack.faults import Faults
from bot.sandbox.fake_slack.journal import Records, Wire, without_tokens
from bot.sandbox.fake_slack.records import DeliveryRecord, Json


class Tasks:
    """Work that goes on after a request was answered; kept, and cancelled at the end."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something on the side."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        """Wait until nothing is running any more."""
        while self._running:
            await asyncio.gather(*self._running)

    async def close(self) -> None:
        """Cancel what still runs."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class Courier:
    """The one way out to the app."""

    def __init__(
        self,
        delivery: Delivery,
        faults: Faults,
        records: Records,
        wire: Wire,
        tasks: Tasks,
        *,
        retries_s: tuple[float, ...],
        now: Callable[[], float],
    ) -> None:
        self._delivery = delivery
        self._faults = faults
        self._records = records
        self._wire = wire
        self._tasks = tasks
        self._retries_s = retries_s
        self._now = now
        self._overtaken: asyncio.Event | None = None
        """Of the event that waits for the next one to overtake it."""

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Answer:
        """Deliver one payload and say what came of it. Nothing here is tried again."""
        if delay := self._faults.take("delivery_delay"):
            await asyncio.sleep(float(delay["seconds"]))
        if self._faults.take("duplicate_delivery") is not None:
            self._tasks.start(self._again(kind, payload))
        return await self._once(kind, payload, retry)

    async def _again(self, kind: Kind, payload: Json) -> None:
        await self._once(kind, payload, Retry(1, "timeout") if kind == "events_api" else None)

    async def _once(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        started = time.perf_counter()
        answer = await self._delivery.send(kind, payload, retry)
        if answer.outcome == "ok" and self._faults.take("lose_ack") is not None:
            answer = Answer("operation_timeout")
        elapsed_ms = (time.perf_counter() - started) * 1000
        number = retry.number if retry else 0
        shown = without_tokens(payload)
        self._records.deliveries.append(
            DeliveryRecord(kind, shown, number, answer.outcome, answer.body, self._now())
        )
        title = f"{_name(kind, payload)}{f' (retry {number})' if number else ''}"
        self._wire.note(
            "out", title, status=answer.outcome, ms=elapsed_ms, request=shown, response=answer.body
        )
        return answer

    def emit(self, payload: Json) -> None:
        """Send an event, in the background, again and again as Slack does (Slack: Events API, retries)."""
        self._tasks.start(self._in_turn(payload))

    async def _in_turn(self, payload: Json) -> None:
        """Send an event, or first let the next one overtake it: Slack promises no order."""
        ahead, self._overtaken = self._overtaken, None
        if ahead is None and (swap := self._faults.take("events_swapped")):
            self._overtaken = overtaken = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(float(swap["seconds"])):
                    await overtaken.wait()
        await self._with_retries(payload)
        if ahead is not None:
            ahead.set()

    async def _with_retries(self, payload: Json) -> None:
        answer = await self.deliver("events_api", payload)
        for number, pause_s in enumerate(self._retries_s, start=1):
            if answer.outcome == "ok" or answer.no_retry:
                return
            await asyncio.sleep(pause_s)
            answer = await self.deliver("events_api", payload, Retry(number, answer.retry_reason))


def _name(kind: Kind, payload: Json) -> str:
    if kind == "slash_commands":
        return str(payload["command"])
    if kind == "events_api":
        event = payload["event"]
        return f"event {event['type']}{'.' + event['subtype'] if event.get('subtype') else ''}"
    return str(payload["type"])
