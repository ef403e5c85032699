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


async def test_audio_becomes_a_video_by_polling_alone(stage: Stage, ana: Person) -> None:
    await make_and_check(stage, ana, await one_line_with_two_links(stage, ana))
    assert await stage.webhooks() == []
