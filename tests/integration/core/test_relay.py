"""Relay: an input is brought to sync.so once for all who may have it, and while somebody wants it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.asking.drafts import Draft, Prepared, PreparedInput, SlackFile
from bot.messages.failures import circumstances
from bot.steps.prepare import Prepare
from bot.steps.relay import Relay
from bot.steps.tools import SLOW_AFTER_TRIES
from storage import order_store, relays
from storage.inputs import InputKind, InputStatus, address_at
from storage.orders import Order, OrderStatus
from tests.integration.core.bringing import Preparing, claim_inputs, input_now, inputs_of
from tests.integration.core.world import (
    AUDIO_LINK,
    CIPHER,
    LINKS,
    SCRIPT,
    VIDEO_LINK,
    World,
    error,
)
from tests.integration.fake_slack.harness import SOUTH
from tests.integration.media_servers import Peer, Request, serving, storage

COST, UPLOAD, ASSETS = "/v2/analyze/cost", "/v2/assets/upload", "/v2/assets"
LONG = b"\0\0 ftypisom" + b"v" * 3_000_000


@pytest.fixture
async def sink(there: World) -> AsyncIterator[Peer]:
    """sync.so's storage, which takes the bytes, and sync.so, which prices what it has."""
    async with storage() as peer:
        upload = {"uploadUrl": f"{peer.base}/put", "url": "https://assets.sync.test/raw/1"}
        there.sync.post(UPLOAD).respond(json=upload)
        there.sync.post(ASSETS).respond(
            json={"id": "asset-1", "url": "https://x.test", "durationSeconds": 4.5}
        )
        there.sync.post(COST).respond(json=[{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.42}])
        yield peer


async def asking(there: World, video: SlackFile, **columns: object) -> Order:
    draft = Draft(video=video, speech=SCRIPT.speech)
    return await there.order(OrderStatus.PREPARING, draft=draft, prepared="{}", card_shown=0, **columns)


async def test_whoever_of_the_team_asks_again_has_it_there(there: World, sink: Peer) -> None:
    video, prepare = await there.video_in_channel(), Preparing(there)
    first = await there.run(prepare, await asking(there, video))

    again = await there.run(prepare, await asking(there, video))

    assert (first.status, again.status) == (OrderStatus.OFFERED, OrderStatus.OFFERED)
    assert again.prepared == first.prepared
    assert (len(there.sent(UPLOAD)), len(there.sent(ASSETS)), len(sink.bodies)) == (1, 1, 1)


async def test_two_orders_that_want_it_at_once_wait_for_one_upload(there: World, sink: Peer) -> None:
    video, prepare = await there.video_in_channel(), Prepare(there.tools)
    orders = [await there.run(prepare, await asking(there, video)) for _ in range(2)]
    assert {order.status for order in orders} == {OrderStatus.PREPARING}

    (held,) = await claim_inputs(there)
    await Relay(there.tools)([held])

    orders = [await there.now(order) for order in orders]
    assert {order.due_at for order in orders} == {there.clock()}
    await prepare(await there.claim(*orders))
    assert {(await there.now(order)).status for order in orders} == {OrderStatus.OFFERED}
    assert len(sink.bodies) == 1


async def test_another_account_of_the_same_team_gets_its_own(there: World, sink: Peer) -> None:
    video = await there.video_in_channel()
    await there.run(Preparing(there), await asking(there, video))
    await there.connect("sk-another-0123456789", "org_another")

    order = await there.run(Preparing(there), await asking(there, video))

    assert order.status is OrderStatus.OFFERED
    assert len(sink.bodies) == 2


@pytest.mark.usefixtures("sink")
async def test_a_team_never_gets_what_another_had_brought(there: World) -> None:
    """Though both may pay with the same key, and their files have the same ids."""
    await there.run(Preparing(there), await there.order(OrderStatus.PREPARING, draft=LINKS, prepared="{}"))
    there.sync.post(ASSETS).respond(json={"id": "asset-2", "url": "https://x.test", "durationSeconds": 9.0})
    owner = {"team_id": SOUTH.id, "user_id": SOUTH.users[0].id}
    theirs = await there.order(OrderStatus.PREPARING, draft=LINKS, prepared="{}", **owner)

    await there.run(Preparing(there), theirs)

    assert {known.asset_id for known in await inputs_of(there, theirs)} == {"asset-2"}


@pytest.mark.usefixtures("sink")
async def test_who_may_not_see_a_file_does_not_get_it_from_sync_so(there: World) -> None:
    video = await there.video_in_channel()
    await there.run(Preparing(there), await asking(there, video))

    order = await there.run(
        Preparing(there), await asking(there, video.model_copy(update={"must_be_of": "U0SOMEBODY"}))
    )

    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "slack_file_not_found")
    assert await inputs_of(there, order) == ()


