"""What is asked before an account is connected waits for one; nothing is sent or charged meanwhile."""

from decimal import Decimal
from typing import Any

import pytest

from bot.app import new_id
from bot.asking.drafts import DRAFT_LIFE_S, Draft, Script
from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from bot.slack import SlackError
from bot.steps.drafts import Drafts
from bot.steps.prepare import Prepare
from bot.steps.relay import Relay
from bot.sync_api.models import Account as Told
from bot.teams.keys import Keys
from storage import people_store, sync_keys
from storage.inputs import InputStatus
from storage.orders import Conversation, Order, OrderStatus
from storage.people import Membership, Profile
from storage.sync_keys import APP
from tests.integration.core.bringing import Preparing, claim_inputs, inputs_of
from tests.integration.core.world import CIPHER, LINKS, VIDEO_LINK, World
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

COST = "/v2/analyze/cost"
OWN_KEY = "sk-own-0123456789012"


@pytest.fixture
async def there(there: World) -> World:
    """Nobody pays for Ada's team yet."""
    there.tools.accounts._own = None
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.42}])
    there.sync.post("/v2/assets").respond(json={"id": "a-1", "url": "https://x.test", "durationSeconds": 5.0})
    return there


async def asked(there: World, draft: Draft = LINKS, **columns: Any) -> Order:
    return await there.order(OrderStatus.PREPARING, draft=draft, **{"prepared": "{}"} | columns)


async def waiting(there: World, **columns: Any) -> Order:
    return await there.run(Prepare(there.tools), await asked(there, **columns))


async def text_of(there: World, order: Order) -> str:
    return card(ENGLISH, await there.state(order), bot_user_id="UB", ask_again_from_usd=Decimal(10)).text


def is_due(there: World, order: Order) -> bool:
    return order.due_at is not None and order.due_at <= there.clock()


async def test_it_waits_says_whom_to_ask_and_sends_nothing(there: World) -> None:
    async with there.db.write() as conn:
        told_at = there.clock()
        await people_store.keep(conn, Profile(NORTH.id, "UBOSS", Membership.ADMIN, told_at))

    order = await waiting(there, attempts=3)

    assert (order.status, order.attempts, order.lease_token) == (OrderStatus.PREPARING, 0, None)
    assert there.wait_s(order) == 600
    text = await text_of(there, order)
    assert text.startswith("Waiting for a sync.so account\n")
    assert "Ask <@UBOSS> to connect one." in text
    assert "I go on by myself" in text
    assert not there.sync.calls


async def test_where_no_admin_is_known_it_names_none(there: World) -> None:
    assert "Ask a workspace admin to connect one." in await text_of(there, await waiting(there))


async def test_several_videos_wait_as_one_does(there: World) -> None:
    line = Script(text="Hello", voice_id="v-1", voice_name="Rachel")
    draft = Draft(video=VIDEO_LINK, speech=line, more_scripts=(line,))

    order = await waiting(there, draft=draft)

    text = await text_of(there, order)
    assert text.startswith("Waiting for a sync.so account\n")
    assert "Hello" in text


async def test_it_goes_on_as_soon_as_a_key_is_put(there: World) -> None:
    order = await waiting(there)
    there.clock.pass_by(60)
    await there.connect(OWN_KEY, "org_own")

    order = await there.now(order)
    assert is_due(there, order)
    order = await there.run(Preparing(there), order)

    assert (order.status, order.offer_usd, order.failure_code) == (OrderStatus.OFFERED, Decimal("0.42"), None)
    assert "Waiting" not in await text_of(there, order)
    assert {call.request.headers["x-api-key"] for call in there.sync.calls} == {OWN_KEY}


async def test_a_file_that_nobody_paid_for_on_its_way_is_brought_once_somebody_does(there: World) -> None:
    await there.connect(OWN_KEY, "org_own")
    draft = Draft(video=await there.video_in_channel(), speech=LINKS.speech)
    order = await there.run(Prepare(there.tools), await asked(there, draft=draft))
    await there.keys.take_away(NORTH.id, by=ADA, now=there.clock())
    await Relay(there.tools)(await claim_inputs(there))
    order = await there.run(Prepare(there.tools), order)
    assert "Waiting for a sync.so account" in await text_of(there, order)

    await there.connect(OWN_KEY, "org_own")
    order = await there.run(Prepare(there.tools), order)

    assert (order.status, order.failure_code) == (OrderStatus.PREPARING, None)
    assert {each.status for each in await inputs_of(there, order)} == {InputStatus.WANTED}


