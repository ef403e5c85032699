"""Settle: what sync.so says becomes what the job is, a hundred at a time."""

import asyncio

import httpx
import pytest

from bot.steps.settle import Settle
from bot.steps.trouble import GIVEN_TIME_S
from storage.jobs import Job, JobStatus
from tests.integration.core.world import KEY, SOUTH_KEY, World, error, generation
from tests.integration.fake_slack.harness import SOUTH
from tests.unit.messages.builders import a_card

LIST = "/v2/generations"


@pytest.fixture
def by_id() -> dict[str, httpx.Response]:
    """What sync.so answers where a generation is asked for by its own id; else that there is none."""
    return {}


@pytest.fixture
def settle(there: World, by_id: dict[str, httpx.Response]) -> Settle:
    unknown = error(404, "generation_not_found")
    there.sync.get(path__startswith="/v2/generate/").mock(
        side_effect=lambda request: by_id.get(request.url.path.rpartition("/")[2], unknown)
    )
    return Settle(there.tools)


def asked_alone(there: World) -> list[str]:
    """The generations that were asked for by their own ids."""
    paths = [call.request.url.path for call in there.sync.calls]
    return [path.rpartition("/")[2] for path in paths if path.startswith("/v2/generate/")]


async def processing(there: World, number: int = 1, **columns: object) -> Job:
    usual = {"generation_id": f"gen-{number}", "generation_status": "PENDING"}
    return await there.job(JobStatus.PROCESSING, **usual | {"submitted_at": there.clock()} | columns)  # type: ignore[arg-type]


async def test_a_completed_generation_is_due_for_delivery_at_once(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "COMPLETED")])

    job = await there.run(settle, await processing(there))

    assert (job.status, job.due_at, job.generation_status) == (
        JobStatus.DELIVERING,
        there.clock(),
        "COMPLETED",
    )


@pytest.mark.parametrize("spelling", ["errorCode", "error_code"])
async def test_a_failed_generation_ends_the_job_with_its_code_and_words(
    there: World, settle: Settle, spelling: str
) -> None:
    failed = generation("gen-1", "FAILED", error="No face was found.") | {spelling: "generation_no_face"}
    there.sync.get(LIST).respond(json=[failed])

    job = await there.run(settle, await processing(there))

    assert (job.status, job.failure_code, job.failure_detail) == (
        JobStatus.FAILED,
        "generation_no_face",
        "No face was found.",
    )


async def test_a_rejected_generation_without_a_code_still_has_one(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "REJECTED")])

    job = await there.run(settle, await processing(there))

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "generation_rejected")


async def test_a_status_nobody_has_heard_of_is_waited_for_and_shown(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "WARMING_UP")])
    before = await processing(there)
    shown = (await there.card(before)).revision

    job = await there.run(settle, before)

    assert (job.status, job.generation_status) == (JobStatus.PROCESSING, "WARMING_UP")
    assert (await there.card(job)).revision == shown + 1
    assert there.wait_s(job) > 0


async def test_no_news_leaves_the_card_alone(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "PENDING")])
    before = await processing(there)
    shown = (await there.card(before)).revision

    job = await there.run(settle, before)

    assert (await there.card(job)).revision == shown
    assert job.lease_token is None


async def test_what_a_list_does_not_show_yet_is_asked_for_by_its_own_id_once(
    there: World, settle: Settle
) -> None:
    there.sync.get(LIST).respond(json=[])
    job = await processing(there)

    for _ in range(3):
        job = await there.run(settle, job)

    assert asked_alone(there) == ["gen-1"]
    assert job.status is JobStatus.PROCESSING
    assert there.wait_s(job) == 2


async def test_what_sync_knows_by_its_id_goes_on_though_no_list_shows_it(
    there: World, settle: Settle, by_id: dict[str, httpx.Response]
) -> None:
    there.sync.get(LIST).respond(json=[])
    by_id["gen-1"] = httpx.Response(200, json=generation("gen-1", "COMPLETED"))

    job = await there.run(settle, await processing(there))

    assert job.status is JobStatus.DELIVERING


async def test_trouble_with_one_that_the_list_missed_is_no_trouble_for_the_others(
    there: World, settle: Settle, by_id: dict[str, httpx.Response]
) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-2", "COMPLETED")])
    by_id["gen-1"] = httpx.Response(500)
    missed, listed = await processing(there, 1), await processing(there, 2)

    missed = await there.run(settle, missed, listed)

    assert missed.status is JobStatus.PROCESSING
    assert (await there.now(listed)).status is JobStatus.DELIVERING


