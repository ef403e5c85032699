"""A team's key is replaced by one of another organisation: nothing is sent to the old account any more, and
nothing is made by the new one at a price that nobody said yes to there."""

from decimal import Decimal
from typing import Any

import pytest

from bot.app import new_id, services_of
from bot.asking.addresses import open_draft
from bot.asking.asks import Asker, Births, account_of_offer
from bot.asking.drafts import Draft, Prepared, PreparedInput, Script
from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from bot.steps.confirmed import Confirmed
from bot.steps.offered import Offered
from bot.steps.prepare import Prepare
from bot.steps.relay import Relay
from bot.steps.reprice import Reprice
from bot.steps.search import CLOCKS_APART_S
from bot.steps.settle import Settle
from bot.steps.submit import Submit
from bot.teams.keys import Keys
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage import ledger
from storage.inputs import InputStatus
from storage.jobs import Job, JobStatus, Money
from storage.orders import Order, OrderStatus, Part
from tests.integration.core.bringing import Preparing, claim_inputs, inputs_of
from tests.integration.core.world import CIPHER, LINKS, World, generation
from tests.integration.fake_slack.harness import ADA, NORTH

CREATE, LIST, COST = "/v2/generate", "/v2/generations", "/v2/analyze/cost"
OWN_KEY, OTHER_KEY = "sk-own-0123456789012", "sk-another-0123456789"
USD = Decimal("0.42")
ADA_ASKS = Asker(None, NORTH.id, ADA)


@pytest.fixture
async def there(there: World) -> World:
    """Ada's team has a key of its own, though that of the settings would serve it too."""
    await there.connect(OWN_KEY, "org_own")
    there.sync.get(LIST).respond(json=[])
    there.sync.post(CREATE).respond(201, json=generation())
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 12, "estimatedGenerationCost": 0.84}])
    there.sync.post("/v2/assets").respond(json={"id": "a-1", "url": "https://x.test", "durationSeconds": 5.0})
    return there


async def queued(there: World, **columns: Any) -> Job:
    """A job of the team with a key of its own, said yes to, and its price just looked at."""
    usual: dict[str, Any] = {"estimate_usd": USD, "card_channel": "C1", "card_ts": "1.0"}
    return await there.queued(**usual | columns)


async def other_account(there: World) -> None:
    await there.connect(OTHER_KEY, "org_another")


async def other_account_elsewhere(there: World) -> None:
    """Another replica has replaced the key, and this one remembers the old one."""
    await there.tools.accounts.of_team(None, NORTH.id)
    here, there.keys = there.keys, Keys(there.db, CIPHER, new_id=new_id, clock=there.clock)
    await other_account(there)
    there.keys = here
    assert await there.tools.accounts.key_of_team(None, NORTH.id) == "org:org_own"


async def no_account(there: World) -> None:
    """Both keys that could pay are taken away."""
    there.tools.accounts._own = None
    await there.keys.take_away(NORTH.id, by=None, now=there.clock())


async def anew(there: World, old: Job | Order) -> Order:
    """The one order that stands in another one's place."""
    old_id = old.order_id if isinstance(old, Job) else old.id
    (found,) = [order for order in await there.orders_of(ADA_ASKS) if order.id != old_id]
    return found


async def booked(there: World, order_id: str, position: int = 0) -> tuple[set[Money], int]:
    async with there.db.read() as conn:
        entries = await ledger.of_part(conn, order_id, position)
        assert (await ledger.overview(conn)).sums_agree
    return {entry.kind for entry in entries}, sum(entry.held_delta for entry in entries)


async def words_of(there: World, row: Job | Order) -> str:
    return card(ENGLISH, await there.state(row), bot_user_id="UB", ask_again_from_usd=Decimal(10)).text


def keys_at(there: World, path: str) -> set[str]:
    return {request.headers["x-api-key"] for request in there.sent(path)}


RELEASED = ({Money.HOLD, Money.RELEASE}, 0)


# --- in line --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [Reprice, Submit])
async def test_what_waits_in_line_ends_for_nothing_and_is_prepared_at_the_new_account(
    there: World, step: Any
) -> None:
    waits = await queued(there, thread_ts="0.9")
    await other_account(there)

    old = await there.run(step(there.tools), waits)

    assert (old.status, old.failure_code, old.due_at) == (JobStatus.CANCELLED, "account_changed", None)
    assert await booked(there, old.order_id) == RELEASED
    new, before = await anew(there, old), await there.order_of(old)
    assert (new.status, new.due_at, new.offer_id) == (OrderStatus.PREPARING, there.clock(), None)
    assert open_draft(new, CIPHER) == open_draft(before, CIPHER)
    assert (new.channel_id, new.thread_ts, new.user_id) == (before.channel_id, "0.9", ADA)
    assert there.sent(CREATE) == there.sent(COST) == []
    text = await words_of(there, old)
    assert text.startswith("Not made: another sync.so account pays now")
    assert "Nothing was charged." in text


