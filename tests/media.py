"""Small real media: each kind of file that people bring."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from tests.films import play

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
            play(out, audio, 1.0, rate)


def _draw(out: av.container.OutputContainer, stream: av.VideoStream) -> None:
    stream.width = stream.height = _SIDE
    stream.pix_fmt = "yuv420p"
    for at in range(_PICTURES):
        frame = av.VideoFrame.from_ndarray(np.zeros((_SIDE, _SIDE, 3), np.uint8), format="rgb24")
        frame.pts, frame.time_base = at, Fraction(1, 25)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
