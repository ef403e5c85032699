"""Watch: a read that is held open at sync.so tells the end of a video at once, and holds nobody up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.steps.settle import Settle
from bot.steps.watch import FEW, Watch
from storage.jobs import Job, JobStatus
from tests.integration.core.world import World, error, generation


class SyncThatWaits:
    """sync.so's side of reads that are held open: each ends when a test says so."""

    def __init__(self) -> None:
        self.open: dict[str, asyncio.Future[httpx.Response]] = {}
        self.asked: list[str] = []
        self.cut: list[str] = []

    async def read(self, request: httpx.Request) -> httpx.Response:
        generation_id = request.url.path.rpartition("/")[2]
        assert dict(request.url.params) == {"wait": "true", "timeout": "10"}
        self.asked.append(generation_id)
        end: asyncio.Future[httpx.Response] = asyncio.get_running_loop().create_future()
        self.open[generation_id] = end
        try:
            return await end
        except asyncio.CancelledError:
            self.cut.append(generation_id)
            raise

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():  # noqa: ASYNC110 - the other side tells nobody
                await asyncio.sleep(0.005)

    async def answer(self, generation_id: str, answer: httpx.Response | str) -> None:
        """End a read, by a status or by trouble."""
        await self.until(lambda: generation_id in self.open)
        reply = (
            httpx.Response(200, json=generation(generation_id, answer)) if isinstance(answer, str) else answer
        )
        self.open.pop(generation_id).set_result(reply)


@pytest.fixture
def sync(there: World) -> SyncThatWaits:
    waits = SyncThatWaits()
    there.sync.get(path__startswith="/v2/generate/").mock(side_effect=waits.read)
    there.sync.get("/v2/generations").mock(side_effect=_all_pending)
    return waits


def _all_pending(request: httpx.Request) -> httpx.Response:
    ids = request.url.params["ids"].split(",")
    return httpx.Response(200, json=[generation(each, "PENDING") for each in ids])


@asynccontextmanager
async def running(there: World, watch: Watch) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.run(lambda: there.woken.append(there.clock())))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest_asyncio.fixture
async def watch(there: World) -> AsyncIterator[Watch]:
    watch = Watch(there.tools)
    async with running(there, watch):
        yield watch


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.steps.watch._BETWEEN_S", 0.01)


async def processing(there: World, number: int = 1, **columns: Any) -> Job:
    return await there.job(
        JobStatus.PROCESSING, generation_id=f"gen-{number}", submitted_at=there.clock(), **columns
    )


async def looked_at(there: World, watch: Watch, jobs: Sequence[Job]) -> list[Job]:
    """The jobs after a look by the clock, which found sync.so at work on them."""
    await there.run(Settle(there.tools, watch), *jobs)
    return [await there.now(job) for job in jobs]


async def test_an_end_at_sync_makes_the_job_due_at_once(
    there: World, watch: Watch, sync: SyncThatWaits
) -> None:
    [job] = await looked_at(there, watch, [await processing(there)])
    assert there.wait_s(job) > 0
    assert job.lease_token is None  # a read that waits holds nothing

    await sync.answer("gen-1", "COMPLETED")

    await sync.until(lambda: bool(there.woken))
    assert there.wait_s(await there.now(job)) == 0


async def test_a_read_that_ends_before_the_video_is_begun_again(
    there: World, watch: Watch, sync: SyncThatWaits
) -> None:
    await looked_at(there, watch, [await processing(there)])
    for status in ("PENDING", "PROCESSING", "COMPLETED"):
        await sync.answer("gen-1", status)
    await sync.until(lambda: bool(there.woken))
    assert sync.asked == ["gen-1"] * 3


async def test_a_job_is_watched_once_however_often_it_is_looked_at(
    there: World, watch: Watch, sync: SyncThatWaits
) -> None:
    job = await processing(there)
    for _ in range(3):
        await looked_at(there, watch, [job])
    await sync.until(lambda: len(sync.open) == 1)
    await asyncio.sleep(0.05)
    assert sync.asked == ["gen-1"]


async def test_no_more_than_a_few_are_watched(there: World, watch: Watch, sync: SyncThatWaits) -> None:
    for number in range(FEW + 2):
        await looked_at(there, watch, [await processing(there, number)])
    await sync.until(lambda: len(sync.open) == FEW)
    await asyncio.sleep(0.05)
    assert len(sync.asked) == FEW

    await sync.answer("gen-0", "COMPLETED")
    await sync.until(lambda: bool(there.woken))
    await looked_at(there, watch, [await processing(there, 99)])
    await sync.until(lambda: "gen-99" in sync.open)


async def test_where_there_are_many_the_looks_by_the_clock_are_enough(
    there: World, watch: Watch, sync: SyncThatWaits
) -> None:
    await looked_at(there, watch, [await processing(there, number) for number in range(FEW + 1)])
    await asyncio.sleep(0.05)
    assert sync.asked == []


@pytest.mark.parametrize(
    "trouble",
    [
        error(429, "rate_limit_exceeded", retry_after=1),
        error(404, "generation_not_found"),
        error(500, "internal_error"),
    ],
    ids=lambda trouble: str(trouble.status_code),
)
async def test_after_trouble_the_account_is_left_to_the_looks_by_the_clock(
    there: World, watch: Watch, sync: SyncThatWaits, trouble: httpx.Response
) -> None:
    job = await processing(there)
    await looked_at(there, watch, [job])
    await sync.answer("gen-1", trouble)
    await sync.until(lambda: not sync.open)
    await asyncio.sleep(0.05)
    await looked_at(there, watch, [job])
    await asyncio.sleep(0.05)
    assert sync.asked == ["gen-1"]
    assert there.woken == []


async def test_an_end_that_a_look_by_the_clock_has_found_is_no_news(
    there: World, watch: Watch, sync: SyncThatWaits
) -> None:
    [job] = await looked_at(there, watch, [await processing(there)])
    await there.change(job, status=JobStatus.DELIVERING, due_at=there.clock() + 60)
    await sync.answer("gen-1", "COMPLETED")
    await sync.until(lambda: not sync.open)
    await asyncio.sleep(0.05)
    assert there.wait_s(await there.now(job)) == 60
    assert there.woken == []


async def test_a_stop_cuts_what_is_held_open(there: World, sync: SyncThatWaits) -> None:
    watch = Watch(there.tools)
    async with running(there, watch):
        await looked_at(there, watch, [await processing(there)])
        await sync.until(lambda: len(sync.open) == 1)
    assert sync.cut == ["gen-1"]
