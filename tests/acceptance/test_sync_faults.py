"""sync.so in trouble, fault by fault: waited out, one generation paid for, one video in the thread."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.acceptance.blocks import shown
from tests.acceptance.journey import make_and_check, watched
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import offer, one_line_with_two_links, one_line_with_words, video_and_audio_dropped

PAST_THE_HORIZON_S = -3_700.0


@pytest.mark.parametrize(
    "settings",
    [
        {"status": 500, "code": "internal_error"},
        {"status": 502, "html": True},
        {"status": 503, "code": "controller_unavailable"},
        {"status": 504, "html": True},
        {"status": 429, "code": "rate_limit_exceeded", "retry_after": 1},
    ],
    ids=lambda settings: str(settings["status"]),
)
async def test_a_storm_on_every_call_is_waited_out(
    stage: Stage, ana: Person, settings: Mapping[str, Any]
) -> None:
    await stage.sync_trouble("fail", times=2, route="*", **settings)
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("fail", times=3, route="*", **settings)
    await make_and_check(stage, ana, ready)


@pytest.mark.parametrize(
    ("fault", "settings"),
    [("cut_upload", {}), ("upload_refused", {"status": 503}), ("no_asset_length", {})],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_trouble_while_files_are_handed_over_is_no_trouble_for_people(
    stage: Stage, ana: Person, fault: str, settings: Mapping[str, Any]
) -> None:
    await stage.sync_trouble(fault, times=1, **settings)
    await make_and_check(stage, ana, await video_and_audio_dropped(stage, ana))


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ("no_output_url", {"seconds": 1.0}),
        ("output_expired", {"fresh_too": False}),
        ("unknown_status", {"seconds": 0.5}),
        ("cut_reply", {"route": "file"}),
        ("fail", {"route": "download", "status": 500}),
        ("fail", {"route": "list", "status": 504}),
        ("slow_bytes", {"route": "file", "bytes_per_s": 100_000}),
        ("truncated_json", {"route": "list"}),
        ("edge_blocked", {"route": "list"}),
        ("connection_reset", {"route": "download"}),
        ("rate_limited", {"route": "list", "retry_after": 1}),
        ("rate_limited", {"route": "download", "retry_after": 1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
async def test_trouble_with_the_finished_video_brings_it_once(
    stage: Stage, ana: Person, fault: str, settings: Mapping[str, Any]
) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble(fault, times=1, **settings)
    await make_and_check(stage, ana, ready)
    assert len(await ana.videos(ana.channel)) == 1


async def test_links_that_stay_expired_for_a_while_are_asked_for_anew(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("output_expired", fresh_too=True)
    await ana.press(ready.card, "generate")
    await stage.until(ana, "delivering")
    await asyncio.sleep(1.0)
    await stage.mend()
    await watched(ana, await ana.video(ana.channel, thread_ts=ready.thread_ts))
    await stage.the_generation()


async def test_a_late_webhook_changes_nothing_any_more(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("webhook_late", seconds=4.0)
    await make_and_check(stage, ana, await one_line_with_two_links(stage, ana))
    await stage.until_webhooks(1)
    assert len(await ana.videos(ana.channel)) == 1
    assert [hook["status"] for hook in await stage.webhooks()] == [200]


async def test_words_beyond_ascii_are_signed_sent_and_heard_of(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "Schöne Grüße, 你好 👋"')
    await make_and_check(stage, ana, await offer(ana, ana.channel))
    await stage.until_webhooks(1)
    assert [hook["status"] for hook in await stage.webhooks()] == [200]


async def test_a_key_that_is_taken_for_something_else_never_makes_a_second_one(
    stage: Stage, ana: Person
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble("key_conflict")
    await ana.press(ready.card, "generate")
    await stage.until_asked_to_create()
    await stage.until(ana, "submitting")
    stage.let_time_pass(ana, submitted_at=PAST_THE_HORIZON_S, due_at=PAST_THE_HORIZON_S)
    card = await ana.card(ana.channel, "I do not know whether sync.so has this video")
    assert await stage.generations() == []
    await stage.mend()
    await ana.press(card, "give_up")
    assert "charged" in shown(await ana.card(ana.channel, "gave up"))


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ("fail", {"route": "list", "status": 500}),
        ("rate_limited", {"route": "list", "retry_after": 1}),
        ("connection_reset", {"route": "list"}),
        ("truncated_json", {"route": "list"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_looked_for_is_not_ordered_again(
    stage: Stage, ana: Person, fault: str, settings: Mapping[str, Any]
) -> None:
    """sync.so took it, the answer was lost, and sync.so would take the same again for a new order."""
    ready = await one_line_with_two_links(stage, ana)
    await stage.sync_trouble("reply_lost", times=1, route="create")
    await stage.sync_trouble("keys_forgotten")
    await stage.sync_trouble(fault, **settings)
    await ana.press(ready.card, "generate")
    await stage.until_tries(ana, "submitting", 2)
    await stage.the_generation()
    await stage.mend()
    await watched(ana, await ana.video(ana.channel, thread_ts=ready.thread_ts))
    await stage.the_generation()


async def test_a_limit_lowered_while_it_runs_is_kept_to(stage: Stage, ana: Person, ben: Person) -> None:
    ready = [await one_line_with_two_links(stage, person) for person in (ana, ben)]
    await stage.sync_trouble("concurrency_lowered", limit=1)
    for person, its in zip((ana, ben), ready, strict=True):
        await person.press(its.card, "generate")
    for person, its in zip((ana, ben), ready, strict=True):
        await watched(person, await person.video(its.channel, thread_ts=its.thread_ts))
    assert len(await stage.generations()) == 2


async def test_a_key_revoked_while_a_video_is_made_delays_it_until_there_is_one_again(
    stage: Stage, ana: Person
) -> None:
    await stage.sync_trouble("slow_generation", seconds=2.0)
    ready = await one_line_with_two_links(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "Making your video")
    await stage.sync_trouble("key_revoked")
    await stage.until_webhooks(1)
    assert (await stage.until(ana, "processing"))["failure_code"] is None
    await stage.mend()
    await watched(ana, await ana.video(ana.channel, thread_ts=ready.thread_ts))
    await stage.the_generation()
