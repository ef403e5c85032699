"""One crash run on one engine, from the first ask to the verdict."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bot.sandbox.ports import free_ports
from storage.columns import to_micro
from tests.crash.balancer import balanced
from tests.crash.board import Card, take_of
from tests.crash.books import audit_log, balanced_books
from tests.crash.doomed import Plan
from tests.crash.judge import Evidence, Made, Verdict, Video, judge
from tests.crash.people import Crowd
from tests.crash.replicas import Replicas
from tests.crash.timeline import Timelines
from tests.crash.world import World, change_moods, install, let_it_rain, opened

_AHEAD = 6
"""So many asks are always out before the kill that they are meant for: a kill should meet work."""
_QUIET_FOR_S = 2.0
_TOLD = 8
"""Violations that are told with their timelines."""


@dataclass(frozen=True, slots=True)
class Storm:
    """What a run is made of. The seed fixes what is chosen; how the machine interleaves it, nobody can."""

    jobs: int
    kills: int
    seed: int
    replicas: int = 1
    http: bool = False
    """Slack calls the app over signed HTTP through a load balancer; else each replica has a Socket Mode."""
    trouble: float = 0.10
    """The share of all calls, at sync.so and at Slack, that meet trouble."""
    lease_s: float = 30.0
    asked_within_s: float = 600.0
    """So long may it take until all is asked and all kills are done."""
    rest_within_s: float = 300.0
    """After everything works again, so long may it take until all jobs rest."""
    blind: bool = False
    """Every reply to a create call is lost, and so is the sight of what was made, until all works again."""
    new_keys: bool = False
    spoilt_books: bool = False
    bad_ends: float = 0.05
    """The share of generations that fail or are rejected."""


WAYS: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {},
    "postgresql": {"replicas": 3, "http": True},
}
"""How the app runs on each engine."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    storm: Storm
    engine: str
    verdict: Verdict
    kills: Counter[str]
    starts_failed: int
    troubles: int
    webhooks: int
    seconds: float
    timelines: Timelines

    @property
    def line(self) -> str:
        """The counts."""
        counts = " ".join(
            f"{name.replace(' ', '_')}={number}" for name, number in self.verdict.counts.items()
        )
        kills = ", ".join(f"{number} {how}" for how, number in sorted(self.kills.items()))
        return (
            f"{self.engine}: {counts} kills={self.kills.total()} ({kills}) "
            f"troubled_calls={self.troubles} webhooks={self.webhooks} failed_starts={self.starts_failed} "
            f"seed={self.storm.seed} seconds={self.seconds:.0f} violations={len(self.verdict.violations)}"
        )


async def weather(storm: Storm, database_url: str, folder: Path) -> Report:
    """Play a storm out, let everything heal, and judge."""
    engine = database_url.partition(":")[0]
    began = time.monotonic()
    chance = random.Random(f"{storm.seed} {engine} deaths")
    ports = free_ports(storm.replicas)
    async with (
        balanced(ports) as app_url,
        opened(
            folder,
            app_url=app_url,
            http=storm.http,
            share=storm.trouble,
            seed=storm.seed,
            blind=storm.blind,
        ) as world,
    ):
        settings = world.environment | {"DATABASE_URL": database_url}
        await install(settings)
        replicas = Replicas(
            [settings | {"PORT": str(port)} for port in ports],
            plan=Plan(lease_s=storm.lease_s, new_keys=storm.new_keys, spoilt_books=storm.spoilt_books),
            kills=storm.kills,
            chance=chance,
            folder=folder,
        )
        crowd = Crowd(world.slack, world.residents, world.media, seed=storm.seed)
        let_it_rain(world, storm.trouble, bad_ends=storm.bad_ends)
        async with during(replicas.keep_running()), during(crowd.answer_cards()):
            async with during(change_moods(world, chance)):
                await _ask_all(storm, crowd, replicas)
                await _until_paid(storm, world, crowd)
            world.clear_up()
            await replicas.calm_down()
            await until_at_rest(crowd, within_s=storm.rest_within_s)
            records = await evidence(world, crowd, database_url)
        verdict = judge(records)
        return Report(
            storm=storm,
            engine=engine,
            verdict=verdict,
            kills=replicas.ways,
            starts_failed=replicas.starts_failed,
            troubles=sum(each.struck.total() for each in world.weathers),
            webhooks=len(world.sync.state.records.webhooks),
            seconds=time.monotonic() - began,
            timelines=Timelines(world.slack, world.sync, replicas.kills, replicas.logs),
        )


