"""What files of every kind tell of themselves, each read by a real child."""

import io
from contextlib import suppress

import pytest
from PIL import Image

from bot.probe.ends import Ends
from bot.probe.facts import Facts
from bot.probe.ranges import Unread
from bot.probe.reader import Reader
from tests import films
from tests.integration.probe.parts import Endless, Headless, Parts

MB = 1024 * 1024


async def read(content: bytes) -> Facts:
    return await Reader().read(Parts(content))


async def flowed_by(content: bytes, *, piece: int = 200_001) -> Facts:
    ends = Ends(len(content))
    for begin in range(0, len(content), piece):
        ends.add(content[begin : begin + piece])
    return await Reader().read(ends)


@pytest.mark.parametrize("container", ["mp4", "mov", "avi"])
@pytest.mark.parametrize(("frames", "fps"), [(60, 30), (61, 25), (150, 60)])
async def test_pictures_are_counted_where_the_file_lists_them(container: str, frames: int, fps: int) -> None:
    facts = await read(films.film(container, frames=frames, fps=fps))
    assert (facts.frames, facts.fps, facts.is_varying, facts.is_exact) == (frames, fps, False, True)
    assert facts.duration_s == pytest.approx(frames / fps, abs=1.01 / fps)


async def test_a_phone_clip_of_sixty_frames() -> None:
    clip = films.film("mov", frames=60, fps=30, sound="aac", turned=90, ticks=films.jittery(60))
    facts = await read(clip)
    assert facts == Facts(
        container="mov",
        duration_s=facts.duration_s,
        frames=60,
        fps=facts.fps,
        is_varying=False,
        is_exact=True,
        width=120,
        height=160,
        has_picture=True,
        has_sound=True,
        codecs=("h264", "aac"),
    )
    assert facts.fps == pytest.approx(30, rel=0.02)


async def test_a_varying_rate_is_told_and_its_frames_are_counted_all_the_same() -> None:
    ticks = films.uneven(140)
    facts = await read(films.film("mp4", frames=140, ticks=ticks))
    assert (facts.frames, facts.is_varying, facts.is_exact) == (140, True, True)
    assert facts.duration_s == pytest.approx(ticks[-1] / 90_000, abs=0.2)
    assert facts.fps == pytest.approx(140 / (facts.duration_s or 1))


@pytest.mark.parametrize(
    ("container", "codec", "sound"),
    [("matroska", "libx264", "aac"), ("webm", "libvpx", "libopus"), ("mpegts", "libx264", "aac")],
)
async def test_without_a_list_of_frames_they_are_not_told(container: str, codec: str, sound: str) -> None:
    facts = await read(films.film(container, codec=codec, sound=sound, frames=60, fps=30))
    assert (facts.frames, facts.fps, facts.is_exact) == (None, 30, False)
    assert facts.duration_s == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("read_it", [read, flowed_by])
async def test_a_recording_of_a_browser_without_length_and_index(read_it: type) -> None:
    recording = films.film(
        "matroska", frames=900, fps=30, size=(320, 240), sound="libopus", options=films.STREAMED
    )
    facts = await read_it(recording)
    assert facts.duration_s == pytest.approx(30, abs=0.2)
    assert not facts.is_exact


@pytest.mark.parametrize(
    ("container", "codec", "name"),
    [
        ("mp3", "libmp3lame", "mp3"),
        ("wav", "pcm_s16le", "wav"),
        ("ipod", "aac", "mov"),
        ("ogg", "libopus", "ogg"),
        ("flac", "flac", "flac"),
        ("adts", "aac", "aac"),
    ],
)
async def test_sounds_tell_their_length(container: str, codec: str, name: str) -> None:
    facts = await read(films.speech(container, codec, seconds=12.3))
    assert (facts.container, facts.has_sound, facts.has_picture, facts.is_exact) == (name, True, False, True)
    assert facts.duration_s == pytest.approx(12.3, abs=0.05)
    assert (facts.frames, facts.fps, facts.width) == (None, None, None)


async def test_an_mp3_without_a_header_is_summed_up_while_that_is_little() -> None:
    plain = films.speech(
        "mp3", "libmp3lame", seconds=62, options=(("write_xing", "0"), ("id3v2_version", "3"))
    )
    assert b"Xing" not in plain
    assert b"Info" not in plain
    facts = await read(plain)
    assert facts.duration_s == pytest.approx(62, abs=0.1)
    assert facts.is_exact


async def test_a_long_mp3_without_a_header_is_guessed_at_and_says_so() -> None:
    minute = films.speech("mp3", "libmp3lame", seconds=60, options=(("write_xing", "0"),))
    times = 18 * MB // len(minute) + 1
    parts = Parts(minute * times)
    facts = await Reader().read(parts)
    assert facts.duration_s == pytest.approx(60 * times, rel=0.1)
    assert not facts.is_exact
    assert parts.given < 2 * MB


