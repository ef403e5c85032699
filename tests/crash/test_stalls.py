"""Replicas that stand still for longer than their leases, and a database server that goes and comes back."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.ports import free_ports
from tests.crash.balancer import balanced
from tests.crash.doomed import Plan
from tests.crash.judge import Verdict, judge
from tests.crash.people import Crowd
from tests.crash.replicas import Replicas
from tests.crash.run import during, evidence, tell, until_at_rest
from tests.crash.timeline import Timelines
from tests.crash.world import install, opened
from tests.postgres import PostgresServer, running_postgres

LEASE_S = 2.0
ASKS = 10
SEED = 3
HALF_A_MINUTE_S = 31.0
BRIEF = Plan(lease_s=LEASE_S)
Trouble = Callable[[Replicas], Coroutine[Any, Any, None]]


async def lived(folder: Path, url: str, trouble: Trouble, *, http: bool, plan: Plan = BRIEF) -> Verdict:
    """A few jobs from their ask to their end, by two replicas on one database, beside some trouble."""
    ports = free_ports(2)
    async with (
        balanced(ports) as app_url,
        opened(folder, app_url=app_url, http=http, share=0.0, seed=SEED) as world,
    ):
        settings = world.environment | {"DATABASE_URL": url}
        await install(settings)
        replicas = Replicas(
            [settings | {"PORT": str(port)} for port in ports],
            plan=plan,
            kills=0,
            chance=random.Random(SEED),
            folder=folder,
        )
        crowd = Crowd(world.slack, world.residents, world.media, seed=SEED)
        async with during(replicas.keep_running()), during(crowd.answer_cards()):
            async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
                tasks.create_task(trouble(replicas))
                for tag in range(ASKS):
                    tasks.create_task(crowd.ask(tag))
            await until_at_rest(crowd, within_s=60)
            verdict = judge(evidence(world, crowd))
        tell(verdict, Timelines(world.slack, world.sync, replicas.kills, replicas.logs))
        return verdict


async def stand_still_in_turns(replicas: Replicas) -> None:
    """Each process for longer than a lease, in the middle of whatever it is at."""
    await asyncio.sleep(3.0)
    for _ in range(3):
        for pid in replicas.pids:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(LEASE_S * 1.5)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.3)


async def test_who_stood_still_and_lost_the_lease_pays_and_posts_nothing_twice(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    verdict = await lived(tmp_path, await postgres.new_database(), stand_still_in_turns, http=False)
    assert verdict.violations == []
    assert verdict.counts["videos"] >= ASKS // 2


STOPS = (
    "after commit: Tools.move < Submit._use_slot",  # before it looks at its heart
    "before call: POST /v2/generate",  # behind its last look: the key makes it one generation
    "after call: POST /v2/generate",
    "after commit: Tools.save < Deliver._upload",
    "before call: POST /api/files.completeUploadExternal",
    "after call: POST /api/files.completeUploadExternal",
)
RHYTHM = (0.4, 3.0, 4.0)
"""Of a heart that beats quicker than the product's, so that a stop of some seconds is a long one."""


@pytest.mark.parametrize("site", STOPS[1::2])
async def test_who_stood_still_in_mid_create_or_mid_share_finds_its_work_done_once_by_another(
    tmp_path: Path, postgres: PostgresServer, site: str
) -> None:
    verdict, logs = await stood_still(tmp_path, postgres, (site,), stop_s=8.0)
    assert verdict.violations == []
    assert verdict.counts["videos"] >= ASKS // 2
    assert "its work is taken over" in logs


async def test_who_stood_still_for_less_than_a_silence_goes_on_itself(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    verdict, logs = await stood_still(tmp_path, postgres, STOPS, stop_s=1.0)
    assert verdict.violations == []
    assert verdict.counts["videos"] >= ASKS // 2
    assert "its work is taken over" not in logs


async def stood_still(
    folder: Path, postgres: PostgresServer, sites: tuple[str, ...], *, stop_s: float
) -> tuple[Verdict, str]:
    """Some process stands still at each of these points, once; also what the processes told."""
    stops = folder / "stops"
    stops.touch()
    plan = Plan(lease_s=90.0, stops=str(stops), stop_at=sites, stop_s=stop_s, rhythm=RHYTHM)
    verdict = await lived(folder, await postgres.new_database(), nothing_more, http=False, plan=plan)
    told = await asyncio.to_thread(told_by_the_apps, folder)
    assert sorted((await asyncio.to_thread(stops.read_text)).splitlines()) == sorted(sites)
    return verdict, told


def told_by_the_apps(folder: Path) -> str:
    return "".join(log.read_text() for log in folder.glob("app-*.log"))


async def nothing_more(_replicas: Replicas) -> None:
    """The processes themselves are the trouble."""


@asynccontextmanager
async def own_postgres() -> AsyncIterator[tuple[PostgresServer, str]]:
    with running_postgres() as server:
        yield server, await server.new_database()


async def test_jobs_outlive_a_database_server_that_stops_and_one_that_is_silent(tmp_path: Path) -> None:
    async with own_postgres() as (server, url):

        async def go_away(_replicas: Replicas) -> None:
            await asyncio.sleep(4.0)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(HALF_A_MINUTE_S)
            await asyncio.to_thread(server.start)
            await asyncio.sleep(2.0)
            silent = await server.processes()
            for pid in silent:
                os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(5.0)
            for pid in silent:
                os.kill(pid, signal.SIGCONT)

        verdict = await lived(tmp_path, url, go_away, http=True)
    assert verdict.violations == []
    assert verdict.counts["videos"] >= ASKS // 2
