"""What sync.so has lost is brought once more: silently, once, and not for ever."""

import json

import httpx
import pytest

from bot.app import services_of
from bot.asking.asks import Asker
from bot.asking.drafts import Draft, SlackFile
from bot.steps.relay import Relay
from bot.steps.reprice import Reprice
from bot.steps.submit import Submit
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.bringing import Preparing, claim_inputs, inputs_of
from tests.integration.core.test_relay import ASSETS, COST, asking, sink
from tests.integration.core.world import SCRIPT, World, error, generation
from tests.integration.media_servers import Peer

__all__ = ["sink"]
PRICE = [{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.42}]
HOUR_S = 3600.0


def sync_has(there: World, *asset_ids: str) -> None:
    """sync.so has these, prices what names them, and makes the next upload `asset-2`."""

    def price(request: httpx.Request) -> httpx.Response:
        named = json.loads(request.content)["input"][0]["assetId"]
        return httpx.Response(200, json=PRICE) if named in has else error(404, "asset_not_found")

    has = {*asset_ids, "asset-2"}
    there.sync.post(COST).mock(side_effect=price)
    there.sync.post(ASSETS).respond(json={"id": "asset-2", "url": "https://x.test", "durationSeconds": 4.5})
    there_still = httpx.Response(200, json={"id": "asset-1"})
    there.sync.get(f"{ASSETS}/asset-1").mock(
        return_value=there_still if "asset-1" in has else error(404, "asset_not_found")
    )
    there.sync.get(f"{ASSETS}/asset-2").respond(json={"id": "asset-2"})


async def came_long_ago(there: World) -> SlackFile:
    """A video that an earlier order has brought to sync.so."""
    video = await there.video_in_channel()
    await there.run(Preparing(there), await asking(there, video))
    there.clock.pass_by(HOUR_S)
    return video


async def prepared(there: World, order: Order) -> Order:
    """The order after the step has run as often as it wants to run at once."""
    for _ in range(4):
        order = await there.run(Preparing(there), order)
        if order.status is not OrderStatus.PREPARING:
            break
    return order


async def test_a_slack_file_is_sent_anew_silently(there: World, sink: Peer) -> None:
    video = await came_long_ago(there)
    sync_has(there)

    order = await prepared(there, await asking(there, video))

    assert (order.status, order.slow) == (OrderStatus.OFFERED, False)
    assert len(sink.bodies) == 2
    assert [known.asset_id for known in await inputs_of(there, order)] == ["asset-2"]
    assert '"asset_id":"asset-2"' in order.prepared


async def test_what_came_again_for_one_order_is_there_for_another(there: World, sink: Peer) -> None:
    video = await came_long_ago(there)
    late = await asking(there, video)
    sync_has(there)
    first = await prepared(there, await asking(there, video))

    late = await there.change(late, prepared=first.prepared.replace("asset-2", "asset-1"))
    late = await prepared(there, late)

    assert late.status is OrderStatus.OFFERED
    assert '"asset_id":"asset-2"' in late.prepared
    assert len(sink.bodies) == 2


async def test_what_is_lost_right_after_it_came_is_told_and_not_moved_over_and_over(
    there: World, sink: Peer
) -> None:
    there.sync.post(COST).mock(return_value=error(404, "asset_not_found"))
    there.sync.get(f"{ASSETS}/asset-1").mock(return_value=error(404, "asset_not_found"))

    order = await prepared(there, await asking(there, await there.video_in_channel()))

    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "asset_not_found")
    assert len(sink.bodies) == 1


async def test_a_refusal_of_what_is_there_is_told(there: World, sink: Peer) -> None:
    video = await came_long_ago(there)
    sync_has(there, "asset-1")
    there.sync.post(COST).mock(return_value=error(404, "asset_not_found"))

    order = await prepared(there, await asking(there, video))

    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "asset_not_found")
    assert len(sink.bodies) == 1


async def test_one_of_several_videos_is_brought_again_and_is_no_problem(there: World, sink: Peer) -> None:
    video = await came_long_ago(there)
    sync_has(there)
    other = await there.video_in_channel("b.mp4")
    draft = Draft(video=video, more_videos=(other,), speech=SCRIPT.speech)

    order = await prepared(there, await there.order(OrderStatus.PREPARING, draft=draft, prepared="{}"))

    assert order.status is OrderStatus.OFFERED
    assert [part.problem for part in order.parts] == [None, None]
    assert len(sink.bodies) == 3


