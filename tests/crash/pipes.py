"""Pairs of connections whose bytes go from each to the other."""

import asyncio
from collections.abc import Awaitable, Callable

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Carry = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Pipes:
    """Those that stand."""

    def __init__(self) -> None:
        self._standing: set[asyncio.Future[None]] = set()

    async def join(self, one: Ends, other: Ends, carry: Carry) -> None:
        """Join two connections until either hangs up; `carry` takes the bytes one way."""
        pipes = {
            asyncio.ensure_future(carry(one[0], other[1])),
            asyncio.ensure_future(carry(other[0], one[1])),
        }
        self._standing |= pipes
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        self._standing -= pipes
        for pipe in pipes:
            pipe.cancel()
        for end in (one[1], other[1]):
            end.transport.abort()

    def close(self) -> None:
        for pipe in self._standing:
            pipe.cancel()
