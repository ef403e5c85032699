"""Submit: one yes is one generation, whatever happens on the way."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.steps import guarded as guarding
from bot.steps.submit import HORIZON_S, Submit
from bot.steps.trouble import GIVEN_TIME_S
from storage import endings, slots
from storage.jobs import PRICE_GOOD_S, Job, JobStatus
from storage.leases import LEASE_S
from tests.integration.core.world import KEY, SOUTH_KEY, World, error, generation
from tests.integration.fake_slack.harness import SOUTH

CREATE, LIST = "/v2/generate", "/v2/generations"


@pytest.fixture
def submit(there: World) -> Submit:
    there.sync.get(LIST).respond(json=[])
    return Submit(there.tools)


async def test_the_stored_body_goes_out_byte_for_byte_under_the_stored_key(
    there: World, submit: Submit
) -> None:
    there.sync.post(CREATE).respond(201, json=generation())
    body = '{"model":"sync-3",  "name":"ünï"}'.encode()

    job = await there.run(submit, await there.queued(request_body=body.decode()))

    (request,) = there.sent(CREATE)
    assert request.content == body
    assert request.headers["Idempotency-Key"] == "lipsync-key-1"
    assert request.headers["x-api-key"] == KEY
    assert (job.status, job.generation_id, job.generation_status) == (
        JobStatus.PROCESSING,
        "gen-1",
        "PENDING",
    )
    assert job.due_at is not None


async def test_the_row_says_submitting_before_anything_is_sent(there: World, submit: Submit) -> None:
    seen: list[Job] = []
    queued = await there.queued()

    async def look(_request: httpx.Request) -> httpx.Response:
        seen.append(await there.now(queued))
        return httpx.Response(201, json=generation())

    there.sync.post(CREATE).mock(side_effect=look)
    await there.run(submit, queued)

    assert seen[0].status is JobStatus.SUBMITTING
    assert seen[0].submitted_at == there.clock()
    assert seen[0].account_key is not None


async def test_a_team_with_a_key_of_its_own_pays_with_it(there: World, submit: Submit) -> None:
    there.sync.post(CREATE).respond(201, json=generation())

    await there.run(submit, await there.queued(team_id=SOUTH.id))

    assert there.sent(CREATE)[0].headers["x-api-key"] == SOUTH_KEY


async def test_an_answer_that_was_lost_is_looked_for_before_anything_is_sent_again(
    there: World, submit: Submit
) -> None:
    there.sync.post(CREATE).mock(side_effect=httpx.ReadTimeout("no answer"))
    job = await there.run(submit, await there.queued())
    assert (job.status, job.attempts) == (JobStatus.SUBMITTING, 1)

    there.sync.get(LIST).respond(
        json=[generation("gen-other"), generation("gen-9", "PROCESSING", outputFileName=f"talk-{job.id}.mp4")]
    )
    job = await there.run(submit, job)

    assert (job.status, job.generation_id) == (JobStatus.PROCESSING, "gen-9")
    assert len(there.sent(CREATE)) == 1


async def test_what_is_not_in_the_list_is_sent_again_with_the_same_key_and_bytes(
    there: World, submit: Submit
) -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.ReadError("cut"),
        httpx.Response(502, text="bad gateway"),
        httpx.Response(201, json=generation()),
    ]

    there.sync.post(CREATE).mock(side_effect=answers)
    job = await there.queued()
    for _ in range(3):
        job = await there.run(submit, job)

    assert job.status is JobStatus.PROCESSING
    assert len({(sent.content, sent.headers["Idempotency-Key"]) for sent in there.sent(CREATE)}) == 1
    assert len(there.sent(CREATE)) == 3


async def test_sync_so_may_name_the_generation_whose_reply_was_lost(there: World, submit: Submit) -> None:
    there.sync.post(CREATE).mock(
        return_value=error(503, "IDEMPOTENCY_OUTCOME_UNKNOWN", generationId="gen-named")
    )

    job = await there.run(submit, await there.queued())

    assert (job.status, job.generation_id) == (JobStatus.PROCESSING, "gen-named")


def page(*ids: str, made_at: float, **more: str) -> list[dict[str, Any]]:
    """Orders of the account's other jobs, all made at one time."""
    at = datetime.fromtimestamp(made_at, UTC).isoformat()
    return [generation(each, "COMPLETED", createdAt=at, **more) for each in ids]


