"""A price ahead of the upload, and a yes while it goes on: spent once, at no price but the shown one."""

import json
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.app import services_of
from bot.asking.asks import Asker, Births
from bot.asking.drafts import Draft, Prepared, Script, SlackFile
from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from bot.probe.ends import SEEN_WHOLE
from bot.steps.confirmed import Confirmed
from bot.steps.offered import Offered
from bot.steps.prepare import ESTIMATE_LIFE_S, Prepare
from bot.steps.relay import Relay
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage import ledger, relays, states
from storage.inputs import Input, InputKind, InputStatus
from storage.jobs import JobStatus, Money
from storage.leases import LEASE_S
from storage.orders import Order, OrderStatus
from tests import films
from tests.integration.core.bringing import claim_inputs, input_now, inputs_of
from tests.integration.core.world import CIPHER, World, error
from tests.integration.fake_slack.harness import ADA, NORTH
from tests.integration.media_servers import Peer, storage

COST, LENGTH_COST = "/v2/analyze/cost", "/v2/generations/estimate"
UPLOAD, ASSETS = "/v2/assets/upload", "/v2/assets"
ADA_ASKS = Asker(None, NORTH.id, ADA)
OFFERED, CONFIRMED, RUNNING = OrderStatus.OFFERED, OrderStatus.CONFIRMED, OrderStatus.RUNNING
PRICE = Decimal("0.32")
UNEVEN = tuple(number * 3_600 + (number % 3) * 900 for number in range(50))
VOICE = films.speech("wav", "pcm_s16le", seconds=2)


def large(film: bytes) -> bytes:
    """The same film in a file that takes a while to move."""
    return film + struct.pack(">I4s", SEEN_WHOLE, b"free") + bytes(SEEN_WHOLE - 8)


CLIP = large(films.film(options=films.FAST_START))


@pytest.fixture
async def sink(there: World) -> AsyncIterator[Peer]:
    """sync.so's storage, and sync.so, which asks for a request what it asks for its length."""
    asset = {"id": "asset-1", "url": "https://x.test", "durationSeconds": 2.0}
    async with storage() as peer:
        there.sync.post(UPLOAD).respond(
            json={"uploadUrl": f"{peer.base}/put", "url": "https://assets.test/1"}
        )
        there.sync.post(ASSETS).respond(json=asset)
        there.sync.post(LENGTH_COST).respond(json={"estimatedGenerationCost": str(PRICE)})
        costs(there, PRICE)
        yield peer


def costs(there: World, usd: Decimal) -> None:
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 50, "estimatedGenerationCost": float(usd)}])


@pytest.fixture
def orders(there: World) -> Orders:
    return services_of(there.tools, wake=lambda: None, public_url="https://app.test").orders


@pytest.fixture
def confirmed(there: World) -> Confirmed:
    return Confirmed(there.tools, Births(CIPHER, there.tools.new_id, "https://app.test"))


async def voice_in_channel(there: World) -> SlackFile:
    file = await there.video_in_channel("voice.wav", VOICE)
    return file.model_copy(update={"mimetype": "audio/wav"})


def ending_of(clip: bytes) -> str:
    return "webm" if clip.startswith(b"\x1aE\xdf\xa3") else "mp4"


async def asked(there: World, *clips: bytes, **wish: Any) -> Order:
    videos = [
        await there.video_in_channel(f"{at}.{ending_of(clip)}", clip)
        for at, clip in enumerate(clips or (CLIP,))
    ]
    draft = Draft(video=videos[0], more_videos=tuple(videos[1:]), speech=await voice_in_channel(there))
    draft = draft.model_copy(update=wish)
    order = await there.order(OrderStatus.PREPARING, draft=draft, prepared="{}", card_shown=0)
    return await there.run(Prepare(there.tools), order)


async def read_ahead(there: World) -> None:
    """The sound is brought, and of the films it is learnt what they are: that is the lane's first turn."""
    await Relay(there.tools)(await claim_inputs(there))


