"""A loop beside the worker goes on, whatever becomes of one of its looks."""

import asyncio

import pytest

from bot.steps.loops import look_now_and_then
from storage.errors import StorageUnreachable


async def test_no_look_that_fails_is_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes: list[bool | Exception] = [StorageUnreachable("away"), ValueError("ours"), True, True, False]
    seen_all = asyncio.Event()

    async def turn() -> bool:
        outcome = outcomes.pop(0)
        if not outcomes:
            seen_all.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    loop = asyncio.create_task(look_now_and_then(turn, every_s=0.0, what="bills"))
    async with asyncio.timeout(60):
        await seen_all.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop

    logged = capsys.readouterr().out
    assert "level='warning'" in logged
    assert "level='error'" in logged