async def test_a_busy_account_is_searched_back_to_the_send(there: World, submit: Submit) -> None:
    now = there.clock()
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=now - 60)
    pages = {
        None: page("gen-9", "gen-8", made_at=now),
        "gen-8": page("gen-7", made_at=now - 50, outputFileName=f"x-{job.id}"),
    }
    there.sync.get(LIST).mock(
        side_effect=lambda request: httpx.Response(200, json=pages[request.url.params.get("cursor")])
    )

    job = await there.run(submit, job)

    assert (job.status, job.generation_id) == (JobStatus.PROCESSING, "gen-7")
    assert there.sent(CREATE) == []


async def test_what_was_made_before_the_send_is_not_searched(there: World, submit: Submit) -> None:
    there.sync.post(CREATE).respond(201, json=generation("gen-1"))
    old = page("gen-3", "gen-2", made_at=there.clock() - 9_999)
    there.sync.get(LIST).respond(json=old)
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock())

    await there.run(submit, job)

    assert len(there.sent(LIST)) == 1


async def test_after_the_horizon_nothing_is_sent_and_a_person_decides(there: World, submit: Submit) -> None:
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock())
    there.clock.pass_by(HORIZON_S + 1)

    job = await there.run(submit, job)

    assert (job.status, job.failure_code) == (JobStatus.UNRESOLVED, "outcome_unknown")
    assert there.sent(CREATE) == []
    assert job.due_at is None


@pytest.mark.parametrize(
    "unread",
    [
        httpx.Response(500),
        httpx.Response(429, headers={"Retry-After": "1"}),
        httpx.Response(200, json=[{"id": "a row without a status"}]),
        httpx.Response(200, json=[generation("gen-other", createdAt="lately")]),
    ],
    ids=["error", "too often", "row", "date"],
)
async def test_a_list_that_could_not_be_read_sends_nothing_and_is_looked_into_again(
    there: World, submit: Submit, unread: httpx.Response
) -> None:
    there.sync.post(CREATE).respond(201, json=generation())
    empty = httpx.Response(200, json=[])
    there.sync.get(LIST, params={"cursor": "gen-other"}).mock(return_value=empty)
    there.sync.get(LIST).mock(return_value=unread)
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock())

    waits = []
    for _ in range(3):
        job = await there.run(submit, job)
        waits.append(there.wait_s(job))
        there.clock.pass_by(waits[-1])
    assert job.status is JobStatus.SUBMITTING
    assert waits == [1, 2, 4]
    assert there.sent(CREATE) == []

    there.sync.get(LIST).mock(return_value=empty)
    job = await there.run(submit, job)
    assert job.status is JobStatus.PROCESSING
    assert [sent.headers["Idempotency-Key"] for sent in there.sent(CREATE)] == ["lipsync-key-1"]


async def test_a_list_that_is_never_read_leaves_it_to_a_person_after_an_hour(
    there: World, submit: Submit
) -> None:
    there.sync.get(LIST).respond(500)
    begun = there.clock()
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=begun)

    while job.status is JobStatus.SUBMITTING:
        job = await there.run(submit, job)
        there.clock.now = max(there.clock(), job.due_at or 0.0)

    assert (job.status, job.failure_code) == (JobStatus.UNRESOLVED, "outcome_unknown")
    assert there.clock() - begun == HORIZON_S
    assert there.sent(CREATE) == []


async def test_a_persons_look_that_fails_changes_nothing(there: World, submit: Submit) -> None:
    there.sync.get(LIST).respond(500)
    job = await there.queued(status=JobStatus.UNRESOLVED, submitted_at=there.clock() - 60)

    job = await there.run(submit, job)

    assert (job.status, job.due_at) == (JobStatus.UNRESOLVED, None)
    assert there.sent(CREATE) == []


async def test_a_second_look_finds_what_came_to_light_since(there: World, submit: Submit) -> None:
    job = await there.queued(status=JobStatus.UNRESOLVED, submitted_at=there.clock() - 9_999)

    job = await there.run(submit, job)
    assert (job.status, job.due_at) == (JobStatus.UNRESOLVED, None)

    there.sync.get(LIST).respond(json=[generation("gen-late", "COMPLETED", outputFileName=f"x-{job.id}")])
    job = await there.run(submit, job)
    assert (job.status, job.generation_id) == (JobStatus.PROCESSING, "gen-late")
    assert there.sent(CREATE) == []


