"""A key that sync.so no longer accepts: its admins are told once, what is asked waits for another."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.app import new_id
from bot.asking.asks import Asker
from bot.asking.drafts import DRAFT_LIFE_S, Draft
from bot.errors import KeyRefused
from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from bot.steps.prepare import Prepare
from bot.steps.refusals import Refusals
from bot.steps.relay import Relay
from bot.steps.settle import Settle
from bot.steps.submit import Submit
from bot.sync_api.models import Account as Told
from bot.teams.keys import Keys
from storage import people_store, sync_keys
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from storage.people import Membership, Profile
from storage.schema import answers
from storage.sync_keys import APP, SyncKey
from tests.integration.core.bringing import Preparing, claim_inputs
from tests.integration.core.world import CIPHER, LINKS, World, error
from tests.integration.fake_slack.harness import ADA, NORTH

COST, CREATE, LIST = "/v2/analyze/cost", "/v2/generate", "/v2/generations"
OWN_KEY, NEXT_KEY = "sk-own-0123456789012", "sk-next-012345678901"
BOSSES = ("UBOSS1", "UBOSS2")


class Revoked:
    """sync.so, where some keys are not accepted."""

    def __init__(self, there: World) -> None:
        self.keys = {OWN_KEY}
        asset = {"id": "a-1", "url": "https://x.test", "durationSeconds": 5.0}
        answers = {
            ("GET", "/v2/account"): {"organization": {"id": "org_own"}},
            ("POST", COST): [{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.42}],
            ("POST", "/v2/assets"): asset,
        }
        for (method, path), body in answers.items():
            there.sync.request(method, path).mock(side_effect=self._unless_revoked(body))
        there.sync.get(LIST).mock(side_effect=self._unless_revoked([]))
        there.sync.post("/v2/assets/upload").mock(side_effect=self._unless_revoked({}))
        there.sync.post(CREATE).mock(side_effect=self._unless_revoked({"id": "gen-1", "status": "PENDING"}))

    def _unless_revoked(self, body: Any) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.headers["x-api-key"] in self.keys:
                return error(401, "unauthorized")
            return httpx.Response(200, json=body)

        return answer


@pytest.fixture
async def there(there: World) -> World:
    """Ada's team pays with a key of its own, and two admins of it are known."""
    async with there.db.write() as conn:
        for boss in BOSSES:
            await people_store.keep(conn, Profile(NORTH.id, boss, Membership.ADMIN, there.clock()))
    await there.connect(OWN_KEY, "org_own")
    return there


@pytest.fixture
def revoked(there: World) -> Revoked:
    return Revoked(there)


async def asked(there: World, draft: Draft = LINKS) -> Order:
    order = await there.order(OrderStatus.PREPARING, draft=draft, prepared="{}")
    return await there.run(Preparing(there), order)


async def told(there: World) -> list[tuple[str, str]]:
    """Whom the app has a word for, and which."""
    async with there.db.read() as conn:
        rows = await conn.execute(select(answers.c.user_id, answers.c.text).order_by(answers.c.user_id))
        return [(user, text) for user, text in rows]


async def key_in_use(there: World, owner: str = NORTH.id) -> SyncKey:
    async with there.db.read() as conn:
        key = await sync_keys.in_use(conn, [owner])
    assert key is not None
    return key


async def text_of(there: World, order: Order) -> str:
    return card(ENGLISH, await there.state(order), bot_user_id="UB", ask_again_from_usd=Decimal(10)).text


@pytest.mark.usefixtures("revoked")
async def test_the_admins_are_told_once_however_much_meets_it(there: World) -> None:
    for _ in range(3):
        await asked(there)
    await there.run(Submit(there.tools), await there.queued())

    words = await told(there)

    assert [user for user, _ in words] == list(BOSSES)
    assert all("(it ends in 9012)" in text for _, text in words)
    assert not any(OWN_KEY in text for _, text in words)
    assert (await key_in_use(there)).refused_at == there.clock()


@pytest.mark.usefixtures("revoked")
async def test_what_is_asked_waits_and_nothing_more_is_sent_with_the_key(there: World) -> None:
    order = await asked(there)
    priced = len(there.sent(COST))

    assert (order.status, there.wait_s(order)) == (OrderStatus.PREPARING, 600)
    assert order.expires_at == there.clock() + DRAFT_LIFE_S
    text = await text_of(there, order)
    assert text.startswith("Waiting for a sync.so key\n")
    assert "Ask <@UBOSS1>, <@UBOSS2> to connect another one." in text

    await there.run(Prepare(there.tools), order)
    assert len(there.sent(COST)) == priced


@pytest.mark.usefixtures("revoked")
async def test_it_goes_on_as_soon_as_another_key_is_given(there: World) -> None:
    order = await asked(there)
    there.clock.pass_by(60)

    await there.connect(NEXT_KEY, "org_own")
    order = await there.now(order)
    assert order.due_at == there.clock()
    order = await there.run(Preparing(there), order)

    assert (order.status, order.offer_usd, order.failure_code) == (OrderStatus.OFFERED, Decimal("0.42"), None)


@pytest.mark.usefixtures("revoked")
async def test_it_ends_where_nobody_gives_one(there: World) -> None:
    order = await asked(there)
    there.clock.pass_by(DRAFT_LIFE_S)

    order = await there.run(Prepare(there.tools), order)

    assert order.status is OrderStatus.EXPIRED
    assert "No key that sync.so accepts was connected in time. Nothing was charged." in await text_of(
        there, order
    )


