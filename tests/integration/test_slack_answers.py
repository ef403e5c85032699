"""What the app makes of answers of Slack's that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.slack import Slack, SlackBusy, SlackRefused, SlackUnreachable, patiently, until_well
from bot.slack.client import _told_apart
from bot.slack.codes import refusal


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
        *((too_many(wish), "ratelimited", None) for wish in (b"nan", b"inf", b"1e999", b"-1")),
        *((too_many(wish), "ratelimited", wait_s) for wish, wait_s in ((b"0", 0.0), (b"86400", 600.0))),
        (too_many(b"7"), "ratelimited", 7.0),
        (too_many(b"soon"), "ratelimited", None),
        (json_reply(b'{"ok": false, "error": "rate_limited"}'), "rate_limited", None),
        (b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", "http_503", None),
    ],
)
async def test_a_slack_that_is_too_busy_may_be_asked_again(
    reply: bytes, code: str, wait_s: float | None
) -> None:
    async with answering(reply) as url, aiohttp.ClientSession() as session:
        slack = Slack(session, base_url=url).holder_of("xoxb-1")
        with pytest.raises(SlackBusy) as refused:
            await slack.post("C1", "hello", None)
    assert (refused.value.code, refused.value.retry_after_s) == (code, wait_s)


class Moody:
    """A call that meets trouble before it is taken."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)

    async def __call__(self) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        return "taken"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every sleep, which is over at once."""
    slept: list[float] = []

    async def wait(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", wait)
    return slept


def busy(retry_after_s: float | None) -> SlackRefused:
    return refusal("chat.postMessage", "ratelimited", retry_after_s)


GONE = SlackUnreachable("cut")


async def test_words_are_said_again_until_slack_takes_them(waits: list[float]) -> None:
    away = refusal("chat.postMessage", "http_503")
    assert await patiently(Moody(busy(2.0), GONE, away)) == "taken"
    assert waits == [2.0, 3.0, 9.0]
    with pytest.raises(SlackUnreachable):
        await patiently(Moody(*[GONE] * 4))


@pytest.mark.parametrize("call_again", [patiently, until_well])
@pytest.mark.parametrize("code", ["not_in_channel", "missing_scope", "invalid_blocks", "a_new_code"])
async def test_what_slack_will_never_take_is_said_once(call_again: Any, code: str) -> None:
    call = Moody(*[refusal("chat.postMessage", code)] * 2)
    with pytest.raises(SlackRefused):
        await call_again(call)
    assert len(call.troubles) == 1


async def test_a_rest_that_is_all_but_over_does_not_use_up_the_tries(waits: list[float]) -> None:
    assert await patiently(Moody(busy(1.0), busy(0.0004), busy(0.0004))) == "taken"
    assert waits == [1.0, 3.0, 9.0]


async def test_no_wish_of_slacks_keeps_a_person_waiting_for_long(waits: list[float]) -> None:
    assert await patiently(Moody(busy(600.0))) == "taken"
    assert waits == [60.0]


async def test_each_call_that_is_made_again_is_a_line_in_the_log(waits: list[float]) -> None:
    with capture_logs() as lines:
        await patiently(Moody(busy(2.0), GONE))
    assert waits == [2.0, 3.0]
    assert lines == [
        {
            "event": "trying again",
            "log_level": "info",
            "cause": cause,
            "tries": tries,
            "next_try_s": next_try_s,
        }
        for cause, tries, next_try_s in (("chat.postMessage: ratelimited", 1, 2.0), ("cut", 2, 3.0))
    ]
