"""Somebody objects while people press and jobs are sent, by several processes, on both engines."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.app import new_id, services_of
from bot.messages.objection import OBJECTED
from bot.services import Services
from bot.steps.submit import Submit
from bot.steps.tools import Tools
from bot.use_cases.confirmation import Confirmation
from storage import objections
from storage.consents import Objected
from storage.database import open_database
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.test_objections import (
    ADA_ASKS,
    BEN_SAYS,
    CREATE,
    LIST,
    held,
    offered,
    queued,
    shows,
)
from tests.integration.core.world import World, generation


@pytest.fixture
async def replicas(there: World, url: str) -> AsyncIterator[list[Tools]]:
    """Two processes on one database."""
    there.sync.get(LIST).respond(json=[])
    there.sync.post(CREATE).respond(201, json=generation())
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(open_database(url, patience_s=60)) for _ in range(2)]
        yield [replace(there.tools, database=database, new_id=new_id) for database in opened]


def _services(tools: Tools) -> Services:
    return services_of(tools, wake=lambda: None, public_url=None)


async def _begun(there: World) -> Job:
    """A job whose turn has come, as its worker holds it."""
    job = await queued(there)
    (claimed,) = await there.claim(job)
    return claimed


async def test_a_yes_a_send_and_an_objection_at_once(there: World, replicas: list[Tools]) -> None:
    """What is sent is sent once and finished; all else ends and holds no money, or was refused."""
    first, second = map(_services, replicas)
    jobs = [await _begun(there) for _ in range(3)]
    offers = [await shows(there, await offered(there)) for _ in range(3)]

    async def press(order: Order) -> Confirmation | None:
        try:
            return await second.orders.confirm(order.id, "e1", ADA_ASKS)
        except Objected:
            return None

    await asyncio.gather(
        *(Submit(replicas[1])([job]) for job in jobs),
        first.objections.object(offers[0].id, BEN_SAYS),
        *map(press, offers),
        second.objections.object(offers[1].id, BEN_SAYS),
    )
    for order in offers:  # what the objection has missed, it is too late for when it is to be sent
        for job in (await there.state(order)).jobs:
            if job.status is JobStatus.QUEUED:
                await Submit(replicas[0])(await there.claim(await there.change(job, priced_at=there.clock())))

    rows: list[Job | Order] = [*jobs, *offers]
    came = Counter([await _became(there, row) for row in rows])
    assert set(came) <= {"sent", "ended", "refused"}
    assert len(there.sent(CREATE)) == came["sent"]
    async with there.db.read() as conn:
        assert await objections.stands(conn, BEN_SAYS)


async def _became(there: World, row: Job | Order) -> str:
    state = await there.state(row)
    is_held = await held(there, state.order.id) > 0
    if state.order.status is OrderStatus.OFFERED:
        assert not is_held
        return "refused"
    (job,) = state.jobs
    if job.status is JobStatus.PROCESSING:
        assert is_held
        return "sent"
    assert (job.status, job.failure_code, is_held) == (JobStatus.CANCELLED, OBJECTED, False)
    return "ended"
