"""The use cases: one yes is one submission, and only the asker's."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from bot.app import services_of
from bot.asking.addresses import open_draft
from bot.asking.asks import Asker, Place
from bot.asking.drafts import DRAFT_LIFE_S, Draft, Link, Prepared, SlackFile
from bot.asking.room import MOST_OPEN
from bot.errors import TooManyOpen
from bot.teams.rights import Forbidden
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.world import CIPHER, LINKS, PREPARED, SCRIPT, VIDEO_LINK, World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS

ADA_ASKS, BEN_ASKS = Asker(None, NORTH.id, ADA), Asker(None, NORTH.id, BEN)
STRANGER = Asker(None, SOUTH.id, ADA)
HERE = Place(VIDEOS)
A, ASK, S = OrderStatus.OFFERED, OrderStatus, JobStatus


@pytest.fixture
def ids() -> Iterator[str]:
    return (f"job-{number}" for number in count(1))


@pytest.fixture
def orders(there: World, ids: Iterator[str]) -> Orders:
    return services_of(
        replace(there.tools, new_id=lambda: next(ids)),
        wake=lambda: there.woken.append(there.clock()),
        public_url="https://app.test",
    ).orders


async def priced(there: World, **columns: object) -> Order:
    """An order of Ada's with a price that is good for a minute."""
    usual: dict[str, object] = {"offer_id": "e1", "expires_at": there.clock() + 60, "draft": LINKS}
    return await there.order(A, **usual | columns)  # type: ignore[arg-type]


# --- asking ---------------------------------------------------------------------------------------------


async def test_a_draft_waits_for_its_form_without_a_card(there: World, orders: Orders) -> None:
    job = (await orders.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=False)).order

    assert (job.status, job.user_id, (await there.card(job)).due_at) == (ASK.DRAFT, ADA, None)
    assert job.due_at == there.clock() + DRAFT_LIFE_S
    assert there.woken == []


async def test_a_complete_ask_is_prepared_at_once_with_a_card(there: World, orders: Orders) -> None:
    await orders.start(ADA_ASKS, HERE, LINKS, request_key="k")

    [job] = await there.orders_of(ADA_ASKS)
    assert (job.status, job.due_at, (await there.card(job)).due_at) == (
        ASK.PREPARING,
        there.clock(),
        there.clock(),
    )
    assert there.woken


async def test_the_same_ask_delivered_twice_is_one_job(there: World, orders: Orders) -> None:
    asks = [orders.start(ADA_ASKS, HERE, LINKS, request_key="same") for _ in range(5)]

    await asyncio.gather(*asks)

    assert len(await there.orders_of(ADA_ASKS)) == 1
    assert len(there.woken) == 1


async def test_two_teams_may_use_the_same_request_key(there: World, orders: Orders) -> None:
    await orders.start(ADA_ASKS, HERE, LINKS, request_key="same")
    await orders.start(STRANGER, HERE, LINKS, request_key="same")

    [north], [south] = await there.orders_of(ADA_ASKS), await there.orders_of(STRANGER)
    assert north.id != south.id
    assert there.woken


# --- saying yes -----------------------------------------------------------------------------------------


async def sole_job(there: World, order: Order) -> Job:
    (job,) = (await there.state(order)).jobs
    return job


