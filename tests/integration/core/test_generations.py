"""The use cases: one yes is one submission, and only the asker's."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from bot.app import services_of
from bot.asking.addresses import open_draft
from bot.asking.drafts import DRAFT_LIFE_S, Draft, Link, Prepared, SlackFile
from bot.asking.room import MOST_OPEN
from bot.errors import TooManyOpen
from bot.generations import Asker, Confirmation, Generations, Place
from storage.jobs import Job, JobStatus
from tests.integration.core.world import CIPHER, LINKS, PREPARED, SCRIPT, VIDEO_LINK, World, body_of
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS

ADA_ASKS, BEN_ASKS = Asker(None, NORTH.id, ADA), Asker(None, NORTH.id, BEN)
STRANGER = Asker(None, SOUTH.id, ADA)
HERE = Place(VIDEOS)
A, S = JobStatus.AWAITING_CONFIRMATION, JobStatus


@pytest.fixture
def ids() -> Iterator[str]:
    return (f"job-{number}" for number in count(1))


@pytest.fixture
def generations(there: World, ids: Iterator[str]) -> Generations:
    return services_of(
        replace(there.tools, new_id=lambda: next(ids)),
        wake=lambda: there.woken.append(there.clock()),
        public_url="https://app.test",
    ).generations


async def priced(there: World, **columns: object) -> Job:
    """A job of Ada's with an estimate that is good for a minute."""
    usual: dict[str, object] = {"estimate_id": "e1", "expires_at": there.clock() + 60, "draft": LINKS}
    return await there.job(A, **usual | columns)  # type: ignore[arg-type]


# --- asking ---------------------------------------------------------------------------------------------


async def test_a_draft_waits_for_its_form_without_a_card(there: World, generations: Generations) -> None:
    job = await generations.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=False)

    assert (job.status, job.user_id, job.card_due_at) == (S.DRAFT, ADA, None)
    assert job.due_at == there.clock() + DRAFT_LIFE_S
    assert there.woken == []


async def test_a_complete_ask_is_prepared_at_once_with_a_card(there: World, generations: Generations) -> None:
    await generations.start(ADA_ASKS, HERE, LINKS, request_key="k")

    [job] = await there.jobs_of(ADA_ASKS)
    assert (job.status, job.due_at, job.card_due_at) == (S.PREPARING, there.clock(), there.clock())
    assert there.woken


async def test_the_same_ask_delivered_twice_is_one_job(there: World, generations: Generations) -> None:
    asks = [generations.start(ADA_ASKS, HERE, LINKS, request_key="same") for _ in range(5)]

    await asyncio.gather(*asks)

    assert len(await there.jobs_of(ADA_ASKS)) == 1
    assert len(there.woken) == 1


async def test_two_teams_may_use_the_same_request_key(there: World, generations: Generations) -> None:
    await generations.start(ADA_ASKS, HERE, LINKS, request_key="same")
    await generations.start(STRANGER, HERE, LINKS, request_key="same")

    [north], [south] = await there.jobs_of(ADA_ASKS), await there.jobs_of(STRANGER)
    assert north.id != south.id
    assert there.woken


# --- saying yes -----------------------------------------------------------------------------------------


