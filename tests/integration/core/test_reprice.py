"""Reprice: what is paid is what was said yes to, however long it stood in the line and whatever changed."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot.app import services_of
from bot.asking.addresses import open_draft
from bot.asking.asks import Asker
from bot.asking.drafts import Draft
from bot.asking.wanted import source_of
from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from bot.steps.reprice import WITHIN_S, Reprice
from bot.steps.submit import Submit
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage import consent_store, endings, slots
from storage.cards import OrderState
from storage.consents import Consent, Ground, Shown
from storage.jobs import Job, JobStatus
from storage.orders import Guessed, Order, OrderStatus
from tests.integration.core.rows import part_of
from tests.integration.core.world import CIPHER, LINKS, SCRIPT, World, error, generation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

COST, BY_LENGTH, CREATE = "/v2/analyze/cost", "/v2/generations/estimate", "/v2/generate"
SHOWN = Decimal("0.064")
BY_LENGTH_ANSWER = {"estimatedFrameCount": 12, "estimatedGenerationCost": 0.064}
ADA_ASKS = Asker(None, NORTH.id, ADA)


@pytest.fixture
def reprice(there: World) -> Reprice:
    there.sync.post(BY_LENGTH).mock(return_value=error(422, "cost_estimate_unavailable"))
    return Reprice(there.tools)


def costs(there: World, usd: float | None, frames: int = 12) -> None:
    """What sync.so asks for the request from now on."""
    there.sync.post(COST).respond(
        json=[{"estimatedFrameCount": frames, "estimatedGenerationCost": usd}],
    )


async def confirmed(there: World, **columns: Any) -> Job:
    """A job of Ada's in the line, said yes to at six cents, not looked at since."""
    usual = {
        "estimate_usd": SHOWN,
        "priced_at": None,
        "pricing_since": there.clock(),
        "card_channel": "C1",
        "card_ts": "1.0",
    }
    return await there.queued(**usual | columns)


def people(there: World) -> Orders:
    """What people may do to their jobs."""
    return services_of(there.tools, wake=lambda: None, public_url="https://app.test").orders


def words_of(state: OrderState) -> str:
    return card(ENGLISH, state, bot_user_id="UB", ask_again_from_usd=Decimal(10)).text


async def offered(there: World) -> Order:
    """The one order of Ada's that waits for her yes."""
    waiting = [job for job in await there.orders_of(ADA_ASKS) if job.status is OrderStatus.OFFERED]
    assert len(waiting) == 1
    return waiting[0]


@pytest.mark.parametrize("usd", [0.064, 0.07, 0.01])
async def test_a_price_that_holds_lets_the_job_be_sent(there: World, reprice: Reprice, usd: float) -> None:
    costs(there, usd)

    job = await there.run(reprice, await confirmed(there))

    assert (job.status, job.lease_token, job.due_at) == (JobStatus.QUEUED, None, there.clock())
    assert job.may_be_sent(there.clock())
    assert (job.pricing_since, job.repriced_usd) == (None, Decimal(str(usd)))


