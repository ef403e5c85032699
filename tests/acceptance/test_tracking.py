"""How the app learns that a video is made: by webhook, by poll, and by both at once."""

import pytest

from tests.acceptance.journey import make_and_check
from tests.acceptance.person import Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import one_line_with_two_links, one_line_with_words

HOUR_S = 3600.0


async def test_a_webhook_makes_it_quick(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("slow_generation")
    ready = await one_line_with_words(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "Making your video")
    await stage.put_off(ana, by_s=HOUR_S)
    await stage.end_sync_trouble("slow_generation")
    await ana.video(ana.channel, thread_ts=ready.thread_ts)


@pytest.mark.parametrize("fault", ["webhook_never", "webhook_forged", "webhook_bad_clock"])
async def test_a_webhook_that_cannot_be_trusted_is_not_needed(stage: Stage, ana: Person, fault: str) -> None:
    await stage.sync_trouble(fault)
    await make_and_check(stage, ana, await one_line_with_words(stage, ana))
    answers = {hook["status"] for hook in await stage.webhooks()}
    assert answers == (set() if fault == "webhook_never" else {401})


@pytest.mark.parametrize("fault", ["webhook_twice", "webhook_early", "webhook_foreign"])
async def test_odd_webhooks_bring_one_video_all_the_same(stage: Stage, ana: Person, fault: str) -> None:
    await stage.sync_trouble(fault)
    await make_and_check(stage, ana, await one_line_with_two_links(stage, ana))


async def test_the_card_tells_what_syncso_does(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("stuck_pending")
    ready = await one_line_with_words(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "sync.so has it in line")
    await stage.sync_trouble("slow_generation")
    await stage.end_sync_trouble("stuck_pending")
    await ana.card(ana.channel, "sync.so is moving the lips")
    await stage.end_sync_trouble("slow_generation")
    await ana.video(ana.channel, thread_ts=ready.thread_ts)