async def test_a_yes_stores_the_key_and_the_body_before_anything_is_sent(
    there: World, generations: Generations
) -> None:
    job = await priced(there)

    assert await generations.confirm(job.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED

    job = await there.now(job)
    assert (job.status, job.confirmed_by, job.confirmed_at) == (S.QUEUED, ADA, there.clock())
    assert job.idempotency_key == f"lipsync-{job.id}-e1"
    body = json.loads(body_of(job))
    assert body["webhookUrl"] == f"https://app.test/sync/webhook/{job.id}"
    assert job.id in body["outputFileName"]
    assert job.due_at == there.clock()


async def test_of_many_clicks_at_once_one_is_accepted(there: World, generations: Generations) -> None:
    job = await priced(there)

    outcomes = await asyncio.gather(*(generations.confirm(job.id, "e1", ADA_ASKS) for _ in range(6)))

    assert outcomes.count(Confirmation.ACCEPTED) == 1
    assert outcomes.count(Confirmation.ALREADY_DONE) == 5


@pytest.mark.parametrize(
    ("asker", "estimate_id", "why"),
    [
        (BEN_ASKS, "e1", Confirmation.NOT_YOURS),
        (STRANGER, "e1", Confirmation.UNKNOWN),
        (ADA_ASKS, "e0", Confirmation.OUTDATED),
        (ADA_ASKS, "", Confirmation.OUTDATED),
    ],
    ids=["another person", "another team", "an older price", "no price"],
)
async def test_a_click_that_may_not_spend_changes_nothing(
    there: World, generations: Generations, asker: Asker, estimate_id: str, why: Confirmation
) -> None:
    job = await priced(there)

    assert await generations.confirm(job.id, estimate_id, asker) is why
    assert await there.now(job) == job


async def test_nobody_spends_a_job_that_does_not_exist(generations: Generations) -> None:
    assert await generations.confirm("no-such-job", "e1", ADA_ASKS) is Confirmation.UNKNOWN


async def test_an_estimate_is_worth_nothing_from_the_second_it_expires(
    there: World, generations: Generations
) -> None:
    job = await priced(there)
    there.clock.pass_by(60)

    assert await generations.confirm(job.id, "e1", ADA_ASKS) is Confirmation.EXPIRED
    assert (await there.now(job)).status is A


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (S.EXPIRED, Confirmation.EXPIRED),
        (S.PREPARING, Confirmation.OUTDATED),
        *(
            (status, Confirmation.ALREADY_DONE)
            for status in (S.QUEUED, S.PROCESSING, S.DELIVERED, S.CANCELLED)
        ),
    ],
)
async def test_a_click_on_a_card_that_moved_on(
    there: World, generations: Generations, status: JobStatus, why: Confirmation
) -> None:
    estimate_id = None if status is S.PREPARING else "e1"
    job = await there.job(status, estimate_id=estimate_id)

    assert await generations.confirm(job.id, "e1", ADA_ASKS) is why
    assert await there.now(job) == job


async def test_without_a_public_address_no_webhook_is_asked_for(there: World, ids: Iterator[str]) -> None:
    generations = services_of(
        replace(there.tools, new_id=lambda: next(ids)), wake=lambda: None, public_url=None
    ).generations
    job = await priced(there)

    await generations.confirm(job.id, "e1", ADA_ASKS)

    assert "webhookUrl" not in json.loads(body_of(await there.now(job)))


# --- changing -------------------------------------------------------------------------------------------


async def test_a_changed_form_voids_the_price_and_keeps_what_still_serves(
    there: World, generations: Generations
) -> None:
    job = await priced(there, length_s=5.0)
    changed = LINKS.model_copy(update={"speech": Link(url="https://example.com/other.mp3")})

    moved = await generations.submit(job.id, ADA_ASKS, changed)

    assert moved is not None
    assert (moved.status, moved.estimate_id, moved.expires_at) == (S.PREPARING, None, None)
    kept = Prepared.model_validate_json(moved.prepared)
    assert (kept.video, kept.audio) == (PREPARED.video, None)
    assert await generations.confirm(job.id, "e1", ADA_ASKS) is Confirmation.OUTDATED


async def test_a_form_sent_after_the_yes_changes_nothing(there: World, generations: Generations) -> None:
    job = await priced(there)
    await generations.confirm(job.id, "e1", ADA_ASKS)

    assert await generations.submit(job.id, ADA_ASKS, SCRIPT) is None
    assert open_draft(await there.now(job), CIPHER) == LINKS


async def test_a_yes_and_a_change_at_once_have_one_winner(there: World, generations: Generations) -> None:
    job = await priced(there)

    said, sent = await asyncio.gather(
        generations.confirm(job.id, "e1", ADA_ASKS), generations.submit(job.id, ADA_ASKS, SCRIPT)
    )

    assert (said is Confirmation.ACCEPTED) is (sent is None)
    now = await there.now(job)
    assert now.status is (S.QUEUED if said is Confirmation.ACCEPTED else S.PREPARING)


@pytest.mark.parametrize("asker", [BEN_ASKS, STRANGER])
async def test_nobody_else_changes_or_cancels(there: World, generations: Generations, asker: Asker) -> None:
    job = await priced(there)

    assert await generations.submit(job.id, asker, SCRIPT) is None
    assert await generations.cancel(job.id, asker) is None
    assert await there.now(job) == job