async def test_the_very_request_is_priced_that_will_be_sent(there: World, reprice: Reprice) -> None:
    costs(there, 0.064)
    generations = people(there)
    for draft in (LINKS, SCRIPT.model_copy(update={"sync_mode": "loop", "name": "Talk"})):
        waiting = await there.order(OrderStatus.OFFERED, draft=draft, offer_id="e1", estimate_usd=SHOWN)
        assert await generations.confirm(waiting.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED
        (job,) = (await there.state(waiting)).jobs
        await there.run(reprice, job)
        body = json.loads(await there.body_of(job) or "")
        assert there.sent_json(COST)[-1] == {
            name: value for name, value in body.items() if name not in {"webhookUrl", "outputFileName"}
        }


async def test_a_dearer_one_is_not_made_and_is_offered_anew_with_both_prices(
    there: World, reprice: Reprice
) -> None:
    costs(there, 0.64, frames=120)

    old = await there.run(reprice, await confirmed(there, thread_ts="0.9", confirmed_by=ADA))

    assert (old.status, old.failure_code) == (JobStatus.CANCELLED, "price_changed")
    assert old.due_at is None
    new, before = await offered(there), await there.order_of(old)
    assert (new.draft, new.prepared) == (before.draft, before.prepared)
    assert open_draft(new, CIPHER) == open_draft(before, CIPHER)
    assert (new.offer_usd, new.accepted_usd) == (Decimal("0.64"), SHOWN)
    assert new.offer_id not in {None, before.offer_id}
    assert new.confirmed_at is None
    assert (new.channel_id, new.thread_ts, new.user_id) == (before.channel_id, "0.9", ADA)
    assert (await there.card(new)).due_at == there.clock()
    assert new.expires_at == new.due_at == there.clock() + 24 * 3600
    for shown in (words_of(await there.state(old)), words_of(await there.state(new))):
        assert "It now costs about $0.64; you said yes to about $0.06. Nothing was charged." in shown
    assert there.sent(CREATE) == []


async def test_what_was_said_of_who_is_shown_goes_with_it(there: World, reprice: Reprice) -> None:
    costs(there, 0.64, frames=120)
    said = Consent(Shown(Ground.NOT_REAL), ADA, 1.0)
    job = await confirmed(there)
    async with there.db.write() as conn:
        await consent_store.put(
            conn, await there.order_of(job), [source_of(LINKS.videos[0])], [said], now=1.0
        )

    await there.run(reprice, job)

    new = await offered(there)
    async with there.db.read() as conn:
        assert await consent_store.of_orders(conn, [new.id]) == {new.id: (said,)}


async def test_an_order_that_began_its_own_thread_is_offered_anew_in_that_thread(
    there: World, reprice: Reprice
) -> None:
    costs(there, 0.64)

    await there.run(reprice, await confirmed(there, card_channel="D1", card_ts="5.0", card_moved=True))

    new = await offered(there)
    assert (new.channel_id, new.thread_ts) == ("D1", "5.0")


async def test_however_often_it_is_repeated_there_is_one_new_offer(there: World, reprice: Reprice) -> None:
    """Two holders of the lease, one after the other, and a third that lost it; then the row put back."""
    costs(there, 0.64)
    job = await confirmed(there)
    held = await there.claim(job)
    await reprice(held)
    await reprice(held)
    back = await there.change(job, status=JobStatus.QUEUED, ended_at=None, pricing_since=there.clock())
    await there.run(reprice, back)

    await offered(there)


async def test_the_new_offers_yes_has_a_key_of_its_own(there: World, reprice: Reprice) -> None:
    costs(there, 0.64)
    old = await there.run(reprice, await confirmed(there))
    new = await offered(there)
    generations = people(there)

    before = await there.order_of(old)
    assert await generations.confirm(before.id, "e1", ADA_ASKS) is Confirmation.ALREADY_DONE
    assert await generations.confirm(new.id, new.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED

    (job,) = (await there.state(new)).jobs
    assert job.idempotency_key != old.idempotency_key
    job = await there.run(reprice, job)
    assert job.may_be_sent(there.clock()), "the new price is what was said yes to now"


async def test_its_unsent_sisters_go_with_it_into_one_new_offer_and_what_was_sent_goes_on(
    there: World, reprice: Reprice
) -> None:
    costs(there, 0.64)
    job = await confirmed(there)
    sent = await there.sister(job, JobStatus.PROCESSING)
    waits = await there.sister(sent, JobStatus.QUEUED)

    await there.run(reprice, job)

    assert (await there.now(sent)).status is JobStatus.PROCESSING
    assert (await there.now(waits)).failure_code == "price_changed"
    new = await offered(there)
    assert [part.usd for part in new.parts] == [Decimal("0.64")] * 2, "both are priced anew: one yes will do"
    assert (new.offer_usd, new.accepted_usd) == (Decimal("1.28"), 2 * SHOWN)
    assert Draft.model_validate_json(new.draft).only == (0, 2)
    assert [part.label for part in new.parts] == ["audio.mp3", "“Line 2”"]


async def test_a_sister_whose_price_does_not_come_is_offered_as_it_was(
    there: World, reprice: Reprice
) -> None:
    def price(request: httpx.Request) -> httpx.Response:
        if "Line 1" in request.content.decode():
            return error(503, "sync_unavailable")
        return httpx.Response(200, json=[{"estimatedGenerationCost": 0.64}])

    there.sync.post(COST).mock(side_effect=price)
    job = await confirmed(there)
    await there.sister(job, JobStatus.QUEUED)

    await there.run(reprice, job)

    new = await offered(there)
    assert [part.usd for part in new.parts] == [Decimal("0.64"), SHOWN]


async def test_a_sister_that_comes_back_into_line_later_is_offered_as_well(
    there: World, reprice: Reprice
) -> None:
    """It was being sent when the others were stopped, and sync.so had no slot for it."""
    costs(there, 0.64)
    job = await confirmed(there)
    sending = await there.sister(job, JobStatus.SUBMITTING)
    await there.run(reprice, job)
    first = await offered(there)
    back = await there.change(sending, status=JobStatus.QUEUED, pricing_since=there.clock())

    await there.run(reprice, back)

    orders = await there.orders_of(ADA_ASKS)
    (second,) = [order for order in orders if order.id not in {first.id, job.order_id}]
    assert (second.status, second.thread_ts) == (OrderStatus.OFFERED, first.thread_ts)
    assert Draft.model_validate_json(second.draft).only == (1,)
    assert [part.label for part in second.parts] == [""]


async def test_the_yes_to_the_new_offer_makes_the_stopped_parts_alone(there: World, reprice: Reprice) -> None:
    costs(there, 0.64)
    job = await confirmed(there)
    await there.sister(await there.sister(job, JobStatus.PROCESSING), JobStatus.QUEUED)
    await there.run(reprice, job)
    new = await offered(there)

    outcome = await people(there).confirm(new.id, new.offer_id or "", ADA_ASKS)

    assert outcome is Confirmation.ACCEPTED
    jobs = (await there.state(new)).jobs
    bodies = [await there.body_of(each) or "" for each in jobs]
    assert ["Line 2" in body for body in bodies] == [False, True]
    assert [each.position for each in jobs] == [0, 1]


async def test_a_cancel_that_came_first_leaves_nothing_behind(there: World, reprice: Reprice) -> None:
    costs(there, 0.64)
    held = await there.claim(await confirmed(there))
    async with there.db.write() as conn:
        await endings.end(conn, held[0], JobStatus.CANCELLED, now=there.clock())

    await reprice(held)

    assert (await there.now(held[0])).failure_code is None
    assert len(await there.orders_of(ADA_ASKS)) == 1


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(500), error(422, "cost_estimate_unavailable"), httpx.Response(200, json=[]), None],
    ids=["trouble", "cannot price", "no price", "no connection"],
)
async def test_no_price_within_two_minutes_is_offered_anew_without_one(
    there: World, reprice: Reprice, trouble: httpx.Response | None
) -> None:
    route = there.sync.post(COST)
    route.mock(return_value=trouble) if trouble else route.mock(side_effect=httpx.ConnectError("down"))
    begun = there.clock()
    job = await confirmed(there)

    while job.status is JobStatus.QUEUED:
        assert job.lease_token is None
        job = await there.run(reprice, job)
        there.clock.now = max(there.clock(), job.due_at or 0.0)

    assert there.clock() - begun == WITHIN_S
    assert (job.status, job.failure_code) == (JobStatus.CANCELLED, "price_changed")
    new = await offered(there)
    assert (new.offer_usd, new.accepted_usd) == (None, SHOWN)
    for shown in (words_of(await there.state(job)), words_of(await there.state(new))):
        assert "You said yes to about $0.06" in shown
        assert "Nothing was charged." in shown
    assert there.sent(CREATE) == []


