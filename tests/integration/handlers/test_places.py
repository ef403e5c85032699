"""The kind of place somebody asks in is kept, and a card that stands elsewhere says why in words that fit."""

import asyncio
from collections.abc import Collection
from decimal import Decimal

import pytest

from bot.messages.ids import Callback
from bot.steps.show import Show
from handlers.pointers import Pointers, Way
from storage.cards import OrderState
from storage.errors import StorageUnreachable
from storage.orders import Conversation, OrderStatus, Part
from tests.integration.fake_slack.harness import ADA, NORTH, RANDOM, VIDEOS
from tests.integration.handlers.front import VIDEO_FILE, Front, Json, block_action

LINE = 'https://example.com/v.mp4 say "Hi"'


@pytest.fixture
def show(app: Front) -> Show:
    return Show(app.there.tools, ask_again_from_usd=Decimal(10))


@pytest.mark.parametrize(
    ("place", "conversation"),
    [
        ({"channel_id": "C0MPIM0001", "channel_name": "mpdm-ada--ben--cleo-1"}, Conversation.GROUP_MESSAGE),
        ({"channel_id": "G0MPIM0001", "channel_name": "mpdm-ada--ben--cleo-1"}, Conversation.GROUP_MESSAGE),
        ({"channel_id": "D0TWO00001", "channel_name": "directmessage"}, Conversation.DIRECT_MESSAGE),
        ({"channel_id": "G0PRIVATE1", "channel_name": "privategroup"}, Conversation.CHANNEL),
        ({"channel_id": RANDOM, "channel_name": "random"}, Conversation.CHANNEL),
    ],
)
async def test_a_command_knows_its_place(
    app: Front, show: Show, place: Json, conversation: Conversation
) -> None:
    await app.command(LINE, **place)
    [job] = await app.orders()
    assert job.conversation is conversation

    job = await app.there.show(show, job)

    assert (await app.there.card(job)).moved
    [card] = app.there.messages(app.there.box.dm())
    assert ("/invite" in card.text) is (conversation is Conversation.CHANNEL)
    assert "I answer here" in card.text
    assert (f"<#{place['channel_id']}>" in card.text) is (conversation is Conversation.CHANNEL)


async def test_a_shortcut_knows_its_place(app: Front) -> None:
    message = {"ts": "1790000000.000001", "files": [VIDEO_FILE]}
    pressed = {"callback_id": Callback.MESSAGE_SHORTCUT, "message": message}
    group = {"id": "C0MPIM0001", "name": "mpdm-ada--ben-1"}
    await app.interaction({**block_action(""), "type": "message_action", "channel": group, **pressed})

    [job] = await app.orders()
    assert job.conversation is Conversation.GROUP_MESSAGE
    assert job.status is OrderStatus.DRAFT


async def test_who_asked_is_told_where_the_card_stands_however_many_cards_are_awaited(
    app: Front, show: Show
) -> None:
    there = app.there
    url = there.slack.parts.response_urls.for_command(NORTH.id, ADA, RANDOM)
    way = Way(url)
    pointers = Pointers(app.services)
    for number in range(600):
        pointers.follow(f"before-{number}", way)
    await app.command(LINE, channel_id="C0OUTSIDE1", channel_name="outside", response_url=None)
    [job] = await app.orders()
    pointers.follow(job.id, way)
    await there.show(show, job)
    assert (await there.card(job)).moved
    there.clock.pass_by(5)  # no price has come

    async with asyncio.timeout(60):
        while not there.slack.workspace(NORTH.id).ephemerals:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.05)

    [told] = there.slack.workspace(NORTH.id).ephemerals.values()
    assert "direct message" in told.message.text


async def test_who_asked_where_no_card_can_stand_is_told_that(app: Front) -> None:
    there = app.there
    pointers = Pointers(app.services)
    await app.command(LINE, response_url=None)
    [job] = await app.orders()
    await there.change(job, card_due_at=there.clock() + 3_600)  # Slack takes it nowhere for now

    pointers.follow(job.id, Way(there.slack.parts.response_urls.for_command(NORTH.id, ADA, RANDOM)))
    async with asyncio.timeout(60):
        while not there.slack.workspace(NORTH.id).ephemerals:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)

    [told] = there.slack.workspace(NORTH.id).ephemerals.values()
    assert "I cannot show you the card" in told.message.text


async def test_who_asked_at_a_message_is_told_of_the_card_in_its_thread(app: Front, show: Show) -> None:
    there = app.there
    begun = await there.box.as_ada("/ui/message", channel=VIDEOS, text="look")
    job = await there.order(
        OrderStatus.DRAFT, channel_id=VIDEOS, thread_ts=begun.json()["ts"], card_due_at=0.0
    )
    url = there.slack.parts.response_urls.for_command(NORTH.id, ADA, VIDEOS)
    pointers = Pointers(app.services)

    pointers.follow(job.id, Way(url, in_thread=True))
    await there.show(show, job)
    async with asyncio.timeout(60):
        while not there.slack.workspace(NORTH.id).ephemerals:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)

    [told] = there.slack.workspace(NORTH.id).ephemerals.values()
    assert "thread" in told.message.text
    assert "Open the card" in told.message.text


async def test_the_price_is_told_with_the_way_to_the_card_where_it_comes_soon(app: Front, show: Show) -> None:
    there = app.there
    way = Way(there.slack.parts.response_urls.for_command(NORTH.id, ADA, RANDOM), in_thread=True)
    pointers = Pointers(app.services)
    await app.command(LINE, response_url=None)
    [job] = await app.orders()
    pointers.follow(job.id, way)
    await there.show(show, job)
    await asyncio.sleep(1.2)
    assert not there.slack.workspace(NORTH.id).ephemerals  # the card stands, its price is on the way

    part = Part(usd=Decimal("0.57"), length_s=None)
    await there.change(job, status=OrderStatus.OFFERED, parts=(part,), offer_usd=part.usd)
    async with asyncio.timeout(60):
        while not there.slack.workspace(NORTH.id).ephemerals:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.05)

    [told] = there.slack.workspace(NORTH.id).ephemerals.values()
    assert "Your card with the price, about $0.57, is in the thread" in told.message.text


async def test_a_database_that_is_away_for_a_moment_ends_no_watch(
    app: Front, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, orders = app.there, app.services.orders
    url = there.slack.parts.response_urls.for_command(NORTH.id, ADA, RANDOM)
    looks, look = [0], orders.with_cards

    async def away_at_first(order_ids: Collection[str], *, late: float) -> list[OrderState]:
        looks[0] += 1
        if looks[0] == 1:
            raise StorageUnreachable("away")
        return await look(order_ids, late=late)

    monkeypatch.setattr(orders, "with_cards", away_at_first)
    await app.command(LINE, channel_id="C0OUTSIDE1", channel_name="outside", response_url=None)
    [order] = await app.orders()
    Pointers(app.services).follow(order.id, Way(url))
    await there.change(await there.show(show, order), slow=True)

    async with asyncio.timeout(60):
        while not there.slack.workspace(NORTH.id).ephemerals:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.05)

    assert looks[0] > 1
