"""From create to a finished, playable video: every kind of input, every sync mode."""

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image

from tests.integration.fake_sync.service import (
    VOICE,
    Customer,
    Service,
    facts,
    length_s,
    loudness,
    running,
    starts_with_index,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

VIDEO_S = 5.0  # the sample clip


def script(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "provider": {"name": "elevenlabs", "voiceId": VOICE, "script": words}, **more}


async def made(customer: Customer, body: dict[str, Any]) -> tuple[dict[str, Any], Path]:
    """Create, wait, download."""
    created = await customer.create(body)
    assert created.status_code == 201, created.text
    done = await customer.finished(created.json()["id"])
    assert done["status"] == "COMPLETED", done
    return done, await customer.download(done["outputUrl"])


async def test_a_video_and_an_audio_become_a_video_that_carries_the_audio(acme: Customer) -> None:
    done, video = await made(acme, await acme.job())

    assert facts(video).kind == "video"
    assert facts(video).copyable  # H.264 as browsers play it
    audio_s = facts(await acme.fake.studio.sample_audio()).duration_s
    assert done["outputDuration"] == audio_s
    assert length_s(video) == pytest.approx(audio_s, abs=0.05)
    assert max(loudness(video)) > 0.03
    assert starts_with_index(video)


async def test_the_output_has_the_sound_of_the_audio_and_not_the_clips_own(acme: Customer) -> None:
    _, video = await made(acme, await acme.job())
    wanted = loudness(await acme.fake.studio.sample_audio())
    old = loudness(await acme.fake.studio.sample_video())
    heard = loudness(video)

    def likeness(other: Any) -> float:
        count = min(len(heard), len(other))
        return float(np.corrcoef(heard[:count], other[:count])[0, 1])

    assert likeness(wanted) > 0.9
    assert likeness(old) < 0.6


SHORT = "Hi there."
LONG = (
    "This is a much longer text, made to outlast the clip. It goes on and on, and then it goes on some more."
)


@pytest.mark.parametrize(
    ("mode", "words", "ends_with"),
    [
        ("bounce", SHORT, "sound"),
        ("bounce", LONG, "sound"),
        ("loop", SHORT, "sound"),
        ("loop", LONG, "sound"),
        ("cut_off", SHORT, "sound"),
        ("cut_off", LONG, "video"),
        ("silence", SHORT, "video"),
        ("silence", LONG, "sound"),
        ("remap", SHORT, "sound"),
        ("remap", LONG, "sound"),
    ],
)
async def test_the_sync_mode_decides_how_long_the_output_is(
    acme: Customer, mode: str, words: str, ends_with: str
) -> None:
    speech = (
        await acme.http.post("/v2/tts", json={"script": words, "voiceId": VOICE, "provider": "elevenlabs"})
    ).json()
    expected = VIDEO_S if ends_with == "video" else speech["duration"]
    options = {"sync_mode": mode}
    done, video = await made(
        acme, {"model": "lipsync-2", "input": [await acme.video(), script(words)], "options": options}
    )

    assert done["outputDuration"] == pytest.approx(expected, abs=0.02)
    assert length_s(video) == pytest.approx(expected, abs=0.06)
    assert facts(video).duration_s == pytest.approx(expected, abs=0.17)  # the pictures last as long
    assert max(loudness(video)) > 0.03


async def test_bounce_runs_backwards_once_the_clip_has_ended(acme: Customer) -> None:
    body = {"model": "lipsync-2", "input": [await acme.video(), script(LONG)]}
    _, video = await made(acme, body)
    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]

    turning = int(VIDEO_S * 25)
    forth, back, other = frames[turning - 11], frames[turning + 10], frames[turning - 60]
    assert np.abs(forth - back).mean() < 2
    assert np.abs(forth - back).mean() < np.abs(other - back).mean() / 2


async def test_silence_follows_a_short_sound_when_asked_for(acme: Customer) -> None:
    body = {
        "model": "lipsync-2",
        "input": [await acme.video(), script(SHORT)],
        "options": {"sync_mode": "silence"},
    }
    _, video = await made(acme, body)
    levels = loudness(video)
    assert max(levels[:10]) > 0.03
    assert max(levels[20:45]) < 0.001


