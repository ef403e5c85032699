"""Several videos in one order: inputs are prepared once, each take has a price, and one may be unusable."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.asking.plan import plan
from bot.patience import Patience
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus, Part
from tests.integration.core.bringing import Preparing
from tests.integration.core.world import AUDIO_LINK, CIPHER, LINKS, VIDEO_LINK, World, error
from tests.integration.fake_slack.harness import ADA, NORTH, VIDEOS
from tests.integration.media_servers import Peer, storage

COST, UPLOAD, ASSETS, VOICES = "/v2/analyze/cost", "/v2/assets/upload", "/v2/assets", "/v2/voices"
ADA_ASKS = Asker(None, NORTH.id, ADA)
CLIPS = tuple(Link(url=f"https://example.com/{name}.mp4") for name in ("one", "two", "three"))
THREE = Draft(video=CLIPS[0], more_videos=CLIPS[1:], speech=AUDIO_LINK)


def script(text: str, voice: str | None = "Rachel") -> Script:
    return Script(text=text, voice_id=None, voice_name=voice)


@pytest.fixture
async def sink() -> AsyncIterator[Peer]:
    """sync.so's storage, which takes the bytes."""
    async with storage() as peer:
        yield peer


@pytest.fixture
def prepare(there: World, sink: Peer) -> Preparing:
    """sync.so asks a cent more for each price that it names, so that each is known by its own."""
    numbers, prices = count(1), count(42)

    def asset(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": f"asset-{next(numbers)}", "url": "https://x.test"})

    def price(_request: httpx.Request) -> httpx.Response:
        cost = {"estimatedFrameCount": 125, "estimatedGenerationCost": next(prices) / 100}
        return httpx.Response(200, json=[cost])

    upload = {"uploadUrl": f"{sink.base}/put?signature=s", "url": "https://assets.sync.test/raw/1"}
    there.sync.post(UPLOAD).respond(json=upload)
    there.sync.post(ASSETS).mock(side_effect=asset)
    there.sync.post(COST).mock(side_effect=price)
    there.sync.get(VOICES).respond(json=[{"id": "v-1", "name": "Rachel"}, {"id": "v-2", "name": "Adam"}])
    return Preparing(there)


@pytest.fixture
def orders(there: World) -> Orders:
    return Orders(
        there.db,
        CIPHER,
        there.tools.teams,
        there.tools.roles,
        clock=there.clock,
        new_id=there.tools.new_id,
        wake=lambda: None,
        account_key=there.tools.accounts.key_of_team,
        public_url="https://bot.example.com",
        patience=Patience(),
    )


async def preparing(there: World, draft: Draft, **columns: Any) -> Order:
    return await there.order(OrderStatus.PREPARING, draft=draft, **{"prepared": "{}"} | columns)


def prepared(order: Order) -> Prepared:
    return Prepared.model_validate_json(order.prepared)


def inputs(requests: list[Any]) -> list[tuple[Any, Any]]:
    """Which video and which speech each request has."""
    told = []
    for request in requests:
        video, speech = request["input"]
        told.append((video.get("url") or video["assetId"], speech.get("url") or speech["provider"]["script"]))
    return told


async def test_each_take_has_the_price_of_its_own_request_and_all_have_one_sum(
    there: World, prepare: Preparing
) -> None:
    order = await there.run(prepare, await preparing(there, THREE))

    assert order.status is OrderStatus.OFFERED
    assert [part.label for part in order.parts] == ["one.mp4", "two.mp4", "three.mp4"]
    assert sorted(part.usd or 0 for part in order.parts) == [
        Decimal("0.42"),
        Decimal("0.43"),
        Decimal("0.44"),
    ]
    assert order.offer_usd == Decimal("1.29")
    assert sorted(inputs(there.sent_json(COST))) == sorted((clip.url, AUDIO_LINK.url) for clip in CLIPS)


async def test_one_clip_is_relayed_once_for_all_that_it_says(
    there: World, prepare: Preparing, sink: Peer, orders: Orders
) -> None:
    lines = tuple(script(f"Line {number}", "Adam" if number % 2 else None) for number in range(10))
    clip = await there.video_in_channel()
    draft = Draft(video=clip, speech=lines[0], more_scripts=lines[1:])

    order = await there.run(prepare, await preparing(there, draft))

    assert len(sink.bodies) == len(there.sent(UPLOAD)) == 1
    assert sorted(inputs(there.sent_json(COST))) == [("asset-1", f"Line {number}") for number in range(10)]
    assert (len(order.parts), order.offer_usd) == (10, sum(part.usd or 0 for part in order.parts))
    voices = [take.draft.speech for take in plan(Draft.model_validate_json(order.draft))]
    assert [voice.voice_id for voice in voices if isinstance(voice, Script)] == ["v-1", "v-2"] * 5

    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    jobs = (await there.state(order)).jobs
    bodies = [json.loads(await there.body_of(job) or "") for job in jobs]
    assert inputs(bodies) == [("asset-1", f"Line {number}") for number in range(10)]
    assert len({body["outputFileName"] for body in bodies}) == 10
    assert [body["webhookUrl"].rpartition("/")[2] for body in bodies] == [job.id for job in jobs]
    assert [job.estimate_usd for job in jobs] == [part.usd for part in order.parts]
    assert [job.label for job in jobs] == [f"“Line {number}”" for number in range(10)]


async def test_what_cannot_be_used_stands_beside_the_rest_and_makes_no_job(
    there: World, prepare: Preparing, orders: Orders
) -> None:
    broken = await there.video_in_channel("broken.mp4", b"%PDF-1.7 this is no video")
    good = await there.video_in_channel("good.mp4")
    draft = Draft(video=good, more_videos=(broken, VIDEO_LINK), speech=AUDIO_LINK)

    order = await there.run(prepare, await preparing(there, draft))

    assert order.status is OrderStatus.OFFERED
    assert [part.problem for part in order.parts] == [None, "slack_file_wrong_type", None]
    assert [part.usd is None for part in order.parts] == [False, True, False]
    assert order.offer_usd == Decimal("0.85")
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    jobs = (await there.state(order)).jobs
    assert [(job.position, job.label) for job in jobs] == [(0, "good.mp4"), (2, "video.mp4")]
    bodies = [json.loads(await there.body_of(job) or "") for job in jobs]
    assert [video for video, _ in inputs(bodies)] == ["asset-2", VIDEO_LINK.url]
    assert {job.idempotency_key for job in jobs} == {
        f"lipsync-{order.id}-00-{order.offer_id}",
        f"lipsync-{order.id}-02-{order.offer_id}",
    }


async def test_where_nothing_can_be_made_the_order_fails_as_one_would(
    there: World, prepare: Preparing
) -> None:
    broken = [await there.video_in_channel(f"{name}.mp4", b"%PDF-1.7 no video") for name in "ab"]
    draft = Draft(video=broken[0], more_videos=(broken[1],), speech=AUDIO_LINK)

    order = await there.run(prepare, await preparing(there, draft))

    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "slack_file_wrong_type")
    assert there.sent(COST) == []


