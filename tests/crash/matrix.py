"""kill -9 before and after every commit and every outside call of jobs' whole lives, each once."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.ports import free_ports
from tests.crash.balancer import balanced
from tests.crash.doomed import POINTS, Plan, Point
from tests.crash.judge import judge
from tests.crash.people import Crowd
from tests.crash.replicas import Replicas
from tests.crash.run import Report, Storm, during, evidence, until_at_rest
from tests.crash.timeline import Timelines
from tests.crash.world import World, install, opened

_NEVER_SENT = 0.4
"""So many webhooks never come: these jobs live by polls."""


_WAITS = "commit: wait < Confirmed._go_on < confirmed"
"""Who said yes before the files were there is waiting for them."""
MATRIX_LEASE_S = 1.5
"""What a dead process held is free so soon; nothing but a very busy machine makes a call here last longer."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """What came of it, and where the processes died."""

    report: Report
    deaths: tuple[str, ...]
    """`point: site`, in the order of time."""


async def matrix(
    storm: Storm, database_url: str, folder: Path, *, points: tuple[Point, ...] = POINTS
) -> Matrix:
    """Let jobs live in fair weather, with a death at every point of every site that they come by.

    A site is passed by nobody before a process has died there, so that few jobs find them all.
    """
    began = time.monotonic()
    ledger = folder / "deaths"
    ledger.parent.mkdir(parents=True, exist_ok=True)
    ledger.touch()
    ports = free_ports(storm.replicas)
    async with (
        balanced(ports) as app_url,
        opened(folder, app_url=app_url, http=storm.http, share=0.0, seed=storm.seed) as world,
    ):
        settings = world.environment | {"DATABASE_URL": database_url}
        await install(settings)
        world.sync.faults.set("webhook_never", share=_NEVER_SENT)
        world.sluice.shut()
        # One of several stays away for a while: mostly the others take over what it held.
        rest_s = 0.5 if storm.replicas > 1 else 0.0
        plan = Plan(storm.lease_s, ledger=str(ledger), points=points, rest_s=rest_s)
        replicas = Replicas(
            [settings | {"PORT": str(port)} for port in ports],
            plan=plan,
            kills=0,
            chance=random.Random(storm.seed),
            folder=folder,
        )
        crowd = Crowd(world.slack, world.residents, world.media, seed=storm.seed)
        async with (
            during(replicas.keep_running()),
            during(crowd.answer_cards()),
            during(_let_long_files_come(world, ledger)),
        ):
            async with asyncio.timeout(storm.asked_within_s), asyncio.TaskGroup() as asking:
                for tag in range(storm.jobs):
                    asking.create_task(crowd.ask(tag))
            await until_at_rest(crowd, within_s=storm.rest_within_s)
            records = await evidence(world, crowd, database_url)
        deaths = tuple(ledger.read_text().splitlines())
        report = Report(
            storm=storm,
            engine=database_url.partition(":")[0],
            verdict=judge(records),
            kills=Counter(death.partition(":")[0] for death in deaths),
            starts_failed=replicas.starts_failed,
            troubles=0,
            webhooks=len(world.sync.state.records.webhooks),
            seconds=time.monotonic() - began,
            timelines=Timelines(world.slack, world.sync, replicas.kills, replicas.logs),
        )
        return Matrix(report, deaths)


async def _let_long_files_come(world: World, ledger: Path) -> None:
    """As soon as a process has died while somebody's yes waited for such a file."""
    while _WAITS not in ledger.read_text():  # noqa: ASYNC110, ASYNC240 - other processes write it
        await asyncio.sleep(0.1)
    world.sluice.open()
