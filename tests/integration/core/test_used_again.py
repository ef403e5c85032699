"""A colleague hears where they are named, and later that the same video is used again: but seldom."""

from typing import Any

import pytest
from sqlalchemy import delete

from bot.app import services_of
from bot.asking.asks import Asker
from bot.asking.wanted import source_of
from bot.services import Services
from storage import consent_store, objections
from storage.consents import Consent, Ground, Objected, Shown
from storage.data_map import DAY_S
from storage.orders import Order, OrderStatus
from storage.schema import answers
from tests.integration.conftest import ENGINES
from tests.integration.core.bringing import Preparing
from tests.integration.core.test_objections import BEN_SAYS, told
from tests.integration.core.world import AUDIO_LINK, LINKS, VIDEO_LINK, World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, RANDOM, VIDEOS

pytestmark = pytest.mark.parametrize("engine", ENGINES)

COST, ASSETS = "/v2/analyze/cost", "/v2/assets"
BEN_IS_SHOWN = LINKS.model_copy(update={"shown": Shown(Ground.COLLEAGUE, BEN)})
AGAIN = f"<@{ADA}> asks me for another video from one that shows your face and voice"


@pytest.fixture(autouse=True)
def priced(there: World) -> None:
    there.sync.post(ASSETS).respond(json={"id": "asset-1", "url": "https://x.test", "durationSeconds": 4.5})
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.42}])


async def offered(there: World, draft: Any = LINKS, **columns: Any) -> Order:
    """An order that has come to its offer; without more words than the video it takes over who is shown."""
    order = await there.order(OrderStatus.PREPARING, draft=draft, **{"prepared": "{}"} | columns)
    order = await there.run(Preparing(there), order)
    assert order.status is OrderStatus.OFFERED
    return order


async def heard(there: World) -> list[str]:
    """The beginnings of what Ben was told."""
    return [text.split(":")[0] for text in await told(there, BEN)]


async def test_a_later_order_of_the_same_video_is_told_of_with_the_button(there: World) -> None:
    await offered(there, BEN_IS_SHOWN)
    there.clock.pass_by(DAY_S + 1)

    await offered(there)

    first, again = await told(there, BEN)
    assert "asks me for a video with your face and voice" in first
    assert again.startswith(AGAIN)
    assert "If you object, what sync.so does not have yet is cancelled" in again


async def test_it_is_told_at_most_once_a_day_whatever_is_made_of_it(there: World) -> None:
    await offered(there, BEN_IS_SHOWN)
    there.clock.pass_by(DAY_S + 1)
    for _ in range(3):
        await offered(there)
        there.clock.pass_by(3_600)
    assert await heard(there) == [(await heard(there))[0], AGAIN]

    there.clock.pass_by(DAY_S)
    await offered(there)

    assert (await heard(there))[1:] == [AGAIN, AGAIN]


async def test_on_the_day_they_were_named_they_hear_no_more_of_it(there: World) -> None:
    await offered(there, BEN_IS_SHOWN)
    await offered(there)
    await offered(there)

    assert len(await heard(there)) == 1


async def test_a_thread_is_told_of_once(there: World) -> None:
    """Of the order that began it with its card, and of one in it that gets its price anew days later."""
    first = await offered(there, BEN_IS_SHOWN, card_ts="7.7", card_channel=VIDEOS)
    there.clock.pass_by(DAY_S + 1)
    in_thread = await offered(there, thread_ts="7.7")
    assert first.channel_id == VIDEOS
    assert len(await heard(there)) == 1

    there.clock.pass_by(DAY_S + 1)
    elsewhere = await offered(there, thread_ts="8.8")
    assert len(await heard(there)) == 2
    there.clock.pass_by(DAY_S + 1)
    for order in (in_thread, elsewhere):
        await there.change(order, status=OrderStatus.PREPARING)
        await there.run(Preparing(there), await there.now(order))

    assert len(await heard(there)) == 2


async def test_of_two_orders_in_one_thread_the_first_is_told_of(there: World) -> None:
    await offered(there, BEN_IS_SHOWN)
    for _ in range(2):
        there.clock.pass_by(DAY_S + 1)
        await offered(there, thread_ts="8.8")

    assert len(await heard(there)) == 2


async def test_the_same_time_in_another_channel_is_another_thread(there: World) -> None:
    await offered(there, BEN_IS_SHOWN, thread_ts="7.7")
    there.clock.pass_by(DAY_S + 1)
    await offered(there, thread_ts="7.7", channel_id=RANDOM)

    assert len(await heard(there)) == 2


async def test_an_order_in_no_thread_is_told_of_once_though_its_price_is_told_anew(there: World) -> None:
    order = await offered(there, BEN_IS_SHOWN)
    assert len(await heard(there)) == 1
    there.clock.pass_by(DAY_S + 1)
    async with there.db.write() as conn:
        await conn.execute(delete(answers))  # by then it is not kept what was told
    await there.change(order, status=OrderStatus.PREPARING)
    await there.run(Preparing(there), await there.now(order))

    assert await heard(there) == []


async def test_of_another_video_they_hear_on_the_same_day(there: World) -> None:
    await offered(there, BEN_IS_SHOWN)
    other = LINKS.model_copy(update={"video": AUDIO_LINK})
    known = await there.order(OrderStatus.OFFERED)
    said = Consent(Shown(Ground.COLLEAGUE, BEN), ADA, 1.0)
    async with there.db.write() as conn:
        await consent_store.put(conn, known, [source_of(AUDIO_LINK)], [said], now=1.0)

    await offered(there, other)

    assert len(await heard(there)) == 2


async def test_of_their_own_use_of_it_nobody_is_told(there: World) -> None:
    await offered(there, BEN_IS_SHOWN)
    there.clock.pass_by(DAY_S + 1)

    await offered(there, user_id=BEN)

    assert len(await heard(there)) == 1


async def test_its_button_objects_to_what_is_offered_there(there: World) -> None:
    services: Services = services_of(there.tools, wake=lambda: None, public_url=None)
    await offered(there, BEN_IS_SHOWN)
    there.clock.pass_by(DAY_S + 1)
    again = await offered(there)

    assert await services.objections.object(again.id, BEN_SAYS) is not None

    async with there.db.read() as conn:
        assert await objections.stands(conn, BEN_SAYS)
    with pytest.raises(Objected):
        await services.orders.confirm(again.id, again.offer_id or "", Asker(None, NORTH.id, ADA))


async def test_that_they_heard_stays_when_more_is_said_of_the_order(there: World) -> None:
    order = await offered(there, BEN_IS_SHOWN)
    said = [Consent(Shown(Ground.NOT_REAL), ADA, 1.0), Consent(Shown(Ground.COLLEAGUE, BEN), ADA, 1.0)]
    async with there.db.write() as conn:
        await consent_store.put(conn, order, [source_of(VIDEO_LINK)], said, now=there.clock())

    async with there.db.read() as conn:
        assert await consent_store.told_of(conn, order.id) == {BEN: there.clock()}