@pytest.mark.usefixtures("sink")
async def test_inputs_of_one_order_come_side_by_side(there: World) -> None:
    await there.run(
        Prepare(there.tools), await there.order(OrderStatus.PREPARING, draft=LINKS, prepared="{}")
    )

    assert len(await claim_inputs(there)) == 2


async def test_what_cannot_be_used_is_named_though_the_other_is_still_coming(there: World) -> None:
    asked = await there.order(OrderStatus.PREPARING, draft=LINKS, prepared="{}")
    waiting = await there.run(Prepare(there.tools), asked)
    [audio] = [held for held in await claim_inputs(there) if held.kind is InputKind.AUDIO]
    async with there.db.write() as conn:
        await relays.failed(conn, audio, code="media_no_sound", detail=None, now=there.clock())

    failed = await there.run(Prepare(there.tools), waiting)

    prepared = Prepared.model_validate_json(failed.prepared)
    assert failed.failure_code == "media_no_sound"
    assert circumstances(failed.failure_code, LINKS, prepared).media == LINKS.speech


@pytest.mark.usefixtures("sink")
async def test_a_link_goes_to_sync_so_as_it_is_and_is_kept_sealed(there: World) -> None:
    order = await there.order(OrderStatus.PREPARING, draft=LINKS, prepared="{}")
    await there.run(Preparing(there), order)

    assert {json["url"] for json in there.sent_json(ASSETS)} == {VIDEO_LINK.url, AUDIO_LINK.url}
    _, audio = await inputs_of(there, order)
    assert (audio.asset_id, PreparedInput.model_validate_json(audio.found).asset_id) == ("asset-1", None)
    assert audio.address is not None
    assert CIPHER.open(audio.address, address_at(audio.id)) == AUDIO_LINK.url


@pytest.mark.usefixtures("sink")
async def test_an_upload_stops_when_nobody_wants_it_any_more(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.media.relay._PROGRESS_EVERY_S", 0.0)
    order = await there.run(
        Prepare(there.tools), await asking(there, await there.video_in_channel(data=LONG))
    )
    (held,) = await claim_inputs(there)
    begun = asyncio.Event()

    async def take_bit_by_bit(_: Request, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        while await reader.read(20_000):
            begun.set()
            await asyncio.sleep(0.05)

    async with serving(take_bit_by_bit) as slow:
        there.sync.post(UPLOAD).respond(json={"uploadUrl": f"{slow.base}/put", "url": "https://x.test"})
        uploading = asyncio.create_task(Relay(there.tools)([held]))
        await begun.wait()
        async with there.db.write() as conn:
            assert await order_store.move(conn, order, OrderStatus.CANCELLED, now=there.clock())
        await asyncio.wait_for(uploading, 20)

    assert there.sent(ASSETS) == []
    left = await input_now(there, held)
    assert (left.status, left.due_at, left.lease_token, left.sent_bytes) == (
        InputStatus.WANTED,
        None,
        None,
        0,
    )
    assert await claim_inputs(there) == []


async def test_an_upload_that_is_cut_by_the_end_of_its_process_is_begun_anew_by_the_next(
    there: World, sink: Peer
) -> None:
    video = await there.video_in_channel()
    order = await there.run(Prepare(there.tools), await asking(there, video))
    await claim_inputs(there)  # its holder dies
    there.clock.pass_by(91)

    order = await there.run(Preparing(there), order)

    assert (order.status, len(sink.bodies)) == (OrderStatus.OFFERED, 1)


@pytest.mark.usefixtures("sink")
async def test_trouble_is_tried_again_and_told_after_a_while(there: World) -> None:
    there.sync.post(UPLOAD).mock(return_value=error(503, "internal_error"))
    order = await there.run(Preparing(there), await asking(there, await there.video_in_channel()))
    for _ in range(SLOW_AFTER_TRIES - 1):
        assert not (await there.now(order)).slow
        there.clock.pass_by(10)
        order = await there.run(Preparing(there), order)

    (known,) = await inputs_of(there, order)
    assert (known.attempts, order.slow, order.status) == (SLOW_AFTER_TRIES, True, OrderStatus.PREPARING)


@pytest.mark.usefixtures("sink")
async def test_a_refusal_ends_all_orders_that_wait_and_the_next_tries_anew(there: World) -> None:
    there.sync.post(UPLOAD).mock(return_value=error(422, "file_size_exceeds_plan_limit"))
    video = await there.video_in_channel()
    waiting = await there.run(Prepare(there.tools), await asking(there, video))
    failed = await there.run(Preparing(there), await asking(there, video))
    assert (failed.status, failed.failure_code) == (OrderStatus.FAILED, "file_size_exceeds_plan_limit")
    assert (await there.run(Prepare(there.tools), waiting)).failure_code == failed.failure_code
    there.sync.post(UPLOAD).respond(json={"uploadUrl": "https://127.0.0.1:1/put", "url": "https://x.test"})

    await there.run(Preparing(there), await asking(there, video))

    assert len(there.sent(UPLOAD)) == 2
