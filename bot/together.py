"""Work side by side that none of it outlives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


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