async def test_a_price_by_length_is_no_answer_where_the_request_itself_was_priced(
    there: World, reprice: Reprice
) -> None:
    """It would be made from what was measured then, whatever lies behind the link by now."""
    there.sync.post(BY_LENGTH).mock(return_value=httpx.Response(200, json=BY_LENGTH_ANSWER))
    there.sync.post(COST).mock(return_value=error(422, "cost_estimate_unavailable"))
    job = await there.run(reprice, await confirmed(there))
    assert (job.status, job.priced_at) == (JobStatus.QUEUED, None)
    there.clock.pass_by(WITHIN_S)

    await there.run(reprice, job)

    assert (await offered(there)).offer_usd is None


async def test_an_offer_by_length_is_held_against_a_price_by_length(there: World) -> None:
    there.sync.post(COST).mock(return_value=error(422, "cost_estimate_unavailable"))
    there.sync.post(BY_LENGTH).mock(return_value=httpx.Response(200, json=BY_LENGTH_ANSWER))
    reprice = Reprice(there.tools)

    same = await there.run(reprice, await confirmed(there, guessed=Guessed.PRICE))
    assert same.may_be_sent(there.clock())
    dearer = await confirmed(there, guessed=Guessed.PRICE, estimate_usd=Decimal("0.01"))
    await there.run(reprice, dearer)
    new = await offered(there)
    assert (new.offer_usd, part_of(new).guessed) == (SHOWN, Guessed.PRICE)