# --- ending ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [S.DRAFT, S.PREPARING, A, S.QUEUED])
async def test_what_was_not_sent_can_be_cancelled(
    there: World, generations: Generations, status: JobStatus
) -> None:
    job = await there.job(status)

    cancelled = await generations.cancel(job.id, ADA_ASKS)

    assert cancelled is not None
    assert (cancelled.status, cancelled.due_at) == (S.CANCELLED, None)
    assert cancelled.card_due_at is not None


@pytest.mark.parametrize("status", [S.SUBMITTING, S.PROCESSING, S.DELIVERING, S.DELIVERED, S.UNRESOLVED])
async def test_what_may_have_been_sent_cannot(
    there: World, generations: Generations, status: JobStatus
) -> None:
    job = await there.job(status)

    assert await generations.cancel(job.id, ADA_ASKS) is None
    assert (await there.now(job)).status is status


async def test_whatever_makes_something_due_wakes_the_worker(there: World, generations: Generations) -> None:
    changed, priced_one, ended = await priced(there), await priced(there), await priced(there)
    unclear = await there.job(S.UNRESOLVED)

    for make_due in (
        lambda: generations.submit(changed.id, ADA_ASKS, LINKS),
        lambda: generations.confirm(priced_one.id, "e1", ADA_ASKS),
        lambda: generations.cancel(ended.id, ADA_ASKS),
        lambda: generations.show_again(priced_one),
        lambda: generations.look_again(unclear),
        lambda: generations.give_up(unclear),
        lambda: generations.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=True),
    ):
        there.woken.clear()
        await make_due()
        assert there.woken


async def test_a_form_given_up_takes_its_draft_with_it(there: World, generations: Generations) -> None:
    job = await generations.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=False)

    await generations.discard(job.id, ADA_ASKS)

    now = await there.now(job)
    assert (now.status, now.card_due_at) == (S.CANCELLED, None)


async def test_a_draft_whose_card_stands_in_a_thread_outlives_its_form(
    there: World, generations: Generations
) -> None:
    job = await generations.draft(ADA_ASKS, HERE, Draft(video=VIDEO_LINK), request_key="k", show=True)

    await generations.discard(job.id, ADA_ASKS)

    assert (await there.now(job)).status is S.DRAFT


async def test_giving_up_the_form_of_a_priced_job_leaves_it_priced(
    there: World, generations: Generations
) -> None:
    job = await priced(there, card_revision=2)

    await generations.discard(job.id, ADA_ASKS)

    assert await there.now(job) == job


async def test_a_form_closed_by_another_team_drops_nothing(there: World, generations: Generations) -> None:
    job = await generations.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=False)

    await generations.discard(job.id, STRANGER)

    assert (await there.now(job)).status is S.DRAFT


# --- once more ------------------------------------------------------------------------------------------


async def test_run_again_is_a_new_job_in_the_same_thread_and_needs_its_own_yes(
    there: World, generations: Generations
) -> None:
    old = await there.job(S.DELIVERED, card_channel=VIDEOS, card_ts="17.5", estimate_id="e1")

    await generations.rerun(old, BEN_ASKS, request_key="press:1")
    await generations.rerun(old, BEN_ASKS, request_key="press:1")

    [new] = await there.jobs_of(BEN_ASKS)
    assert new.id != old.id
    assert (new.status, new.user_id, new.draft) == (S.PREPARING, BEN, old.draft)
    assert (new.channel_id, new.thread_ts) == (VIDEOS, "17.5")
    assert await generations.confirm(new.id, "e1", BEN_ASKS) is Confirmation.OUTDATED


async def test_change_on_an_ended_job_begins_a_new_one_from_it(
    there: World, generations: Generations
) -> None:
    old = await there.job(S.FAILED, card_channel=VIDEOS, card_ts="17.5")

    new = await generations.another(old, ADA_ASKS, request_key="press:1")
    again = await generations.another(old, ADA_ASKS, request_key="press:1")

    assert new.id == again.id
    assert (new.status, new.draft, new.card_due_at) == (S.DRAFT, old.draft, None)


# --- when it is not known -------------------------------------------------------------------------------


