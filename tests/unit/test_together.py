"""Work side by side: what it comes to, and that nothing of it goes on after one has failed."""

import asyncio

import pytest

from bot.together import all_of


async def _after(turns: int, value: int) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


async def test_what_each_comes_to_is_told_in_the_order_given() -> None:
    assert await all_of(_after(turns, value) for turns, value in ((3, 1), (0, 2), (1, 3))) == [1, 2, 3]


async def test_where_one_fails_the_others_have_ended_before_its_error_is_heard() -> None:
    ended = []

    async def goes_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("the other")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError

    with pytest.raises(LookupError):
        await all_of((goes_on(), fails()))
    assert ended == ["the other"]
