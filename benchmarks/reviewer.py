"""One night held against sync.so's export: `python -m benchmarks.reviewer told|untold STUB_URL`.

`told`: the bill of each video has told its cost before; `untold`: the export is the first that tells of any.
Prints as JSON the processor seconds, the seconds and the requests to the export, and how many micro-dollars
the books then have too many or too few.
"""

import asyncio
import gc
import json
import sys
import time
from contextlib import AsyncExitStack

import uvloop
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.night import ACCOUNT, booked_night
from benchmarks.ours import connect, open_tools
from benchmarks.processes import counted
from benchmarks.usage_export import OTHERS, OURS, cost_usd
from bot.log import set_up_logging
from bot.steps.review import Reviews
from storage import ledger, listings, reviews


async def review(stub_url: str, *, told: bool) -> dict[str, float]:
    later_s = 0.0

    def clock() -> float:
        return time.time() + later_s

    async with AsyncExitStack() as stack:
        tools = await open_tools(stack, stub_url, f"{stub_url}/api/", clock=clock)
        await connect(tools, 1)
        await booked_night(tools.database, OURS, told=told)
        night = Reviews(tools)
        await night.turn()  # which only begins to look at the account
        async with tools.database.read() as conn:
            due_at = await reviews.next_due(conn)
        assert due_at is not None
        later_s = due_at - time.time()
        gc.collect()
        await asyncio.to_thread(counted, stub_url)
        began, cpu_began = time.perf_counter(), time.process_time()
        while await night.turn():
            pass
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        requests = await asyncio.to_thread(counted, stub_url)
        async with tools.database.read() as conn:
            wrong = await unexplained(conn)
    return {"cpu_s": cpu_s, "took_s": took_s, "requests": requests, "unexplained_micro_usd": wrong}


async def unexplained(conn: AsyncConnection) -> int:
    """What the books and the record have without each other; what is made elsewhere is told as a sum."""
    charged = sum(map(cost_usd, range(OURS)))
    elsewhere = sum(map(cost_usd, range(OURS, OURS + OTHERS)))
    booked = await ledger.overview(conn)
    [night] = await listings.nights(conn, [ACCOUNT], at_most=2)
    assert booked.sums_agree
    assert [night.number, booked.differences, booked.held_usd] == [OTHERS, 0, 0]
    return round((abs(charged - booked.spent_usd) + abs(elsewhere - night.usd)) * 10**6)


def main() -> None:
    bills, stub_url = sys.argv[1:]
    set_up_logging("WARNING")
    print(json.dumps(uvloop.run(review(stub_url, told=bills == "told"))), flush=True)


if __name__ == "__main__":
    main()