async def test_the_new_card_shows_the_new_accounts_price_and_its_yes_is_sent_there(there: World) -> None:
    waits = await queued(there)
    await other_account(there)
    new = await anew(there, await there.run(Reprice(there.tools), waits))

    new = await there.run(Preparing(there), new)

    assert (new.status, new.offer_usd, account_of_offer(new)) == (
        OrderStatus.OFFERED,
        Decimal("0.84"),
        "org:org_another",
    )
    assert keys_at(there, COST) == {OTHER_KEY}
    orders = services_of(there.tools, wake=lambda: None, public_url=None).orders
    assert await orders.confirm(new.id, new.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    (job,) = (await there.state(new)).jobs
    job = await there.run(Reprice(there.tools), job)
    job = await there.run(Submit(there.tools), job)
    assert (job.status, keys_at(there, CREATE)) == (JobStatus.PROCESSING, {OTHER_KEY})


async def test_a_replica_that_has_not_seen_the_other_key_sends_nothing_to_the_old_account(
    there: World,
) -> None:
    waits = await queued(there)
    await other_account_elsewhere(there)

    job = await there.run(Submit(there.tools), waits)

    assert there.sent(CREATE) == []
    assert (job.status, job.priced_at, there.wait_s(job)) == (JobStatus.QUEUED, None, 0)
    job = await there.run(Reprice(there.tools), job)
    assert (job.status, job.failure_code) == (JobStatus.CANCELLED, "account_changed")
    assert there.sent(COST) == []


async def test_another_key_of_the_same_organisation_changes_nothing(there: World) -> None:
    waits = await queued(there)
    await there.connect(OTHER_KEY, "org_own")

    job = await there.run(Submit(there.tools), waits)

    assert (job.status, keys_at(there, CREATE)) == (JobStatus.PROCESSING, {OTHER_KEY})


async def test_what_only_memory_calls_another_account_is_looked_at_anew(there: World) -> None:
    """The first key was put back elsewhere, a moment after the other one."""
    await other_account(there)
    await there.tools.accounts.of_team(None, NORTH.id)
    waits = await queued(there, account_key="org:org_own")
    elsewhere = World(**{**vars(there), "keys": Keys(there.db, CIPHER, new_id=new_id, clock=there.clock)})
    await elsewhere.connect(OWN_KEY, "org_own")

    job = await there.run(Submit(there.tools), waits)

    assert (job.status, keys_at(there, CREATE)) == (JobStatus.PROCESSING, {OWN_KEY})


async def test_a_teams_own_key_pays_before_that_of_the_settings(there: World) -> None:
    """Its job was said yes to while the settings' key, which is in use still, paid for it."""
    waits = await queued(there, account_key="org:org_app")

    job = await there.run(Submit(there.tools), waits)

    assert (job.status, job.failure_code) == (JobStatus.CANCELLED, "account_changed")
    assert there.sent(CREATE) == []


async def test_unsent_sisters_go_with_it_and_what_was_sent_is_settled_with_its_own_key(there: World) -> None:
    job = await queued(there)
    sent = await there.sister(job, JobStatus.PROCESSING)
    waits = await there.sister(sent, JobStatus.QUEUED)
    sent = await there.change(sent, generation_id="gen-7")
    await other_account(there)

    await there.run(Reprice(there.tools), job)

    assert (await there.now(waits)).failure_code == "account_changed"
    new = await anew(there, job)
    assert Draft.model_validate_json(new.draft).only == (0, 2)
    assert [await booked(there, job.order_id, at) for at in (0, 2)] == [RELEASED] * 2
    done = generation("gen-7", "COMPLETED", outputUrl="https://x.test/1.mp4", outputFileName=sent.id)
    there.sync.get("/v2/generations/gen-7").respond(json=done)
    there.sync.get(LIST).respond(json=[done])
    sent = await there.run(Settle(there.tools), sent)
    assert sent.status is JobStatus.DELIVERING
    asked = [call.request for call in there.sync.calls if call.request.url.path.startswith(LIST)]
    assert {request.headers["x-api-key"] for request in asked} == {OWN_KEY}
    text = await words_of(there, sent)
    assert "another sync.so account pays now; nothing was charged, it stands in this thread once more" in text


async def test_however_often_it_is_repeated_there_is_one_new_order(there: World) -> None:
    job = await queued(there)
    await other_account(there)
    late = await there.claim(job)
    held = await there.claim(job)
    reprice = Reprice(there.tools)
    await reprice(late)  # it had lost the lease
    assert (await there.now(job)).status is JobStatus.QUEUED
    await reprice(held)
    await reprice(held)
    back = await there.change(job, status=JobStatus.QUEUED, ended_at=None)
    await there.run(reprice, back)

    await anew(there, job)


async def test_a_cut_right_before_the_new_order_leaves_the_job_in_line(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await queued(there)
    await other_account(there)
    with monkeypatch.context() as cut:
        cut.setattr("bot.steps.anew.order_store.insert", _dies)
        with pytest.raises(_Killed):
            await there.run(Reprice(there.tools), job)
    assert (await there.now(job)).status is JobStatus.QUEUED
    assert await booked(there, job.order_id) == ({Money.HOLD}, 420_000)

    await there.run(Reprice(there.tools), await there.now(job))

    await anew(there, job)
    assert await booked(there, job.order_id) == RELEASED


class _Killed(BaseException):
    """A machine that dies asks no except clause."""


async def _dies(*_: object, **__: object) -> None:
    raise _Killed


# --- perhaps sent ---------------------------------------------------------------------------------------


async def submitting(there: World, *, ago_s: float) -> Job:
    sent_at = there.clock() - ago_s
    return await queued(there, status=JobStatus.SUBMITTING, submitted_at=sent_at)


async def test_what_was_surely_never_taken_ends_as_what_waits_does(there: World) -> None:
    job = await submitting(there, ago_s=CLOCKS_APART_S)
    await other_account(there)

    job = await there.run(Submit(there.tools), job)

    assert (job.status, job.failure_code) == (JobStatus.CANCELLED, "account_changed")
    assert await booked(there, job.order_id) == RELEASED
    assert (await anew(there, job)).status is OrderStatus.PREPARING
    assert (keys_at(there, LIST), there.sent(CREATE)) == ({OWN_KEY}, [])


async def test_what_its_list_may_not_show_yet_is_looked_for_again_and_sent_nowhere(there: World) -> None:
    job = await submitting(there, ago_s=CLOCKS_APART_S - 1)
    await other_account_elsewhere(there)

    job = await there.run(Submit(there.tools), job)

    assert (job.status, there.wait_s(job) > 0) == (JobStatus.SUBMITTING, True)
    assert await booked(there, job.order_id) == ({Money.HOLD}, 420_000)
    assert there.sent(CREATE) == []


async def test_what_was_taken_under_the_old_key_goes_on(there: World) -> None:
    job = await submitting(there, ago_s=CLOCKS_APART_S)
    there.sync.get(LIST).respond(json=[generation("gen-9", outputFileName=job.id)])
    await other_account(there)

    job = await there.run(Submit(there.tools), job)

    assert (job.status, job.generation_id) == (JobStatus.PROCESSING, "gen-9")


# --- nobody pays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.SUBMITTING])
async def test_where_the_key_was_removed_it_ends_with_whom_to_ask(there: World, status: JobStatus) -> None:
    unsent = await queued(there, status=status, submitted_at=there.clock() - CLOCKS_APART_S)
    await no_account(there)

    job = await there.run(Submit(there.tools), unsent)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "not_connected")
    assert await booked(there, job.order_id) == RELEASED
    assert len(await there.orders_of(ADA_ASKS)) == 1
    text = await words_of(there, job)
    assert "Nothing was charged" in text
    assert "Ask an owner or admin to press Connect sync.so in my Home, then press Try again." in text
    assert there.sent(CREATE) == []


# --- offered, and said yes to while files were on their way ---------------------------------------------


@pytest.fixture
def orders(there: World) -> Orders:
    return services_of(there.tools, wake=lambda: None, public_url=None).orders


async def offer(there: World, status: OrderStatus = OrderStatus.OFFERED, **columns: Any) -> Order:
    usual: dict[str, Any] = {
        "offer_id": "e1",
        "parts": (Part(usd=USD, length_s=5.0),),
        "offer_usd": USD,
        "expires_at": there.clock() + 3600,
    }
    return await there.order(status, **usual | columns)


async def test_a_price_of_the_old_account_is_not_spent_and_is_asked_for_at_the_new_one(
    there: World, orders: Orders
) -> None:
    waits = await offer(there)
    await other_account(there)

    assert await orders.confirm(waits.id, "e1", ADA_ASKS) is Confirmation.ACCOUNT_CHANGED

    order = await there.now(waits)
    assert (order.status, order.offer_id, order.parts) == (OrderStatus.PREPARING, None, ())
    assert (await there.state(order)).jobs == ()
    assert await orders.confirm(waits.id, "e1", ADA_ASKS) is Confirmation.OUTDATED
    order = await there.run(Preparing(there), order)
    assert (order.status, order.offer_usd, keys_at(there, COST)) == (
        OrderStatus.OFFERED,
        Decimal("0.84"),
        {OTHER_KEY},
    )
    assert {each.account_key for each in await inputs_of(there, order)} == {"org:org_another"}
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED


async def test_an_offer_of_the_new_account_is_spent_where_the_old_key_is_remembered(
    there: World, orders: Orders
) -> None:
    await other_account_elsewhere(there)
    prepared = Prepared(account_key="org:org_another", video=PreparedInput(duration_s=5.0))
    waits = await offer(there, prepared=prepared.model_dump_json())

    assert await orders.confirm(waits.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED

    (job,) = (await there.state(waits)).jobs
    assert job.account_key == "org:org_another"


async def test_parts_that_the_old_account_priced_are_priced_anew(there: World) -> None:
    """It was cut between the prices of its parts."""
    one, two = (Script(text=text, voice_id="v-1", voice_name="Rachel") for text in ("One", "Two"))
    draft = Draft(video=LINKS.video, speech=one, more_scripts=(two,))
    there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    half = await offer(
        there, OrderStatus.PREPARING, draft=draft, offer_id=None, offer_usd=None, expires_at=None
    )
    await other_account(there)

    order = await there.run(Preparing(there), half)

    assert [part.usd for part in order.parts] == [Decimal("0.84")] * 2


async def test_an_offer_ahead_of_its_files_is_prepared_again_for_the_new_account(there: World) -> None:
    coming = Prepared(account_key="org:org_own", video=PreparedInput(is_coming=True))
    waits = await offer(there, prepared=coming.model_dump_json())
    await other_account(there)

    order = await there.run(Offered(there.tools), waits)

    assert (order.status, order.offer_id, order.parts) == (OrderStatus.PREPARING, None, ())


async def test_a_yes_while_files_were_coming_is_not_spent_at_the_new_account(there: World) -> None:
    coming = Prepared(account_key="org:org_own", video=PreparedInput(is_coming=True))
    columns: dict[str, Any] = {"prepared": coming.model_dump_json(), "confirmed_at": there.clock()}
    waits = await offer(there, OrderStatus.CONFIRMED, thread_ts="0.9", **columns)
    async with there.db.write() as conn:
        await ledger.hold(conn, waits, {0: "sync-3"}, owner_id=waits.team_id, now=there.clock())
    await other_account(there)
    step = Confirmed(there.tools, Births(CIPHER, new_id, None))
    held = await there.claim(waits)

    await step(held)
    await step(held)

    old = await there.now(waits)
    assert (old.status, old.failure_code) == (OrderStatus.CANCELLED, "account_changed")
    assert await booked(there, old.id) == RELEASED
    new = await anew(there, old)
    assert (new.status, new.thread_ts, new.confirmed_at) == (OrderStatus.PREPARING, "0.9", None)
    assert "Not made: another sync.so account pays now" in await words_of(there, old)


async def test_a_file_on_its_way_to_the_old_account_goes_to_the_new_one_and_back_again(there: World) -> None:
    order = await there.order(OrderStatus.PREPARING, draft=LINKS, prepared="{}")
    await there.run(Prepare(there.tools), order)
    await other_account(there)
    relay = Relay(there.tools)
    await relay(await claim_inputs(there))
    assert {each.failure_code for each in await inputs_of(there, order)} == {"account_changed"}
    await there.connect(OWN_KEY, "org_own")

    order = await there.run(Preparing(there), await there.now(order))

    assert (order.status, account_of_offer(order)) == (OrderStatus.OFFERED, "org:org_own")
    assert {each.status for each in await inputs_of(there, order)} == {InputStatus.THERE}