async def test_what_all_shall_say_is_looked_at_before_the_clips_are_moved(
    there: World, prepare: Preparing, sink: Peer
) -> None:
    clips = [await there.video_in_channel(f"{name}.mp4") for name in "ab"]
    silent = SlackFile(file_id="F0GONE", name="gone.mp3", mimetype="audio/mpeg", size=10)
    draft = Draft(video=clips[0], more_videos=(clips[1],), speech=silent)

    order = await there.run(prepare, await preparing(there, draft))

    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "slack_file_not_visible")
    assert sink.bodies == []


async def test_a_voice_that_nobody_knows_stops_its_own_take_alone(there: World, prepare: Preparing) -> None:
    draft = Draft(video=VIDEO_LINK, speech=script("Hi"), more_scripts=(script("Ho", "Nobody"),))

    order = await there.run(prepare, await preparing(there, draft))

    assert [(part.problem, part.problem_detail) for part in order.parts] == [
        (None, None),
        ("voice_unknown", "Rachel, Adam"),
    ]
    only = await there.run(prepare, await preparing(there, draft.model_copy(update={"only": (1,)})))
    assert (only.status, only.failure_code) == (OrderStatus.FAILED, "voice_unknown")


async def test_a_price_that_is_refused_stops_its_own_take_alone(there: World, prepare: Preparing) -> None:
    def price(request: httpx.Request) -> httpx.Response:
        if "two.mp4" in request.content.decode():
            return error(422, "generation_input_video_invalid")
        return httpx.Response(200, json=[{"estimatedGenerationCost": 0.5}])

    there.sync.post(COST).mock(side_effect=price)

    order = await there.run(prepare, await preparing(there, THREE))

    assert [part.problem for part in order.parts] == [None, "generation_input_video_invalid", None]
    assert order.offer_usd == Decimal("1.00")


async def test_an_account_that_is_refused_is_no_trouble_of_one_take(there: World, prepare: Preparing) -> None:
    there.sync.post(COST).mock(return_value=error(401, "unauthorized"))

    order = await there.run(prepare, await preparing(there, THREE))

    assert order.status is OrderStatus.FAILED
    assert order.parts == ()