async def test_a_yes_stores_the_key_and_the_body_before_anything_is_sent(
    there: World, orders: Orders
) -> None:
    offered = await priced(there)

    assert await orders.confirm(offered.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED

    order = await there.now(offered)
    assert (order.status, order.confirmed_by, order.confirmed_at) == (ASK.RUNNING, ADA, there.clock())
    job = await sole_job(there, order)
    assert (job.status, job.position, job.created_at) == (S.QUEUED, 0, there.clock())
    assert job.idempotency_key == f"lipsync-{job.id}-e1"
    body = json.loads(await there.body_of(job) or "")
    assert body["webhookUrl"] == f"https://app.test/sync/webhook/{job.id}"
    assert job.id in body["outputFileName"]
    assert job.due_at == there.clock()


async def test_of_many_clicks_at_once_one_is_accepted(there: World, orders: Orders) -> None:
    job = await priced(there)

    outcomes = await asyncio.gather(*(orders.confirm(job.id, "e1", ADA_ASKS) for _ in range(6)))

    assert outcomes.count(Confirmation.ACCEPTED) == 1
    assert outcomes.count(Confirmation.ALREADY_DONE) == 5


@pytest.mark.parametrize(
    ("asker", "offer_id", "why"),
    [
        (STRANGER, "e1", Confirmation.UNKNOWN),
        (ADA_ASKS, "e0", Confirmation.OUTDATED),
        (ADA_ASKS, "", Confirmation.OUTDATED),
    ],
    ids=["another team", "an older price", "no price"],
)
async def test_a_click_that_may_not_spend_changes_nothing(
    there: World, orders: Orders, asker: Asker, offer_id: str, why: Confirmation
) -> None:
    job = await priced(there)

    assert await orders.confirm(job.id, offer_id, asker) is why
    assert await there.now(job) == job


async def test_nobody_spends_anothers_offer(there: World, orders: Orders) -> None:
    job = await priced(there)

    with pytest.raises(Forbidden):
        await orders.confirm(job.id, "e1", BEN_ASKS)
    assert await there.now(job) == job


async def test_nobody_spends_a_job_that_does_not_exist(orders: Orders) -> None:
    assert await orders.confirm("no-such-job", "e1", ADA_ASKS) is Confirmation.UNKNOWN


async def test_an_estimate_is_worth_nothing_from_the_second_it_expires(there: World, orders: Orders) -> None:
    job = await priced(there)
    there.clock.pass_by(60)

    assert await orders.confirm(job.id, "e1", ADA_ASKS) is Confirmation.EXPIRED
    assert (await there.now(job)).status is A


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (ASK.EXPIRED, Confirmation.EXPIRED),
        (ASK.PREPARING, Confirmation.OUTDATED),
        *(
            (status, Confirmation.ALREADY_DONE)
            for status in (ASK.RUNNING, ASK.ENDED, ASK.FAILED, ASK.CANCELLED)
        ),
    ],
)
async def test_a_click_on_a_card_that_moved_on(
    there: World, orders: Orders, status: OrderStatus, why: Confirmation
) -> None:
    offer_id = None if status is ASK.PREPARING else "e1"
    job = await there.order(status, offer_id=offer_id)

    assert await orders.confirm(job.id, "e1", ADA_ASKS) is why
    assert await there.now(job) == job


async def test_without_a_public_address_no_webhook_is_asked_for(there: World, ids: Iterator[str]) -> None:
    orders = services_of(
        replace(there.tools, new_id=lambda: next(ids)), wake=lambda: None, public_url=None
    ).orders
    job = await priced(there)

    await orders.confirm(job.id, "e1", ADA_ASKS)

    assert "webhookUrl" not in json.loads(await there.body_of(await sole_job(there, job)) or "")


# --- changing -------------------------------------------------------------------------------------------


async def test_a_changed_form_voids_the_price_and_keeps_what_still_serves(
    there: World, orders: Orders
) -> None:
    job = await priced(there, length_s=5.0)
    changed = LINKS.model_copy(update={"speech": Link(url="https://example.com/other.mp3")})

    moved = await orders.submit(job.id, ADA_ASKS, changed)

    assert moved is not None
    assert (moved.status, moved.offer_id, moved.expires_at) == (ASK.PREPARING, None, None)
    kept = Prepared.model_validate_json(moved.prepared)
    assert (kept.video, kept.audio) == (PREPARED.video, None)
    assert await orders.confirm(job.id, "e1", ADA_ASKS) is Confirmation.OUTDATED


async def test_a_form_sent_after_the_yes_changes_nothing(there: World, orders: Orders) -> None:
    job = await priced(there)
    await orders.confirm(job.id, "e1", ADA_ASKS)

    assert await orders.submit(job.id, ADA_ASKS, SCRIPT) is None
    assert open_draft(await there.now(job), CIPHER) == LINKS


async def test_a_yes_and_a_change_at_once_have_one_winner(there: World, orders: Orders) -> None:
    job = await priced(there)

    said, sent = await asyncio.gather(
        orders.confirm(job.id, "e1", ADA_ASKS), orders.submit(job.id, ADA_ASKS, SCRIPT)
    )

    assert (said is Confirmation.ACCEPTED) is (sent is None)
    now = await there.now(job)
    assert now.status is (ASK.RUNNING if said is Confirmation.ACCEPTED else ASK.PREPARING)


async def test_nobody_else_changes_or_cancels(there: World, orders: Orders) -> None:
    job = await priced(there)

    with pytest.raises(Forbidden):
        await orders.submit(job.id, BEN_ASKS, SCRIPT)
    with pytest.raises(Forbidden):
        await orders.cancel(job.id, BEN_ASKS)
    assert await orders.submit(job.id, STRANGER, SCRIPT) is None
    assert not await orders.cancel(job.id, STRANGER)
    assert await there.now(job) == job


