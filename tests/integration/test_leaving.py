"""The last moment at which a request can be kept back, over real sockets: what is kept back is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from bot.sync_api.client import SyncClient

_CREATED = b'{"id":"gen-1","status":"PENDING","model":"sync-3"}'
BODY = b'{"model":"sync-3"}'


class Kept(Exception):
    """Somebody has paused."""


@dataclass
class Server:
    """Takes what comes, and answers once a whole request is there."""

    url: str = ""
    came: list[bytes] = field(default_factory=list)
    """What came over each connection, as far as it came."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.came)
        self.came.append(b"")
        while part := await reader.read(65_536):
            self.came[number] += part
            if self.came[number].endswith(b"\r\n\r\n" + BODY):
                head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(_CREATED)}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode() + _CREATED)
        self.ended.set()
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


@pytest.mark.parametrize(
    ("looks", "came"),
    [(1, None), (2, "nothing"), (3, "a head without a body"), (4, "all of it")],
    ids=["before it begins", "connected", "before the body", "too late"],
)
async def test_each_look_before_the_body_keeps_it_back(looks: int, came: str | None) -> None:
    left = looks

    async def leaving() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Kept

    async with serving() as server, httpx.AsyncClient() as http:
        client = SyncClient(http, base_url=server.url, api_key="sk-1")
        create = client.create(BODY, idempotency_key="k1", leaving=leaving)
        if came == "all of it":
            assert (await create).id == "gen-1"
        else:
            with pytest.raises(Kept):
                await create
        if came is not None:
            async with asyncio.timeout(60):
                await server.ended.wait()

    assert [_told(each) for each in server.came] == ([] if came is None else [came])


def _told(came: bytes) -> str:
    if not came:
        return "nothing"
    return "all of it" if came.endswith(BODY) else "a head without a body"
