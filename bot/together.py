"""Work side by side that none of it outlives."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks of one group; where one fails, the others are ended and waited for, and its error is raised.

    What `asyncio.gather` leaves running may hold a connection after whoever asked for it has gone.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def all_of(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What each comes to, in the order given; as `together` where one fails."""
    async with together() as group:
        tasks = [group.create_task(each) for each in work]
    return [task.result() for task in tasks]
