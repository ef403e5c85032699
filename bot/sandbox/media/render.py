"""One recipe in, one playable MP4 out: the new sound laid under the picture."""

from __future__ import annotations  # PyAV's packets are generic in its stubs only

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import av
from av.packet import Packet

from bot.sandbox.media import picture, sound
from bot.sandbox.media.probe import probe

Fit = Literal["loop", "bounce", "remap"]
"""How a picture fills a longer time: again, there and back, or slower (remap: also faster)."""


@dataclass(frozen=True)
class Recipe:
    """All that decides an output file: equal recipes make equal videos.

    `length_s` is the length of the output in seconds; the clips' sound is cut or followed by silence to fit.
    """

    picture: Path
    fit: Fit
    length_s: float
    clips: tuple[sound.Clip, ...]


def render(recipe: Recipe, target: Path) -> None:
    """Write the recipe's video: H.264 and AAC, index in front.

    Raises:
        NotMediaError: the picture cannot be read.
        av.FFmpegError: the media broke while it was worked on.
    """
    with TemporaryDirectory(dir=target.parent) as scratch:
        sources, stretch = _sources(recipe, Path(scratch))
        with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out:
            pictures = picture.add_copied(out, sources[0])
            sounds = out.add_stream("aac", rate=sound.RATE, layout="stereo")
            shown = picture.copied(pictures, sources, length_s=recipe.length_s, stretch=stretch)
            heard = sound.encode(sounds, sound.play(recipe.clips, recipe.length_s))
            for packet in _interleaved(shown, heard):
                out.mux(packet)


def _sources(recipe: Recipe, scratch: Path) -> tuple[list[Path], Fraction]:
    """The files whose packets fill the time, and the factor on their speed."""
    facts = probe(recipe.picture)
    if facts.kind == "image":
        return [picture.still(recipe.picture, scratch / "still.mp4")], Fraction(1)
    if recipe.fit == "bounce" and recipe.length_s > facts.duration_s:
        forth = picture.transcoded(recipe.picture, scratch / "forth.mp4")
        return [forth, picture.backwards(forth, scratch / "back.mp4")], Fraction(1)
    source = recipe.picture
    if not facts.copyable:
        source = picture.transcoded(source, scratch / "forth.mp4")
    if recipe.fit == "remap":
        return [source], Fraction(recipe.length_s / facts.duration_s).limit_denominator(10**6)
    return [source], Fraction(1)


def _interleaved(*streams: Iterator[Packet[Any]]) -> Iterator[Packet[Any]]:
    """Merge by time, so that a player reads sound and picture side by side."""
    return heapq.merge(*streams, key=lambda packet: (packet.dts or 0) * packet.time_base)
