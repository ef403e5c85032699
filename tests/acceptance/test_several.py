"""Several videos under one price and one yes: dropped together, made, and brought one by one."""

from decimal import Decimal

from tests.acceptance.blocks import Json, shown
from tests.acceptance.journey import watched
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.stage import Stage

NO_VIDEO = b"%PDF-1.7 whatever this is, nobody can play it"


async def dropped(ana: Person, number: int, words: str = "", *more: Json) -> Json:
    """So many clips in one message, each with a name of its own."""
    content = await ana.page_bytes(f"/ui/sample/{CLIP}")
    clips = [await ana.upload(f"take {place}.mp4", "video/mp4", content) for place in range(1, number + 1)]
    return await ana.say(ana.dm, words, *clips, *more)


async def all_made(ana: Person, number: int, headline: str) -> list[Json]:
    """Wait until the card says that all is done; the videos in the thread are so many, and as many others."""
    await ana.card(ana.dm, headline)

    async def look() -> list[Json] | None:
        found = await ana.videos(ana.dm)
        return found if len(found) >= number else None

    videos = await ana.wait(look, f"{number} videos")
    titles = [video["files"][0]["title"] for video in videos]
    assert len(titles) == len(set(titles)) == number, titles
    assert len({video["files"][0]["name"] for video in videos}) == number
    return videos


async def test_ten_clips_of_which_one_is_broken_and_one_audio_are_nine_videos_for_one_yes(
    stage: Stage, ana: Person
) -> None:
    broken = await ana.upload("broken.mp4", "video/mp4", NO_VIDEO)
    message = await dropped(ana, 9, "", broken, await ana.sample(VOICE))

    card = await ana.card(ana.dm, "9 of 10")
    assert card["thread_ts"] == message["ts"]
    assert "broken.mp4" in shown(card)
    assert len(card["blocks"]) <= 15
    assert [order["status"] for order in stage.jobs_of(ana)] == ["offered"]
    assert await stage.generations() == []
    await ana.press(card, "generate")

    videos = await all_made(ana, 9, "Done: all 9 videos are here")
    assert {video["files"][0]["title"] for video in videos} == {f"take {place}.mp4" for place in range(1, 10)}
    assert {video["thread_ts"] for video in videos} == {message["ts"]}
    assert all(shown(video).count(f"<@{ana.user}>") == 1 for video in videos)
    await watched(ana, videos[-1])
    made = await stage.generations()
    assert len(made) == 9
    done = await ana.card(ana.dm, "Cost:")
    assert f"${sum(Decimal(each['charged_usd']) for each in made):.2f}" in shown(done)


async def test_each_line_beside_a_clip_is_a_video_of_its_own(stage: Stage, ana: Person) -> None:
    await dropped(ana, 1, 'say "Good morning"\nsay "Good night"')

    await ana.press(await ana.card(ana.dm, "Ready to make 2 videos"), "generate")

    videos = await all_made(ana, 2, "Done: all 2 videos are here")
    assert {video["files"][0]["title"] for video in videos} == {"“Good morning”", "“Good night”"}
    assert len(await stage.generations()) == 2


async def test_what_is_answered_under_the_card_is_said_by_all(stage: Stage, ana: Person) -> None:
    message = await dropped(ana, 3)
    await ana.card(ana.dm, "What should these 3 videos say?")
    await ana.say(ana.dm, "Welcome to all of you", thread_ts=message["ts"])

    await ana.press(await ana.card(ana.dm, "Ready to make 3 videos"), "generate")

    await all_made(ana, 3, "Done: all 3 videos are here")
    assert len(await stage.generations()) == 3


async def test_killed_in_the_midst_of_a_batch_all_come_once(stage: Stage, ana: Person) -> None:
    await dropped(ana, 6, "", await ana.sample(VOICE))
    card = await ana.card(ana.dm, "Ready to make 6 videos")
    await ana.press(card, "generate")

    async def look() -> bool | None:
        return bool(await ana.videos(ana.dm)) or None

    await ana.wait(look, "the first of the videos")
    await stage.crash()
    await stage.restart()

    await all_made(ana, 6, "Done: all 6 videos are here")
    assert len(await stage.generations()) == 6


async def test_killed_while_the_clips_are_read_none_is_lost(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("file_slow", bytes_per_s=60_000)
    await dropped(ana, 4, 'say "Back again"')
    await ana.card(ana.dm, "Reading your 4 videos…")
    await stage.crash()
    await stage.mend()
    await stage.restart()

    await ana.press(await ana.card(ana.dm, "Ready to make 4 videos"), "generate")
    await all_made(ana, 4, "Done: all 4 videos are here")
    assert len(await stage.generations()) == 4
