"""Homes that people open, whole: `python -m benchmarks.home_opener DATABASE_URL STUB_URL`.

Each line on its standard input, `{"count": N}`, has so many people open theirs, one after the other, each for
the first time; the answer is one line with the seconds that each took, from what Slack tells to what it is
given.
"""

import json
import sys
import time
from contextlib import AsyncExitStack
from decimal import Decimal
from random import Random

import aiohttp
import uvloop
from pydantic import SecretStr

from benchmarks.history import PEOPLE, team_id, user_id
from benchmarks.seeds import installation
from bot import app
from bot.asking.asks import Asker
from bot.lanes import card_lane
from bot.log import set_up_logging
from bot.settings import Settings
from bot.slack import Slack
from bot.steps.tools import Tools
from bot.use_cases.homes import Homes
from storage import card_store
from storage.encryption import new_key
from storage.leases import LEASE_S

TEAMS = 20
"""That open theirs; there may be more."""


async def open_tools(stack: AsyncExitStack, database_url: str, stub_url: str) -> Tools:
    """What the app opens, over a database that is there."""
    settings = Settings(
        database_url=database_url,
        sync_api_key=SecretStr("sk-benchmark"),
        sync_key_for_all_teams=True,
        encryption_keys=(SecretStr(new_key()),),
        sync_api_url=stub_url,
        slack_api_url=f"{stub_url}/api/",
    )
    slack = Slack(await stack.enter_async_context(aiohttp.ClientSession()), base_url=settings.slack_api_url)
    return await app.open_tools(stack, settings, slack, clock=time.time, own_team=team_id(0))


class Opener:
    """Everybody opens theirs but once: there are 400 of them, in each history."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._homes = Homes(tools.database, tools.teams, clock=tools.clock, wake=lambda: None)
        self._lane = card_lane(tools, ask_again_from_usd=Decimal(10))
        people = [(team, person) for team in range(TEAMS) for person in range(PEOPLE)]
        Random(7).shuffle(people)
        self._people = iter(people)
        self._installed: set[int] = set()

    async def open(self) -> tuple[float, float]:
        """Seconds by the clock, and of the processor."""
        team, person = next(self._people)
        if team not in self._installed:
            await self._tools.teams.save(installation(team_id(team)))
            self._installed.add(team)
        began, worked = time.perf_counter(), time.process_time()
        await self._homes.open(Asker(None, team_id(team), user_id(team, person)))
        async with self._tools.database.write() as conn:
            now = self._tools.clock()
            held = await card_store.claim_cards(conn, now=now, lease_s=LEASE_S, token=self._tools.new_token())
        assert len(held) == 1
        await self._lane.step(held)
        return time.perf_counter() - began, time.process_time() - worked


async def main() -> None:
    database_url, stub_url = sys.argv[1:]
    set_up_logging("WARNING")
    async with AsyncExitStack() as stack:
        opener = Opener(await open_tools(stack, database_url, stub_url))
        print("ready", flush=True)
        for line in sys.stdin:
            took = [await opener.open() for _ in range(json.loads(line)["count"])]
            took_s, cpu_s = zip(*took, strict=True)
            print(json.dumps({"took_s": took_s, "cpu_s": cpu_s}), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
