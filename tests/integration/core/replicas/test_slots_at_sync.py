"""The account's limit, counted where it counts: at the sandbox's sync.so, with three replicas."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.app import new_id, worker_of
from bot.asking.asks import Asker
from bot.asking.drafts import Prepared, PreparedInput
from bot.sandbox.fake_sync import CREATOR, HOBBYIST, Org
from bot.steps.reprice import Reprice
from bot.steps.settle import Settle
from bot.steps.submit import Submit
from bot.teams.accounts import Accounts, OwnKey
from bot.worker import Lane, Worker, claim_cards, claim_polls, claim_prices, claim_slots
from storage import leases
from storage.cards import Card
from storage.database import open_database
from storage.jobs import Job, JobStatus
from storage.orders import OrderStatus
from storage.standing import Standing
from tests.integration.core.world import KEY, SOUTH_KEY, World
from tests.integration.fake_slack.harness import NORTH, SOUTH
from tests.integration.fake_sync.service import Service, running

LIMIT = CREATOR.concurrency
NORTHS, SOUTHS = Org("org_north", "North", CREATOR), Org("org_south", "South", HOBBYIST)
PATIENCE_S = 60
REPLICAS = 3


@pytest.fixture
async def sync_so(tmp_path: Path) -> AsyncIterator[Service]:
    """Two accounts; a generation takes a moment."""
    folder = tmp_path / "sync"
    folder.mkdir()
    async with running(folder, orgs={KEY: NORTHS, SOUTH_KEY: SOUTHS}, processing_s=0.3) as service:
        yield service


@dataclass
class Replicas:
    """Workers of several processes, as far as a database can tell, and the work that they have."""

    there: World
    service: Service
    accounts: Accounts
    bodies: dict[str, dict[str, Any]]
    shown_usd: Decimal = Decimal(5)
    """What the cards showed, and people said yes to."""

    async def queue(self, team: str, user: str, count: int = 1) -> list[Job]:
        """Jobs that somebody has said yes to."""
        return [await self._queued(team, user) for _ in range(count)]

    async def _queued(self, team: str, user: str) -> Job:
        name = new_id()
        body = self.bodies[team] | {"outputFileName": name}
        return await self.there.queued(
            team_id=team,
            user_id=user,
            account_key=await self.accounts.key_of_team(None, team),
            idempotency_key=name,
            request_body=json.dumps(body),
            confirmed_at=time.time(),
            due_at=time.time(),
            estimate_usd=self.shown_usd,
            prepared=_where(body["input"]).model_dump_json(),
        )

    async def until_made(self, waiting: list[Job]) -> None:
        """Wait until sync.so has made them all."""
        async with asyncio.timeout(PATIENCE_S):
            for job in waiting:
                while (await self.there.now(job)).status is not JobStatus.DELIVERING:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    async def records(self) -> dict[str, Any]:
        records: dict[str, Any] = await self.service.customer(KEY).records()
        return records

    async def most_at_once(self, org: Org) -> int:
        """How many generations of the account sync.so had under way at any moment."""
        made = [each for each in (await self.records())["generations"] if each["org_id"] == org.id]
        begun = [(each["created_at"], 1) for each in made]
        ended = [(each["ended_at"], -1) for each in made if each["ended_at"] is not None]
        under_way = most = 0
        for _, change in sorted(begun + ended):
            under_way += change
            most = max(most, under_way)
        return most

    async def refused(self) -> list[str]:
        """The codes with which sync.so refused a create call."""
        return [each["code"] for each in (await self.records())["creates"] if each["outcome"] == "refused"]


@pytest.fixture
async def replicas(there: World, sync_so: Service, url: str) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30))
        accounts = Accounts(
            there.tools.teams,
            there.keys,
            http,
            base_url=sync_so.base_url,
            own=OwnKey(KEY, NORTH.id, for_all=True),
            clock=time.time,
            elapsed=time.time,
        )
        bodies = {
            NORTH.id: await sync_so.customer(KEY).job(),
            SOUTH.id: await sync_so.customer(SOUTH_KEY).job(),
        }
        for _ in range(REPLICAS):
            await stack.enter_async_context(_working(there, accounts, url))
        yield Replicas(there, sync_so, accounts, bodies)


@asynccontextmanager
async def _working(there: World, accounts: Accounts, url: str) -> AsyncIterator[None]:
    """One more process on the same database, with the lanes between a yes and the finished generation."""
    async with open_database(url, patience_s=30) as database:
        tools = replace(there.tools, database=database, accounts=accounts, clock=time.time)
        queued, processing = frozenset({JobStatus.QUEUED}), frozenset({JobStatus.PROCESSING})
        lanes = [
            Lane("reprice", queued, claim_prices, Reprice(tools), 24, opens_at=Standing.opens_to_price_at),
            Lane("submit", queued, claim_slots, Submit(tools), at_once=12, opens_at=Standing.opens_at),
            Lane("settle", processing, claim_polls, Settle(tools), at_once=1),
        ]
        cards = Lane("cards", frozenset(), claim_cards, _show_nothing, at_once=1, lease=leases.CARDS)
        worker = worker_of(tools, lanes, cards)
        tasks = [asyncio.create_task(worker.run()), asyncio.create_task(database.listen(worker.wake))]
        waking = asyncio.create_task(_wake_often(worker))
        yield
        for task in (*tasks, waking):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await worker.stop(within_s=5)


def _where(inputs: list[dict[str, str]]) -> Prepared:
    """Where sync.so finds a video and a sound."""
    video, audio = (PreparedInput(asset_id=each["assetId"]) for each in inputs)
    return Prepared(video=video, audio=audio)


async def _show_nothing(_cards: list[Card]) -> None:
    return


async def _wake_often(worker: Worker) -> None:
    """What handlers, webhooks and other replicas do all the time; it also has the claims meet."""
    while True:
        await asyncio.sleep(0.1)
        worker.wake()


async def test_three_replicas_together_keep_to_the_limit_and_use_it(replicas: Replicas) -> None:
    waiting = [job for user in ("U1", "U2", "U3") for job in await replicas.queue(NORTH.id, user, 4)]

    await replicas.until_made(waiting)

    assert await replicas.most_at_once(NORTHS) == CREATOR.concurrency
    assert await replicas.refused() == []
    assert len((await replicas.records())["generations"]) == len(waiting)


async def test_the_full_line_of_one_account_does_not_delay_anothers_job(replicas: Replicas) -> None:
    full = await replicas.queue(SOUTH.id, "U1", 6)
    await asyncio.sleep(0.3)

    began = time.monotonic()
    await replicas.until_made(await replicas.queue(NORTH.id, "U2"))

    took_s = time.monotonic() - began
    left = [job for job in full if (await replicas.there.now(job)).status is JobStatus.QUEUED]
    assert left, "the line was still full"
    assert took_s < 10
    assert await replicas.most_at_once(SOUTHS) == HOBBYIST.concurrency


async def test_a_limit_that_is_lowered_meanwhile_is_learnt_from_one_refusal_and_kept_to(
    replicas: Replicas,
) -> None:
    first = await replicas.queue(NORTH.id, "U1", CREATOR.concurrency)
    await replicas.until_made(first)
    replicas.service.fake.faults.set("concurrency_lowered", limit=1)

    later = await replicas.queue(NORTH.id, "U1", 4)
    await replicas.until_made(later)

    refused = await replicas.refused()
    assert set(refused) <= {"concurrency_limit_reached"}
    assert len(refused) < CREATOR.concurrency, "no more than were under way when it was lowered"


async def test_three_replicas_offer_each_dearer_job_anew_once_and_buy_none(replicas: Replicas) -> None:
    replicas.shown_usd = Decimal("0.06")
    waiting = [job for user in ("U1", "U2") for job in await replicas.queue(NORTH.id, user, 4)]

    async with asyncio.timeout(PATIENCE_S):
        for job in waiting:
            while (await replicas.there.now(job)).status is not JobStatus.CANCELLED:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    offered = []
    for user in ("U1", "U2"):
        offered += await replicas.there.orders_of(Asker(None, NORTH.id, user))
    new = [job for job in offered if job.status is OrderStatus.OFFERED]
    assert len(new) == len(waiting)
    assert {job.accepted_usd for job in new} == {Decimal("0.06")}
    assert all(job.offer_usd and job.offer_usd > Decimal("0.06") for job in new)
    assert (await replicas.records())["generations"] == []


async def test_an_account_whose_prices_do_not_come_holds_up_no_other(replicas: Replicas) -> None:
    replicas.service.fake.faults.set("slow_answer", times=1, route="estimate", seconds=29.0)
    (slow,) = await replicas.queue(SOUTH.id, "U1")
    await asyncio.sleep(0.5)

    await replicas.until_made(await replicas.queue(NORTH.id, "U2", 3))

    assert (await replicas.there.now(slow)).status is JobStatus.QUEUED
