"""What the app makes of answers of Slack's that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import SlackUnreachable, _told_apart


@asynccontextmanager
async def answering(reply: bytes) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"


def json_reply(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + "Connection: close\r\n\r\n").encode() + body


@pytest.mark.parametrize(
    "reply",
    [
        json_reply(b'{"ok": true, "file": {"id": "F'),
        json_reply(b'{"ok": true, "text": "caf\xc3'),
        b"HTTP/1.1 200 OK\r\n",
    ],
)
async def test_half_an_answer_leaves_open_whether_slack_acted(reply: bytes) -> None:
    async with answering(reply) as url, aiohttp.ClientSession() as session:
        client = AsyncWebClient(token="xoxb-1", base_url=url, session=session, retry_handlers=[])
        with pytest.raises(SlackUnreachable):
            async with _told_apart("files.info"):
                await client.files_info(file="F1")