async def _ask_all(storm: Storm, crowd: Crowd, replicas: Replicas) -> None:
    """Ask, keeping step with the kills, so that each of them meets work under way."""
    with suppress(TimeoutError):
        async with asyncio.timeout(storm.asked_within_s):
            async with asyncio.TaskGroup() as asking:
                for tag in range(storm.jobs):
                    await replicas.until_killed((tag - _AHEAD) * storm.kills // storm.jobs)
                    asking.create_task(crowd.ask(tag))
                    await asyncio.sleep(0.05)
            await replicas.until_killed(storm.kills)


async def _until_paid(storm: Storm, world: World, crowd: Crowd) -> None:
    """Keep the weather until as much is at sync.so as is under way: trouble should meet the create calls.

    And in the dark until something was sent again: before, nothing could be paid twice.
    """
    until = time.monotonic() + storm.asked_within_s
    while not _is_paid(storm, world, crowd):
        if time.monotonic() > until:
            click.echo(f"not all is paid: {_restless(crowd)}")
            return
        await asyncio.sleep(0.5)


def _is_paid(storm: Storm, world: World, crowd: Crowd) -> bool:
    if storm.blind and not world.sent_again:
        return False
    # A job whose card was posted twice is one job all the same.
    jobs = {each.job or each.tag if isinstance(each, Card) else each for each in _restless(crowd)}
    return len(world.sync.state.generations) >= len(jobs)


def _restless(crowd: Crowd) -> list[Card | int]:
    """The cards that will change, and the asks that will have a card."""
    return [*crowd.moving(), *crowd.answering(), *crowd.unseen()]


async def until_at_rest(crowd: Crowd, *, within_s: float) -> None:
    """Wait for the cards to stop changing; what still moves afterwards is for the judge."""
    until = time.monotonic() + within_s
    quiet_since = time.monotonic()
    while True:
        if restless := _restless(crowd):
            quiet_since = time.monotonic()
        if time.monotonic() - quiet_since > _QUIET_FOR_S:
            return
        if time.monotonic() > until:
            click.echo(f"no rest: {restless}")
            return
        await asyncio.sleep(0.5)


async def evidence(world: World, crowd: Crowd, database_url: str) -> Evidence:
    """What is there to judge, while the app still runs: it has to ask for what all did cost."""
    books = await balanced_books(database_url)
    shares = world.slack.records().shares
    return Evidence(
        asks=crowd.asks(),
        cards=crowd.cards(),
        presses=crowd.presses(),
        generations=[
            _made(each.id, each.output_name, each.status, to_micro(each.charged_usd))
            for each in world.sync.state.generations.values()
        ],
        books=books,
        log=await audit_log(database_url),
        refused=world.refused,
        videos=[
            Video(each.channel, each.thread_ts or each.ts, take_of(each.file.name))
            for each in shares
            if each.by_bot
        ],
    )


@asynccontextmanager
async def during(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something beside the block and stop it afterwards; should it break, the block breaks with it."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(work)
        yield
        task.cancel()


def _made(generation_id: str, output_name: str | None, status: str, billed: int) -> Made:
    """A job is its order's part: the output's name begins as its clip's and ends with both."""
    take, order, part = ("--" + (output_name or "")).rsplit("-", 2)
    return Made(generation_id, order, status, billed, part, take_of(take))


def tell(verdict: Verdict, timelines: Timelines) -> None:
    """Print what was broken, the first of it with all that is known of the jobs concerned."""
    for violation in verdict.violations[:_TOLD]:
        for line in timelines.of(violation):
            click.echo(line)
    for violation in verdict.violations[_TOLD:]:
        click.echo(f"{violation.what} (job {violation.job}, ask {violation.tag})")