CREATE = "/v2/generate"


async def confirmed(there: World, video: SlackFile) -> Job:
    """A job whose yes was for a video that sync.so had then, as `asset-1`, and whose turn has come."""
    order = await there.run(Preparing(there), await asking(there, video))
    assert order.offer_id is not None
    asker = Asker(None, order.team_id, order.user_id)
    assert await orders_of(there).confirm(order.id, order.offer_id, asker) is Confirmation.ACCEPTED
    (job,) = (await there.state(order)).jobs
    return job


def orders_of(there: World) -> Orders:
    return services_of(there.tools, wake=lambda: None, public_url="https://app.test").orders


async def test_what_is_lost_after_the_yes_is_sent_anew_and_the_yes_holds(there: World, sink: Peer) -> None:
    job = await confirmed(there, await there.video_in_channel())
    there.clock.pass_by(HOUR_S)
    sync_has(there)
    reprice = Reprice(there.tools)

    job = await there.run(reprice, job)
    assert (job.status, job.priced_at, job.pricing_since) == (JobStatus.QUEUED, None, None)
    (lost,) = await claim_inputs(there)
    job = await there.run(reprice, job)  # it is not there yet
    assert job.priced_at is None
    await Relay(there.tools)([lost])
    job = await there.run(reprice, job)
    job = await there.run(reprice, job)

    assert job.priced_at == there.clock()
    assert len(sink.bodies) == 2
    body = json.loads(await there.body_of(job) or "")
    assert body["input"][0] == {"type": "video", "assetId": "asset-2"}
    assert body["webhookUrl"] == f"https://app.test/sync/webhook/{job.id}"
    assert body["outputFileName"].endswith(job.id)
    assert '"asset_id":"asset-2"' in (await there.order_of(job)).prepared


async def test_what_is_lost_between_price_and_send_is_refused_unpaid_and_sent_again(
    there: World, sink: Peer
) -> None:
    job = await confirmed(there, await there.video_in_channel())
    there.clock.pass_by(HOUR_S)
    sync_has(there)
    there.sync.post(CREATE).mock(
        side_effect=[error(404, "asset_not_found"), httpx.Response(201, json=generation())]
    )
    job = await there.change(job, priced_at=there.clock())

    job = await there.run(Submit(there.tools), job)
    assert (job.status, job.priced_at, job.failure_code) == (JobStatus.QUEUED, None, None)
    await Relay(there.tools)(await claim_inputs(there))
    for _ in range(3):
        job = await there.run(Reprice(there.tools), job)
    job = await there.run(Submit(there.tools), job)

    assert job.status is JobStatus.PROCESSING
    old, new = there.sent(CREATE)
    assert old.headers["Idempotency-Key"] == new.headers["Idempotency-Key"]
    assert [json.loads(sent.content)["input"][0]["assetId"] for sent in (old, new)] == ["asset-1", "asset-2"]
    assert len(sink.bodies) == 2


async def test_what_was_perhaps_sent_before_is_never_bound_anew(there: World, sink: Peer) -> None:
    job = await confirmed(there, await there.video_in_channel())
    there.clock.pass_by(HOUR_S)
    sync_has(there)
    there.sync.get("/v2/generations").respond(json=[])
    there.sync.post(CREATE).mock(return_value=error(404, "asset_not_found"))
    body = await there.body_of(job)
    job = await there.change(job, status=JobStatus.SUBMITTING, submitted_at=there.clock())

    job = await there.run(Submit(there.tools), job)

    assert job.status is not JobStatus.QUEUED
    assert await there.body_of(job) in {body, None}
    assert len(sink.bodies) == 1


@pytest.mark.usefixtures("sink")
async def test_what_is_lost_for_good_ends_the_job_for_nothing(there: World) -> None:
    video = await there.video_in_channel()
    job = await confirmed(there, video)
    there.clock.pass_by(HOUR_S)
    sync_has(there)
    job = await there.run(Reprice(there.tools), job)
    there.slack.faults.set("api_error", {"method": "files.info", "error": "file_deleted"})
    await Relay(there.tools)(await claim_inputs(there))

    job = await there.run(Reprice(there.tools), job)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "slack_file_deleted")
    assert there.sent(CREATE) == []