async def line_opens_in(there: World) -> float | None:
    """Seconds until the next waiting job may be priced or sent; None: not before another one moves."""
    async with there.db.read() as conn:
        waiting = await slots.standings(conn, now=there.clock())
    now = there.clock()
    moments = (at for line in waiting for at in (line.opens_to_price_at(now), line.opens_at(now)))
    opening = [at for at in moments if at is not None]
    return min(opening) - there.clock() if opening else None


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "concurrency_limit_reached"])
async def test_where_there_is_no_slot_it_keeps_its_place_and_the_line_waits_for_as_long_as_asked(
    there: World, submit: Submit, code: str
) -> None:
    there.sync.post(CREATE).mock(return_value=error(429, code, retry_after=17))

    job = await there.run(submit, await there.queued())

    assert (job.status, job.lease_token) == (JobStatus.QUEUED, None)
    assert job.idempotency_key == "lipsync-key-1"
    assert await line_opens_in(there) == 17
    assert not job.may_be_sent(there.clock()), "its price is looked at again, however short the wait"


async def test_what_never_left_the_machine_waits_for_its_turn_and_its_price_again(
    there: World, submit: Submit
) -> None:
    there.sync.post(CREATE).mock(side_effect=httpx.ConnectError("no way there"))

    job = await there.run(submit, await there.queued(created_at=there.clock() - 60))

    assert (job.status, job.lease_token, there.wait_s(job)) == (JobStatus.QUEUED, None, 6)
    assert job.idempotency_key == "lipsync-key-1"
    assert not job.may_be_sent(there.clock())


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_what_sync_answered_with_trouble_of_its_own_may_have_been_taken(
    there: World, submit: Submit, status: int
) -> None:
    there.sync.post(CREATE).respond(status, json={"message": "not now"})

    job = await there.run(submit, await there.queued())

    assert (job.status, job.attempts) == (JobStatus.SUBMITTING, 1), "it must be looked for, not sent anew"


async def test_a_price_that_grew_old_on_the_way_is_looked_at_again_and_nothing_is_sent(
    there: World, submit: Submit
) -> None:
    queued = await there.queued(priced_at=there.clock() - PRICE_GOOD_S)

    job = await there.run(submit, queued)

    assert there.sent(CREATE) == []
    assert (job.status, job.lease_token, job.attempts, job.submitted_at) == (JobStatus.QUEUED, None, 0, None)
    assert job.due_at == there.clock()


async def test_what_sync_is_known_to_have_goes_on_without_a_search(there: World, submit: Submit) -> None:
    unresolved = await there.queued(
        status=JobStatus.UNRESOLVED, generation_id="gen-1", generation_status="PROCESSING"
    )

    job = await there.run(submit, unresolved)

    assert (job.status, job.generation_id, job.generation_status) == (
        JobStatus.PROCESSING,
        "gen-1",
        "PROCESSING",
    )
    assert (there.sent(CREATE), there.sent(LIST)) == ([], [])


async def test_what_may_have_been_sent_before_stays_so_though_there_is_no_way_now(
    there: World, submit: Submit
) -> None:
    there.sync.post(CREATE).mock(side_effect=httpx.ConnectError("no way there"))

    job = await there.run(submit, await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock()))

    assert (job.status, job.attempts) == (JobStatus.SUBMITTING, 1)


@pytest.mark.parametrize("asked_s", [86_400, 1e300])
async def test_no_wish_of_syncs_puts_the_line_to_sleep(there: World, submit: Submit, asked_s: float) -> None:
    refusal = error(429, "concurrency_limit_reached", retryAfterSeconds=asked_s)
    there.sync.post(CREATE).mock(return_value=refusal)

    await there.run(submit, await there.queued())

    assert await line_opens_in(there) == 600


async def test_no_wish_of_syncs_puts_a_job_to_sleep(there: World, submit: Submit) -> None:
    refusal = error(409, "IDEMPOTENCY_OUTCOME_UNKNOWN", retryAfterSeconds=86_400)
    there.sync.post(CREATE).mock(return_value=refusal)

    job = await there.run(submit, await there.queued())

    assert job.due_at == there.clock() + 600


async def test_the_longer_there_is_no_slot_the_less_often_it_asks(there: World, submit: Submit) -> None:
    there.sync.post(CREATE).mock(return_value=error(429, "concurrency_limit_reached"))
    job = await there.run(submit, await there.queued())
    first_wait_s = await line_opens_in(there)

    there.clock.pass_by(600)
    await there.run(submit, await there.change(job, priced_at=there.clock()))

    later_wait_s = await line_opens_in(there)
    assert first_wait_s is not None
    assert later_wait_s is not None
    assert first_wait_s < 5 < later_wait_s <= 60


async def test_without_a_slot_jobs_still_start_where_others_end(there: World, submit: Submit) -> None:
    """Somebody else uses the account too; what it reports says nothing of them."""
    ours = await there.queued(status=JobStatus.PROCESSING)
    there.sync.post(CREATE).mock(return_value=error(429, "concurrency_limit_reached", retry_after=60))
    await there.run(submit, await there.queued())
    assert await line_opens_in(there) == 60

    await there.change(ours, status=JobStatus.DELIVERING)

    assert await line_opens_in(there) == 0