async def test_a_list_that_misses_a_hundred_leads_to_few_calls_at_once_newest_first(
    there: World, settle: Settle
) -> None:
    there.sync.get(LIST).respond(json=[])
    now = there.clock()
    jobs = [await processing(there, number, submitted_at=now - number) for number in range(100)]

    await there.run(settle, *jobs)
    assert sorted(asked_alone(there), key=lambda each: int(each[4:])) == [f"gen-{n}" for n in range(8)]

    await there.run(settle, *jobs)
    assert len(asked_alone(there)) == len(set(asked_alone(there))) == 16


async def test_what_no_list_has_shown_for_hours_is_put_before_a_person_as_not_known(
    there: World, settle: Settle
) -> None:
    there.sync.get(LIST).respond(json=[])
    long_ago = there.clock() - GIVEN_TIME_S - 1

    job = await there.run(settle, await processing(there, submitted_at=long_ago))

    assert (job.status, job.failure_code) == (JobStatus.UNRESOLVED, "sync_unavailable")


async def test_looks_grow_rarer_with_age(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[])
    waits = []
    for age_s in (0, 100, 40_000):
        old = await processing(there, age_s, submitted_at=there.clock() - age_s)
        job = await there.run(settle, old)
        waits.append(there.wait_s(job))

    assert waits == [2, 10, 15]


async def test_a_hundred_jobs_of_an_account_are_one_request(there: World, settle: Settle) -> None:
    def all_done(request: httpx.Request) -> httpx.Response:
        ids = request.url.params["ids"].split(",")
        return httpx.Response(200, json=[generation(each, "COMPLETED") for each in ids])

    there.sync.get(LIST).mock(side_effect=all_done)
    jobs = [await processing(there, number) for number in range(120)]

    await there.run(settle, *jobs)

    assert [len(request.url.params["ids"].split(",")) for request in there.sent(LIST)] == [100, 20]
    assert {(await there.now(job)).status for job in jobs} == {JobStatus.DELIVERING}


async def test_an_account_that_sync_answers_slowly_holds_up_no_other(there: World, settle: Settle) -> None:
    answered = asyncio.Event()

    async def slowly_for_north(request: httpx.Request) -> httpx.Response:
        if request.headers["x-api-key"] == KEY:
            await answered.wait()
        return httpx.Response(200, json=[generation(request.url.params["ids"], "COMPLETED")])

    there.sync.get(LIST).mock(side_effect=slowly_for_north)
    north, south = await processing(there, 1), await processing(there, 2, team_id=SOUTH.id)
    step = asyncio.create_task(settle(await there.claim(north, south)))
    async with asyncio.timeout(60):
        while True:
            if (await there.now(south)).status is JobStatus.DELIVERING:
                break
            await asyncio.sleep(0.01)

    assert (await there.now(north)).status is JobStatus.PROCESSING
    answered.set()
    await step
    assert (await there.now(north)).status is JobStatus.DELIVERING


async def test_each_account_is_asked_with_its_own_key_for_its_own_jobs(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[])
    north, south = await processing(there, 1), await processing(there, 2, team_id=SOUTH.id)

    await there.run(settle, north, south)

    asked = {request.headers["x-api-key"]: request.url.params["ids"] for request in there.sent(LIST)}
    assert asked == {KEY: "gen-1", SOUTH_KEY: "gen-2"}


async def test_a_job_whose_key_is_gone_takes_no_other_down(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-2", "COMPLETED")])
    lost, here = await processing(there, 1, account_key="org:forgotten"), await processing(there, 2)

    lost = await there.run(settle, lost, here)

    assert (lost.status, lost.failure_code) == (JobStatus.PROCESSING, None)
    assert lost.due_at is not None
    assert (await there.now(here)).status is JobStatus.DELIVERING


async def test_a_removed_workspace_is_settled_with_its_key(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "COMPLETED")])
    job = await processing(there, 1, team_id=SOUTH.id)
    await there.uninstall(SOUTH.id)

    job = await there.run(settle, job)

    assert job.status is JobStatus.DELIVERING
    assert [request.headers["x-api-key"] for request in there.sent(LIST)] == [SOUTH_KEY]


async def test_what_was_sent_is_settled_with_the_key_that_its_workspace_has_replaced(
    there: World, settle: Settle
) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "COMPLETED")])
    job = await processing(there, 1, team_id=SOUTH.id)
    await there.connect("sk-another-0123456789", "org_another", SOUTH.id)

    job = await there.run(settle, job)

    assert job.status is JobStatus.DELIVERING
    assert [request.headers["x-api-key"] for request in there.sent(LIST)] == [SOUTH_KEY]