# --- ending ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [ASK.DRAFT, ASK.PREPARING, A, ASK.AWAITING_APPROVAL])
async def test_what_was_not_said_yes_to_can_be_cancelled(
    there: World, orders: Orders, status: OrderStatus
) -> None:
    job = await there.order(status)

    assert await orders.cancel(job.id, ADA_ASKS)

    job = await there.now(job)
    assert (job.status, job.due_at) == (ASK.CANCELLED, None)
    assert (await there.card(job)).due_at is not None


async def test_what_was_not_sent_can_be_cancelled(there: World, orders: Orders) -> None:
    job = await there.job(S.QUEUED)

    assert await orders.cancel(job.order_id, ADA_ASKS)

    job = await there.now(job)
    assert (job.status, job.due_at) == (S.CANCELLED, None)
    assert await there.body_of(job) is None
    assert (await there.card(job)).due_at is not None


async def test_a_cancel_ends_what_waits_and_leaves_what_was_sent(there: World, orders: Orders) -> None:
    sent = await there.job(S.PROCESSING)
    waits = await there.sister(sent, S.QUEUED)

    assert await orders.cancel(sent.order_id, ADA_ASKS)

    assert (await there.now(sent)).status is S.PROCESSING
    assert (await there.now(waits)).status is S.CANCELLED
    assert not await orders.cancel(sent.order_id, ADA_ASKS)


@pytest.mark.parametrize("status", [S.SUBMITTING, S.PROCESSING, S.DELIVERING, S.DELIVERED, S.UNRESOLVED])
async def test_what_may_have_been_sent_cannot(there: World, orders: Orders, status: JobStatus) -> None:
    job = await there.job(status)

    assert not await orders.cancel(job.order_id, ADA_ASKS)
    assert (await there.now(job)).status is status


async def test_whatever_makes_something_due_wakes_the_worker(there: World, orders: Orders) -> None:
    changed, priced_one, ended = await priced(there), await priced(there), await priced(there)

    for make_due in (
        lambda: orders.submit(changed.id, ADA_ASKS, LINKS),
        lambda: orders.confirm(priced_one.id, "e1", ADA_ASKS),
        lambda: orders.cancel(ended.id, ADA_ASKS),
        lambda: orders.show_again(priced_one),
        lambda: orders.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=True),
    ):
        there.woken.clear()
        await make_due()
        assert there.woken


async def test_a_form_given_up_takes_its_draft_with_it(there: World, orders: Orders) -> None:
    job = (await orders.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=False)).order

    await orders.discard(job.id, ADA_ASKS)

    now = await there.now(job)
    assert (now.status, (await there.card(now)).due_at) == (ASK.CANCELLED, None)


async def test_a_draft_whose_card_stands_in_a_thread_outlives_its_form(there: World, orders: Orders) -> None:
    job = (await orders.draft(ADA_ASKS, HERE, Draft(video=VIDEO_LINK), request_key="k", show=True)).order

    await orders.discard(job.id, ADA_ASKS)

    assert (await there.now(job)).status is ASK.DRAFT


async def test_giving_up_the_form_of_a_priced_job_leaves_it_priced(there: World, orders: Orders) -> None:
    job = await priced(there, card_revision=2)

    await orders.discard(job.id, ADA_ASKS)

    assert await there.now(job) == job


async def test_a_form_closed_by_another_team_drops_nothing(there: World, orders: Orders) -> None:
    job = (await orders.draft(ADA_ASKS, HERE, Draft(), request_key="k", show=False)).order

    await orders.discard(job.id, STRANGER)

    assert (await there.now(job)).status is ASK.DRAFT


# --- once more ------------------------------------------------------------------------------------------


async def test_run_again_is_a_new_job_in_the_same_thread_and_needs_its_own_yes(
    there: World, orders: Orders
) -> None:
    old = await there.job(S.DELIVERED, card_channel=VIDEOS, card_ts="17.5", offer_id="e1")

    state = await there.state(old)
    await orders.rerun(state, BEN_ASKS, request_key="press:1")
    await orders.rerun(state, BEN_ASKS, request_key="press:1")

    [new] = await there.orders_of(BEN_ASKS)
    assert new.id != old.order_id
    assert (new.status, new.user_id, new.draft) == (ASK.PREPARING, BEN, state.order.draft)
    assert (new.channel_id, new.thread_ts) == (VIDEOS, "17.5")
    assert await orders.confirm(new.id, "e1", BEN_ASKS) is Confirmation.OUTDATED


