"""Sound as a stream of samples: reading pieces of files, laying them end to end, encoding them."""

from __future__ import annotations  # PyAV's packets are generic in its stubs only

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet

RATE = 48_000
_BLOCK = RATE  # samples of silence made at a time

Samples = npt.NDArray[np.int16]
"""Interleaved stereo at `RATE`, shape (n, 2)."""


@dataclass(frozen=True)
class Clip:
    """A stretch of sound: `length_s` seconds of a file from `start_s` on; no file means silence."""

    path: Path | None
    start_s: float
    length_s: float


def play(clips: Iterable[Clip], length_s: float) -> Iterator[Samples]:
    """Yield the clips in turn, each cut or padded to its length, until `length_s` seconds are full."""
    left = round(length_s * RATE)
    for clip in clips:
        wanted = min(left, round(clip.length_s * RATE))
        left -= wanted
        for samples in _read(clip.path, round(clip.start_s * RATE)) if clip.path else ():
            if not wanted:
                break
            piece = samples[:wanted]
            wanted -= len(piece)
            yield piece
        yield from _silence(wanted)
    yield from _silence(left)


def _silence(count: int) -> Iterator[Samples]:
    for at in range(0, count, _BLOCK):
        yield np.zeros((min(_BLOCK, count - at), 2), np.int16)


def _read(path: Path, skip: int) -> Iterator[Samples]:
    resampler = AudioResampler(format="s16", layout="stereo", rate=RATE)
    with av.open(str(path)) as source:
        for frame in source.decode(audio=0):
            for even in resampler.resample(frame):
                samples = even.to_ndarray().astype(np.int16, copy=False).reshape(-1, 2)
                if skip < len(samples):
                    yield samples[skip:]
                skip = max(0, skip - len(samples))


def repeat(source: Path, length_s: float, times: int, target: Path) -> None:
    """Write a file's sound several times over, as MP3."""
    clips = [Clip(source, 0, length_s)] * times
    stereo = np.concatenate(list(play(clips, length_s * times)))
    write_mp3(stereo.mean(axis=1).astype(np.int16), RATE, target)


def encode(stream: AudioStream, blocks: Iterable[Samples], rate: int = RATE) -> Iterator[Packet[AudioStream]]:
    """Yield the stream's packets of stereo, or mono where the blocks have one column."""
    at = 0
    for block in blocks:
        layout = "stereo" if block.shape[1] == 2 else "mono"  # noqa: PLR2004
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block).reshape(1, -1), format="s16", layout=layout
        )
        frame.sample_rate = rate
        frame.pts = at
        at += len(block)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def write_mp3(samples: npt.NDArray[np.int16], rate: int, target: Path) -> None:
    """Write mono samples as MP3, the format sync.so answers speech in (sync.so docs, text to speech)."""
    with av.open(str(target), "w", format="mp3") as out:
        stream = out.add_stream("libmp3lame", rate=rate, layout="mono")
        for packet in encode(stream, [samples.reshape(-1, 1)], rate):
            out.mux(packet)