async def test_the_cover_of_a_song_is_no_video() -> None:
    facts = await read(films.speech("mp3", "libmp3lame", seconds=3, cover=True))
    assert (facts.has_picture, facts.has_sound, facts.width) == (False, True, None)
    assert facts.duration_s == pytest.approx(3, abs=0.05)
    assert facts.codecs == ("mp3", "png")


async def test_a_picture_is_an_image_without_length() -> None:
    sink = io.BytesIO()
    Image.new("RGB", (160, 120)).save(sink, "png")
    facts = await read(sink.getvalue())
    assert facts == Facts(container="image", width=160, height=120, is_exact=True, codecs=("png",))
    assert facts.is_image


async def test_a_film_without_sound_has_none() -> None:
    assert not (await read(films.film("mp4"))).has_sound


async def test_eight_thousand_pixels_are_told() -> None:
    facts = await read(films.film("mp4", frames=3, size=(7_680, 4_320)))
    assert (facts.width, facts.height, facts.frames) == (7_680, 4_320, 3)


@pytest.mark.parametrize("options", [(), films.FAST_START], ids=["index last", "index first"])
async def test_a_long_film_is_known_by_a_little_of_it(options: films.Options) -> None:
    noise = films.film("mp4", frames=3_000, fps=25, sound="aac", options=options)
    content = _with_ballast(noise, 40 * MB)
    parts = Parts(content)
    facts = await Reader().read(parts)
    assert (facts.frames, facts.fps, facts.is_exact) == (3_000, 25, True)
    assert facts.duration_s == pytest.approx(120)
    assert len(parts.asked) <= 6
    assert parts.given < 2 * MB
    assert await flowed_by(content) == facts


@pytest.mark.parametrize("options", [films.FRAGMENTS, films.TABLED_FRAGMENTS], ids=["plain", "table"])
async def test_fragments_are_read_to_the_end(options: films.Options) -> None:
    film = films.film("mp4", frames=600, fps=30, sound="aac", options=options)
    facts = await read(film)
    assert (facts.frames, facts.is_varying, facts.is_exact) == (600, False, True)
    assert facts.fps == pytest.approx(30, rel=0.02)
    assert facts.duration_s == pytest.approx(20, abs=0.1)


async def test_fragments_beyond_the_budget_tell_nothing_rather_than_too_little() -> None:
    film = films.film("mp4", frames=600, fps=30, sound="aac", options=films.FRAGMENTS)
    fragments = film[film.index(b"moof") - 4 :]
    parts = Parts(film + fragments * (18 * MB // len(fragments)))
    with pytest.raises(Unread, match="too much to read"):
        await Reader().read(parts)
    assert parts.given <= 16 * MB
    assert len(parts.asked) <= 32


async def test_what_an_editor_cut_off_is_neither_counted_nor_measured() -> None:
    film = films.film("mp4", frames=108, fps=30, options=(("bf", "0"),))
    facts = await read(films.cut_at_the_front(film, ticks=33 * 512))
    assert facts.frames == 75
    assert facts.fps == pytest.approx(30, rel=0.02)
    assert facts.duration_s == pytest.approx(2.5, abs=0.04)


async def test_a_film_that_was_cut_short_is_not_taken_for_a_whole_one() -> None:
    film = films.film("mp4", frames=500, fps=25, size=(320, 240), options=films.FAST_START)
    facts = await read(film[: len(film) * 2 // 3])
    assert facts.frames is not None
    assert 200 < facts.frames < 400
    assert facts.duration_s == pytest.approx(facts.frames / 25, abs=0.05)
    assert not facts.is_exact


@pytest.mark.parametrize("content", [b"x", b"\0" * 9_000, b"<html>Sign in</html>", b"%PDF-1.7" * 999])
async def test_what_is_no_film_and_no_sound_is_not_read(content: bytes) -> None:
    with pytest.raises(Unread):
        await read(content)


@pytest.mark.parametrize("box", [b"stts", b"stsz", b"stco", b"mdat"])
async def test_an_index_of_which_a_part_is_not_to_be_had_is_not_taken_for_whole(box: bytes) -> None:
    film = films.film("mp4", frames=400, fps=25, options=films.FAST_START)
    with pytest.raises(Unread, match="too much to read"):
        await Reader().read(Headless(film, kept=film.index(box) + 60))


async def test_an_index_in_the_middle_of_what_flowed_by_is_not_found() -> None:
    film = films.film("mp4", frames=100)
    content = _with_ballast(film, 9 * MB) + films.box(b"free", b"\0" * 9 * MB)
    assert (await read(content)).frames == 100
    with pytest.raises(Unread):
        await flowed_by(content)


async def test_an_endless_file_ends_with_the_budget() -> None:
    parts = Endless(films.film("mpegts", frames=600, sound="aac"))
    with suppress(Unread):
        await Reader().read(parts)
    assert parts.given <= 16 * MB
    assert len(parts.asked) <= 32


def _with_ballast(film: bytes, length: int) -> bytes:
    """The same film, with a box of nothing before its pictures; its index is put right."""
    at = film.index(b"mdat") - 4
    ballast = films.box(b"free", b"\0" * length)
    return films.moved(film[:at] + ballast + film[at:], by=len(ballast))