async def test_a_retry_repeats_no_input_that_is_there(there: World, prepare: Preparing, sink: Peer) -> None:
    clips = [await there.video_in_channel(f"{name}.mp4") for name in "abc"]
    draft = Draft(video=clips[0], more_videos=tuple(clips[1:]), speech=script("Hello"))
    told = [{"id": f"asset-{number}", "url": "https://x.test"} for number in (1, 2, 3)]
    assets = [httpx.Response(200, json=asset) for asset in told]
    there.sync.post(ASSETS).mock(side_effect=[assets[0], error(503, "sync_unavailable"), *assets[1:]])

    order = await there.run(prepare, await preparing(there, draft))

    assert order.status is OrderStatus.PREPARING
    assert [video is not None for video in prepared(order).videos] == [True, False, True]
    there.clock.pass_by(2)
    order = await there.run(prepare, order)
    assert order.status is OrderStatus.OFFERED
    assert len(sink.bodies) == 4, "the second clip was moved twice, the first was not"
    assert [video.asset_id for video in prepared(order).videos if video] == ["asset-1", "asset-3", "asset-2"]


async def test_a_retry_repeats_no_price_that_is_there(there: World, prepare: Preparing) -> None:
    lines = tuple(script(f"Line {number}") for number in range(8))
    draft = Draft(video=VIDEO_LINK, speech=lines[0], more_scripts=lines[1:])
    asked: list[str] = []

    def price(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["input"][1]["provider"]["script"])
        if asked.count("Line 7") == 1 and asked[-1] == "Line 7":
            return error(429, "rate_limit_exceeded")
        return httpx.Response(200, json=[{"estimatedGenerationCost": 0.5}])

    there.sync.post(COST).mock(side_effect=price)

    order = await there.run(prepare, await preparing(there, draft))
    assert (order.status, len(order.parts)) == (OrderStatus.PREPARING, 6)
    order = await there.run(prepare, order)

    assert (order.status, order.offer_usd) == (OrderStatus.OFFERED, Decimal("4.0"))
    assert [asked.count(f"Line {number}") for number in range(8)] == [1, 1, 1, 1, 1, 1, 2, 2]


async def test_what_is_meant_alone_needs_its_own_inputs_alone(there: World, prepare: Preparing) -> None:
    order = await there.run(prepare, await preparing(there, THREE.model_copy(update={"only": (2,)})))

    assert [part.label for part in order.parts] == [""]
    assert inputs(there.sent_json(COST)) == [(CLIPS[2].url, AUDIO_LINK.url)]
    assert [video is not None for video in prepared(order).videos] == [False, False, True]


async def test_more_than_one_order_may_have_goes_on_to_another_and_nothing_is_lost(
    there: World, prepare: Preparing
) -> None:
    await there.video_in_channel()
    lines = tuple(script(f"Line {number}") for number in range(40))
    draft = Draft(video=CLIPS[0], more_videos=CLIPS[1:], speech=lines[0], more_scripts=lines[1:])

    root = there.slack.workspace(NORTH.id).messages(VIDEOS)[0].ts
    first = await there.run(prepare, await preparing(there, draft, thread_ts=root))
    (rest,) = [order for order in await there.orders_of(ADA_ASKS) if order.id != first.id]
    assert (rest.status, rest.thread_ts) == (OrderStatus.PREPARING, root)
    second = await there.run(prepare, rest)
    (rest,) = [order for order in await there.orders_of(ADA_ASKS) if order.id not in {first.id, second.id}]
    third = await there.run(prepare, rest)

    made = [take for order in (first, second, third) for take in plan(Draft.model_validate_json(order.draft))]
    assert [len(order.parts) for order in (first, second, third)] == [50, 50, 20]
    assert [(take.shows, take.says) for take in made] == [(v, s) for v in range(3) for s in range(40)]
    assert len({take.label for take in made}) == 120
    (told,) = [message for message in there.messages(VIDEOS) if "cards" in message.text]
    assert told.text.startswith("That makes 120 videos. One card takes up to 50, so they stand on 3 cards")


async def test_what_was_divided_is_divided_once(there: World, prepare: Preparing) -> None:
    lines = tuple(script(f"Line {number}") for number in range(60))
    order = await preparing(there, Draft(video=VIDEO_LINK, speech=lines[0], more_scripts=lines[1:]))
    there.sync.post(COST).mock(return_value=error(503, "sync_unavailable"))

    order = await there.run(prepare, order)
    assert order.attempts == 1
    await there.run(prepare, order)

    assert len(await there.orders_of(ADA_ASKS)) == 2