async def brought(there: World) -> None:
    """What was left to bring is at sync.so, or has failed."""
    while held := await claim_inputs(there):
        await Relay(there.tools)(held)


async def offered(there: World, *clips: bytes, **wish: Any) -> Order:
    order = await asked(there, *clips, **wish)
    await read_ahead(there)
    return await there.run(Prepare(there.tools), order)


async def accepted(there: World, orders: Orders, *clips: bytes) -> Order:
    order = await offered(there, *clips)
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    return await there.now(order)


async def videos_of(there: World, order: Order) -> list[Input]:
    return [each for each in await inputs_of(there, order) if each.kind is InputKind.VIDEO]


async def fails(there: World, order: Order, place: int = 0) -> None:
    """One of its films cannot be brought; nothing else of it moves."""
    async with there.db.write() as conn:
        held = await relays.claim(conn, now=there.clock(), lease_s=LEASE_S, token="held", limit=10)
        name = Draft.model_validate_json(order.draft).videos[place]
        assert isinstance(name, SlackFile)
        (its,) = [each for each in held if each.source == f"slack:{name.file_id}"]
        await relays.failed(conn, its, code="slack_file_gone", detail=None, now=there.clock())
        for other in held:
            if other is not its:
                await relays.leave(conn, other, now=there.clock())


async def words_of(there: World, order: Order) -> str:
    async with there.db.read() as conn:
        (state,) = await states.find_all(conn, [order.id])
    return card(ENGLISH, state, bot_user_id="UB", ask_again_from_usd=Decimal(10)).text


async def booked(there: World, order: Order, position: int = 0) -> set[Money]:
    async with there.db.read() as conn:
        entries = await ledger.of_part(conn, order.id, position)
        assert (await ledger.overview(conn)).sums_agree
    return {entry.kind for entry in entries}


# --- the price comes first ------------------------------------------------------------------------------


async def test_a_price_needs_no_upload_where_the_films_own_index_is_read(there: World, sink: Peer) -> None:
    order = await offered(there)

    assert (order.status, order.offer_usd) == (OFFERED, PRICE)
    assert there.sent_json(LENGTH_COST) == [{"model": "sync-3", "duration": 2.0, "fps": 25.0}]
    assert there.sent(COST) == []
    assert (len(sink.bodies), order.due_at) == (1, there.clock())
    assert "press Generate, and it starts by itself" in await words_of(there, order)


async def test_the_card_of_an_offer_shows_how_far_the_upload_is(there: World, sink: Peer) -> None:
    order = await offered(there)
    (film,) = await videos_of(there, order)
    async with there.db.write() as conn:
        (held,) = await relays.claim(conn, now=there.clock(), lease_s=LEASE_S, token="held", limit=1)
        held = replace(held, size=10_000_000, begun_at=there.clock() - 10)
        assert held.id == film.id
        await relays.progress(conn, held, now=there.clock(), lease_s=LEASE_S, sent=5_000_000, show=True)

    text = await words_of(there, order)
    assert "Sending your file to sync.so: 5 MB of 10 MB" in text
    assert "Ready to make it: about $0.32 (estimate)" in text
    assert len(sink.bodies) == 1


@pytest.mark.parametrize("clip", [large(films.film(ticks=UNEVEN)), large(films.film("webm", codec="libvpx"))])
async def test_what_has_no_even_rate_waits_for_the_upload_and_tells_about_what_it_costs(
    there: World, sink: Peer, clip: bytes
) -> None:
    order = await offered(there, clip)
    assert (order.status, order.offer_id) == (OrderStatus.PREPARING, None)
    about = "About $0.32 so far; sync.so's own estimate comes when the upload is done."
    assert about in await words_of(there, order)
    await brought(there)
    order = await there.run(Prepare(there.tools), order)
    assert (order.status, len(there.sent(COST)), len(sink.bodies)) == (OFFERED, 1, 2)