async def test_a_key_that_is_accepted_again_goes_on_by_itself(there: World, revoked: Revoked) -> None:
    order = await asked(there)
    there.clock.pass_by(60)
    await Refusals(there.tools).turn()
    assert (await key_in_use(there)).refused_at is not None

    revoked.keys.clear()
    await Refusals(there.tools).turn()

    assert (await there.now(order)).due_at == there.clock()
    order = await there.run(Preparing(there), order)
    assert order.status is OrderStatus.OFFERED


async def test_whoever_asks_next_finds_that_it_is_accepted_again(there: World, revoked: Revoked) -> None:
    waits = await asked(there)
    revoked.keys.clear()
    there.clock.pass_by(60)

    order = await asked(there)

    assert (order.status, order.attempts, there.wait_s(order)) == (OrderStatus.PREPARING, 1, 1)
    assert (await there.now(waits)).due_at == there.clock()
    assert (await there.run(Preparing(there), order)).status is OrderStatus.OFFERED


@pytest.mark.usefixtures("revoked")
async def test_after_a_day_it_is_tried_no_more(there: World) -> None:
    await asked(there)
    there.clock.pass_by(86_400)
    calls = len(there.sync.calls)

    await Refusals(there.tools).turn()

    assert len(there.sync.calls) == calls


async def test_a_refusal_of_one_call_says_nothing_of_the_key(there: World, revoked: Revoked) -> None:
    revoked.keys.clear()
    there.sync.post(COST).mock(return_value=error(401, "unauthorized"))

    order = await asked(there)

    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "unauthorized")
    assert await told(there) == []
    assert (await key_in_use(there)).refused_at is None


@pytest.mark.usefixtures("revoked")
async def test_what_cannot_be_told_of_the_key_now_is_tried_again(there: World) -> None:
    there.sync.get("/v2/account").respond(503)

    order = await asked(there)

    assert (order.status, order.attempts, order.failure_code) == (OrderStatus.PREPARING, 1, None)
    assert await told(there) == []


@pytest.mark.usefixtures("revoked")
async def test_a_key_that_another_process_has_replaced_is_not_to_blame(there: World) -> None:
    await there.keys.in_use(await there.tools.accounts.payers_of(Asker(None, NORTH.id, ADA)))
    elsewhere = Keys(there.db, CIPHER, new_id=new_id, clock=there.clock)
    await elsewhere.put(NORTH.id, NEXT_KEY, Told(organization_id="org_own"), by=ADA, now=there.clock())

    order = await asked(there)

    assert (order.status, order.attempts) == (OrderStatus.PREPARING, 1)
    order = await there.run(Preparing(there), order)
    assert order.status is OrderStatus.OFFERED
    assert await told(there) == []


@pytest.mark.usefixtures("revoked")
async def test_a_job_in_line_ends_without_a_charge(there: World) -> None:
    job = await there.run(Submit(there.tools), await there.queued())

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "key_refused")
    assert "Nothing was charged" in await text_of(there, await there.order_of(job))
    assert [user for user, _ in await told(there)] == list(BOSSES)


@pytest.mark.usefixtures("revoked")
async def test_what_was_sent_is_looked_at_until_there_is_a_key_and_its_admins_are_told(there: World) -> None:
    job = await there.job(
        JobStatus.PROCESSING, generation_id="gen-1", submitted_at=there.clock(), generation_status="PENDING"
    )

    job = await there.run(Settle(there.tools), job)
    assert (job.status, job.failure_code) == (JobStatus.PROCESSING, None)
    assert [user for user, _ in await told(there)] == list(BOSSES)

    await there.connect(NEXT_KEY, "org_own")
    done = {"id": "gen-1", "status": "COMPLETED", "model": "sync-3", "outputUrl": "https://x.test/v.mp4"}
    there.sync.get(LIST).respond(json=[done])
    job = await there.run(Settle(there.tools), job)
    assert job.status is JobStatus.DELIVERING


@pytest.mark.usefixtures("revoked")
async def test_a_file_on_its_way_is_brought_with_the_next_key(there: World) -> None:
    draft = Draft(video=await there.video_in_channel(), speech=LINKS.speech)
    order = await asked(there, draft)
    assert order.status is OrderStatus.PREPARING
    await Relay(there.tools)(await claim_inputs(there))
    order = await there.run(Prepare(there.tools), order)
    assert (order.status, order.failure_code) == (OrderStatus.PREPARING, "key_refused")

    await there.connect(NEXT_KEY, "org_own")
    order = await there.run(Prepare(there.tools), order)

    assert (order.status, order.failure_code) == (OrderStatus.PREPARING, None)


@pytest.mark.usefixtures("revoked")
async def test_nobody_says_yes_to_what_could_not_be_sent(there: World) -> None:
    await asked(there)

    with pytest.raises(KeyRefused):
        await there.tools.accounts.key_of_team(None, NORTH.id)


@pytest.mark.usefixtures("revoked")
async def test_of_the_settings_key_of_one_team_its_admins_are_told(there: World) -> None:
    await there.connect(OWN_KEY, "org_app", owner=APP)
    await there.keys.take_away(NORTH.id, by=ADA, now=there.clock())

    await asked(there)

    words = await told(there)
    assert [user for user, _ in words] == list(BOSSES)
    assert all("SYNC_API_KEY" in text for _, text in words)


@pytest.mark.usefixtures("revoked")
async def test_cut_while_it_is_stored_nothing_is_told_until_it_is_repeated(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut:
        cut.setattr("storage.answers.begin", _cut)
        with pytest.raises(ZeroDivisionError):
            await asked(there)
    assert (await key_in_use(there)).refused_at is None

    there.clock.pass_by(3_600)
    await asked(there)

    assert [user for user, _ in await told(there)] == list(BOSSES)


async def _cut(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError
