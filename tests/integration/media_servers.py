"""Loopback servers that follow a script, byte by byte, where a well-behaved library would not let them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]


Script = Callable[[Request, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Peer:
    """A server that follows a script; it keeps what was asked of it and what bodies came."""

    base: str = ""
    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    bytes_sent: int = 0
    """How much of the scripted bodies the kernel has taken off the server's hands."""

    @property
    def authority(self) -> str:
        return self.base.partition("//")[2]


async def read_request(reader: asyncio.StreamReader) -> Request:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = lines[0].split()
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    return Request(method, path, headers)


@asynccontextmanager
async def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    peer = Peer()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await read_request(reader)
            peer.requests.append(request)
            await script(request, reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the relay hung up, as some of the scripts provoke
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    peer.base = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield peer
    finally:
        server.close()


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    named = {"Content-Type": "video/mp4", "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def chunked(body: bytes) -> bytes:
    """An answer that does not tell its length (RFC 9112, chunked coding)."""
    head = reply(Content_Length="", Transfer_Encoding="chunked")
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


def saying(data: bytes) -> Script:
    async def script(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return script


async def fall_silent(_request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Half a file, then nothing for as long as the relay stays."""
    writer.write(reply(body=b"half", Content_Length="8"))
    await reader.read()


@asynccontextmanager
async def file_server(body: bytes) -> AsyncIterator[Peer]:
    async with serving(saying(reply(body=body))) as peer:
        yield peer


def storage(status: int = 200, *, tls: ssl.SSLContext | None = None) -> AbstractAsyncContextManager[Peer]:
    """A well-behaved sink that keeps the bodies."""
    return storage_saying(reply(status, b"OK", Content_Type="text/plain"), tls=tls)


@asynccontextmanager
async def storage_saying(
    answer: bytes, *, then_wait_s: float = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Peer]:
    """A sink that keeps the bodies and then says whatever it likes."""

    async def script(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer.bodies.append(await reader.readexactly(int(request.headers["content-length"])))
        writer.write(answer)
        await writer.drain()
        await asyncio.sleep(then_wait_s)

    async with serving(script, tls=tls) as peer:
        yield peer


@asynccontextmanager
async def connecting() -> AsyncIterator[Peer]:
    """A proxy, as companies have one between them and the world."""

    async def script(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = request.path.partition(":")
        origin_reader, origin_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n")
        async with asyncio.TaskGroup() as ways:
            ways.create_task(pass_on(reader, origin_writer))
            ways.create_task(pass_on(origin_reader, writer))

    async with serving(script) as peer:
        yield peer


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer):
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
