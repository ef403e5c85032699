"""Trouble on the way: the log tells each try, and whoever waits is told in time that it takes longer."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from bot.background import Background
from bot.errors import NotInstalled
from bot.slack.codes import refusal
from bot.steps import guarded as guarding
from bot.steps import tools
from bot.steps.deliver import Deliver
from bot.steps.guarded import guarded
from bot.steps.live_cards import LiveCards
from bot.steps.show import Show
from bot.troubles import is_ours
from storage.errors import StorageFull
from storage.jobs import Job, JobStatus
from storage.orders import OrderStatus
from tests.integration.core.world import World, installation
from tests.integration.fake_slack.harness import VIDEOS

CONTEXT = [structlog.contextvars.merge_contextvars]


async def delivering(there: World, **columns: Any) -> Job:
    """A job whose video is made, and whose link sync.so tells."""
    there.sync.get("/v2/generations/gen-1/download").respond(text="https://media.example/out.mp4")
    usual: dict[str, Any] = {
        "card_channel": VIDEOS,
        "card_ts": "1700000000.000100",
        "card_revision": 3,
        "generation_id": "gen-1",
    }
    return await there.job(JobStatus.DELIVERING, **usual | columns)


def tries(lines: list[Any]) -> list[Mapping[str, Any]]:
    return [line for line in lines if line["event"] == "trying again"]


async def test_each_of_six_failed_deliveries_is_a_line_with_step_job_cause_and_next_try(there: World) -> None:
    deliver, job = Deliver(there.tools), await delivering(there)
    with capture_logs(CONTEXT) as lines:
        for _ in range(6):
            there.sync.get("/v2/generations/gen-1/download").respond(503)
            there.sync.get("/v2/generations/gen-1").respond(503)
            job = await there.run(deliver, job)

    told = tries(lines)
    assert [line["tries"] for line in told] == [1, 2, 3, 4, 5, 6]
    assert [line["next_try_s"] for line in told] == [1, 2, 4, 8, 16, 32]
    for line in told:
        assert (line["job"], line["step"], line["log_level"]) == (job.id, "delivering", "info")
        assert "503" in line["cause"]
    assert [line for line in lines if line["log_level"] in {"warning", "error"}] == []


async def test_a_share_that_does_not_show_is_told_in_the_log_and_on_the_card(there: World) -> None:
    job = await delivering(there, slack_file_id="F0NOWHERE")
    waited_s = 0.0
    with capture_logs(CONTEXT) as lines:
        while not job.slow:
            job = await there.run(Deliver(there.tools), job)
            waited_s += there.wait_s(job) if not job.slow else 0.0

    assert waited_s < 5.0
    assert {line["cause"] for line in tries(lines)} == {"Slack does not show the video yet"}


async def test_a_wait_that_slack_asks_for_is_told_at_once(there: World) -> None:
    there.slack.faults.set("rate_limited", {"method": "files.info", "retry_after": 30})

    job = await there.run(Deliver(there.tools), await delivering(there, slack_file_id="F0NOWHERE"))

    assert (job.slow, job.attempts, there.wait_s(job)) == (True, 0, 30)


@pytest.mark.parametrize("attempts", [0, 1])
async def test_while_a_try_hangs_its_card_says_so(
    there: World, monkeypatch: pytest.MonkeyPatch, attempts: int
) -> None:
    monkeypatch.setattr(guarding, "SLOW_AFTER_S", 0.01)
    monkeypatch.setattr(guarding, "ONCE_MORE_S", 0.01)
    monkeypatch.setattr(tools, "STORED_WITHIN_S", 60.0)
    job = await delivering(there, attempts=attempts)
    (held,), before = await there.claim(job), (await there.card(job)).revision

    async def hang(_job: Job) -> None:
        while not (await there.now(job)).slow:  # noqa: ASYNC110 - nothing tells when a row changes
            await asyncio.sleep(0.01)

    async with asyncio.timeout(60):
        await guarded(there.tools, held, hang)

    told = await there.now(job)
    assert (told.slow, told.status) == (True, JobStatus.DELIVERING)
    assert (await there.card(told)).revision == before + 1


def test_a_first_try_a_wait_and_a_second_try_are_told_within_five_seconds() -> None:
    """The longest silence: the first try fails just before its card says something."""
    assert tools.SLOW_AFTER_S + tools.backoff_s(0) + guarding.ONCE_MORE_S < 5.0


async def test_what_moves_on_is_slow_no_more(there: World) -> None:
    job = await delivering(there, slow=True)
    (held,) = await there.claim(job)

    moved = await there.tools.move(held, JobStatus.DELIVERED)

    assert moved is not None
    assert not moved.slow


async def test_a_card_that_slack_does_not_take_for_now_is_one_line(there: World) -> None:
    there.slack.faults.set("server_error", {"method": "chat.postMessage"})
    job = await there.order(OrderStatus.PREPARING, card_revision=1, card_due_at=there.clock())

    with capture_logs(CONTEXT) as lines:
        job = await there.show(Show(there.tools, ask_again_from_usd=Decimal(10)), job)

    (line,) = lines
    assert (line["order"], line["step"], line["log_level"]) == (job.id, "show", "info")
    assert (line["cause"], line["next_try_s"]) == ("chat.postMessage: http_503", 1.0)


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (refusal("response_url", "http_404"), "warning"),
        (refusal("chat.postMessage", "messages_tab_disabled"), "warning"),
        (refusal("chat.postMessage", "missing_scope"), "warning"),
        (NotInstalled("T0NORTH"), "warning"),
        (StorageFull("The disk is full."), "warning"),
        (refusal("chat.postMessage", "invalid_blocks"), "error"),
        (KeyError("a slip of ours"), "error"),
    ],
)
async def test_only_a_mistake_of_ours_is_an_error_with_a_traceback(error: Exception, level: str) -> None:
    async def work() -> None:
        raise error

    background = Background()
    with capture_logs(CONTEXT) as lines:
        background.start(work(), name="private reply")
        await background.drain(within_s=1.0)

    (line,) = lines
    assert (line["log_level"], line["task"]) == (level, "private reply")
    assert ("exc_info" in line) == is_ours(error) == (level == "error")


async def test_while_nothing_can_be_stored_the_cards_that_people_wait_at_say_so_once(there: World) -> None:
    _, ts = await there.tools.slack.team(installation()).post(VIDEOS, "The card", None)
    stands: dict[str, Any] = {"card_channel": VIDEOS, "card_ts": ts, "card_revision": 1}
    job = await there.order(OrderStatus.PREPARING, card_due_at=there.clock(), **stands)
    await there.show(Show(there.tools, ask_again_from_usd=Decimal(10)), job)
    before = len(there.calls("chat.update"))

    for _ in range(3):
        there.tools.live_cards.tell()
        await there.tools.live_cards.told()

    assert len(there.calls("chat.update")) == before + 1
    assert "longer than usual" in there.messages(VIDEOS)[0].text


async def test_it_is_remembered_which_cards_were_told_over_newer_words_of_another_process(
    there: World,
) -> None:
    _, ts = await there.tools.slack.team(installation()).post(VIDEOS, "The card", None)
    job = await delivering(there, card_ts=ts, card_due_at=there.clock())
    await there.show(Show(there.tools, ask_again_from_usd=Decimal(10)), job)
    other = replace(there.tools, live_cards=LiveCards())
    (held,) = await there.claim(job)
    done = await other.move(held, JobStatus.DELIVERED)
    assert done is not None
    await there.show(Show(other, ask_again_from_usd=Decimal(10)), done)
    assert "Done" in there.messages(VIDEOS)[0].text

    there.tools.live_cards.tell()
    await there.tools.live_cards.told()

    assert "longer than usual" in there.messages(VIDEOS)[0].text
    assert there.tools.live_cards.overwritten == {job.order_id}


async def test_a_step_that_cannot_store_that_it_is_slow_has_it_told_from_memory(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "STORED_WITHIN_S", 0.01)
    _, ts = await there.tools.slack.team(installation()).post(VIDEOS, "The card", None)
    job = await delivering(there, card_ts=ts, card_due_at=there.clock())
    await there.show(Show(there.tools, ask_again_from_usd=Decimal(10)), job)
    (held,) = await there.claim(job)

    async with there.db.write():  # somebody else's
        await there.tools.tell_slow(held)
        await there.tools.live_cards.told()

    assert "longer than usual" in there.messages(VIDEOS)[0].text
    assert not (await there.now(job)).slow
