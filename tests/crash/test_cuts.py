"""A database that is killed, a replica cut off from it alone, clocks that jump: nobody pays twice."""

import asyncio
import tempfile
from pathlib import Path

import pytest

from tests.crash.doomed import CLOCK, Plan
from tests.crash.line import line_to
from tests.crash.lived import ASKS, LEASE_S, RHYTHM, lived, told_by_the_apps
from tests.crash.replicas import Replicas
from tests.postgres import PostgresServer, running_postgres

LIVELY = Plan(lease_s=LEASE_S, rhythm=RHYTHM)
JUMP_S = 200.0
"""Further than any lease; as far as a signature is taken that is too old, or from ahead."""


async def test_a_database_server_that_is_killed_and_comes_back_has_lost_nothing(tmp_path: Path) -> None:
    with running_postgres() as server:

        async def kill(_replicas: Replicas) -> None:
            for _ in range(3):
                await asyncio.sleep(2.5)
                await asyncio.to_thread(server.kill)
                await asyncio.sleep(1.0)
                await asyncio.to_thread(server.start)

        verdict = await lived(tmp_path, await server.new_database(), kill, http=True, plan=LIVELY)
    assert verdict.violations == []
    assert verdict.counts["videos"] >= ASKS // 2


async def test_a_replica_that_was_cut_off_from_the_database_comes_back_late_to_what_others_have_done(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = await postgres.new_database()
    with tempfile.TemporaryDirectory(prefix="line-", dir="/tmp") as folder:
        async with line_to(url, Path(folder)) as (line, far_url):

            async def cut(_replicas: Replicas) -> None:
                for pause_s in (3.0, 2.0):
                    await asyncio.sleep(pause_s)
                    line.cut()
                    await asyncio.sleep(RHYTHM[2] + 3.0)
                    line.mend()

            own: tuple[dict[str, str], ...] = ({"DATABASE_URL": far_url}, {})
            verdict = await lived(tmp_path, url, cut, http=False, plan=LIVELY, each=own)
    assert verdict.violations == []
    assert verdict.counts["videos"] >= ASKS // 2
    assert "its work is taken over" in await asyncio.to_thread(told_by_the_apps, tmp_path)


@pytest.mark.parametrize("alone", [True, False], ids=["one replica's", "everybody's"])
async def test_a_clock_that_jumps_forth_and_back_pays_and_posts_nothing_twice(
    tmp_path: Path, postgres: PostgresServer, *, alone: bool
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")

    async def jump(_replicas: Replicas) -> None:
        for ahead_s in (JUMP_S, -JUMP_S, JUMP_S, 0.0):
            await asyncio.sleep(2.5)
            clock.write_text(str(ahead_s))

    own = ({CLOCK: str(clock)}, {} if alone else {CLOCK: str(clock)})
    verdict = await lived(tmp_path, await postgres.new_database(), jump, http=True, plan=LIVELY, each=own)
    assert verdict.violations == []
    assert verdict.counts["videos"] >= ASKS // 2
