"""Clients that never come to an end, on a real server: each is let go, and everybody else is served."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from starlette.types import Message, Receive, Scope, Send

from bot.server import Server
from bot.web.connections import Limits

SHORT = Limits(headers_s=0.4, body_s=0.4, answer_s=0.8, idle_s=0.4, closing_s=0.3)
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"
_SOON_S = 60.0
"""What is let go within a second by `SHORT`; a busy machine takes longer, and who is never let go fails."""


@dataclass
class App:
    """Reads every body to its end, and answers with what it is told to."""

    port: int = 0
    answer: bytes = b"ok"
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    served: int = 0
    left: int = 0
    clients: "list[Client]" = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in {"/unread", "/refused"}:
            message: Message = {"type": "http.request", "more_body": True}
            while message.get("more_body", False):
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.left += 1
                    return
        if scope["path"] == "/held":
            await self.hold.wait()
        self.served += 1
        length = (b"content-length", str(len(self.answer)).encode())
        headers = [length, (b"connection", b"close")] if scope["path"] == "/refused" else [length]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.answer})

    async def connect(self, sent: bytes = b"") -> "Client":
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        writer.write(sent)
        self.clients.append(Client(reader, writer))
        return self.clients[-1]


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def rest(self) -> bytes:
        """What comes until the server closes."""
        async with asyncio.timeout(_SOON_S):
            with suppress(ConnectionError):
                return await self.reader.read()
        return b""

    async def answer(self) -> bytes:
        """One answer on a connection that stays."""
        async with asyncio.timeout(_SOON_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            return head + await self.reader.readexactly(2)


@asynccontextmanager
async def serving(limits: Limits) -> AsyncIterator[App]:
    app = App()
    server = Server(app, limits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app.port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield app
        finally:
            server.should_exit = True
            app.hold.set()
            for client in app.clients:
                client.writer.transport.abort()
            await serving


@pytest.fixture
async def app() -> AsyncIterator[App]:
    async with serving(SHORT) as running:
        yield running


async def test_requests_one_after_the_other_share_a_connection(app: App) -> None:
    client = await app.connect(GET)
    assert (await client.answer()).endswith(b"ok")
    client.writer.write(POST + b"x" * 1000)
    assert (await client.answer()).endswith(b"ok")
    assert await client.rest() == b""


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET[:-2], b"\r\n"], ids=repr)
async def test_half_a_head_is_given_up(app: App, sent: bytes) -> None:
    client = await app.connect(sent)

    assert (await client.rest()).startswith(b"HTTP/1.1 408")
    assert app.served == 0


async def test_half_a_body_is_given_up_and_the_app_told(app: App) -> None:
    client = await app.connect(POST + b"x")

    assert (await client.rest()).startswith(b"HTTP/1.1 408")
    assert (app.served, app.left) == (0, 1)


@pytest.mark.parametrize(
    ("begun", "more"),
    [(b"GET / HTTP/1.1\r\n", b"a: b\r\n"), (POST, b"x"), (b"", b"\r\n")],
    ids=["headers", "body", "blank lines"],
)
async def test_what_trickles_in_gains_no_time(app: App, begun: bytes, more: bytes) -> None:
    client = await app.connect(begun)
    trickling = asyncio.create_task(_trickle(client, more))

    assert (await client.rest())[:12] in {b"HTTP/1.1 408", b""}
    trickling.cancel()
    assert app.served == 0


async def _trickle(client: Client, more: bytes) -> None:
    while True:
        client.writer.write(more)
        await asyncio.sleep(0.05)


async def test_blank_lines_keep_no_idle_connection_open(app: App) -> None:
    client = await app.connect(GET)
    await client.answer()
    trickling = asyncio.create_task(_trickle(client, b"\r\n"))

    assert await client.rest() == b""
    trickling.cancel()


async def test_who_never_reads_the_answer_is_let_go(app: App) -> None:
    app.answer = b"x" * 50_000_000
    client = await app.connect(GET)
    async with asyncio.timeout(_SOON_S):
        while not app.served:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.05)
    await asyncio.sleep(2 * (SHORT.answer_s + SHORT.idle_s))

    assert len(await client.rest()) < len(app.answer)


async def test_an_answer_that_never_comes_is_not_waited_for(app: App) -> None:
    client = await app.connect(GET.replace(b"GET /", b"GET /held"))

    assert await client.rest() == b""


async def test_of_requests_sent_at_once_the_first_is_served_and_the_connection_ends(app: App) -> None:
    client = await app.connect(GET * 1_000)

    said = await client.rest()
    assert said.count(b"HTTP/1.1 200") == 1
    assert b"connection: close" in said
    assert app.served == 1


async def test_an_answer_that_did_not_wait_for_the_body_ends_the_connection(app: App) -> None:
    client = await app.connect(POST.replace(b"POST /", b"POST /unread") + b"x")

    assert (await client.rest()).endswith(b"ok")


@pytest.mark.parametrize("path", [b"/unread", b"/refused"])
async def test_an_answer_arrives_however_much_of_the_body_is_on_its_way(app: App, path: bytes) -> None:
    body = b"x" * 20_000_000
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (path, len(body))
    client = await app.connect(head + body)
    async with asyncio.timeout(_SOON_S):
        await client.writer.drain()

    said = await client.rest()
    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"ok")


async def test_who_goes_on_sending_behind_the_last_answer_is_let_go(app: App) -> None:
    client = await app.connect(POST.replace(b"POST /", b"POST /refused"))
    trickling = asyncio.create_task(_trickle(client, b"x"))
    assert (await client.rest()).endswith(b"ok")

    async with asyncio.timeout(_SOON_S):
        while not client.writer.transport.is_closing():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    trickling.cancel()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\na: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\na: " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 1_000 + b"\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["long header", "endless header", "many headers", "long address"],
)
async def test_a_head_beyond_any_use_is_refused(app: App, head: bytes) -> None:
    client = await app.connect(head)

    assert (await client.rest())[:12] in {b"HTTP/1.1 431", b""}
    assert app.served == 0


@pytest.mark.parametrize(
    "behind_the_head",
    [b"nonsense\r\n", b"0\r\n" + b"a:b\r\n" * 1_000 + b"\r\n"],
    ids=["no chunk", "endless trailers"],
)
async def test_a_body_that_cannot_be_read_is_refused(app: App, behind_the_head: bytes) -> None:
    client = await app.connect(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + behind_the_head)

    assert (await client.rest())[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 431"}
    assert app.served == 0


def test_the_usual_limits_leave_nobody_waiting_for_long() -> None:
    usual = Limits()

    assert (usual.headers_s, usual.body_s, usual.connections) == (10, 5, 1_000)
    assert usual.headers_s + usual.closing_s < 15
    assert usual.unfinished_bytes < 50 * 1024 * 1024


FEW = Limits(connections=3)
"""With the usual times: nobody is let go for being late."""


async def test_the_oldest_without_a_whole_head_gives_way() -> None:
    async with serving(FEW) as app:
        held = await app.connect(GET.replace(b"GET /", b"GET /held"))
        oldest, younger = await app.connect(GET[:5]), await app.connect(GET[:5])
        await asyncio.sleep(0.1)

        new = await app.connect(GET)

        assert (await new.answer()).endswith(b"ok")
        assert await oldest.rest() == b""
        younger.writer.write(GET[5:])
        assert (await younger.answer()).endswith(b"ok")
        app.hold.set()
        assert (await held.answer()).endswith(b"ok")


async def test_then_an_idle_one_then_half_a_body_and_never_a_whole_request() -> None:
    async with serving(FEW) as app:
        held = await app.connect(GET.replace(b"GET /", b"GET /held"))
        half = await app.connect(POST)
        idle = await app.connect(GET)
        await idle.answer()

        first = await app.connect(GET.replace(b"GET /", b"GET /held"))
        assert await idle.rest() == b""
        await asyncio.sleep(0.1)
        second = await app.connect(GET.replace(b"GET /", b"GET /held"))
        assert await half.rest() == b""
        await asyncio.sleep(0.1)
        third = await app.connect(GET)
        assert await third.rest() == b""

        app.hold.set()
        for client in (held, first, second):
            assert (await client.answer()).endswith(b"ok")


async def test_bodies_that_are_too_much_together_give_way_the_oldest_first() -> None:
    async with serving(Limits(unfinished_bytes=1_500)) as app:
        oldest, younger = await app.connect(POST + b"x" * 900), await app.connect(POST)
        await asyncio.sleep(0.1)
        younger.writer.write(b"x" * 900)

        assert await oldest.rest() == b""
        younger.writer.write(b"x" * 100)
        assert (await younger.answer()).endswith(b"ok")
