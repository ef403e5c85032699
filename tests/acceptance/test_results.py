"""What the finished video holds: the old picture, the new sound, as long as the sync mode says."""

import struct

import pytest

from tests.acceptance.blocks import chosen, files, labels, shown, typed
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, Person
from tests.acceptance.sounds import tone
from tests.acceptance.stage import Stage
from tests.acceptance.ways import offer

CLIP_S = 5.0
PITCH_HZ = 440


@pytest.mark.parametrize(
    ("sync_mode", "speech_s", "result_s"),
    [
        ("bounce", 2.0, 2.0),
        ("loop", 7.0, 7.0),
        ("cut_off", 7.0, CLIP_S),
        ("silence", 2.0, CLIP_S),
        ("remap", 3.0, 3.0),
    ],
)
async def test_the_video_sounds_like_the_audio_and_is_as_long_as_the_mode_says(
    stage: Stage, ana: Person, sync_mode: str, speech_s: float, result_s: float
) -> None:
    await ana.say(ana.dm, "", await ana.sample(CLIP))
    await ana.press(await ana.card(ana.dm, "What should this video say?"), "choose_speech")
    await ana.choose(await ana.form(holding="script"), "form_speech", "upload")
    form = await ana.choose_option(await ana.form(holding="audio_upload"), "sync_mode", sync_mode)
    speech = await ana.upload("tone.wav", "audio/wav", tone(PITCH_HZ, speech_s))
    await ana.submit(form, audio_upload=files(speech))
    ready = await ana.card(ana.dm, "Ready to make it")
    assert f"about 0:0{result_s:.0f}" in shown(ready)
    film = await make_and_check(stage, ana, await offer(ana, ana.dm, ready["thread_ts"]))
    assert abs(film.picture_s - result_s) < 0.3
    assert abs(film.pitch_hz - PITCH_HZ) < 5


async def test_the_name_in_the_form_names_the_video_and_its_file(stage: Stage, ana: Person) -> None:
    dropped = await ana.say(ana.dm, "", await ana.sample(CLIP))
    await ana.press(await ana.card(ana.dm, "What should this video say?"), "choose_speech")
    form = await ana.form(holding="script")
    assert chosen(form, "form_video").startswith(CLIP)
    assert "Rachel" in labels(form, "voice")
    assert not any("own key needed" in label for label in labels(form, "voice"))
    words = "Let us go: <now> & *here*."
    await ana.submit(await ana.options(form), name=typed("Spring <party> & more"))
    await ana.submit(await ana.form(holding="script"), script=typed(words))
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))
    (video,) = await ana.videos(ana.dm)
    assert video["files"][0]["title"] == "Spring <party> & more"
    assert video["files"][0]["name"] == "Spring party & more.mp4"
    assert "Spring &lt;party&gt; &amp; more" in video["text"]
    unmarked = video["text"].replace("\u2060", "")  # a word joiner keeps a typed mark from being one
    assert unmarked != video["text"]
    assert "&lt;now&gt; &amp; *here*" in unmarked
    generation = await stage.the_generation()
    assert generation["request"]["input"][1]["provider"]["script"] == words


async def test_a_video_too_large_for_a_form_is_dropped_in_the_direct_message(
    stage: Stage, ana: Person
) -> None:
    clip = (await ana.http.get(f"/ui/sample/{CLIP}")).content
    padding = 12 * 1024**2
    large = clip + struct.pack(">I4s", padding + 8, b"free") + bytes(padding)
    file = await ana.upload("large.mp4", "video/mp4", large)

    await ana.lipsync(ana.channel)
    await ana.choose(await ana.form(holding="form_video"), "form_video", "upload")
    form = await ana.form(holding="video_upload")
    errors = await ana.submit(form, video_upload=files(file), script=typed("Too large."))
    assert "10 MB" in errors["video_upload"]
    await ana.close(form)

    dropped = await ana.say(ana.dm, 'say "Not too large here"', file)
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))


async def test_another_version_begins_with_the_old_one_filled_in(stage: Stage, ana: Person) -> None:
    await ana.say(ana.dm, 'say "First words"', await ana.sample(CLIP))
    first = await offer(ana, ana.dm, (await ana.messages(ana.dm))[0]["ts"])
    await ana.press(first.card, "generate")
    done = await ana.card(ana.dm, "Done:")
    await ana.press(done, "another")
    form = await ana.form(holding="script")
    assert form["state"]["values"]["script"]["script"]["value"] == "First words"
    await ana.submit(form, script=typed("Second words"))
    second = await offer(ana, ana.dm, first.thread_ts)
    assert second.card["ts"] != first.card["ts"]
    await ana.press(second.card, "generate")

    async def both() -> bool | None:
        return True if len(await ana.videos(ana.dm)) == 2 else None

    await ana.wait(both, "the second video")
    assert len(await stage.generations()) == 2
