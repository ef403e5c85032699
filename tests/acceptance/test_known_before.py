"""What is known before money is said before money, and sync.so's own refusals cost nothing either."""

from functools import partial

import pytest

from tests import films
from tests.acceptance.blocks import Json, buttons, shown
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.sounds import tone
from tests.acceptance.stage import Stage

READY, FREE = "Ready to make it", "Nothing was charged"
SAY = 'say "What do you know of me, and what do you know of the others who were here before?"'
EIGHT_K = partial(films.film, frames=3, size=(7_680, 4_320))
SOUND_ALONE = partial(films.speech, "mp4", "aac", seconds=2)
SILENT = partial(films.film, frames=10)


async def dropped(person: Person, words: str, *files: Json) -> None:
    await person.say(person.dm, words, *files)


async def refused(stage: Stage, person: Person, channel: str, words: str) -> Json:
    """The card says why before there is a price, and nobody was asked to make anything."""
    card = await person.card(channel, words)
    assert FREE in shown(card)
    assert "generate" not in buttons(card)
    assert (await stage.records())["creates"] == []
    return card


async def test_a_video_without_a_picture(stage: Stage, ana: Person) -> None:
    await dropped(ana, SAY, await ana.upload("clip.mp4", "video/mp4", SOUND_ALONE()))
    await refused(stage, ana, ana.dm, "clip.mp4: This file has sound, but no pictures")


async def test_a_sound_without_a_sound(stage: Stage, ana: Person) -> None:
    voice = await ana.upload("voice.m4a", "audio/mp4", SILENT())
    await dropped(ana, "", await ana.sample(CLIP), voice)
    await refused(stage, ana, ana.dm, "voice.m4a: This file has nothing to hear")


async def test_a_picture_larger_than_syncso_takes_is_told_and_then_refused(stage: Stage, ana: Person) -> None:
    voice = await ana.upload("voice.wav", "audio/wav", tone(440, 1.0))
    await dropped(ana, "", await ana.upload("wall.mp4", "video/mp4", EIGHT_K()), voice)
    card = await ana.card(ana.dm, READY)
    assert "7680 × 4320 pixels; sync.so takes up to 4096 × 2160" in shown(card)
    await ana.press(card, "generate")
    failed = await ana.card(ana.dm, "The picture is too small or too large")
    assert FREE in shown(failed)
    assert await stage.generations() == []


@pytest.mark.parametrize("says", ["an audio", "a script"])
async def test_a_result_longer_than_the_plan_allows(stage: Stage, ana: Person, says: str) -> None:
    await stage.sync_trouble("only_short_videos", seconds=1.0)
    words = SAY if says == "a script" else ""
    voice = [await ana.sample(VOICE)] if says == "an audio" else []
    await dropped(ana, words, await ana.sample(CLIP), *voice)
    card = await refused(stage, ana, ana.dm, "longer than the plan of the sync.so account allows")
    assert "the plan allows 0:01" in shown(card)


async def test_a_result_that_react_1_cuts(stage: Stage, ana: Person) -> None:
    voice = await ana.upload("voice.wav", "audio/wav", tone(440, 17.0))
    links = f"{stage.sample_link(CLIP)} {stage.file_link(voice)}"
    await ana.say(ana.dm, f"{links} model react-1")
    card = await ana.card(ana.dm, READY)
    assert "makes up to 0:15, and this would be 0:17: the rest is cut" in shown(card)
    await ana.press(card, "generate")
    await ana.video(ana.dm, thread_ts=card["thread_ts"])
    assert (await stage.the_generation())["length_s"] == 15


async def test_a_file_larger_than_the_plan_takes(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("only_small_files", megabytes=0.01)
    await dropped(ana, SAY, await ana.sample(CLIP))
    card = await refused(stage, ana, ana.dm, f"{CLIP}: The file is larger than the plan")
    assert buttons(card) == {"another"}


async def test_a_file_behind_a_link_that_is_larger_than_the_plan_takes(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("only_small_files", megabytes=0.01)
    await ana.lipsync(ana.channel, f"{stage.sample_link(CLIP)} {SAY}")
    card = await refused(stage, ana, ana.channel, "The file is larger than the plan")
    assert buttons(card) == {"another"}