async def test_a_sole_take_is_as_it_ever_was(there: World, prepare: Preparing, orders: Orders) -> None:
    order = await there.run(prepare, await preparing(there, LINKS))

    assert [(part.label, part.problem) for part in order.parts] == [("", None)]
    assert await orders.confirm(order.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    (job,) = (await there.state(order)).jobs
    assert (job.status, job.label, job.position) == (JobStatus.QUEUED, "", 0)


async def three_made(there: World, status: JobStatus = JobStatus.FAILED) -> OrderState:
    """An order of three clips whose second job stands in `status`."""
    job = await there.job(JobStatus.DELIVERED, draft=THREE, card_channel=VIDEOS, card_ts="5.0")
    parts = tuple(Part(label=take.label, usd=Decimal("0.5"), length_s=None) for take in plan(THREE))
    await there.sister(await there.sister(job, status), JobStatus.PROCESSING)
    order = await there.order_of(job)
    await there.change(order, parts=parts, draft=THREE.model_dump_json())
    return await there.state(order)


async def test_one_part_is_asked_for_again_in_the_same_thread(
    there: World, prepare: Preparing, orders: Orders
) -> None:
    state = await three_made(there)

    assert await orders.rerun(state, ADA_ASKS, request_key="press:1", position=1)
    assert await orders.rerun(state, ADA_ASKS, request_key="press:1", position=1)

    (again,) = [order for order in await there.orders_of(ADA_ASKS) if order.id != state.order.id]
    assert (again.channel_id, again.thread_ts, again.status) == (VIDEOS, "5.0", OrderStatus.PREPARING)
    again = await there.run(prepare, again)
    assert (again.status, len(again.parts)) == (OrderStatus.OFFERED, 1)
    assert again.offer_id != state.order.offer_id
    assert inputs(there.sent_json(COST)) == [(CLIPS[1].url, AUDIO_LINK.url)]
    assert await orders.confirm(again.id, again.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED
    (job,) = (await there.state(again)).jobs
    assert inputs([json.loads(await there.body_of(job) or "")]) == [(CLIPS[1].url, AUDIO_LINK.url)]
    assert (await there.now(state)).jobs == state.jobs, "the others go on as they were"


async def test_of_what_was_asked_for_again_one_part_is_asked_for_again(there: World, orders: Orders) -> None:
    state = await three_made(there)
    picked = THREE.model_copy(update={"only": (0, 2)})
    await there.change(state, draft=picked.model_dump_json())

    assert await orders.rerun(await there.state(state), ADA_ASKS, request_key="press:1", position=1)

    (again,) = [order for order in await there.orders_of(ADA_ASKS) if order.id != state.order.id]
    assert Draft.model_validate_json(again.draft).only == (2,)


async def test_another_version_of_a_part_begins_as_that_part_alone(there: World, orders: Orders) -> None:
    state = await three_made(there)

    begun = await orders.another(state, ADA_ASKS, request_key="press:1", position=2)

    draft = orders.draft_for(begun.order, ADA_ASKS)
    assert draft == Draft(video=CLIPS[2], speech=AUDIO_LINK)


async def test_a_form_changes_what_it_shows_and_keeps_the_rest(there: World, orders: Orders) -> None:
    before = Prepared(
        video=PreparedInput(asset_id="a"),
        audio=PreparedInput(asset_id="b"),
        more_videos=(PreparedInput(asset_id="c"), None),
    )
    order = await there.order(OrderStatus.OFFERED, draft=THREE, prepared=before.model_dump_json())

    await orders.submit(order.id, ADA_ASKS, Draft(video=CLIPS[0], speech=script("Hi"), model="lipsync-2"))

    now = await there.now(order)
    takes = plan(Draft.model_validate_json(now.draft))
    assert [take.label for take in takes] == ["one.mp4", "two.mp4", "three.mp4"]
    assert {take.draft.model for take in takes} == {"lipsync-2"}
    assert prepared(now) == prepared(order).model_copy(update={"audio": None})


async def test_the_rest_is_cancelled_while_a_part_is_made(there: World, orders: Orders) -> None:
    state = await three_made(there, JobStatus.QUEUED)

    assert await orders.cancel(state.order.id, ADA_ASKS)

    assert [job.status for job in (await there.state(state)).jobs] == [
        JobStatus.DELIVERED,
        JobStatus.CANCELLED,
        JobStatus.PROCESSING,
    ]
    assert not await orders.cancel(state.order.id, ADA_ASKS)
