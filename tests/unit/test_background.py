"""Small tasks after an answer: nothing they do reaches anybody else, and a stop waits for them."""

import asyncio
import inspect

import pytest

from bot.background import Background


async def test_a_task_that_breaks_is_logged_and_ends_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    background, done = Background(), asyncio.Event()

    async def breaks() -> None:
        raise RuntimeError("no such luck")

    async def works() -> None:
        done.set()

    background.start(breaks(), name="open the form")
    background.start(works(), name="answer")
    await background.drain(within_s=1)

    assert done.is_set()
    said = capsys.readouterr().out
    assert "not done" in said
    assert "open the form" in said
    assert "no such luck" in said


async def test_a_stop_waits_for_what_is_running_and_for_what_that_starts() -> None:
    background, steps = Background(), list[str]()

    async def reply() -> None:
        await asyncio.sleep(0.01)
        steps.append("told privately")

    async def opens_the_form() -> None:
        await asyncio.sleep(0.01)
        steps.append("form refused")
        background.start(reply(), name="private reply")

    background.start(opens_the_form(), name="open the form")
    await background.drain(within_s=1)

    assert steps == ["form refused", "told privately"]


async def test_what_does_not_end_in_time_is_cut() -> None:
    background, cut = Background(), asyncio.Event()

    async def hangs() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cut.set()

    background.start(hangs(), name="hangs")
    await asyncio.sleep(0)
    await asyncio.wait_for(background.drain(within_s=0.02), 10)

    assert cut.is_set()


async def test_what_is_cut_before_it_began_is_ended_too() -> None:
    background = Background()

    async def reply() -> None:
        raise AssertionError("this never begins")

    work = reply()
    background.start(work, name="private reply")
    for begun in asyncio.all_tasks() - {asyncio.current_task()}:
        begun.cancel()
    await background.drain(within_s=60)

    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED


async def test_with_nothing_running_a_stop_takes_no_time() -> None:
    await asyncio.wait_for(Background().drain(within_s=60), 10)
