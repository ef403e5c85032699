"""What the app makes of answers of Slack's that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import RATE_LIMITED, Slack, SlackRefused, SlackUnreachable, _told_apart, patiently


@asynccontextmanager
async def answering(reply: bytes) -> AsyncIterator[str]:
    """Slack's address, where every call gets this answer."""

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


def too_many(wish: bytes) -> bytes:
    return b"HTTP/1.1 429 Slow\r\nRetry-After: " + wish + b"\r\nContent-Length: 0\r\n\r\n"


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


@pytest.mark.parametrize(
    ("reply", "code", "wait_s"),
    [
        *((too_many(wish), RATE_LIMITED, None) for wish in (b"nan", b"inf", b"1e999", b"-1")),
        *((too_many(wish), RATE_LIMITED, wait_s) for wish, wait_s in ((b"0", 0.0), (b"86400", 600.0))),
        (too_many(b"7"), RATE_LIMITED, 7.0),
        (too_many(b"soon"), RATE_LIMITED, None),
        (json_reply(b'{"ok": false, "error": "rate_limited"}'), RATE_LIMITED, None),
        (b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", "http_503", None),
    ],
)
async def test_a_slack_that_is_too_busy_may_be_asked_again(
    reply: bytes, code: str, wait_s: float | None
) -> None:
    async with answering(reply) as url, aiohttp.ClientSession() as session:
        slack = Slack(session, base_url=url).team("xoxb-1")
        with pytest.raises(SlackRefused) as refused:
            await slack.post("C1", "hello", None)
    assert (refused.value.code, refused.value.retry_after_s) == (code, wait_s)
    assert refused.value.passing


class Moody:
    """A call that meets trouble before it is taken."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)

    async def __call__(self) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        return "taken"


async def test_words_are_said_again_until_slack_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", wait)
    busy, gone = SlackRefused("chat.postMessage", RATE_LIMITED, 2.0), SlackUnreachable("cut")
    assert await patiently(Moody(busy, gone, SlackRefused("chat.postMessage", "http_503"))) == "taken"
    assert waits == [2.0, 3.0, 10.0]
    with pytest.raises(SlackUnreachable):
        await patiently(Moody(*[gone] * 4))


async def test_words_that_slack_will_never_take_are_said_once() -> None:
    call = Moody(*[SlackRefused("chat.postMessage", "not_in_channel")] * 2)
    with pytest.raises(SlackRefused):
        await patiently(call)
    assert len(call.troubles) == 1


async def test_a_rest_that_is_all_but_over_does_not_use_up_the_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", wait)
    nearly = SlackRefused("chat.postMessage", RATE_LIMITED, 0.0004)
    assert (
        await patiently(Moody(SlackRefused("chat.postMessage", RATE_LIMITED, 1.0), nearly, nearly)) == "taken"
    )
    assert waits == [1.0, 3.0, 10.0]
