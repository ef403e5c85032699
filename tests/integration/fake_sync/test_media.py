"""The media work itself: real-world videos, damaged files, children that die, a loop that never waits."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from av.video.stream import VideoStream

from bot.sandbox.media.probe import NotMediaError, probe
from bot.sandbox.media.render import Recipe
from bot.sandbox.media.sound import Clip
from bot.sandbox.media.studio import Studio
from bot.sandbox.media.voice import Voice, VoiceError
from tests.integration.fake_sync.service import length_s, loudness

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    yield studio
    await studio.close()


def noisy_video(path: Path, *, seconds: int, bit_rate: int) -> None:
    """A video as cameras make them: B-frames, many bytes, a key frame now and then; without sound."""
    chance = np.random.default_rng(1)
    grain = chance.integers(0, 255, (8, 360, 640, 3), dtype=np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "2", "g": "50"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 360, "yuv420p", bit_rate
        for number in range(seconds * 25):
            frame = av.VideoFrame.from_ndarray(grain[number % len(grain)], format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def recipe(video: Path, sound: Path, seconds: float) -> Recipe:
    return Recipe(video, "bounce", seconds, (Clip(sound, 0, seconds),))


async def test_a_long_video_is_copied_and_not_encoded_anew(studio: Studio, tmp_path: Path) -> None:
    video = tmp_path / "camera.mp4"
    await asyncio.to_thread(noisy_video, video, seconds=20, bit_rate=12_000_000)
    assert video.stat().st_size > 15_000_000
    sound = await studio.speak("word " * 60, Voice())
    seconds = (await studio.probe(sound)).duration_s
    assert seconds < 20

    output = await studio.render(recipe(video, sound, seconds))

    assert length_s(output) == pytest.approx(seconds, abs=0.05)
    assert max(loudness(output)) > 0.03
    with av.open(str(video)) as old, av.open(str(output)) as new:
        before = [bytes(packet) for packet in old.demux(video=0)][:100]
        after = [bytes(packet) for packet in new.demux(video=0)][:100]
    assert before == after


async def test_the_loop_goes_on_while_a_video_is_made(studio: Studio, tmp_path: Path) -> None:
    video = tmp_path / "camera.mp4"
    await asyncio.to_thread(noisy_video, video, seconds=4, bit_rate=4_000_000)
    sound = await studio.speak("something new to say " * 10, Voice())
    work = asyncio.create_task(studio.render(recipe(video, sound, 12)))
    beats = 0
    while not work.done():
        await asyncio.sleep(0.005)
        beats += 1
    assert beats > 10
    assert length_s(await work) == pytest.approx(12, abs=0.06)


async def test_a_question_does_not_wait_behind_a_rendering(studio: Studio, tmp_path: Path) -> None:
    video = tmp_path / "camera.mp4"
    await asyncio.to_thread(noisy_video, video, seconds=6, bit_rate=4_000_000)
    sound = await studio.speak("words", Voice())
    work = asyncio.create_task(studio.render(recipe(video, sound, 40)))
    await studio.speak("Quickly said.", Voice())
    assert not work.done()
    await work


async def test_equal_work_is_done_once(studio: Studio) -> None:
    files = await asyncio.gather(*(studio.speak("Say it once.", Voice()) for _ in range(5)))
    assert len(set(files)) == 1
    made = files[0].stat().st_mtime_ns
    await studio.speak("Say it once.", Voice())
    assert files[0].stat().st_mtime_ns == made


async def test_a_child_that_dies_is_replaced(studio: Studio) -> None:
    await studio.speak("Before.", Voice())
    pool = studio._quick._pool
    assert pool is not None
    for child in pool._processes.values():
        child.kill()
    assert (await studio.probe(await studio.speak("After.", Voice()))).duration_s > 0.3


async def test_an_unknown_voice_is_an_error_and_not_another_voice(studio: Studio) -> None:
    with pytest.raises(VoiceError):
        await studio.speak("Hello", Voice("no-such-voice"))


async def test_a_script_without_a_word_still_becomes_a_sound(studio: Studio) -> None:
    assert (await studio.probe(await studio.speak("...", Voice()))).duration_s >= 0.5


async def test_the_sample_clip_shows_a_mouth_that_moves(studio: Studio) -> None:
    sample = await studio.sample_video()
    with av.open(str(sample)) as container:
        frames = [frame.to_ndarray(format="rgb24")[215:260, 280:360] for frame in container.decode(video=0)]
    dark = [int((frame.astype(int).sum(axis=2) < 200).sum()) for frame in frames]
    assert len(frames) == 125
    assert max(dark) > 300
    assert min(dark) < max(dark) / 2
    assert max(loudness(sample)) > 0.03


@pytest.mark.parametrize("content", [b"", b"<!doctype html>Sign in", b"plain words", bytes(range(256)) * 40])
async def test_what_is_not_media_is_told_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotMediaError):
        probe(path)


async def test_a_video_cut_off_half_way_is_not_media(studio: Studio, tmp_path: Path) -> None:
    whole = (await studio.sample_video()).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 200])
    with pytest.raises(NotMediaError):
        probe(cut)


async def test_the_speed_of_a_sample_is_seconds(studio: Studio) -> None:
    video, sound = await studio.sample_video(), await studio.sample_audio()
    started = time.monotonic()
    await studio.render(recipe(video, sound, 4.0))
    assert time.monotonic() - started < 10
