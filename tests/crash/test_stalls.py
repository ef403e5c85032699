"""Replicas that stand still for longer than their leases, and a database server that goes and comes back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.crash.doomed import Plan
from tests.crash.judge import Verdict
from tests.crash.lived import ASKS, LEASE_S, RHYTHM, lived, nothing_more, told_by_the_apps
from tests.crash.replicas import Replicas
from tests.postgres import PostgresServer, running_postgres

HALF_A_MINUTE_S = 31.0


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
    "after commit: Submit._use_slot < Submit._make_ready",  # before it looks at its heart
    "before call: POST /v2/generate",  # behind its last look: the key makes it one generation
    "after call: POST /v2/generate",
    "after commit: Tools.save < Deliver._upload",
    "before call: POST /api/files.completeUploadExternal",
    "after call: POST /api/files.completeUploadExternal",
)


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
