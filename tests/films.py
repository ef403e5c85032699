"""Real films and sounds as people bring them: of any length, rate, size and container."""

import random
import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

_RATE = 48_000
_TICKS = Fraction(1, 90_000)

Options = tuple[tuple[str, str], ...]

FAST_START: Options = (("movflags", "faststart"),)
FRAGMENTS: Options = (("movflags", "frag_keyframe+empty_moov"),)
TABLED_FRAGMENTS: Options = (("movflags", "frag_keyframe+empty_moov+dash"),)
"""Fragments to which a table leads, as services of video on demand have them."""
STREAMED: Options = (("live", "1"),)
"""As browsers record: no length, no index."""


@cache
def film(  # noqa: PLR0913 - films differ in all of this
    container: str = "mp4",
    *,
    frames: int = 50,
    fps: int = 25,
    size: tuple[int, int] = (160, 120),
    codec: str = "libx264",
    sound: str | None = None,
    turned: int = 0,
    ticks: tuple[int, ...] = (),
    options: Options = (),
) -> bytes:
    """A film whose picture changes from frame to frame.

    `ticks` are the times of its pictures in 90,000ths of a second, where they do not come at a constant rate.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        with av.open(str(path), "w", format=container, options=dict(options)) as out:
            pictures = out.add_stream(codec, rate=fps, options=_fast(codec))
            heard = out.add_stream(sound, rate=_RATE, layout="mono") if sound else None
            assert isinstance(pictures, VideoStream)
            pictures.width, pictures.height = size
            pictures.pix_fmt = "yuv420p"
            if turned:
                pictures.set_display_rotation(turned)
            if ticks:
                pictures.time_base = pictures.codec_context.time_base = _TICKS
            _draw(out, pictures, frames, ticks)
            if isinstance(heard, AudioStream):
                play(out, heard, frames / fps)
        return path.read_bytes()


@cache
def speech(
    container: str, codec: str, *, seconds: float, options: Options = (), cover: bool = False
) -> bytes:
    """A sound of that length, with a picture on its cover where one is wished for."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sound"
        with av.open(str(path), "w", format=container, options=dict(options)) as out:
            heard = out.add_stream(codec, rate=_RATE, layout="mono")
            assert isinstance(heard, AudioStream)
            if cover:
                art = out.add_stream("png", rate=1)
                assert isinstance(art, VideoStream)
                art.width = art.height = 32
                art.pix_fmt = "rgb24"
                art.disposition = av.stream.Disposition.attached_pic
                out.mux(art.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
            play(out, heard, seconds)
        return path.read_bytes()


def uneven(frames: int, *, seed: int = 1) -> tuple[int, ...]:
    """Times of pictures as a screen recorder takes them: when something has changed."""
    chance, ticks = random.Random(seed), [0]
    for _ in range(frames - 1):
        ticks.append(ticks[-1] + chance.choice((3_000, 3_000, 6_000, 4_500, 15_000)))
    return tuple(ticks)


def jittery(frames: int, *, seed: int = 1) -> tuple[int, ...]:
    """Times of pictures at 30 a second, as far as a phone's clock keeps them."""
    chance = random.Random(seed)
    return tuple(3_000 * number + chance.randint(0, 150) for number in range(frames))


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of an MP4."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def packed_bomb(megabytes: int) -> bytes:
    """A QuickTime file whose packed index unfolds to that size."""
    packer = zlib.compressobj(9)
    zeros = b"\0" * 1024 * 1024
    packed = b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()
    unpacked = struct.pack(">I", megabytes * 1024 * 1024)
    index = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", unpacked, packed))
    return box(b"ftyp", b"qt  ", b"\0\0\0\0") + box(b"moov", index)


def cut_at_the_front(content: bytes, *, ticks: int) -> bytes:
    """An MP4 that shows itself only from that time of its own on, as editors cut without encoding anew."""
    at = content.index(b"elst") + 4
    edited = bytearray(content)
    duration, begin = struct.unpack(">Ii", content[at + 8 : at + 16])
    scale_of_film, scale = _scales(content)
    struct.pack_into(">Ii", edited, at + 8, duration - ticks * scale_of_film // scale, begin + ticks)
    return bytes(edited)


def moved(content: bytes, *, by: int) -> bytes:
    """An MP4 whose samples lie so many bytes further back than its index says."""
    edited, at = bytearray(content), 0
    while (at := content.find(b"stco", at)) >= 0:
        (count,) = struct.unpack_from(">I", content, at + 8)
        for place in range(at + 12, at + 12 + 4 * count, 4):
            struct.pack_into(">I", edited, place, struct.unpack_from(">I", content, place)[0] + by)
        at += 12
    return bytes(edited)


def _scales(content: bytes) -> tuple[int, int]:
    """Ticks a second of the whole film, and of its first stream."""
    film_header, stream_header = content.index(b"mvhd") + 4, content.index(b"mdhd") + 4
    of_film: tuple[int] = struct.unpack(">I", content[film_header + 12 : film_header + 16])
    of_stream: tuple[int] = struct.unpack(">I", content[stream_header + 12 : stream_header + 16])
    return of_film[0], of_stream[0]


def _fast(codec: str) -> dict[str, str]:
    return {"preset": "ultrafast"} if codec == "libx264" else {}


def _draw(out: OutputContainer, stream: VideoStream, frames: int, ticks: Sequence[int]) -> None:
    for number in range(frames):
        picture = np.full((stream.height, stream.width, 3), number % 256, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        if ticks:
            frame.pts, frame.time_base = ticks[number], _TICKS
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def play(out: OutputContainer, stream: AudioStream, seconds: float, rate: int = _RATE) -> None:
    """Write noise of so many seconds, at so many samples a second."""
    chance = np.random.default_rng(1)
    noise = chance.integers(-1_000, 1_000, (1, round(rate * seconds))).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
    frame.sample_rate, frame.pts = rate, 0
    waiting = av.AudioFifo()
    for piece in av.AudioResampler(format=stream.format, layout="mono", rate=rate).resample(frame):
        waiting.write(piece)
    size = stream.codec_context.frame_size or 1_024
    while (encodable := waiting.read(size, partial=True)) is not None:
        out.mux(stream.encode(encodable))
    out.mux(stream.encode(None))
