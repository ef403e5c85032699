"""One round of reading processing jobs: `python -m benchmarks.poller WAY STUB_URL JOBS ACCOUNTS`.

WAY is `lists` (ours: what the worker reads with, nothing stored), `worker` (ours, whole: claims, list calls,
guarded writes) or `sdk` (the official async client: one GET each, nothing stored). Prints the processor
seconds of one round as JSON; each side has read before it is counted.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress

import uvloop

READS_AT_ONCE = 64
"""Of the SDK, so that a round of 10,000 ends in time."""


async def by_worker(stub_url: str, count: int, accounts: int) -> float:
    from benchmarks.ours import connect, no_cards, open_tools, show_nothing  # noqa: PLC0415 - each side imports what it needs
    from benchmarks.seeds import installation, processing_jobs, team_id  # noqa: PLC0415
    from bot.app import worker_of  # noqa: PLC0415
    from bot.steps.settle import Settle  # noqa: PLC0415
    from bot.worker import Lane, claim_polls  # noqa: PLC0415
    from storage.jobs import Job, JobStatus  # noqa: PLC0415

    later_s, settled = 0.0, asyncio.Queue[int]()

    def clock() -> float:
        return time.time() + later_s

    async with AsyncExitStack() as stack:
        tools = await open_tools(stack, stub_url, f"{stub_url}/api/", clock=clock)
        for number in range(1, accounts + 1):
            await tools.teams.save(installation(team_id(number)))
            await connect(tools, number)
        await processing_jobs(tools.database, count, id_prefix="busy", accounts=accounts)
        settle = Settle(tools)

        async def step(jobs: list[Job]) -> None:
            await settle(jobs)
            settled.put_nowait(len(jobs))

        lane = Lane("settle", frozenset({JobStatus.PROCESSING}), claim_polls, step, at_once=1)
        cards = Lane("cards", frozenset(), no_cards, show_nothing, at_once=1)
        worker = worker_of(tools, [lane], cards)
        task = asyncio.create_task(worker.run())
        await all_of(settled, count)
        gc.collect()
        before, later_s = time.process_time(), 60.0
        worker.wake()
        await all_of(settled, count)
        took = time.process_time() - before
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return took


async def all_of(settled: asyncio.Queue[int], count: int) -> None:
    """Wait until every job was settled once."""
    while count > 0:
        count -= await settled.get()


async def by_lists(stub_url: str, count: int) -> float:
    import httpx  # noqa: PLC0415 - as above

    from bot.steps.settle import READ_AT_ONCE, read_generations  # noqa: PLC0415
    from bot.sync_api.client import SyncClient  # noqa: PLC0415

    async with httpx.AsyncClient() as http:
        client = SyncClient(http, base_url=stub_url, api_key="sk-benchmark")

        async def read_all(count: int) -> None:
            ids = [generation_id(number) for number in range(count)]
            for start in range(0, count, READ_AT_ONCE):
                some = ids[start : start + READ_AT_ONCE]
                known = await read_generations(client, some)
                assert known.keys() == set(some)

        await read_all(READ_AT_ONCE)
        gc.collect()
        before = time.process_time()
        await read_all(count)
        return time.process_time() - before


def generation_id(number: int) -> str:
    return f"busy-{number:08x}-6b1f-4f0e-9d2c-0123456789ab"


async def by_sdk(stub_url: str, count: int) -> float:
    from sync import AsyncSync  # noqa: PLC0415 - as above

    client = AsyncSync(base_url=stub_url, api_key="sk-benchmark")

    async def read_some(ids: Iterator[str]) -> None:
        for generation_id in ids:
            await client.generations.get(generation_id)

    async def read_all(count: int) -> None:
        ids = (generation_id(number) for number in range(count))
        await asyncio.gather(*(read_some(ids) for _ in range(READS_AT_ONCE)))

    await read_all(READS_AT_ONCE)
    gc.collect()
    before = time.process_time()
    await read_all(count)
    return time.process_time() - before


def main() -> None:
    way, stub_url, count, accounts = sys.argv[1:]
    ways = {
        "sdk": lambda: by_sdk(stub_url, int(count)),
        "lists": lambda: by_lists(stub_url, int(count)),
        "worker": lambda: by_worker(stub_url, int(count), int(accounts)),
    }
    print(json.dumps({"cpu_s": uvloop.run(ways[way]())}))


if __name__ == "__main__":
    main()
