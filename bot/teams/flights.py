"""What several want to know at once is asked once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """Questions that are under way, by what they are about."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[T]] = {}

    async def join(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to the question of that key that is under way; `ask` begins one where there is none.

        Whoever leaves before the answer ends nothing for the others.
        """
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = asyncio.create_task(_answer(ask), name="look up")
            flight.add_done_callback(lambda ended: self._land(key, ended))
        return await asyncio.shield(flight)

    def _land(self, key: Hashable, ended: asyncio.Task[T]) -> None:
        self._under_way.pop(key, None)
        if not ended.cancelled():
            ended.exception()  # taken note of, be it that nobody waits for it any more


async def _answer(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()
