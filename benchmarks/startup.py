"""How long the app takes to be there, and how much memory it holds at rest, beside the same bare app.

Both as they are shipped, see `benchmarks.as_shipped`.
"""

import os
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import as_shipped
from benchmarks.figures import Figure
from benchmarks.processes import process, resident_mb
from benchmarks.slack_requests import BOT_TOKEN, ONE_LINE, SIGNING_SECRET, signed_posts

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
READY = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
"""Answered with 503 until the whole app is there; with 404 by the bare one."""
LOOK_EVERY_S = 0.005
AT_REST_S = 2.0


@dataclass(frozen=True)
class Start:
    """One start, in seconds from the command."""

    health_s: float
    """Until the health route answered; the bare app has none and answers 404."""
    command_s: float
    """Until the first `/lipsync` was answered."""
    idle_mb: float
    """Of a start without any request but for health."""


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Start `lipsync-bot serve` and the bare app by turns; ours finds the database of an earlier start.

    Args:
        rounds: How often each is started.
        quick: Makes no difference.
    """
    del quick
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stub = stack.enter_context(process("benchmarks.stub")).address
        start_ours(settings(stub, folder))  # makes the database
        start_bare(stub)
        ours, bare = [], []
        for _ in range(rounds):
            forget_jobs(folder)
            bare.append(start_bare(stub))
            ours.append(start_ours(settings(stub, folder)))
    return [
        *side_by_side("health answered", [one.health_s for one in bare], [one.health_s for one in ours], 1.8),
        *side_by_side(
            "first `/lipsync` answered", [one.command_s for one in bare], [one.command_s for one in ours], 3
        ),
        *side_by_side(
            "memory at idle", [one.idle_mb for one in bare], [one.idle_mb for one in ours], 2.1, unit="MB"
        ),
    ]


def side_by_side(
    what: str, bare: list[float], ours: list[float], at_most: float, *, unit: str = "s"
) -> list[Figure]:
    return [
        Figure(f"bare app: {what}", median(bare), unit),
        Figure(f"ours: {what}", median(ours), unit),
        Figure(f"ours of the bare app's: {what}", median(ours) / median(bare), "ratio", at_most=at_most),
    ]


def settings(stub: str, folder: str) -> dict[str, str]:
    """The environment of `lipsync-bot serve`, with nothing of the caller's own settings."""
    return _kept() | {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{stub}/api/",
        "SYNC_API_KEY": "sk-benchmark",
        "SYNC_API_URL": stub,
        "DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.db'}",
        "LOG_LEVEL": "ERROR",
    }


def _kept() -> dict[str, str]:
    """Without a setting against bytecode: the first start compiles, as pip does with what it installs."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def forget_jobs(folder: str) -> None:
    """Leave a database without work, so that each start is as quiet as the first."""
    with closing(sqlite3.connect(Path(folder) / "bench.db", isolation_level=None)) as database:
        for table in ("jobs", "bodies", "cards", "orders"):
            database.execute(f"DELETE FROM {table}")


def start_ours(environment: Mapping[str, str]) -> Start:
    port = free_port()
    return measured(as_shipped.command("bot", "serve"), port, {**environment, "PORT": str(port)})


def start_bare(stub: str) -> Start:
    port = free_port()
    return measured(as_shipped.command("benchmarks.bare", "http", f"{stub}/api/", str(port)), port, _kept())


def measured(command: list[str], port: int, environment: Mapping[str, str]) -> Start:
    with running(command, environment) as app:
        while b" 503 " in answered(port, READY):
            time.sleep(LOOK_EVERY_S)
        time.sleep(AT_REST_S)
        idle_mb = resident_mb(app.pid)
    [posted] = signed_posts(ONE_LINE, 1)
    began = time.perf_counter()
    with running(command, environment):
        answered(port, HEALTH)
        health_s = time.perf_counter() - began
        if not answered(port, posted).startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{' '.join(command)} refused the command")
        command_s = time.perf_counter() - began
    return Start(health_s, command_s, idle_mb)


@contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as app:
        try:
            yield app
        finally:
            app.kill()


def answered(port: int, request: bytes) -> bytes:
    """The beginning of the answer, asked for again until somebody listens."""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(request)
                return connection.recv(4096)
        except ConnectionRefusedError:
            time.sleep(LOOK_EVERY_S)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
