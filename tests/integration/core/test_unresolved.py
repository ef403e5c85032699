"""What nobody knows the end of: a person has it looked at again, or gives it up."""

import pytest

from bot.asking.asks import Asker
from bot.teams.rights import Forbidden
from bot.use_cases.unresolved import Unresolved
from storage.jobs import JobStatus
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH

ADA_ASKS, BEN_ASKS = Asker(None, NORTH.id, ADA), Asker(None, NORTH.id, BEN)


@pytest.fixture
def unresolved(there: World) -> Unresolved:
    return Unresolved(there.tools, wake=lambda: there.woken.append(there.clock()))


async def test_a_second_look_makes_the_job_due(there: World, unresolved: Unresolved) -> None:
    job = await there.job(JobStatus.UNRESOLVED)

    await unresolved.look_again(job, await there.order_of(job), ADA_ASKS)

    assert (await there.now(job)).due_at == there.clock()
    assert there.woken


async def test_giving_up_ends_only_what_is_still_unresolved(there: World, unresolved: Unresolved) -> None:
    job = await there.job(JobStatus.UNRESOLVED)

    order = await there.order_of(job)
    assert await unresolved.give_up(job, order, ADA_ASKS)
    assert there.woken
    assert not await unresolved.give_up(job, order, ADA_ASKS)

    now = await there.now(job)
    assert (now.status, now.failure_code) == (JobStatus.FAILED, "given_up")


async def test_nobody_else_gives_it_up(there: World, unresolved: Unresolved) -> None:
    job = await there.job(JobStatus.UNRESOLVED)

    with pytest.raises(Forbidden):
        await unresolved.give_up(job, await there.order_of(job), BEN_ASKS)

    assert (await there.now(job)).status is JobStatus.UNRESOLVED