@pytest.mark.usefixtures("sink")
async def test_a_script_is_not_offered_before_it_can_be_priced(there: World) -> None:
    says = Script(text="Hello everybody", voice_id="v-1", voice_name="Rachel")
    order = await offered(there, speech=says)
    assert (order.status, order.offer_id) == (OrderStatus.PREPARING, None)
    fewest, most = [asked["duration"] * asked["fps"] for asked in there.sent_json(LENGTH_COST)]
    assert fewest < 25 * len(says.text) / 15 < most
    await there.run(Prepare(there.tools), order)
    assert len(there.sent(LENGTH_COST)) == 2
    await brought(there)
    assert (await there.run(Prepare(there.tools), order)).status is OFFERED


@pytest.mark.usefixtures("sink")
async def test_without_a_certain_price_nothing_is_offered_ahead(there: World) -> None:
    there.sync.post(LENGTH_COST).mock(return_value=error(503, "service_unavailable"))
    order = await offered(there)
    assert (order.status, order.lease_token) == (OrderStatus.PREPARING, None)
    await brought(there)
    assert (await there.run(Prepare(there.tools), order)).offer_usd == PRICE


# --- the upload ends before the yes ---------------------------------------------------------------------


@pytest.mark.parametrize("now", ["0.10", "0.32", "0.33"])
async def test_an_offer_stays_while_the_real_price_is_no_dearer(
    there: World, sink: Peer, orders: Orders, now: str
) -> None:
    order, look = await offered(there), Offered(there.tools)
    resting = await there.run(look, order)
    assert there.wait_s(resting) > 0
    await brought(there)
    assert (await there.now(order)).due_at == there.clock()
    costs(there, Decimal(now))

    order = await there.run(look, order)

    assert (order.status, order.offer_id, order.offer_usd) == (OFFERED, resting.offer_id, PRICE)
    assert (order.due_at, len(there.sent(COST)), len(sink.bodies)) == (order.expires_at, 1, 2)
    assert "You need not wait" not in await words_of(there, order)
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    assert (await there.now(order)).status is RUNNING


@pytest.mark.usefixtures("sink")
async def test_a_dearer_price_is_offered_anew_and_the_old_button_spends_nothing(
    there: World, orders: Orders
) -> None:
    before = await offered(there)
    await brought(there)
    costs(there, Decimal("0.34"))

    order = await there.run(Offered(there.tools), before)

    assert (order.status, order.offer_usd, order.parts[0].usd) == (OFFERED, Decimal("0.34"), Decimal("0.34"))
    assert "costs more than the $0.32 that stood here" in await words_of(there, order)
    assert await orders.confirm(order.id, before.offer_id or "", ADA_ASKS) is Confirmation.OUTDATED
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED


@pytest.mark.usefixtures("sink")
async def test_cut_before_the_prices_were_compared_they_are_compared_by_the_next(there: World) -> None:
    order = await offered(there)
    await brought(there)
    there.sync.post(COST).mock(return_value=error(503, "service_unavailable"))
    order = await there.run(Offered(there.tools), order)
    assert (order.status, order.offer_usd, order.attempts) == (OFFERED, PRICE, 1)
    costs(there, Decimal("0.50"))
    assert (await there.run(Offered(there.tools), order)).offer_usd == Decimal("0.50")


@pytest.mark.usefixtures("sink")
async def test_a_film_that_cannot_be_brought_takes_its_offer_back_and_says_why(there: World) -> None:
    order = await offered(there)
    await fails(there, order)

    order = await there.run(Offered(there.tools), order)
    assert (order.status, order.offer_id, order.due_at) == (OrderStatus.PREPARING, None, there.clock())
    order = await there.run(Prepare(there.tools), order)
    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "slack_file_gone")


