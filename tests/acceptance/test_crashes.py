"""kill -9 in the middle: what was asked goes on after a restart, and is paid for and delivered once."""

from tests.acceptance.journey import make_and_check, watched
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer, offer, one_line_with_words


async def finished(stage: Stage, person: Person, ready: Offer) -> None:
    """One generation, one video that plays."""
    await watched(person, await person.video(ready.channel, thread_ts=ready.thread_ts))
    await stage.the_generation()


async def test_killed_while_the_video_is_read(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("file_slow", bytes_per_s=20_000)
    dropped = await ana.say(ana.dm, 'say "Back again"', await ana.sample(CLIP))
    await ana.card(ana.dm, "Reading your video…")
    await stage.crash()
    await stage.mend()
    await stage.restart()
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))


async def test_killed_while_the_price_stands(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.crash()
    await stage.restart()
    await make_and_check(stage, ana, ready)


async def test_killed_while_the_create_call_is_out(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble("slow_answer", times=1, route="create", seconds=2.0)
    await ana.press(ready.card, "generate")
    await stage.until(ana, "submitting")
    await stage.crash()
    await stage.restart()
    await finished(stage, ana, ready)


async def test_killed_while_syncso_works(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("slow_generation")
    ready = await one_line_with_words(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "Making your video")
    await stage.crash()
    await stage.end_sync_trouble("slow_generation")
    await stage.restart()
    await finished(stage, ana, ready)


async def test_killed_while_the_video_is_brought(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble("slow_bytes", route="file", bytes_per_s=10_000)
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "Bringing it here")
    await stage.crash()
    await stage.mend()
    await stage.restart()
    await finished(stage, ana, ready)


async def test_killed_before_the_answer_to_the_sharing_came(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.slack_trouble("lose_reply", method="files.completeUploadExternal", times=1)
    await stage.slack_trouble("server_error", method="files.info", times=0)  # nor can it look
    await ana.press(ready.card, "generate")
    await stage.until_called("files.completeUploadExternal")
    await stage.crash()
    assert stage.jobs_of(ana)[-1]["status"] == "delivering"
    await stage.mend()
    await stage.restart()
    await finished(stage, ana, ready)