async def test_the_limit_that_a_refusal_names_holds_at_once(there: World, submit: Submit) -> None:
    there.sync.post(CREATE).mock(
        return_value=error(429, "concurrency_limit_reached", retry_after=0, concurrencyLimit=1)
    )
    await there.queued(status=JobStatus.PROCESSING)

    await there.run(submit, await there.queued())

    assert await line_opens_in(there) is None


async def test_jobs_of_one_claim_are_sent_side_by_side(there: World, submit: Submit) -> None:
    """A slow account must not hold up another one's."""
    both_sent, sent = asyncio.Event(), set[str]()

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.add(request.headers["x-api-key"])
        if len(sent) == 2:
            both_sent.set()
        await asyncio.wait_for(both_sent.wait(), 60)
        return httpx.Response(201, json=generation(request.headers["x-api-key"]))

    there.sync.post(CREATE).mock(side_effect=answer)
    north, south = await there.queued(), await there.queued(team_id=SOUTH.id)

    await there.run(submit, north, south)

    assert {(await there.now(job)).status for job in (north, south)} == {JobStatus.PROCESSING}


async def test_what_may_have_been_sent_before_never_goes_back_to_where_it_can_be_cancelled(
    there: World, submit: Submit
) -> None:
    there.sync.post(CREATE).mock(return_value=error(429, "rate_limit_exceeded", retry_after=5))

    job = await there.run(submit, await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock()))

    assert job.status is JobStatus.SUBMITTING
    assert there.wait_s(job) == 5


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "video_source_invalid"), (401, "unauthorized"), (402, "account_payment_required")],
)
async def test_a_first_send_that_is_refused_ends_the_job_with_the_reason(
    there: World, submit: Submit, status: int, code: str
) -> None:
    there.sync.post(CREATE).mock(return_value=error(status, code, suggestion="Do this instead."))

    job = await there.run(submit, await there.queued())

    assert (job.status, job.failure_code) == (JobStatus.FAILED, code)
    assert job.failure_detail == "Do this instead."


@pytest.mark.parametrize("status", [401, 402])
async def test_a_dead_key_says_nothing_about_what_was_sent_before(
    there: World, submit: Submit, status: int
) -> None:
    """Its holder died between sending and storing the answer: there were no failed tries."""
    there.sync.post(CREATE).mock(return_value=error(status, "no_longer"))

    job = await there.run(submit, await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock()))

    assert job.status is JobStatus.SUBMITTING
    assert job.due_at is not None


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(403, json={"message": "Forbidden"}),
        httpx.Response(404, html="<html>nothing here</html>"),
        httpx.Response(404, json={"message": "Not Found"}),
    ],
    ids=["forbidden", "page", "not found"],
)
async def test_a_refusal_without_a_reason_says_nothing_about_what_was_sent_before(
    there: World, submit: Submit, refusal: httpx.Response
) -> None:
    there.sync.post(CREATE).mock(return_value=refusal)

    job = await there.run(submit, await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock()))

    assert job.status is JobStatus.SUBMITTING
    assert job.due_at is not None


async def test_trouble_never_ends_a_job_that_may_be_running_for_money(there: World, submit: Submit) -> None:
    there.sync.post(CREATE).mock(side_effect=httpx.ReadTimeout("no answer"))
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock(), attempts=50)

    job = await there.run(submit, job)

    assert (job.status, job.attempts) == (JobStatus.SUBMITTING, 51)


@pytest.mark.parametrize("attempts", [0, 1_000])
async def test_a_mistake_of_ours_around_a_send_never_ends_what_may_be_running_for_money(
    there: World, submit: Submit, attempts: int
) -> None:
    there.sync.post(CREATE).mock(side_effect=KeyError("a slip of ours"))

    job = await there.run(submit, await there.queued(attempts=attempts))

    assert job.status is JobStatus.SUBMITTING
    assert job.due_at is not None


async def test_a_mistake_of_ours_that_stays_leaves_it_to_a_person_at_last(
    there: World, submit: Submit
) -> None:
    job = await there.job(JobStatus.SUBMITTING, submitted_at=there.clock() - GIVEN_TIME_S - 1)
    there.sync.get(LIST).mock(side_effect=KeyError("a slip of ours"))

    job = await there.run(submit, job)

    assert (job.status, job.failure_code) == (JobStatus.UNRESOLVED, "sync_unavailable")


