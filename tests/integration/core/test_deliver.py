"""Deliver: the finished video stands in the thread once, whatever happened between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot.heartbeat import Heartbeat
from bot.media import MediaRelay
from bot.slack import SlackTeam
from bot.steps.deliver import Deliver
from bot.steps.show import Show
from bot.steps.tools import Tools
from bot.steps.trouble import AWAY_LOOK_S, MOST_TRIES
from storage.jobs import Job, JobStatus, Phase
from storage.leases import LEASE_S
from tests.integration.core.world import LINKS, World, error, generation, installation
from tests.integration.fake_slack.harness import ADA, RANDOM, VIDEOS
from tests.integration.media_servers import Peer, Request, reply, saying, serving

DOWNLOAD = "/v2/generations/gen-1/download"
VIDEO = b"\0\0 ftypisom the finished video"


@pytest.fixture
async def output(there: World) -> AsyncIterator[Peer]:
    """sync.so's storage, which has the finished video."""
    async with serving(saying(reply(body=VIDEO))) as peer:
        there.sync.get(DOWNLOAD).respond(text=f"{peer.base}/out.mp4?signature=s")
        yield peer


@pytest.fixture
def deliver(there: World, output: Peer) -> Deliver:  # noqa: ARG001 - the video to deliver
    return Deliver(there.tools)


async def delivering(there: World, channel: str = VIDEOS, **columns: Any) -> Job:
    """A job whose card stands in the channel and whose video is made."""
    _, ts = await there.tools.slack.team(installation()).post(channel, "The card", None)
    usual: dict[str, Any] = {
        "channel_id": channel,
        "card_channel": channel,
        "card_ts": ts,
        "card_revision": 3,
    }
    usual |= {"generation_id": "gen-1", "draft": LINKS.model_copy(update={"name": "Hello"})}
    return await there.job(JobStatus.DELIVERING, **usual | columns)


async def brought(there: World, deliver: Deliver, job: Job) -> Job:
    """The job after as many turns of its step as it needs, with all that Slack does late done between."""
    for _ in range(20):
        job = await there.run(deliver, job)
        if job.status is not JobStatus.DELIVERING:
            break
        await there.slack.settled()
    return job


async def shares(there: World) -> list[Any]:
    await there.slack.settled()
    return [share for share in there.slack.records().shares if share.by_bot]


async def test_the_video_comes_into_the_cards_thread_and_mentions_its_asker_once(
    there: World, deliver: Deliver
) -> None:
    job = await brought(there, deliver, await delivering(there))

    assert (job.status, job.due_at) == (JobStatus.DELIVERED, None)
    assert job.ended_at == there.clock()
    (share,) = await shares(there)
    assert (share.channel, share.thread_ts) == (VIDEOS, (await there.card(job)).ts)
    assert share.file.path.read_bytes() == VIDEO
    assert share.file.name == "Hello.mp4"
    comment = there.messages(VIDEOS)[-1].text
    assert comment.count(f"<@{ADA}>") == 1


async def test_each_of_several_comes_under_its_label(there: World, deliver: Deliver) -> None:
    first = await delivering(there)
    second = await there.sister(first, JobStatus.DELIVERING)
    await there.change(second, generation_id="gen-1", label="“Line 1”")

    await there.run(deliver, second)

    (share,) = await shares(there)
    assert (share.file.title, share.file.name) == ("Hello: “Line 1”", "02 Hello “Line 1”.mp4")
    comment = there.messages(VIDEOS)[-1].text
    assert comment.startswith(f"<@{ADA}>, here is your video: Hello: “Line 1”.")
    assert "It says: “Line 1”" in comment
    assert share.thread_ts == (await there.card(first)).ts


async def test_what_was_asked_in_a_thread_is_answered_in_that_thread(there: World, deliver: Deliver) -> None:
    _, root = await there.tools.slack.team(installation()).post(VIDEOS, "A video of somebody's", None)

    await there.run(deliver, await delivering(there, thread_ts=root))

    (share,) = await shares(there)
    assert share.thread_ts == root


async def test_no_alt_text_goes_with_a_video_since_slack_would_never_share_it(
    there: World, deliver: Deliver
) -> None:
    await there.run(deliver, await delivering(there))

    assert "alt_txt" not in there.calls("files.getUploadURLExternal")[0].args


