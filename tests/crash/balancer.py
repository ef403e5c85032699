"""A load balancer on loopback: each new connection goes to the next replica that takes one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tests.crash.pipes import Pipes


@asynccontextmanager
async def balanced(ports: Sequence[int]) -> AsyncIterator[str]:
    """Listen for as long as the block runs, and give the address."""
    balancer = _Balancer(ports)
    server = await asyncio.start_server(balancer.connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        balancer.close()


class _Balancer:
    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._pipes = Pipes()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a caller to a replica until either hangs up; without any replica, hang up."""
        behind = await self._next()
        if behind is None:
            writer.transport.abort()
            return
        await self._pipes.join((reader, writer), behind, _pipe)

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self._ports:
            self._ports.append(self._ports.pop(0))
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self._ports[-1])
        return None

    def close(self) -> None:
        self._pipes.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
