"""Requests that never end, by the thousand, at the real process: it stays small, and answers who is whole."""

import asyncio
import hashlib
import hmac
import json
import os
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bot.sandbox.ports import free_ports
from bot.web.connections import Limits, open_files
from storage.database import migrate, open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from tests.integration.handlers.front import command
from tests.integration.storage.builders import installation

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODIES, HEADS = 400, 1_500
BODY_BYTES = 500_000
HALF_HEAD = b"POST /slack/events HTTP/1.1\r\n" + b"x-filler: x\r\n" * 20
MOST_GROWTH_KB = 50 * 1024
LIMITS = Limits(headers_s=10, body_s=10)
_PATIENCE_S = 60.0
"""Only what never comes, or a very busy machine, takes so long."""


def half_body() -> bytes:
    """A part of what says that Slack has just signed it."""
    head = (
        "POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n"
        f"x-slack-request-timestamp: {int(time.time())}\r\nx-slack-signature: v0={'0' * 64}\r\n\r\n"
    )
    return head.encode() + b"x" * BODY_BYTES


def unsigned_half_body() -> bytes:
    return b"POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n" + b"x" * BODY_BYTES


@dataclass(frozen=True)
class Flooded:
    """A serving process with one installed workspace, which Slack calls over HTTP."""

    process: Process
    port: int
    log: Path

    def memory_kb(self, name: str) -> int:
        """`VmRSS` now, `VmHWM` at most (Linux: proc_pid_status)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0])

    async def command(self, client: httpx.AsyncClient) -> httpx.Response:
        body = urlencode(command("help", team_id="T1")).encode()
        now = str(int(time.time()))
        signature = hmac.new(SECRET.encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"x-slack-request-timestamp": now, "x-slack-signature": f"v0={signature}"}
        return await client.post("/slack/events", content=body, headers=headers)

    async def sends(self, what: bytes) -> asyncio.StreamReader:
        """A client that sends this, or as much of it as is taken, and then waits."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(what)
        self.clients.append(writer)
        return reader

    clients: list[asyncio.StreamWriter] = field(default_factory=list)


@asynccontextmanager
async def flooded(folder: Path) -> AsyncIterator[Flooded]:
    [port] = free_ports(1)
    environment = {
        "SLACK_SIGNING_SECRET": SECRET,
        "SYNC_API_KEY": "sk-1",
        "DATABASE_URL": f"sqlite:///{folder}/lipsync.db",
        "ENCRYPTION_KEYS": new_key(),
        "PORT": str(port),
    }
    async with open_database(environment["DATABASE_URL"]) as database:
        await migrate(database)
        cipher = Cipher([environment["ENCRYPTION_KEYS"]])
        await Installations(database, cipher).save(installation())
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.integration.core.flooded_app", json.dumps(asdict(LIMITS))),
            env={"PATH": os.environ["PATH"], **environment},
            stdout=log,
            stderr=log,
        )
    app = Flooded(process, port, folder / "log")
    try:
        yield app
    finally:
        for writer in app.clients:
            writer.transport.abort()
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Flooded]:
    async with flooded(tmp_path) as running:
        yield running


async def ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(httpx.TransportError):
                if (await client.get("/readyz")).is_success:
                    return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("body", [half_body, unsigned_half_body])
async def test_a_flood_of_halves_goes_by(app: Flooded, body: Callable[[], bytes]) -> None:
    if open_files(BODIES + HEADS + 200) < BODIES + HEADS + 200:
        pytest.fail("this system allows too few open files to send a flood: raise `ulimit -n`")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.port}", timeout=_PATIENCE_S) as slack:
        await ready(slack)
        assert (await app.command(slack)).status_code == 200
        before_kb = app.memory_kb("VmRSS")

        halves = [await app.sends(body()) for _ in range(BODIES)]
        halves += [await app.sends(HALF_HEAD) for _ in range(HEADS)]
        assert "/lipsync" in (await app.command(slack)).json()["text"]
        assert not all(half.at_eof() for half in halves), "it was answered when the flood was over"
        assert (await slack.get("/healthz")).text == "ok"

        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.gather(*map(until_closed, halves))
        grown_kb = app.memory_kb("VmHWM") - before_kb
        assert (await app.command(slack)).status_code == 200

    assert grown_kb < MOST_GROWTH_KB
    logged = app.log.read_text()
    assert "Traceback" not in logged
    assert " error " not in logged.casefold()


async def until_closed(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read()