async def test_while_a_first_send_hangs_its_card_says_so(
    there: World, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "SLOW_AFTER_S", 0.01)
    job = await there.queued()

    async def hang(_request: httpx.Request) -> httpx.Response:
        while not (await there.now(job)).slow:  # noqa: ASYNC110 - nothing tells when a row changes
            await asyncio.sleep(0)
        return httpx.Response(201, json=generation())

    there.sync.post(CREATE).mock(side_effect=hang)

    async with asyncio.timeout(60):
        sent = await there.run(submit, job)

    assert sent.status is JobStatus.PROCESSING


async def test_a_cancel_that_came_first_means_nothing_is_sent(there: World, submit: Submit) -> None:
    held = await there.claim(await there.queued())
    async with there.db.write() as conn:
        await endings.end(conn, held[0], JobStatus.CANCELLED, now=there.clock())

    await submit(held)

    assert there.sent(CREATE) == []
    assert (await there.now(held[0])).status is JobStatus.CANCELLED


async def test_a_holder_that_lost_its_lease_sends_nothing_and_changes_nothing(
    there: World, submit: Submit
) -> None:
    queued = await there.queued()
    late = await there.claim(queued)
    await there.claim(queued)  # another replica took it over

    await submit(late)

    assert there.sent(CREATE) == []
    assert (await there.now(queued)).status is JobStatus.QUEUED


@pytest.mark.parametrize("cut", ["before the reply", "after the reply"])
async def test_a_holder_killed_around_the_send_leaves_one_key_on_the_wire(
    there: World, submit: Submit, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    """The machine dies; after the lease another takes the job up, with the same key and bytes."""
    there.sync.post(CREATE).respond(201, json=generation())
    job = await there.queued()
    if cut == "before the reply":
        there.sync.post(CREATE).mock(side_effect=_dies)
    else:
        monkeypatch.setattr(Submit, "_taken", _dies)
    with pytest.raises(_Killed):
        await there.run(submit, job)
    monkeypatch.undo()
    there.sync.post(CREATE).mock(side_effect=None, return_value=httpx.Response(201, json=generation()))

    there.clock.pass_by(100)
    job = await there.run(submit, await there.now(job))

    assert job.status is JobStatus.PROCESSING
    assert {sent.headers["Idempotency-Key"] for sent in there.sent(CREATE)} == {"lipsync-key-1"}
    assert {json.dumps(json.loads(sent.content)) for sent in there.sent(CREATE)} == {'{"model": "sync-3"}'}


async def test_without_an_installation_the_job_ends_clearly(there: World, submit: Submit) -> None:
    queued = await there.queued(team_id=SOUTH.id)
    await there.uninstall(SOUTH.id)

    job = await there.run(submit, queued)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "app_removed")


class _Killed(BaseException):
    """A machine that dies asks no except clause."""


def _dies(*_: object) -> None:
    raise _Killed


async def test_a_job_that_was_taken_under_a_replaced_key_is_found_with_it(there: World) -> None:
    sent = await there.queued(status=JobStatus.SUBMITTING, team_id=SOUTH.id, submitted_at=there.clock())
    there.sync.get("/v2/generations").respond(json=[generation("gen-9", outputFileName=sent.id)])
    await there.connect("sk-another-0123456789", "org_another", SOUTH.id)

    job = await there.run(Submit(there.tools), sent)

    assert (job.status, job.generation_id) == (JobStatus.PROCESSING, "gen-9")


# --- standing still ---------------------------------------------------------------------------------------


async def test_who_stood_still_and_lost_the_job_sends_nothing(there: World, submit: Submit) -> None:
    create = there.sync.post(CREATE).respond(201, json=generation())
    [held] = await there.claim(await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock()))
    taken_over = await there.change(held, lease_token="another's")
    there.clock.pass_by(15)  # no heart beat meanwhile

    await submit([held])

    assert not create.called
    assert await there.now(held) == taken_over


async def test_who_stood_still_and_kept_the_job_goes_on(there: World, submit: Submit) -> None:
    create = there.sync.post(CREATE).respond(201, json=generation())
    [held] = await there.claim(await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock()))
    there.clock.pass_by(15)

    await submit([held])

    assert create.call_count == 1
    assert (await there.now(held)).status is JobStatus.PROCESSING


async def test_at_the_end_of_a_lease_the_database_is_asked_before_the_send(
    there: World, submit: Submit
) -> None:
    """A long search through sync.so's list may have taken most of it."""
    create = there.sync.post(CREATE).respond(201, json=generation())
    [held] = await there.claim(await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock()))
    await there.change(held, lease_token="another's")
    there.clock.pass_by(LEASE_S * 0.7)
    await there.tools.heartbeat.beat()

    await submit([held])

    assert not create.called