async def test_a_price_that_comes_within_two_minutes_is_taken(there: World, reprice: Reprice) -> None:
    there.sync.post(COST).respond(500)
    job = await there.run(reprice, await confirmed(there))
    assert (job.status, job.attempts, there.wait_s(job)) == (JobStatus.QUEUED, 1, 1)
    there.clock.pass_by(100)
    costs(there, 0.064)

    job = await there.run(reprice, job)

    assert (job.may_be_sent(there.clock()), job.attempts) == (True, 0)


async def test_after_a_standstill_of_ours_the_price_is_asked_for_once_before_it_is_given_up(
    there: World, reprice: Reprice
) -> None:
    costs(there, 0.064)

    job = await there.run(reprice, await confirmed(there, pricing_since=there.clock() - 3600))

    assert job.may_be_sent(there.clock())


async def test_what_was_accepted_without_a_price_is_not_held_up(there: World, reprice: Reprice) -> None:
    job = await there.run(reprice, await confirmed(there, estimate_usd=None))

    assert job.may_be_sent(there.clock())
    assert there.sent(COST) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(422, "generation_input_video_inaccessible"), (401, "unauthorized"), (402, "account_payment_required")],
)
async def test_what_sync_refuses_when_it_prices_ends_with_its_words_and_for_nothing(
    there: World, reprice: Reprice, status: int, code: str
) -> None:
    there.sync.post(COST).mock(return_value=error(status, code, suggestion="Do this instead."))

    job = await there.run(reprice, await confirmed(there))

    assert (job.status, job.failure_code, job.failure_detail) == (JobStatus.FAILED, code, "Do this instead.")
    assert "Nothing was charged." in words_of(await there.state(job))


async def test_voices_that_stay_silent_end_it_clearly_instead_of_asking_for_a_blind_yes(
    there: World, reprice: Reprice
) -> None:
    there.sync.post(COST).mock(return_value=error(503, "elevenlabs_service_unavailable"))
    job = await there.run(reprice, await confirmed(there, draft=SCRIPT))
    assert job.status is JobStatus.QUEUED
    there.clock.pass_by(WITHIN_S)

    job = await there.run(reprice, job)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "elevenlabs_service_unavailable")


async def test_a_rate_limit_on_a_price_holds_the_accounts_line_for_as_long_as_asked(
    there: World, reprice: Reprice
) -> None:
    there.sync.post(COST).mock(return_value=error(429, "rate_limit_exceeded", retry_after=17))

    job = await there.run(reprice, await confirmed(there))

    assert (job.status, there.wait_s(job)) == (JobStatus.QUEUED, 17)
    async with there.db.read() as conn:
        (line,) = await slots.standings(conn, now=there.clock())
    assert line.rate_limited_until == there.clock() + 17