@pytest.mark.usefixtures("sink")
async def test_an_offer_ahead_of_its_files_grows_old_like_any_other(there: World) -> None:
    order = await offered(there)
    there.clock.pass_by(ESTIMATE_LIFE_S)
    assert (await there.run(Offered(there.tools), order)).status is OrderStatus.EXPIRED


# --- the yes comes first --------------------------------------------------------------------------------


async def test_a_yes_is_spent_at_once_and_makes_its_job_with_the_last_byte(
    there: World, sink: Peer, orders: Orders, confirmed: Confirmed
) -> None:
    order = await accepted(there, orders)
    assert (order.status, (await there.state(order)).jobs, order.due_at) == (CONFIRMED, (), there.clock())
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ALREADY_DONE
    assert await booked(there, order) == {Money.HOLD}
    order = await there.run(confirmed, order)
    assert (order.status, there.wait_s(order) > 0) == (CONFIRMED, True)

    await brought(there)
    order = await there.run(confirmed, order)

    (job,) = (await there.state(order)).jobs
    assert (order.status, job.status, job.estimate_usd) == (RUNNING, JobStatus.QUEUED, PRICE)
    assert job.idempotency_key == f"lipsync-{job.id}-{order.offer_id}"
    body = json.loads(await there.body_of(job) or "")
    assert [each["assetId"] for each in body["input"]] == ["asset-1", "asset-1"]
    assert not Prepared.model_validate_json(order.prepared).is_coming
    assert len(sink.bodies) == 2


@pytest.mark.usefixtures("sink")
async def test_a_yes_finds_by_itself_what_has_just_come(there: World, orders: Orders) -> None:
    order = await offered(there)
    await brought(there)
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    state = await there.state(order)
    assert (state.order.status, len(state.jobs)) == (RUNNING, 1)


@pytest.mark.usefixtures("sink")
async def test_two_who_hold_the_same_yes_make_one_job(
    there: World, orders: Orders, confirmed: Confirmed
) -> None:
    order = await accepted(there, orders)
    await brought(there)
    late = await there.claim(order)
    newer = await there.claim(order)

    await confirmed(newer)
    await confirmed(late)

    assert len((await there.state(order)).jobs) == 1
    assert await booked(there, order) == {Money.HOLD}


@pytest.mark.usefixtures("sink")
async def test_nothing_is_held_for_what_cannot_be_brought_after_the_yes(
    there: World, orders: Orders, confirmed: Confirmed
) -> None:
    order = await accepted(there, orders)
    await fails(there, order)

    order = await there.run(confirmed, order)

    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "slack_file_gone")
    assert (await there.state(order)).jobs == ()
    assert await booked(there, order) == {Money.HOLD, Money.RELEASE}
    assert "Nothing was charged" in await words_of(there, order)


@pytest.mark.usefixtures("sink")
async def test_one_film_of_two_that_cannot_be_brought_leaves_the_other(
    there: World, orders: Orders, confirmed: Confirmed
) -> None:
    order = await accepted(there, orders, CLIP, CLIP)
    await fails(there, order, place=1)
    await brought(there)

    order = await there.run(confirmed, order)

    (job,) = (await there.state(order)).jobs
    assert (order.status, job.position, order.offer_usd) == (RUNNING, 0, PRICE)
    assert [part.problem for part in order.parts] == [None, "slack_file_gone"]
    assert await booked(there, order, 0) == {Money.HOLD}
    assert await booked(there, order, 1) == {Money.HOLD, Money.RELEASE}


@pytest.mark.usefixtures("sink")
async def test_cancel_after_the_yes_costs_nothing_and_stops_the_upload(there: World, orders: Orders) -> None:
    order = await accepted(there, orders)
    (film,) = await videos_of(there, order)

    assert await orders.cancel(order.id, ADA_ASKS)
    await brought(there)

    assert (await there.now(order)).status is OrderStatus.CANCELLED
    assert await booked(there, order) == {Money.HOLD, Money.RELEASE}
    assert (await input_now(there, film)).status is InputStatus.WANTED
