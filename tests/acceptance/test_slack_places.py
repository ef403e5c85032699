"""Channels close, cards and files are deleted, and people and events come at once: one video for each yes."""

import asyncio

import pytest

from tests.acceptance.blocks import buttons, shown, typed
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, VOICE, Person, together
from tests.acceptance.stage import Stage
from tests.acceptance.test_slack_faults import the_one_video
from tests.acceptance.ways import Offer, offer, one_line_with_words, video_dropped_with_words


async def being_made(stage: Stage, person: Person) -> Offer:
    """Somebody said yes, and sync.so works until its trouble is ended."""
    ready = await one_line_with_words(stage, person)
    await stage.sync_trouble("slow_generation")
    await person.press(ready.card, "generate")
    await person.card(person.channel, "Making your video")
    return ready


@pytest.mark.parametrize("closed", ["/archive", "/delete-channel", "/remove @lipsync"])
async def test_a_channel_that_closes_in_mid_job_sends_card_and_video_to_the_direct_message(
    stage: Stage, ana: Person, closed: str
) -> None:
    await being_made(stage, ana)
    await ana.say(ana.channel, closed)
    await stage.end_sync_trouble()
    card = await ana.card(ana.dm, "Done:")
    assert f"I am not in <#{ana.channel}>, or it is closed" in shown(card)
    await the_one_video(stage, ana, ana.dm, card["ts"])
    assert len(await ana.messages(ana.dm)) == 2, "one card, one video"
    assert ana.channel not in (await ana.state())["channels"] or await ana.videos(ana.channel) == []


async def test_a_channel_that_gets_another_name_in_mid_job_keeps_its_video(stage: Stage, ana: Person) -> None:
    ready = await being_made(stage, ana)
    await ana.say(ana.channel, "/rename another-name")
    await stage.end_sync_trouble()
    await the_one_video(stage, ana, ana.channel, ready.thread_ts)


async def test_a_card_deleted_before_the_yes_comes_again_and_can_be_pressed(
    stage: Stage, ana: Person
) -> None:
    await stage.sync_trouble("slow_answer", route="estimate", seconds=1.0)
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "Where is it?"')
    await ana.delete_message(await ana.card(ana.channel, "Reading your video…"))
    await make_and_check(stage, ana, await offer(ana, ana.channel))


async def test_a_card_deleted_while_the_video_is_made_comes_again_and_the_video_is_in_its_thread(
    stage: Stage, ana: Person
) -> None:
    old = await being_made(stage, ana)
    await ana.delete_message(old.card)
    await stage.end_sync_trouble()
    card = await ana.card(ana.channel, "Done:")
    await the_one_video(stage, ana, ana.channel, card["ts"])


async def test_a_card_deleted_while_the_video_is_brought_comes_again_with_the_video(
    stage: Stage, ana: Person
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble("slow_bytes", route="file", bytes_per_s=40_000)
    await ana.press(ready.card, "generate")
    await ana.delete_message(await ana.card(ana.channel, "Bringing it here"))
    await stage.end_sync_trouble()
    card = await ana.card(ana.channel, "Done:")
    await the_one_video(stage, ana, ana.channel, card["ts"])


async def test_two_people_press_generate_at_once_and_one_video_is_paid_for(
    stage: Stage, ana: Person, ben: Person
) -> None:
    ready = await one_line_with_words(stage, ana)
    await together(*(each.press(ready.card, "generate") for each in (ben, ana, ben, ana)))
    await ben.whisper(f"Only <@{ana.user}> can do that")
    await ana.whisper("already done")
    await the_one_video(stage, ana, ana.channel, ready.thread_ts)


async def test_two_people_use_the_shortcut_on_one_video_at_once_and_each_has_a_job(
    stage: Stage, ana: Person, ben: Person
) -> None:
    said = await ana.say(ana.channel, "Look at this.", await ana.sample(CLIP))
    await asyncio.gather(*(each.shortcut("lipsync_message", said) for each in (ana, ben)))

    async def fill_in(person: Person) -> None:
        form = await person.form(holding="script")
        assert await person.submit(form, script=typed("At the same time.")) == {}

    await asyncio.gather(fill_in(ana), fill_in(ben))

    for person in (ana, ben):
        card = await ana.card(ana.channel, f"Asked by <@{person.user}> · This offer can be answered until")
        assert card["thread_ts"] == said["ts"]
        assert "generate" in buttons(card)
        assert len(stage.jobs_of(person)) == 1
    assert await stage.generations() == []


async def test_an_audio_that_is_told_of_after_the_video_it_came_before_is_there_for_it(
    stage: Stage, ana: Person
) -> None:
    await stage.slack_trouble("events_swapped")
    await ana.say(ana.dm, "", await ana.sample(VOICE))
    dropped = await ana.say(ana.dm, "", await ana.sample(CLIP))
    ready = await offer(ana, ana.dm, dropped["ts"])
    assert VOICE in shown(ready.card)
    assert CLIP in shown(ready.card)
    await make_and_check(stage, ana, ready)


async def test_a_file_deleted_while_it_is_read_is_told_and_costs_nothing(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("file_slow", bytes_per_s=30_000)
    clip = await ana.sample(CLIP)
    await ana.say(ana.dm, 'say "Gone in a moment"', clip)
    await ana.card(ana.dm, "Reading your video…")
    await stage.until_called("GET file")
    await ana.delete_file(clip)
    card = await ana.card(ana.dm, "This file was deleted in Slack")
    assert "Nothing was charged" in shown(card)
    assert await stage.generations() == []


async def test_a_message_that_everybody_deletes_around_the_card_leaves_the_video_to_the_person(
    stage: Stage, ana: Person
) -> None:
    ready = await video_dropped_with_words(stage, ana)
    await stage.sync_trouble("slow_generation")
    await ana.press(ready.card, "generate")
    making = await ana.card(ana.dm, "Making your video")
    for message in (making, {"channel": ana.dm, "ts": ready.thread_ts}):
        await ana.delete_message(message)
    await stage.end_sync_trouble()
    card = await ana.card(ana.dm, "Done:")
    await the_one_video(stage, ana, ana.dm, card["ts"])