async def test_the_files_id_is_stored_before_it_is_shared(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("api_error", {"method": "files.completeUploadExternal", "error": "fatal_error"})

    job = await there.run(deliver, await delivering(there))

    assert (job.status, job.attempts) == (JobStatus.DELIVERING, 1)
    assert job.slack_file_id is not None


async def test_a_lost_answer_to_sharing_does_not_make_a_second_video(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("lose_reply", {"method": "files.completeUploadExternal"})
    job = await there.run(deliver, await delivering(there))
    assert job.status is JobStatus.DELIVERING

    await there.slack.settled()
    job = await there.run(deliver, job)

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1
    assert len(there.calls("files.getUploadURLExternal")) == 1


async def test_a_share_that_comes_late_is_waited_for_with_growing_patience(
    there: World, deliver: Deliver
) -> None:
    there.slack.faults.set("lose_reply", {"method": "files.completeUploadExternal"})
    there.slack.faults.set("never_shared")  # not for as long as we look, here
    job = await there.run(deliver, await delivering(there))
    waits = []
    for _ in range(3):
        job = await there.run(deliver, job)
        waits.append(there.wait_s(job))

    assert waits == [2, 4, 8]
    assert len(there.calls("files.getUploadURLExternal")) == 1


async def test_a_hiccup_while_waiting_for_a_share_does_not_end_the_job(
    there: World, deliver: Deliver
) -> None:
    there.slack.faults.set("lose_reply", {"method": "files.completeUploadExternal"})
    there.slack.faults.set("never_shared")
    job = await there.run(deliver, await delivering(there))
    for _ in range(5):
        job = await there.run(deliver, job)
    there.slack.faults.set("server_error", {"method": "files.info"})

    job = await there.run(deliver, job)

    assert job.status is JobStatus.DELIVERING


async def test_the_card_that_is_left_says_where_the_video_goes(there: World, deliver: Deliver) -> None:
    """Slack refuses to share there what the app may still edit."""
    there.slack.faults.set("api_error", {"method": "files.completeUploadExternal", "error": "not_in_channel"})

    job = await there.run(deliver, await delivering(there))

    assert ((await there.card(job)).moved, (await there.card(job)).ts) == (True, None)
    assert "stands in our direct message" in there.messages(VIDEOS)[-1].text


async def test_what_failed_before_the_upload_does_not_shorten_the_wait_for_its_share(
    there: World, deliver: Deliver
) -> None:
    there.slack.faults.set("never_shared")
    job = await there.run(deliver, await delivering(there, attempts=9))
    assert job.attempts == 0

    for _ in range(6):
        job = await there.run(deliver, job)

    assert there.calls("files.delete") == []
    assert len(there.calls("files.getUploadURLExternal")) == 1


async def test_slacks_silence_is_no_look_for_the_share(there: World, deliver: Deliver) -> None:
    """It goes on for minutes, and Slack knows the file a little late when it speaks again."""
    job = await there.run(deliver, await delivering(there))
    for _ in range(12):
        there.slack.faults.set("server_error", {"method": "files.info"})
        job = await there.run(deliver, job)
    for _ in range(2):
        there.slack.faults.set("api_error", {"method": "files.info", "error": "file_not_found"})
        job = await there.run(deliver, job)
    assert job.status is JobStatus.DELIVERING

    job = await brought(there, deliver, job)

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1
    assert len(there.calls("files.getUploadURLExternal")) == 1


async def test_an_upload_that_was_never_shared_begins_anew(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("lose_reply", {"method": "files.completeUploadExternal"})
    there.slack.faults.set("never_shared")
    job = await brought(there, deliver, await delivering(there))

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1
    assert len(there.calls("files.delete")) == 1


async def test_an_ok_that_never_becomes_a_share_is_no_delivery(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("never_shared")

    job = await brought(there, deliver, await delivering(there))

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1
    assert len(there.calls("files.completeUploadExternal")) == 2


async def test_a_slack_that_never_shares_ends_with_a_link_instead(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("never_shared")
    long_ago = there.clock() - 7 * 3600

    job = await brought(there, deliver, await delivering(there, submitted_at=long_ago))

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "slack_never_shared")


async def test_an_upload_whose_completion_never_arrived_is_completed_once_more(
    there: World, deliver: Deliver
) -> None:
    there.slack.faults.set("server_error", {"method": "files.completeUploadExternal"})

    job = await brought(there, deliver, await delivering(there))

    assert job.status is JobStatus.DELIVERED
    assert len(there.calls("files.getUploadURLExternal")) == 1
    assert len(await shares(there)) == 1


async def test_a_completion_that_slack_is_slow_with_shares_one_video(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("server_error", {"method": "files.completeUploadExternal", "times": 0})
    job = await there.run(deliver, await delivering(there))
    file_id, (channel, thread_ts) = job.slack_file_id or "", (await there.state(job)).thread
    slack = there.tools.slack.team(installation())
    for _ in range(5):
        job = await there.run(deliver, job)

    there.slack.faults.reset()
    await slack.complete_upload(file_id, title="", channel=channel, thread_ts=thread_ts, comment="At last")
    there.slack.faults.set("api_error", {"method": "files.info", "error": "file_not_found", "times": 1})
    job = await brought(there, deliver, job)

    assert (job.status, job.slack_file_id) == (JobStatus.DELIVERED, file_id)
    assert len(there.calls("files.getUploadURLExternal")) == 1
    assert len(await shares(there)) == 1


async def test_an_upload_that_slack_has_dropped_begins_anew(there: World, deliver: Deliver) -> None:
    job = await delivering(there, slack_file_id="F0DROPPED1")

    job = await brought(there, deliver, job)

    assert job.status is JobStatus.DELIVERED
    assert job.slack_file_id != "F0DROPPED1"
    assert len(await shares(there)) == 1


async def test_an_upload_cut_half_way_is_done_again(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("upload_cut", {"bytes": 10})
    job = await there.run(deliver, await delivering(there))
    assert (job.status, job.slack_file_id) == (JobStatus.DELIVERING, None)

    job = await brought(there, deliver, job)

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1


async def test_where_the_app_is_not_in_the_channel_the_person_gets_the_video(
    there: World, deliver: Deliver
) -> None:
    job = await there.job(
        JobStatus.DELIVERING,
        channel_id=RANDOM,
        card_channel=RANDOM,
        card_ts="1700000000.000100",
        generation_id="gen-1",
    )
    job = await there.run(deliver, job)
    assert (job.status, (await there.card(job)).moved, (await there.card(job)).ts) == (
        JobStatus.DELIVERING,
        True,
        None,
    )
    assert (await there.card(job)).due_at is not None

    channel, ts = await there.tools.slack.team(installation()).post(ADA, "The card, moved", None)
    job = await brought(there, deliver, await there.change(job, card_channel=channel, card_ts=ts))

    assert job.status is JobStatus.DELIVERED
    (share,) = await shares(there)
    assert (share.channel, share.thread_ts) == (there.box.dm(), ts)


async def test_a_video_that_is_done_before_its_card_stands_waits_for_it(
    there: World, deliver: Deliver
) -> None:
    job = await there.run(deliver, await there.job(JobStatus.DELIVERING, generation_id="gen-1"))

    assert (job.status, job.attempts) == (JobStatus.DELIVERING, 1)
    assert there.wait_s(job) == 1
    assert there.calls("files.getUploadURLExternal") == []


async def test_a_card_that_never_stands_is_not_waited_for_for_ever(there: World, deliver: Deliver) -> None:
    job = await there.job(JobStatus.DELIVERING, generation_id="gen-1")
    waited_s = 0.0
    for _ in range(50):
        job = await there.run(deliver, job)
        if job.status is not JobStatus.DELIVERING:
            break
        waited_s += there.wait_s(job)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "slack_unavailable")
    assert 3000 < waited_s < 2 * 3600


async def test_a_thread_whose_card_was_deleted_is_begun_anew_with_another_card(
    there: World, deliver: Deliver
) -> None:
    job = await delivering(there)
    await there.box.as_ada("/ui/message/delete", channel=VIDEOS, ts=(await there.card(job)).ts)

    job = await there.run(deliver, job)

    assert (job.status, (await there.card(job)).moved, (await there.card(job)).ts) == (
        JobStatus.DELIVERING,
        False,
        None,
    )
    assert (await there.card(job)).due_at is not None


async def test_a_thread_that_was_deleted_around_the_card_sends_both_to_the_person(
    there: World, deliver: Deliver
) -> None:
    _, root = await there.tools.slack.team(installation()).post(VIDEOS, "A video of somebody's", None)
    job = await delivering(there, thread_ts=root)
    await there.box.as_ada("/ui/message/delete", channel=VIDEOS, ts=root)

    job = await there.run(deliver, job)

    assert (job.status, (await there.card(job)).moved, (await there.card(job)).ts) == (
        JobStatus.DELIVERING,
        True,
        None,
    )


async def test_a_host_that_takes_the_upload_but_never_reads_is_given_up_and_asked_anew(there: World) -> None:
    film = VIDEO + bytes(20 * 1024**2)  # more than any buffer on the way holds
    there.slack.faults.set("upload_stalls")
    async with (
        aclosing(MediaRelay(loopback=True, stall_s=0.3)) as relay,
        serving(saying(reply(body=film))) as peer,
    ):
        there.sync.get(DOWNLOAD).respond(text=f"{peer.base}/out.mp4")
        deliver = Deliver(replace(there.tools, relay=relay))
        job = await there.run(deliver, await delivering(there))
        assert (job.status, job.attempts, job.slack_file_id) == (JobStatus.DELIVERING, 1, None)
        assert await shares(there) == []

        there.slack.faults.reset()
        job = await brought(there, deliver, job)

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("uploads_off", "slack_uploads_disabled"),
        ("storage_full", "slack_storage_full"),
        ("upload_limit", "slack_upload_too_large"),
    ],
)
async def test_what_slack_will_not_take_ends_with_words_for_a_person(
    there: World, deliver: Deliver, rule: str, code: str
) -> None:
    there.slack.faults.set(rule, {"megabytes": 0} if rule == "upload_limit" else None)

    job = await there.run(deliver, await delivering(there))

    assert (job.status, job.failure_code) == (JobStatus.FAILED, code)


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize(
    ("refusal", "failure", "detail"),
    [
        ("missing_scope", "slack_scope_missing", "files:write"),
        ("not_allowed_token_type", "slack_scope_missing", "files:write"),
        ("two_factor_setup_required", "slack_not_allowed", "two_factor_setup_required"),
        ("org_login_required", "slack_not_allowed", "org_login_required"),
        ("team_access_not_granted", "slack_not_allowed", "team_access_not_granted"),
        ("accesslimited", "slack_not_allowed", "accesslimited"),
        ("file_type_not_allowed", "slack_uploads_disabled", None),
        ("invalid_arg_name", "slack_call_broken", "invalid_arg_name"),
    ],
)
async def test_a_refusal_that_never_passes_ends_at_once_in_a_link(
    there: World, deliver: Deliver, method: str, refusal: str, failure: str, detail: str | None
) -> None:
    there.slack.faults.set("api_error", {"method": method, "error": refusal, "times": 0})

    job = await there.run(deliver, await delivering(there))

    assert (job.status, job.failure_code, job.failure_detail) == (JobStatus.FAILED, failure, detail)
    assert len(there.calls(method)) == 1


async def test_what_no_place_takes_ends_in_a_link_after_the_direct_message_was_tried(
    there: World, deliver: Deliver
) -> None:
    trouble = {"method": "files.completeUploadExternal", "error": "restricted_action", "times": 0}
    there.slack.faults.set("api_error", trouble)

    job = await there.run(deliver, await delivering(there))
    assert (job.status, (await there.card(job)).moved, (await there.card(job)).ts) == (
        JobStatus.DELIVERING,
        True,
        None,
    )
    job = await there.run(deliver, await there.show(Show(there.tools, ask_again_from_usd=Decimal(10)), job))

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "slack_not_allowed")
    assert (await there.card(job)).channel == there.box.dm(ADA)


async def test_a_refusal_that_nobody_knows_is_waited_for_a_quarter_of_an_hour(
    there: World, deliver: Deliver
) -> None:
    trouble = {"method": "files.completeUploadExternal", "error": "brand_new", "times": 0}
    there.slack.faults.set("api_error", trouble)
    job = await there.run(deliver, await delivering(there, attempts=MOST_TRIES - 2))
    assert job.status is JobStatus.DELIVERING

    job = await there.run(deliver, await there.change(job, attempts=MOST_TRIES - 1, slack_file_id=None))

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "slack_unavailable")


@pytest.mark.parametrize("completed", [True, False])
async def test_an_app_that_may_not_look_at_files_brings_the_video_once_all_the_same(
    there: World,
    deliver: Deliver,
    completed: bool,  # noqa: FBT001 - a case
) -> None:
    if not completed:
        there.slack.faults.set(
            "api_error", {"method": "files.completeUploadExternal", "error": "fatal_error"}
        )
    there.slack.faults.set("api_error", {"method": "files.info", "error": "missing_scope", "times": 0})

    job = await brought(there, deliver, await delivering(there))

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1


async def test_a_video_waits_for_an_app_whose_token_was_taken_back(there: World, deliver: Deliver) -> None:
    job = await delivering(there)
    there.slack.faults.set("token_dead", {"error": "account_inactive"})

    job = await there.run(deliver, job)
    assert (job.status, there.wait_s(job)) == (JobStatus.DELIVERING, AWAY_LOOK_S)

    there.slack.faults.reset()
    assert (await brought(there, deliver, job)).status is JobStatus.DELIVERED


async def test_an_expired_link_is_asked_for_anew(there: World, deliver: Deliver, output: Peer) -> None:
    async with serving(saying(reply(403, b"expired", Content_Type="application/xml"))) as expired:
        there.sync.get(DOWNLOAD).mock(
            side_effect=[
                httpx.Response(200, text=f"{expired.base}/old.mp4"),
                httpx.Response(200, text=f"{output.base}/new.mp4"),
            ]
        )
        job = await there.run(deliver, await delivering(there))
        assert (job.status, job.attempts) == (JobStatus.DELIVERING, 1)
        job = await brought(there, deliver, job)

    assert job.status is JobStatus.DELIVERED


async def test_without_a_download_route_the_generations_own_link_serves(
    there: World, deliver: Deliver, output: Peer
) -> None:
    there.sync.get(DOWNLOAD).mock(return_value=error(404, "not_found"))
    made = generation("gen-1", "COMPLETED", outputUrl=f"{output.base}/out.mp4")
    there.sync.get("/v2/generate/gen-1").respond(json=made)

    assert (await brought(there, deliver, await delivering(there))).status is JobStatus.DELIVERED


async def test_a_page_in_place_of_the_link_ends_nothing(there: World, deliver: Deliver, output: Peer) -> None:
    there.sync.get(DOWNLOAD).respond(404, html="<html>no such page</html>")
    there.sync.get("/v2/generate/gen-1").respond(404, html="<html>no such page</html>")
    job = await there.run(deliver, await delivering(there))
    assert (job.status, job.attempts) == (JobStatus.DELIVERING, 1)

    made = generation("gen-1", "COMPLETED", outputUrl=f"{output.base}/out.mp4")
    there.sync.get("/v2/generate/gen-1").respond(json=made)
    assert (await brought(there, deliver, job)).status is JobStatus.DELIVERED


async def test_completed_without_any_link_is_waited_for_and_ends_clearly(
    there: World, deliver: Deliver
) -> None:
    there.sync.get(DOWNLOAD).mock(return_value=error(404, "not_found"))
    there.sync.get("/v2/generate/gen-1").respond(json=generation("gen-1", "COMPLETED"))

    job = await there.run(deliver, await delivering(there))
    assert (job.status, job.due_at) == (JobStatus.DELIVERING, there.clock() + 1.0)

    job = await there.run(deliver, await there.change(job, attempts=30))
    assert job.status is JobStatus.DELIVERING

    job = await there.run(deliver, await there.change(job, submitted_at=there.clock() - 7 * 3600))
    assert (job.status, job.failure_code) == (JobStatus.FAILED, "output_missing")


async def test_short_waits_that_sync_asks_for_again_and_again_do_not_use_up_the_tries(
    there: World, deliver: Deliver
) -> None:
    there.sync.get(DOWNLOAD).respond(503, headers={"Retry-After": "0"})
    job, waits = await delivering(there), []
    for _ in range(5):
        job = await there.run(deliver, job)
        waits.append(there.wait_s(job))

    assert waits == [1, 2, 4, 8, 16]


async def test_trouble_for_hours_is_waited_out_since_the_video_is_paid(
    there: World, deliver: Deliver
) -> None:
    there.sync.get(DOWNLOAD).mock(return_value=error(500, "internal_error"))
    job = await there.run(deliver, await delivering(there, attempts=100))
    assert (job.status, job.due_at) == (JobStatus.DELIVERING, there.clock() + 120.0)

    job = await there.run(deliver, await there.change(job, attempts=179))
    assert (job.status, job.failure_code) == (JobStatus.FAILED, "sync_unavailable")


async def test_a_late_holder_shares_nothing(there: World, deliver: Deliver) -> None:
    job = await delivering(there)
    late = await there.claim(job)
    await there.claim(job)

    await deliver(late)

    assert await shares(there) == []
    assert there.calls("files.completeUploadExternal") == []


class StoodStill(Heartbeat):
    """The process stood still after it had stored the upload's id, and another took its job over."""

    def __init__(self, there: World, job: Job) -> None:
        super().__init__(there.db, "us", clock=there.clock, elapsed=there.clock)
        self._there, self._job = there, job

    async def beat(self) -> None:
        await super().beat()
        await self._there.change(self._job, lease_token="another's")


@pytest.mark.usefixtures("deliver")
async def test_who_stood_still_before_the_share_and_lost_the_job_shares_nothing(there: World) -> None:
    [held] = await there.claim(await delivering(there))
    there.clock.pass_by(15)

    await Deliver(replace(there.tools, heartbeat=StoodStill(there, held)))([held])

    left = await there.now(held)
    assert (left.lease_token, left.slack_file_id is not None) == ("another's", True)
    assert there.calls("files.completeUploadExternal") == []


async def test_a_rate_limit_on_sharing_costs_no_second_upload(there: World, deliver: Deliver) -> None:
    there.slack.faults.set("rate_limited", {"method": "files.completeUploadExternal", "retry_after": 1})

    job = await brought(there, deliver, await delivering(there))

    assert job.status is JobStatus.DELIVERED
    assert len(there.calls("files.getUploadURLExternal")) == 1


async def test_a_card_that_moves_while_the_video_goes_up_takes_the_video_along(there: World) -> None:
    job = await delivering(there)
    dm = there.box.dm(ADA)
    _, moved_to = await there.tools.slack.team(installation()).post(dm, "The card, moved", None)

    async def move(_request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await there.box.as_ada("/ui/message", channel=VIDEOS, text="/archive")
        await there.change(job, card_moved=True, card_channel=dm, card_ts=moved_to)
        writer.write(reply(body=VIDEO))

    async with serving(move) as peer:
        there.sync.get(DOWNLOAD).respond(text=f"{peer.base}/out.mp4")
        ended = await brought(there, Deliver(there.tools), job)

    assert ended.status is JobStatus.DELIVERED
    (share,) = await shares(there)
    assert (share.channel, share.thread_ts) == (dm, moved_to)


class _Killed(BaseException):
    """The process is gone: nothing of its own runs any more."""


CUTS = [
    (SlackTeam, "start_upload"),
    (MediaRelay, "send"),
    (Tools, "save"),
    (SlackTeam, "complete_upload"),
    (Tools, "later"),
    (SlackTeam, "file_info"),
    (Tools, "move"),
]
"""All that a delivery does, in its order, with the world and with its row."""


def dies_at(monkeypatch: pytest.MonkeyPatch, where: type, what: str, *, done: bool) -> None:
    """Whoever comes there next dies; `done`: what it asked for happens all the same."""
    original = getattr(where, what)

    async def die(*args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(where, what, original)
        if done:
            await original(*args, **kwargs)
        raise _Killed

    monkeypatch.setattr(where, what, die)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("where", "what"), CUTS, ids=lambda part: getattr(part, "__name__", part))
async def test_a_death_between_any_two_phases_leads_to_exactly_one_video(
    there: World, deliver: Deliver, monkeypatch: pytest.MonkeyPatch, where: type, what: str, *, done: bool
) -> None:
    job = await delivering(there)
    dies_at(monkeypatch, where, what, done=done)
    with pytest.raises(_Killed):
        await brought(there, deliver, job)

    there.clock.pass_by(LEASE_S)
    job = await brought(there, deliver, await there.now(job))

    assert job.status is JobStatus.DELIVERED
    assert len(await shares(there)) == 1
    uploads = len(there.calls("files.getUploadURLExternal"))
    assert uploads == (2 if job_was_without_upload(what, done=done) else 1)


def job_was_without_upload(what: str, *, done: bool) -> bool:
    """Whether it died before it was stored under which id the bytes are at Slack, but had asked for one."""
    return (what, done) in {("start_upload", True), ("send", False), ("send", True), ("save", False)}


async def test_who_takes_an_upload_over_that_nobody_asked_to_share_shares_it_at_once(
    there: World, deliver: Deliver
) -> None:
    job = await there.run(deliver, await delivering(there))  # shares it, and looks a moment later
    await there.slack.settled()
    other = await there.tools.slack.team(installation()).start_upload(filename="b.mp4", length=len(VIDEO))
    async with httpx.AsyncClient() as client:
        await client.post(other[0], content=VIDEO)

    job = await there.change(job, phase=Phase.UPLOADED, slack_file_id=other[1])
    before = len(there.calls("files.completeUploadExternal"))
    job = await there.run(deliver, job)

    assert (job.phase, job.attempts, there.wait_s(job)) == (Phase.SHARING, 0, 1.0)
    assert len(there.calls("files.completeUploadExternal")) == before + 1
