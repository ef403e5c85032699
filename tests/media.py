"""Small real media: each kind of file that people bring."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

_SIDE, _PICTURES = 64, 10


@cache
def media(
    container: str,
    *,
    sound: str | None = None,
    pictures: str | None = None,
    rate: int = 48_000,
    options: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """A second of noise and ten black pictures, as far as codecs are named for them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        _make(path, container, sound, pictures, rate, options)
        return path.read_bytes()


def _make(
    path: Path,
    container: str,
    sound: str | None,
    pictures: str | None,
    rate: int,
    options: tuple[tuple[str, str], ...],
) -> None:
    with av.open(str(path), "w", format=container, options=dict(options)) as out:
        video = out.add_stream(pictures, rate=25) if pictures else None
        audio = out.add_stream(sound, rate=rate, layout="mono") if sound else None
        if isinstance(video, av.VideoStream):
            _draw(out, video)
        if isinstance(audio, av.AudioStream):
            _play(out, audio, rate)


def _draw(out: av.container.OutputContainer, stream: av.VideoStream) -> None:
    stream.width = stream.height = _SIDE
    stream.pix_fmt = "yuv420p"
    for at in range(_PICTURES):
        frame = av.VideoFrame.from_ndarray(np.zeros((_SIDE, _SIDE, 3), np.uint8), format="rgb24")
        frame.pts, frame.time_base = at, Fraction(1, 25)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _play(out: av.container.OutputContainer, stream: av.AudioStream, rate: int) -> None:
    noise = np.random.default_rng(1).integers(-1_000, 1_000, (1, rate)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
    frame.sample_rate, frame.pts = rate, 0
    waiting = av.AudioFifo()
    for piece in av.AudioResampler(format=stream.format, layout="mono", rate=rate).resample(frame):
        waiting.write(piece)
    size = stream.codec_context.frame_size or 1_024
    while (encodable := waiting.read(size, partial=True)) is not None:
        out.mux(stream.encode(encodable))
    out.mux(stream.encode(None))