async def test_change_on_an_ended_job_begins_a_new_one_from_it(there: World, orders: Orders) -> None:
    old = await there.job(S.FAILED, card_channel=VIDEOS, card_ts="17.5")

    state = await there.state(old)
    new = await orders.another(state, ADA_ASKS, request_key="press:1")
    again = await orders.another(state, ADA_ASKS, request_key="press:1")

    assert new == again
    assert (new.order.status, new.order.draft, new.card) == (ASK.DRAFT, state.order.draft, None)


async def test_another_version_begins_without_the_file_that_could_not_be_used(
    there: World, orders: Orders
) -> None:
    video = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=10)
    failed = await there.order(
        ASK.FAILED,
        draft=Draft(video=video, speech=SCRIPT.speech),
        prepared="{}",
        failure_code="slack_file_no_pictures",
    )

    begun = await orders.another(await there.state(failed), ADA_ASKS, request_key="k")

    assert Draft.model_validate_json(begun.order.draft) == Draft(speech=SCRIPT.speech)


async def test_a_job_is_found_by_its_own_team_alone(there: World, orders: Orders) -> None:
    job = await priced(there)

    assert await orders.find(job.id, BEN_ASKS) == await there.state(job)
    assert await orders.find(job.id, STRANGER) is None


# --- how much one person may have open ------------------------------------------------------------------


async def test_of_many_asks_at_once_as_many_are_taken_as_one_person_may_have_open(
    there: World, orders: Orders
) -> None:
    asks = [orders.start(ADA_ASKS, HERE, LINKS, request_key=f"k{number}") for number in range(30)]

    ends = await asyncio.gather(*asks, return_exceptions=True)

    assert sum(isinstance(end, TooManyOpen) for end in ends) == 30 - MOST_OPEN
    assert len(await there.orders_of(ADA_ASKS)) == MOST_OPEN
    await orders.start(BEN_ASKS, HERE, LINKS, request_key="ben's")


@pytest.fixture
async def full(there: World) -> Job:
    """One of twenty open orders of Ada's; besides there are a form that she left, and what has ended."""
    jobs = [await there.job(S.PROCESSING) for _ in range(MOST_OPEN)]
    await there.order(ASK.DRAFT, card_revision=0)
    for ended in (S.DELIVERED, S.FAILED, S.CANCELLED):
        await there.job(ended, ended_at=there.clock())
    for over in (ASK.FAILED, ASK.CANCELLED, ASK.EXPIRED):
        await there.order(over, ended_at=there.clock())
    return jobs[0]


async def test_every_way_to_one_more_is_closed_until_one_has_ended(
    there: World, orders: Orders, full: Job
) -> None:
    form, state = await there.order(ASK.DRAFT, card_revision=0), await there.state(full)
    for way in (
        lambda: orders.start(ADA_ASKS, HERE, LINKS, request_key="a"),
        lambda: orders.draft(ADA_ASKS, HERE, Draft(), request_key="b", show=True),
        lambda: orders.draft(ADA_ASKS, HERE, Draft(), request_key="c", show=False),
        lambda: orders.submit(form.id, ADA_ASKS, LINKS),
        lambda: orders.rerun(state, ADA_ASKS, request_key="d"),
        lambda: orders.another(state, ADA_ASKS, request_key="e"),
    ):
        with pytest.raises(TooManyOpen):
            await way()
    assert (await there.now(form)).status is ASK.DRAFT

    await there.change(full, status=S.DELIVERED, ended_at=there.clock())
    assert await orders.submit(form.id, ADA_ASKS, LINKS) is not None


async def test_what_is_open_already_goes_on(there: World, orders: Orders) -> None:
    for _ in range(MOST_OPEN - 1):
        await there.job(S.PROCESSING)
    offered = await priced(there)

    assert await orders.submit(offered.id, ADA_ASKS, LINKS) is not None


async def test_an_ask_that_comes_twice_is_not_refused_as_one_too_many(there: World, orders: Orders) -> None:
    for number in range(MOST_OPEN):
        await orders.start(ADA_ASKS, HERE, LINKS, request_key=f"k{number}")

    await orders.start(ADA_ASKS, HERE, LINKS, request_key="k0")

    assert len(await there.orders_of(ADA_ASKS)) == MOST_OPEN
