"""Without a public URL everything works by polling alone."""

from tests.acceptance.journey import make_and_check
from tests.acceptance.person import Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import one_line_with_two_links, video_dropped

MODE = "polling"


async def test_a_script_becomes_a_video_by_polling_alone(stage: Stage, ana: Person) -> None:
    await make_and_check(stage, ana, await video_dropped(stage, ana))
    assert "webhookUrl" not in (await stage.the_generation())["request"]
    assert await stage.webhooks() == []


async def test_the_end_of_a_video_is_heard_of_before_the_next_look_is_due(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("slow_generation", seconds=6.0)
    ready = await one_line_with_two_links(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "sync.so is moving the lips")
    await stage.put_off(ana, by_s=3_600.0)
    await ana.video(ready.channel, thread_ts=ready.thread_ts)
    await stage.the_generation()


async def test_a_restart_lets_go_of_the_read_that_waits_and_the_next_process_holds_its_own(
    stage: Stage, ana: Person
) -> None:
    await stage.sync_trouble("slow_generation", seconds=12.0)
    ready = await one_line_with_two_links(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "sync.so is moving the lips")
    await stage.restart()
    await ana.video(ready.channel, thread_ts=ready.thread_ts)
    await stage.the_generation()


async def test_audio_becomes_a_video_by_polling_alone(stage: Stage, ana: Person) -> None:
    await make_and_check(stage, ana, await one_line_with_two_links(stage, ana))
    assert await stage.webhooks() == []
