"""A few jobs from their ask to their end, by two replicas on one database, beside one trouble."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.sandbox.ports import free_ports
from tests.crash.balancer import balanced
from tests.crash.doomed import Plan
from tests.crash.judge import Verdict, judge
from tests.crash.people import Crowd
from tests.crash.replicas import Replicas
from tests.crash.run import during, evidence, tell, until_at_rest
from tests.crash.timeline import Timelines
from tests.crash.world import install, opened

LEASE_S = 2.0
ASKS = 10
SEED = 3
BRIEF = Plan(lease_s=LEASE_S)
RHYTHM = (0.4, 3.0, 4.0)
"""Of a heart that beats quicker than the product's, so that a stop of some seconds is a long one."""
Trouble = Callable[[Replicas], Coroutine[Any, Any, None]]


async def lived(
    folder: Path,
    url: str,
    trouble: Trouble,
    *,
    http: bool,
    plan: Plan = BRIEF,
    each: Sequence[Mapping[str, str]] = ({}, {}),
) -> Verdict:
    """Live through it, and be judged; `each`: what is set for one of the two replicas alone."""
    ports = free_ports(len(each))
    async with (
        balanced(ports) as app_url,
        opened(folder, app_url=app_url, http=http, share=0.0, seed=SEED) as world,
    ):
        settings = world.environment | {"DATABASE_URL": url}
        await install(settings)
        replicas = Replicas(
            [{**settings, "PORT": str(port), **own} for port, own in zip(ports, each, strict=True)],
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
            verdict = judge(await evidence(world, crowd, url))
        tell(verdict, Timelines(world.slack, world.sync, replicas.kills, replicas.logs))
        return verdict


async def nothing_more(_replicas: Replicas) -> None:
    """The processes themselves are the trouble."""


def told_by_the_apps(folder: Path) -> str:
    """All that they logged."""
    return "".join(log.read_text() for log in folder.glob("app-*.log"))