async def test_a_picture_and_a_script_become_a_video(acme: Customer) -> None:
    data = io.BytesIO()
    Image.new("RGB", (401, 301), (200, 80, 40)).save(data, "PNG")
    asset = await acme.upload(data.getvalue(), "face.png", "image/png", "IMAGE")
    assert (asset["durationSeconds"], asset["width"], asset["height"]) == (None, 401, 301)

    body = {"model": "sync-3", "input": [{"type": "image", "assetId": asset["id"]}, script(LONG)]}
    done, video = await made(acme, body)

    assert facts(video).kind == "video"
    assert length_s(video) == pytest.approx(done["outputDuration"], abs=0.06)
    assert max(loudness(video)) > 0.03
    assert done["synthesizedAudioUrl"]
    speech = await acme.download(done["synthesizedAudioUrl"])
    assert facts(speech).kind == "audio"


async def test_segments_put_new_sound_inside_and_leave_the_clips_own_between(acme: Customer) -> None:
    segment = {"startTime": 1.0, "endTime": 2.5, "audioInput": {"refId": "one"}}
    audio = await acme.audio() | {"refId": "one"}
    done, video = await made(acme, await acme.job(input=[await acme.video(), audio], segments=[segment]))

    assert done["outputDuration"] == pytest.approx(VIDEO_S)
    heard, own = loudness(video), loudness(await acme.fake.studio.sample_video())
    new = loudness(await acme.fake.studio.sample_audio())
    assert heard[2:9] == pytest.approx(own[2:9], abs=0.03)
    assert heard[12:23] == pytest.approx(new[2:13], abs=0.03)


async def test_dubbing_needs_no_audio_and_keeps_the_length(acme: Customer) -> None:
    dub = {"targetLang": "de", "providerName": "elevenlabs"}
    done, video = await made(acme, {"model": "lipsync-2", "input": [await acme.video()], "dubParams": dub})
    assert done["outputDuration"] == pytest.approx(VIDEO_S)
    assert max(loudness(video)) > 0.03


def colour_change(path: Path, codec: str) -> None:
    """Two seconds from black to white, 322x242."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 322, 242, "yuv420p"
        for shade in range(60):
            picture = np.full((242, 322, 3), shade * 4, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))


@pytest.mark.parametrize(("codec", "suffix"), [("libvpx", "webm"), ("mpeg4", "avi"), ("libx265", "mov")])
async def test_a_video_that_browsers_do_not_play_everywhere_becomes_h264(
    acme: Customer, tmp_path: Path, codec: str, suffix: str
) -> None:
    path = tmp_path / f"clip.{suffix}"
    colour_change(path, codec)
    asset = await acme.upload(path.read_bytes(), path.name, "video/x", "VIDEO")
    assert asset["durationSeconds"] == pytest.approx(2.0, abs=0.05)

    body = {"model": "lipsync-2", "input": [{"type": "video", "assetId": asset["id"]}, script(LONG)]}
    done, video = await made(acme, body)

    assert facts(video).copyable
    assert (facts(video).width, facts(video).height) == (322, 242)
    assert length_s(video) == pytest.approx(done["outputDuration"], abs=0.06)


async def test_react_1_clips_its_output_to_15_seconds(acme: Customer) -> None:
    done, video = await made(acme, {"model": "react-1", "input": [await acme.video(), script(LONG * 4)]})
    assert done["outputDuration"] == 15
    assert length_s(video) == pytest.approx(15, abs=0.06)


async def test_a_generation_waits_then_works_then_ends_and_tells_its_progress(kept_folder: Path) -> None:
    async with running(kept_folder, processing_s=1.2) as slow:
        customer = slow.customer()
        generation = (await customer.create(await customer.job())).json()
        seen: list[tuple[str, bool]] = []
        while not seen or seen[-1][0] != "COMPLETED":
            query = {"include": "progress"}
            body = (await customer.http.get(f"/v2/generate/{generation['id']}", params=query)).json()
            seen.append((body["status"], 0 < body["progress_percent"] < 100))
    assert list(dict.fromkeys(status for status, _ in seen)) == ["PENDING", "PROCESSING", "COMPLETED"]
    assert ("PROCESSING", True) in seen


async def test_what_the_request_said_is_shown_again(service: Service) -> None:
    customer = service.customer()
    body = await customer.job(outputFileName="My söng 1!", options={"temperature": 0.4})
    created = (await customer.create(body)).json()
    assert created["outputFileName"] == "My_sng_1"
    assert created["input"] == body["input"]
    assert created["options"] == {"temperature": 0.4}
    assert created["outputUrl"] is created["errorCode"] is created["error"] is None
    done = await customer.finished(created["id"])
    assert "/My_sng_1.mp4?" in done["outputUrl"]
