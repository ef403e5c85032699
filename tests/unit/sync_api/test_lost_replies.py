"""What the money hangs on, over real sockets: was the create call certainly not taken, or is it not known?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.sync_api.client import SyncClient
from bot.sync_api.errors import OutcomeUnknown, Unavailable
from tests.unit.sync_api.builders import KEY

HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def server_that_says(reply: bytes) -> AsyncIterator[str]:
    """A server that reads one request, says what it is told to, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(reply)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def create(base_url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        await SyncClient(http, base_url=base_url, api_key=KEY).create(b"{}", idempotency_key="k")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 201",
        HEAD + b'Content-Length: 500\r\n\r\n{"id": "gen-1", "sta',
        HEAD + b"Content-Length: 3\r\nContent-Encoding: gzip\r\n\r\nxyz",
        HEAD + b"Content-Length: 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9\r\n",
    ],
    ids=["hangs up", "hangs up early", "half a body", "broken gzip", "no id", "not http"],
)
async def test_a_create_that_arrived_but_was_not_answered_is_not_known(reply: bytes) -> None:
    async with server_that_says(reply) as url:
        with pytest.raises(OutcomeUnknown):
            await create(url)


async def test_a_create_that_nobody_listened_to_was_not_taken() -> None:
    async with server_that_says(b"") as url:
        pass

    with pytest.raises(Unavailable, match="ConnectError"):
        await create(url)


@asynccontextmanager
async def server_that_trickles() -> AsyncIterator[str]:
    """A server that begins an answer and goes on with it, a byte at a time, until nobody listens."""
    answers = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.append(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*filter(None, answers))


async def test_a_reply_that_trickles_for_ever_is_given_up() -> None:
    async with (
        server_that_trickles() as url,
        httpx.AsyncClient(trust_env=False, verify=False) as http,
        asyncio.timeout(5),
    ):
        sync = SyncClient(http, base_url=url, api_key=KEY, longest_call_s=0.2)
        with pytest.raises(Unavailable, match="TimeoutError"):
            await sync.list(limit=1)
        with pytest.raises(OutcomeUnknown, match="TimeoutError"):
            await sync.create(b"{}", idempotency_key="k")