async def test_who_lost_the_job_while_asking_for_its_price_offers_nothing_anew(
    there: World, reprice: Reprice
) -> None:
    costs(there, 9.99)
    job = await confirmed(there)
    late = await there.claim(job)
    await there.claim(job)  # another replica took it over

    await reprice(late)

    assert [each.id for each in await there.orders_of(ADA_ASKS)] == [job.order_id]
    assert (await there.now(job)).status is JobStatus.QUEUED


async def test_the_accounts_limit_is_asked_for_before_the_price_once_in_a_while_and_after_a_refusal(
    there: World, reprice: Reprice
) -> None:
    costs(there, 0.064)
    there.sync.post(CREATE).respond(402, json={"message": "no", "errorCode": "account_payment_required"})
    order: list[str] = []

    async def account(_request: httpx.Request) -> httpx.Response:
        order.append(f"limit after {len(there.sent(COST))} prices")
        return httpx.Response(200, json={"generationLimits": {"concurrency": 3}})

    there.sync.get("/v2/account").mock(side_effect=account)
    for _ in range(3):
        last = await there.run(reprice, await confirmed(there))
    assert order == ["limit after 0 prices"]

    await there.run(Submit(there.tools), last)
    await there.run(reprice, await confirmed(there))

    assert order == ["limit after 0 prices", "limit after 3 prices"]


async def test_nothing_is_asked_between_the_price_and_the_send(there: World, reprice: Reprice) -> None:
    costs(there, 0.064)
    there.sync.post(CREATE).respond(201, json=generation())

    job = await there.run(reprice, await confirmed(there))
    await there.run(Submit(there.tools), job)

    asked = [call.request.url.path for call in there.sync.calls]
    assert asked[-2:] == [COST, CREATE]


async def test_a_silent_account_route_does_not_stop_the_line(there: World, reprice: Reprice) -> None:
    there.sync.get("/v2/account").mock(side_effect=httpx.ConnectError("down"))
    costs(there, 0.064)

    job = await there.run(reprice, await confirmed(there))

    assert job.may_be_sent(there.clock())


async def test_prices_are_asked_for_side_by_side(there: World, reprice: Reprice) -> None:
    """One that hangs holds up no other, not even of the same claim."""
    answered = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["x-api-key"] == "sk-south-0123456789":
            await answered.wait()
        return httpx.Response(200, json=[{"estimatedFrameCount": 12, "estimatedGenerationCost": 0.064}])

    there.sync.post(COST).mock(side_effect=answer)
    slow, quick = await confirmed(there, team_id=SOUTH.id), await confirmed(there)
    step = asyncio.create_task(reprice(await there.claim(slow, quick)))
    async with asyncio.timeout(60):
        while not (await there.now(quick)).may_be_sent(there.clock()):  # noqa: ASYNC110 - the database has no event
            await asyncio.sleep(0.01)
    answered.set()
    await step

    assert (await there.now(slow)).may_be_sent(there.clock())


async def test_a_price_that_grew_old_before_the_send_is_looked_at_again(there: World) -> None:
    there.sync.post(CREATE).respond(201, json=generation())
    job = await there.queued(estimate_usd=SHOWN, priced_at=there.clock() - 60)

    job = await there.run(Submit(there.tools), job)

    assert there.sent(CREATE) == []
    assert (job.status, job.due_at, job.lease_token) == (JobStatus.QUEUED, there.clock(), None)


async def test_a_send_that_may_have_been_taken_is_never_priced_again(there: World) -> None:
    there.sync.get("/v2/generations").respond(json=[])
    there.sync.post(CREATE).mock(
        side_effect=[httpx.ReadTimeout("lost"), httpx.Response(201, json=generation())]
    )
    job = await there.run(Submit(there.tools), await there.queued(estimate_usd=SHOWN))
    there.clock.pass_by(1800)

    job = await there.run(Submit(there.tools), job)

    assert job.status is JobStatus.PROCESSING
    assert there.sent(COST) == []