async def test_a_second_look_makes_an_unresolved_job_due(there: World, generations: Generations) -> None:
    job = await there.job(S.UNRESOLVED)

    await generations.look_again(job)

    assert (await there.now(job)).due_at == there.clock()
    assert there.woken


async def test_giving_up_ends_only_what_is_still_unresolved(there: World, generations: Generations) -> None:
    job = await there.job(S.UNRESOLVED)

    assert await generations.give_up(job)
    assert not await generations.give_up(job)

    now = await there.now(job)
    assert (now.status, now.failure_code) == (S.FAILED, "given_up")


async def test_a_job_is_found_by_its_own_team_alone(there: World, generations: Generations) -> None:
    job = await priced(there)

    assert await generations.find(job.id, BEN_ASKS) == job
    assert await generations.find(job.id, STRANGER) is None


async def test_another_version_begins_without_the_file_that_could_not_be_used(
    there: World, generations: Generations
) -> None:
    video = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=10)
    failed = await there.job(
        S.FAILED,
        draft=Draft(video=video, speech=SCRIPT.speech),
        prepared="{}",
        failure_code="slack_file_no_pictures",
    )

    job = await generations.another(failed, ADA_ASKS, request_key="k")

    assert Draft.model_validate_json(job.draft) == Draft(speech=SCRIPT.speech)


# --- how much one person may have open ------------------------------------------------------------------


async def test_of_many_asks_at_once_as_many_are_taken_as_one_person_may_have_open(
    there: World, generations: Generations
) -> None:
    asks = [generations.start(ADA_ASKS, HERE, LINKS, request_key=f"k{number}") for number in range(30)]

    ends = await asyncio.gather(*asks, return_exceptions=True)

    assert sum(isinstance(end, TooManyOpen) for end in ends) == 30 - MOST_OPEN
    assert len(await there.jobs_of(ADA_ASKS)) == MOST_OPEN
    await generations.start(BEN_ASKS, HERE, LINKS, request_key="ben's")


@pytest.fixture
async def full(there: World) -> Job:
    """One of twenty open jobs of Ada's; besides there are a form that she left, and what has ended."""
    jobs = [await there.job(S.PROCESSING, card_revision=1) for _ in range(MOST_OPEN)]
    await there.job(S.DRAFT, card_revision=0)
    for ended in (S.DELIVERED, S.FAILED, S.CANCELLED, S.EXPIRED):
        await there.job(ended, card_revision=1, ended_at=there.clock())
    return jobs[0]


async def test_every_way_to_one_more_is_closed_until_one_has_ended(
    there: World, generations: Generations, full: Job
) -> None:
    form = await there.job(S.DRAFT, card_revision=0)
    for way in (
        lambda: generations.start(ADA_ASKS, HERE, LINKS, request_key="a"),
        lambda: generations.draft(ADA_ASKS, HERE, Draft(), request_key="b", show=True),
        lambda: generations.draft(ADA_ASKS, HERE, Draft(), request_key="c", show=False),
        lambda: generations.submit(form.id, ADA_ASKS, LINKS),
        lambda: generations.rerun(full, ADA_ASKS, request_key="d"),
        lambda: generations.another(full, ADA_ASKS, request_key="e"),
    ):
        with pytest.raises(TooManyOpen):
            await way()
    assert (await there.now(form)).status is S.DRAFT

    await there.change(full, status=S.DELIVERED, ended_at=there.clock())
    assert await generations.submit(form.id, ADA_ASKS, LINKS) is not None


async def test_what_is_open_already_goes_on(there: World, generations: Generations, full: Job) -> None:
    repriced = await there.change(full, status=A, estimate_id="e1", expires_at=there.clock() + 60)

    assert await generations.submit(repriced.id, ADA_ASKS, LINKS) is not None


async def test_an_ask_that_comes_twice_is_not_refused_as_one_too_many(
    there: World, generations: Generations
) -> None:
    for number in range(MOST_OPEN):
        await generations.start(ADA_ASKS, HERE, LINKS, request_key=f"k{number}")

    await generations.start(ADA_ASKS, HERE, LINKS, request_key="k0")

    assert len(await there.jobs_of(ADA_ASKS)) == MOST_OPEN
