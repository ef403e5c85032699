"""What nobody and nothing finishes ends in a clear state, and can be taken up again by a click."""

import pytest

from bot.asking.asks import Asker
from bot.messages.ids import Action
from bot.steps.settle import Settle
from bot.steps.submit import Submit
from bot.steps.trouble import GIVEN_TIME_S
from bot.use_cases.unresolved import Unresolved
from storage.jobs import Job, JobStatus
from tests.integration.core.world import World, error, generation
from tests.integration.fake_slack.harness import ADA, NORTH
from tests.unit.messages.builders import a_card

LIST = "/v2/generations"


@pytest.fixture
def unresolved(there: World) -> Unresolved:
    return Unresolved(there.tools, wake=lambda: None)


async def stuck(there: World) -> Job:
    began = there.clock() - GIVEN_TIME_S - 1
    return await there.job(
        JobStatus.PROCESSING, generation_id="gen-1", generation_status="PENDING", submitted_at=began
    )


@pytest.fixture
def _unknown_there(there: World) -> None:
    """sync.so's list does not show the generation, nor is it known by its own id."""
    there.sync.get(LIST).respond(json=[])
    there.sync.get("/v2/generate/gen-1").mock(return_value=error(404, "generation_not_found"))


async def test_a_generation_that_never_ends_is_put_before_a_person(there: World) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "PENDING")])

    job = await there.run(Settle(there.tools), await stuck(there))

    assert (job.status, job.failure_code, job.due_at) == (JobStatus.UNRESOLVED, "generation_stuck", None)
    words = a_card(await there.state(job))
    assert "sync.so has not finished this video" in words.text
    assert {button["action_id"] for button in words.blocks[-1]["elements"]} == {Action.CHECK, Action.GIVE_UP}


@pytest.mark.usefixtures("_unknown_there")
async def test_a_generation_that_sync_no_longer_shows_is_not_taken_for_one_that_takes_long(
    there: World,
) -> None:
    job = await there.run(Settle(there.tools), await stuck(there))

    assert (job.status, job.failure_code, job.due_at) == (JobStatus.UNRESOLVED, "sync_unavailable", None)
    assert "I do not know what became of this video" in a_card(await there.state(job)).text


async def test_a_generation_that_ended_at_last_is_delivered_however_late(there: World) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "COMPLETED")])

    job = await there.run(Settle(there.tools), await stuck(there))

    assert job.status is JobStatus.DELIVERING


@pytest.mark.usefixtures("_unknown_there")
async def test_looking_again_reads_the_same_generation_and_sends_nothing(
    there: World, unresolved: Unresolved
) -> None:
    job = await there.run(Settle(there.tools), await stuck(there))

    await unresolved.look_again(job, await there.order_of(job), Asker(None, NORTH.id, ADA))
    job = await there.run(Submit(there.tools), await there.now(job))

    assert (job.status, job.generation_id) == (JobStatus.PROCESSING, "gen-1")
    assert there.sent("/v2/generate") == []


@pytest.mark.usefixtures("_unknown_there")
async def test_giving_up_ends_it_and_says_what_may_have_been_charged(
    there: World, unresolved: Unresolved
) -> None:
    job = await there.run(Settle(there.tools), await stuck(there))
    ada = Asker(None, NORTH.id, ADA)
    assert await unresolved.give_up(job, await there.order_of(job), ada)

    ended = await there.now(job)
    assert (ended.status, ended.failure_code) == (JobStatus.FAILED, "given_up")
    assert "I do not know whether sync.so charged for it" in a_card(await there.state(ended)).text
