"""What a media file is and how long it really lasts, read from its packets and not from its headers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

Kind = Literal["video", "audio", "image"]

_IMAGE_FORMATS = ("image2", "_pipe")
_COPYABLE_CONTAINERS = {"mov", "mp4", "matroska"}  # these keep H.264 as an MP4 wants it


class NotMediaError(Exception):
    """The file cannot be read as video, audio or image."""


@dataclass(frozen=True)
class Probe:
    """A file's kind, length in seconds (0 for an image), frames a second, size in pixels.

    `copyable` says that a browser plays its pictures as they are: 8-bit 4:2:0 H.264 in an MP4-like container.
    """

    kind: Kind
    format: str
    duration_s: float
    fps: float = 0.0
    width: int = 0
    height: int = 0
    has_sound: bool = False
    copyable: bool = False


def probe(path: Path) -> Probe:
    """Read a file's facts and decode its first frame.

    Raises:
        NotMediaError: nothing in it can be decoded.
    """
    try:
        with av.open(str(path)) as container:
            return _probe(container)
    except (av.FFmpegError, OSError, ValueError) as trouble:
        raise NotMediaError(f"unreadable media: {type(trouble).__name__}") from trouble


def moving_picture(container: InputContainer) -> VideoStream | None:
    """The stream that holds the pictures; cover art of a song is not one."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def _probe(container: InputContainer) -> Probe:
    name = container.format.name
    picture = moving_picture(container)
    sound = next(iter(container.streams.audio), None)
    stream: Stream | None = picture or sound
    if stream is None or next(iter(container.decode(stream)), None) is None:
        raise NotMediaError("no picture and no sound")
    if picture is None:
        return Probe("audio", name, _length(container, stream), has_sound=True)
    width, height = picture.width, picture.height
    if any(part in name for part in _IMAGE_FORMATS):
        return Probe("image", name, 0.0, width=width, height=height)
    rate = picture.average_rate or picture.guessed_rate
    return Probe(
        "video",
        name,
        _length(container, picture),
        fps=round(float(rate), 3) if rate else 25.0,
        width=width,
        height=height,
        has_sound=sound is not None,
        copyable=_copyable(name, picture),
    )


def _length(container: InputContainer, stream: Stream) -> float:
    """Seconds between the first sample shown and the end of the last; headers of recordings often lie."""
    container.seek(0)
    starts: list[int] = []
    end = 0
    for packet in container.demux(stream):
        if packet.pts is not None and not packet.is_discard:
            starts = [min(packet.pts, *starts)] if starts else [packet.pts]
            end = max(end, packet.pts + (packet.duration or 0))
    if not starts or stream.time_base is None:
        raise NotMediaError("no packets")
    return round(float((end - starts[0]) * stream.time_base), 3)


def _copyable(container: str, picture: VideoStream) -> bool:
    return (
        picture.codec_context.name == "h264"
        and picture.codec_context.pix_fmt in {"yuv420p", "yuvj420p"}
        and not _COPYABLE_CONTAINERS.isdisjoint(container.split(","))
    )