async def test_its_card_says_once_more_that_it_is_read(there: World) -> None:
    draft = Draft(video=await there.video_in_channel(), speech=LINKS.speech)
    order = await waiting(there, draft=draft)
    before = (await there.card(order)).revision
    await there.connect(OWN_KEY, "org_own")

    order = await there.run(Prepare(there.tools), order)

    assert (order.status, order.expires_at) == (OrderStatus.PREPARING, None)
    assert (await there.card(order)).revision > before
    assert "Waiting" not in await text_of(there, order)


async def test_another_teams_key_changes_nothing(there: World) -> None:
    order = await waiting(there)
    await there.connect(OWN_KEY, "org_own", owner=SOUTH.id)

    assert await there.now(order) == order


async def test_a_key_of_the_settings_has_all_look_and_serves_those_it_is_for(there: World) -> None:
    order = await waiting(there)
    await there.connect("sk-of-the-settings-2", "org_app_2", owner=APP)
    order = await there.now(order)
    assert is_due(there, order)

    order = await there.run(Prepare(there.tools), order)

    assert (order.status, there.wait_s(order)) == (OrderStatus.PREPARING, 600)
    assert not there.sync.calls


async def test_a_key_that_is_put_while_it_is_looked_at_is_not_missed(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = there.tools.accounts
    payers_of, elsewhere = accounts.payers_of, Keys(there.db, CIPHER, new_id=new_id, clock=there.clock)

    async def then_somebody_connects(of: Any) -> Any:
        await elsewhere.put(NORTH.id, OWN_KEY, Told(organization_id="org_own"), by=ADA, now=there.clock())
        return await payers_of(of)

    monkeypatch.setattr(accounts, "payers_of", then_somebody_connects)
    order = await asked(there)
    order = await there.run(Prepare(there.tools), order)

    assert (order.status, is_due(there, order)) == (OrderStatus.PREPARING, True)


async def test_nothing_of_a_put_that_is_cut_off_is_left(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await waiting(there)

    async def cut(*_: Any, **__: Any) -> None:
        raise SlackError("cut")

    monkeypatch.setattr("storage.audit.append", cut)
    with pytest.raises(SlackError):
        await there.connect(OWN_KEY, "org_own")

    assert await there.now(order) == order
    async with there.db.read() as conn:
        assert await sync_keys.in_use(conn, [NORTH.id]) is None


async def test_it_waits_for_a_day_from_the_first_look_and_then_expires(there: World) -> None:
    order = await waiting(there, created_at=there.clock() - DRAFT_LIFE_S)
    until = there.clock() + DRAFT_LIFE_S
    revision = (await there.card(order)).revision
    there.clock.pass_by(DRAFT_LIFE_S - 60)

    order = await there.run(Prepare(there.tools), order)
    assert (order.status, order.due_at, order.expires_at) == (OrderStatus.PREPARING, until, until)
    assert (await there.card(order)).revision == revision

    there.clock.pass_by(60)
    order = await there.run(Prepare(there.tools), order)
    assert (order.status, order.due_at) == (OrderStatus.EXPIRED, None)
    text = await text_of(there, order)
    assert "No sync.so account was connected in time. Nothing was charged." in text


async def test_a_draft_is_asked_on_though_its_file_cannot_be_brought_ahead(there: World) -> None:
    video = await there.video_in_channel()
    draft = await there.order(
        OrderStatus.DRAFT,
        draft=Draft(video=video),
        prepared="{}",
        conversation=Conversation.DIRECT_MESSAGE,
        card_channel="D1",
        card_ts="1.0",
    )

    order = await there.run(Drafts(there.tools), draft)

    assert (order.status, order.failure_code) == (OrderStatus.DRAFT, None)
    assert order.due_at == order.created_at + DRAFT_LIFE_S
