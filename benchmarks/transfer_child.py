"""A process that moves files and watches itself: `python -m benchmarks.transfer_child relay CA`.

Reads one `Transfer` as JSON a line, moves it, answers with one `Measured`. Only the transfer is timed, and
memory is compared with that of the process at rest.
"""

import asyncio
import json
import re
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import aiohttp
import uvloop
from slack_sdk.web.async_client import AsyncWebClient

from bot.media import Expect, MediaRelay

TICK_S = 0.002
TOKEN = "xoxb-benchmark"
Direction = Literal["to_slack", "to_sync"]


@dataclass(frozen=True)
class Transfer:
    """From where to where."""

    source: str
    sink: str
    direction: Direction


@dataclass(frozen=True)
class Measured:
    """What a process took for one transfer, as far as it was watched."""

    cpu_s: float
    growth_mb: float | None
    """Highest resident memory above that at rest, before the first transfer; None: not watched."""
    stall_ms: float | None
    """Longest time that the event loop was late; None: there is none."""


Move = Callable[[Transfer], Awaitable[None]]


async def relay_mover(stack: AsyncExitStack, authority: str) -> Move:
    """Ours, called as the app's steps call it."""
    relay = MediaRelay(slack_token_hosts={"127.0.0.1"}, loopback=True, authorities=authority)
    await stack.enter_async_context(aclosing(relay))
    expect = Expect(kinds=frozenset({"video"}), max_bytes=2**40)

    async def move(transfer: Transfer) -> None:
        from_slack = transfer.direction == "to_sync"
        async with relay.open(transfer.source, bearer=TOKEN if from_slack else None, expect=expect) as source:
            await relay.send(
                source,
                transfer.sink,
                method="PUT" if from_slack else "POST",
                headers={"Content-Type": source.content_type},
            )

    return move


async def slack_sdk_mover(stack: AsyncExitStack, authority: str) -> Move:
    """The official client, as its documentation uses it: the content in memory."""
    tls = ssl.create_default_context(cafile=authority)
    session = await stack.enter_async_context(
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls), timeout=aiohttp.ClientTimeout(total=None)
        ),
    )

    async def move(transfer: Transfer) -> None:
        async with session.get(transfer.source) as response:
            content = await response.read()
        base, _, _ = transfer.sink.rpartition("/")
        client = AsyncWebClient(token=TOKEN, base_url=f"{base}/api/", ssl=tls, timeout=600)
        await client.files_upload_v2(content=content, filename="video.mp4", channel="C1")

    return move


def resident_mb(which: Literal["VmRSS", "VmHWM"]) -> float:
    """Resident memory of this process, now or at its highest (proc(5))."""
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{which}:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def forget_highest() -> None:
    """Begin a new `VmHWM` (proc(5))."""
    Path("/proc/self/clear_refs").write_text("5")


@asynccontextmanager
async def watching(idle_mb: float) -> AsyncIterator[Callable[[], Measured]]:
    """Watch memory and loop while something is done; the result can be read inside."""
    forget_highest()
    cpu_before = time.process_time()
    clock = time.perf_counter  # the loop's own clock stands still within a turn
    latest = 0.0

    async def tick() -> None:
        nonlocal latest
        while True:
            due = clock() + TICK_S
            await asyncio.sleep(TICK_S)
            latest = max(latest, clock() - due)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)  # let it begin, so that the first turn counts as well
    try:
        yield lambda: Measured(
            cpu_s=time.process_time() - cpu_before,
            growth_mb=resident_mb("VmHWM") - idle_mb,
            stall_ms=latest * 1000,
        )
    finally:
        ticking.cancel()


async def main() -> None:
    way, authority = sys.argv[1:]
    mover = {"relay": relay_mover, "slack_sdk": slack_sdk_mover}[way]
    async with AsyncExitStack() as stack:
        move = await mover(stack, authority)
        idle_mb = resident_mb("VmRSS")
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            async with watching(idle_mb) as measured:
                await move(Transfer(**json.loads(line)))
                print(json.dumps(asdict(measured())), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
