"""Pictures as H.264 packets: copied as they are wherever that plays, encoded anew where it does not."""

from __future__ import annotations  # PyAV's packets are generic in its stubs only

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.sandbox.media.probe import moving_picture

TICKS = Fraction(1, 90_000)
_STILL_FPS = 25
_LONGEST_EDGE = 1920
_SIZE = (
    f"w='min({_LONGEST_EDGE},iw)':h='min({_LONGEST_EDGE},ih)'"
    ":force_original_aspect_ratio=decrease:force_divisible_by=2"
)
_GOP = 12  # frames decoded at once when running backwards: bounds memory
_RATES = {"crf": "26", "maxrate": "6M", "bufsize": "12M"}  # a noisy video must not grow manyfold
_ENCODER = {"preset": "ultrafast", "g": str(_GOP), "bf": "0", **_RATES}
_TURNS = {
    -90: ["transpose=clock"],
    90: ["transpose=cclock"],
    180: ["hflip", "vflip"],
    -180: ["hflip", "vflip"],
}


def add_copied(out: OutputContainer, source: Path) -> VideoStream:
    """Add a stream that takes the source's packets unchanged, its turned display included."""
    with av.open(str(source)) as container:
        stream = out.add_stream_from_template(_picture(container))
    stream.time_base = TICKS
    return stream


def copied(
    stream: VideoStream, sources: Sequence[Path], *, length_s: float, stretch: Fraction
) -> Iterator[Packet[VideoStream]]:
    """Yield the sources' packets in turn, over and over, until the length is reached.

    Args:
        stream: where the packets go.
        sources: files of one encoder setting, each beginning with a key frame.
        length_s: seconds to fill. Frames that need a later one to be decoded are left out at the very end:
            the picture may stop a tenth of a second early, never late.
        stretch: factor on every time, 2 plays at half speed.
    """
    at = Fraction(0)
    for source in cycle(sources):
        with av.open(str(source)) as container:
            base: int | None = None
            end = at
            for packet in container.demux(_picture(container)):
                if packet.dts is None or packet.pts is None:
                    continue
                base = packet.pts if base is None else base
                unit = packet.time_base * stretch
                shown = at + (packet.pts - base) * unit
                if shown >= length_s:
                    return
                decoded, lasts = at + (packet.dts - base) * unit, (packet.duration or 0) * unit
                end = max(end, shown + lasts)
                packet.time_base = TICKS
                packet.pts, packet.dts = round(shown / TICKS), round(decoded / TICKS)
                packet.duration = round(lasts / TICKS)
                packet.stream = stream
                yield packet
        if end <= at:
            raise ValueError("a source without pictures would repeat for ever")
        at = end


def still(image: Path, target: Path) -> Path:
    """Encode one second of an unmoving picture."""
    with av.open(str(image)) as source:
        frame = next(iter(source.decode(video=0)))
    return _encode((_timed(frame, number) for number in range(_STILL_FPS)), _STILL_FPS, target)


def _timed(frame: VideoFrame, number: int) -> VideoFrame:
    frame.pts, frame.time_base = number, Fraction(1, _STILL_FPS)
    return frame


def transcoded(source: Path, target: Path) -> Path:
    """Encode a video anew, upright, in a form every browser plays."""
    with av.open(str(source)) as container:
        picture = _picture(container)
        picture.thread_type = "AUTO"
        rate = picture.average_rate or Fraction(_STILL_FPS)
        return _encode(container.decode(picture), rate, target)


def backwards(source: Path, target: Path) -> Path:
    """Encode a file of `transcoded` from its end to its beginning, one group of frames at a time."""
    with av.open(str(source)) as container:
        picture = _picture(container)
        groups = _groups(container, picture)
        last = groups[-1][-1]
        end = (last.pts or 0) + (last.duration or 0)
        return _encode(_reversed(picture, groups, end), picture.average_rate or _STILL_FPS, target)


def _groups(container: InputContainer, picture: VideoStream) -> list[list[Packet[VideoStream]]]:
    groups: list[list[Packet[VideoStream]]] = []
    for packet in container.demux(picture):
        if packet.pts is None:
            continue
        if packet.is_keyframe:
            groups.append([])
        groups[-1].append(packet)
    return groups


def _reversed(
    picture: VideoStream, groups: list[list[Packet[VideoStream]]], end: int
) -> Iterator[VideoFrame]:
    decoder = picture.codec_context
    for group in reversed(groups):
        lasts = {packet.pts: packet.duration or 0 for packet in group}
        frames = [frame for packet in [*group, None] for frame in decoder.decode(packet)]
        decoder.flush_buffers()
        for frame in reversed(frames):
            shown = frame.pts or 0
            frame.pts = end - shown - lasts.get(shown, 0)
            yield frame


def _encode(frames: Iterator[VideoFrame], rate: Fraction | int, target: Path) -> Path:
    upright = _Upright()
    with av.open(str(target), "w", format="mp4") as out:
        stream: VideoStream | None = None
        for frame in frames:
            ready = upright.turn(frame)
            if stream is None:
                stream = out.add_stream("libx264", rate=rate, options=_ENCODER)
                stream.width, stream.height, stream.pix_fmt = ready.width, ready.height, "yuv420p"
                stream.codec_context.time_base = TICKS
            ready.pict_type = av.video.frame.PictureType.NONE
            out.mux(stream.encode(ready))
        if stream is None:
            raise ValueError("no frames to encode")
        out.mux(stream.encode(None))
    return target


class _Upright:
    """Turns frames as their display matrix says, and brings them to an even, bounded 4:2:0 size."""

    def __init__(self) -> None:
        self._graph: Graph | None = None

    def turn(self, frame: VideoFrame) -> VideoFrame:
        if self._graph is None:
            self._graph = self._build(frame)
        self._graph.vpush(frame)
        return self._graph.vpull()

    @staticmethod
    def _build(frame: VideoFrame) -> Graph:
        graph = Graph()
        steps = [
            *_TURNS.get(round(frame.rotation), []),
            f"scale={_SIZE}",
            "format=pix_fmts=yuv420p",
            f"settb={TICKS.numerator}/{TICKS.denominator}",
        ]
        nodes = [
            graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
            )
        ]
        for step in steps:
            name, _, arguments = step.partition("=")
            nodes.append(graph.add(name, arguments or None))
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph


def _picture(container: InputContainer) -> VideoStream:
    picture = moving_picture(container)
    if picture is None:
        raise ValueError("no pictures")
    return picture
