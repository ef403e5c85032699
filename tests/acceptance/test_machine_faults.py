"""The machine under the app fails: nothing is charged unasked, people are told in time, and work goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.acceptance.blocks import Json
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer, one_line_with_words

LONG_S = 300.0
HALF_A_MINUTE_S = 31.0


@asynccontextmanager
async def machine(stage: Stage, name: str, **params: float) -> AsyncIterator[None]:
    """One of the panel's switches for the machine, on for as long as the block runs."""
    await turn(stage, name, active=True, **params)
    try:
        yield
    finally:
        await turn(stage, name, active=False)


async def turn(stage: Stage, name: str, *, active: bool, **params: float) -> None:
    body = {"name": name, "active": active, "params": params}
    (await stage.page.post("/ui/machine", json=body)).raise_for_status()


async def in_the_making(stage: Stage, person: Person) -> Offer:
    """A job that sync.so works on until it is told to end."""
    await stage.sync_trouble("slow_generation")
    ready = await one_line_with_words(stage, person)
    await person.press(ready.card, "generate")
    await person.card(person.channel, "Making your video")
    return ready


@pytest.mark.parametrize("fault", ["lock", "fill"])
async def test_what_cannot_be_stored_is_told_in_time_and_charged_once(
    stage: Stage, ana: Person, fault: str
) -> None:
    ready = await one_line_with_words(stage, ana)
    stage.broken = True
    async with machine(stage, fault, seconds=LONG_S):
        await ana.press(ready.card, "generate")
        await ana.whisper("look at the card first: it may have been done")
        await ana.lipsync(ana.channel)
        assert await stage.readiness() == ({"lock": 503, "fill": 200}[fault])
    assert [told.partition(":")[0] for told in await stage.unanswered()] == ["block_actions"]
    await make_and_check(stage, ana, ready)


async def test_work_goes_on_after_the_database_was_locked_for_half_a_minute(
    stage: Stage, ana: Person
) -> None:
    ready = await in_the_making(stage, ana)
    async with machine(stage, "lock", seconds=LONG_S):
        await stage.end_sync_trouble("slow_generation")
        await asyncio.sleep(HALF_A_MINUTE_S)
    assert [hook["status"] for hook in await stage.webhooks()] == [503]
    await ana.video(ana.channel, thread_ts=ready.thread_ts)
    await stage.the_generation()


async def test_work_goes_on_after_the_disk_was_full(stage: Stage, ana: Person) -> None:
    ready = await in_the_making(stage, ana)
    async with machine(stage, "fill", seconds=LONG_S):
        await stage.end_sync_trouble("slow_generation")
        await asyncio.sleep(3.0)
        assert await ana.videos(ana.channel) == []
    await ana.video(ana.channel, thread_ts=ready.thread_ts)
    await stage.the_generation()


@pytest.mark.parametrize("minutes", [60.0, -60.0], ids=["ahead", "back"])
async def test_a_clock_that_steps_by_an_hour_delays_nothing(
    stage: Stage, ana: Person, minutes: float
) -> None:
    ready = await in_the_making(stage, ana)
    async with machine(stage, "clock", minutes=minutes):
        await stage.end_sync_trouble("slow_generation")
        await ana.video(ana.channel, thread_ts=ready.thread_ts)
        await stage.the_generation()
        second = await one_line_with_words(stage, ana)
    await ana.press(second.card, "generate")

    async def both() -> list[Json] | None:
        videos = await ana.videos(ana.channel)
        return videos if len(videos) > 1 else None

    videos = await ana.wait(both, "the second video")
    assert [video["thread_ts"] for video in videos] == [ready.thread_ts, second.thread_ts]
    assert len(await stage.generations()) == 2


async def test_an_app_that_stood_still_goes_on_where_it_was(stage: Stage, ana: Person) -> None:
    ready = await in_the_making(stage, ana)
    stage.broken = True  # so that Slack may tell of what got no answer
    async with machine(stage, "pause", seconds=LONG_S):
        await stage.end_sync_trouble("slow_generation")
        await ana.lipsync(ana.channel, "help")
        await asyncio.sleep(1.0)
    await ana.video(ana.channel, thread_ts=ready.thread_ts)
    await stage.the_generation()