async def test_another_key_of_the_same_organisation_settles_what_the_first_has_sent(
    there: World, settle: Settle
) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "COMPLETED")])
    job = await processing(there, 1, team_id=SOUTH.id)
    await there.connect("sk-another-0123456789", "org_south", SOUTH.id)

    job = await there.run(settle, job)

    assert job.status is JobStatus.DELIVERING
    assert [request.headers["x-api-key"] for request in there.sent(LIST)] == ["sk-another-0123456789"]


async def test_two_workspaces_of_one_organisation_are_read_by_their_own_keys(
    there: World, settle: Settle
) -> None:
    there.sync.get(LIST).respond(json=[])
    await there.connect("sk-norths-0123456789", "org_south")
    north, south = await processing(there, 1), await processing(there, 2, team_id=SOUTH.id)
    assert north.account_key == south.account_key

    await there.run(settle, north, south)

    asked = {request.headers["x-api-key"]: request.url.params["ids"] for request in there.sent(LIST)}
    assert asked == {"sk-norths-0123456789": "gen-1", SOUTH_KEY: "gen-2"}


async def test_a_job_without_a_key_is_left_to_a_person_after_half_a_day(there: World, settle: Settle) -> None:
    long_ago = there.clock() - GIVEN_TIME_S - 1

    job = await there.run(
        settle, await processing(there, 1, account_key="org:forgotten", submitted_at=long_ago)
    )

    assert (job.status, job.failure_code) == (JobStatus.UNRESOLVED, "sync_unavailable")
    assert "I could not ask sync.so" in str(a_card(await there.state(job)).blocks)


@pytest.mark.parametrize(
    "trouble",
    [error(401, "unauthorized"), error(404, "gone"), httpx.Response(200, text="<html>"), httpx.Response(500)],
    ids=["dead key", "refused", "unreadable", "server error"],
)
async def test_trouble_in_reading_never_ends_a_job_that_runs_for_money(
    there: World, settle: Settle, trouble: httpx.Response
) -> None:
    there.sync.get(LIST).mock(return_value=trouble)

    job = await there.run(settle, await processing(there, attempts=40))

    assert (job.status, job.attempts) == (JobStatus.PROCESSING, 41)
    assert there.wait_s(job) == 120


async def test_what_cannot_be_asked_about_for_hours_is_put_before_a_person(
    there: World, settle: Settle
) -> None:
    there.sync.get(LIST).mock(return_value=error(401, "unauthorized"))
    long_ago = there.clock() - GIVEN_TIME_S - 1

    job = await there.run(settle, await processing(there, attempts=40, submitted_at=long_ago))

    assert (job.status, job.failure_code) == (JobStatus.UNRESOLVED, "sync_unavailable")
    assert "It may be made there, and charged." in str(a_card(await there.state(job)).blocks)


async def test_the_card_says_once_that_sync_does_not_answer(there: World, settle: Settle) -> None:
    there.sync.get(LIST).mock(return_value=httpx.Response(500))
    job = await processing(there)
    told = []
    for _ in range(4):
        before = (await there.card(job)).revision
        job = await there.run(settle, job)
        told.append((await there.card(job)).revision > before)

    assert told == [False, True, False, False]


async def test_a_rate_limit_is_waited_out_as_long_as_asked(there: World, settle: Settle) -> None:
    there.sync.get(LIST).mock(return_value=error(429, "rate_limit_exceeded", retry_after=33))

    job = await there.run(settle, await processing(there))

    assert there.wait_s(job) == 33


async def test_one_account_in_trouble_does_not_hold_up_another(there: World, settle: Settle) -> None:
    def by_key(request: httpx.Request) -> httpx.Response:
        if request.headers["x-api-key"] == KEY:
            return httpx.Response(503)
        return httpx.Response(200, json=[generation("gen-2", "COMPLETED")])

    there.sync.get(LIST).mock(side_effect=by_key)
    north, south = await processing(there, 1), await processing(there, 2, team_id=SOUTH.id)

    await there.run(settle, north, south)

    assert (await there.now(north)).status is JobStatus.PROCESSING
    assert (await there.now(south)).status is JobStatus.DELIVERING


async def test_who_lost_the_lease_changes_nothing(there: World, settle: Settle) -> None:
    there.sync.get(LIST).respond(json=[generation("gen-1", "COMPLETED")])
    job = await processing(there)
    late = await there.claim(job)
    await there.claim(job)

    await settle(late)

    assert (await there.now(job)).status is JobStatus.PROCESSING
