"""A file's facts by FFmpeg: from its index, never from what its header claims. In the child."""

from __future__ import annotations  # PyAV's packets are generic in its stubs only

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from statistics import median
from typing import Any, Final, NoReturn

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from bot.probe.matroska import last_clock
from bot.probe.remote import RemoteFile
from bot.probe.wire import MOST_BYTES

_FORMATS: Final = (
    "mov,matroska,avi,mp3,wav,ogg,flac,aac,mpegts,"
    "png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,gif_pipe,gif"
)
_OPTIONS: Final = {"format_whitelist": _FORMATS, "protocol_whitelist": ""}
"""Playlists, which name other files, are none of them; nor may what is read lead anywhere."""
_LISTS_FRAMES: Final = frozenset({"mov", "avi"})
_TURNS: Final = frozenset({"mov", "matroska"})
_MICROSECONDS: Final = 1_000_000
_FEWEST_FPS, _MOST_FPS = 1, 240
"""What is believed of a rate: a forged file told 12,800."""
_ALIKE: Final = 0.02
"""By so much rates may differ and be one: lists of frames stretch a step where a fragment begins."""
_UNEVEN: Final = 0.25
"""By so much of a step others may differ in a file of constant rate: clocks of phones count coarsely."""
_WHOLE: Final = 0.95
"""So much of the length is covered by a list of frames that is complete."""
_HEAD: Final = 4_096
_TAIL: Final = 1024 * 1024
_PACKETS_TO_A_PICTURE: Final = 16
_ID3: Final = 10
_MP3_HEADERS: Final = (b"Xing", b"Info", b"VBRI")
"""What a first frame is marked with that tells the number of frames."""


class NoMedia(Exception):
    """Neither pictures nor sound."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """Pictures, counted in a list of them, and the seconds they last."""

    frames: int
    length_s: float
    is_varying: bool
    is_whole: bool
    """Whether the file holds all that its list names."""


def facts_of(file: RemoteFile) -> dict[str, Any]:
    """What `bot.probe.facts.Facts` holds, as JSON takes it.

    Raises:
        NoMedia: nothing can be seen or heard in it.
        FFmpegError, OSError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError: it is
            broken, of no known kind, or too much to read.
    """
    with av.open(file, "r", options=_OPTIONS, metadata_errors="replace", io_open=_opens_nothing) as container:
        file.raise_if_refused()
        picture = _moving(container)
        sound = next((stream for stream in container.streams.audio if stream.codec_context), None)
        common = {"codecs": _codecs(container), "has_sound": sound is not None}
        if picture is not None and _is_image(container):
            width, height = _size(picture)
            return {**common, "container": "image", "width": width, "height": height, "is_exact": True}
        common["container"] = _name(container)
        if picture is not None:
            return {**common, **_seen(file, container, picture)}
        if sound is not None:
            return {**common, **_heard(file, container, sound)}
    raise NoMedia


def _opens_nothing(url: str, _flags: int, _options: object) -> NoReturn:
    raise PermissionError(url)


def _name(container: InputContainer) -> str:
    return container.format.name.partition(",")[0]


def _is_image(container: InputContainer) -> bool:
    return container.format.name.endswith("_pipe") or container.format.name == "gif"


def _codecs(container: InputContainer) -> list[str]:
    contexts = (stream.codec_context for stream in container.streams)
    return [context.codec.canonical_name for context in contexts if context is not None][:32]


def _moving(container: InputContainer) -> VideoStream | None:
    """The stream with the pictures; a song's cover is none, nor is what cannot be decoded."""
    for stream in container.streams.video:
        if stream.codec_context and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


# --- pictures -------------------------------------------------------------------------------------------


def _seen(file: RemoteFile, container: InputContainer, picture: VideoStream) -> dict[str, Any]:
    counted = _counted(file, container, picture)
    length_s = _length_s(file, container, picture)
    if counted is not None and not counted.is_whole:
        length_s = counted.length_s
    frames = counted.frames if counted else None
    width, height = _turned(container, picture) if _name(container) in _TURNS else _size(picture)
    return {
        "has_picture": True,
        "duration_s": length_s,
        "frames": frames,
        "fps": _rate(picture, frames, length_s),
        "is_varying": counted is not None and counted.is_varying,
        "is_exact": counted is not None and counted.is_whole,
        "width": width,
        "height": height,
    }


def _counted(file: RemoteFile, container: InputContainer, picture: VideoStream) -> _Counted | None:
    """By the container's list of frames; None: it has none, or not of all of them.

    Fragments each have a list of their own. Where a table leads to them FFmpeg reads but the first, until all
    were passed.
    """
    if _name(container) not in _LISTS_FRAMES or picture.time_base is None:
        return None
    counted = _listed(file, picture, picture.time_base)
    if counted is None and _name(container) == "mov" and not picture.frames:
        _read_through(file, container, picture)
        counted = _listed(file, picture, picture.time_base)
    return counted


def _listed(file: RemoteFile, picture: VideoStream, tick: Fraction) -> _Counted | None:
    shown = [entry for entry in picture.index_entries if not entry.is_discard]
    there = [entry for entry in shown if entry.pos + entry.size <= file.size]
    times = sorted(entry.timestamp for entry in there)
    if len(times) < 2:  # noqa: PLR2004 - one alone has no step to the next
        return _Counted(1, length_s, False, True) if times and (length_s := _own_length_s(picture)) else None
    steps = [after - before for before, after in pairwise(times)]
    usual = median(steps)
    length_s = float((times[-1] - times[0] + usual) * tick)
    is_whole = len(there) == len(shown)
    if is_whole and length_s < _WHOLE * (_own_length_s(picture) or 0):
        return None
    return _Counted(len(there), length_s, _is_uneven(steps, usual), is_whole)


def _read_through(file: RemoteFile, container: InputContainer, stream: Stream) -> float:
    """Read all packets of a stream; returns how many seconds they last. Raises Refused."""
    ticks = sum(packet.duration or 0 for packet in container.demux(stream) if not packet.is_discard)
    file.raise_if_refused()
    return float(ticks * (stream.time_base or 0))


def _is_uneven(steps: list[int], usual: float) -> bool:
    odd = sum(abs(step - usual) > _UNEVEN * usual for step in steps)
    return odd > max(1, len(steps) // 50)


def _rate(picture: VideoStream, frames: int | None, length_s: float | None) -> float | None:
    """Pictures a second: those shown by the time they last, else as the header has it."""
    told = float(picture.average_rate or picture.guessed_rate or 0)
    if frames and length_s:
        shown = frames / length_s
        told = told if abs(told - shown) <= _ALIKE * shown else shown
    return told if _FEWEST_FPS <= told <= _MOST_FPS else None


def _size(picture: VideoStream) -> tuple[int | None, int | None]:
    return picture.width or None, picture.height or None


def _turned(container: InputContainer, picture: VideoStream) -> tuple[int | None, int | None]:
    """Width and height as shown. Only a decoded picture tells how it is turned; else as it is stored."""
    width, height = _size(picture)
    try:
        rotation = _rotation(container, picture)
    except (FFmpegError, OSError, ValueError, MemoryError):
        rotation = 0
    return (height, width) if rotation % 180 == 90 else (width, height)  # noqa: PLR2004 - on its side


def _rotation(container: InputContainer, picture: VideoStream) -> int:
    picture.codec_context.thread_count = 1
    container.seek(0, stream=picture)
    for packet in islice(container.demux(picture), _PACKETS_TO_A_PICTURE):
        for frame in packet.decode():
            return int(frame.rotation)
    return 0


# --- lengths --------------------------------------------------------------------------------------------


def _heard(file: RemoteFile, container: InputContainer, sound: Stream) -> dict[str, Any]:
    """A sound's length; where no header tells it, its packets are summed up, unless they are too many."""
    if not _is_unheaded(file, container):
        length_s = _length_s(file, container, sound)
        return {"duration_s": length_s, "is_exact": length_s is not None and _name(container) != "matroska"}
    if file.size > MOST_BYTES:
        return {"duration_s": _length_s(file, container, sound)}
    return {"duration_s": _read_through(file, container, sound) or None, "is_exact": True}


def _is_unheaded(file: RemoteFile, container: InputContainer) -> bool:
    """Whether the length is a guess from the size of the file and the rate of its first packets."""
    if _name(container) == "mp3":
        first = file.part(_tag_bytes(file.part(0, _ID3)), _HEAD)
        return not any(mark in first for mark in _MP3_HEADERS)
    return _name(container) == "aac"


def _tag_bytes(head: bytes) -> int:
    """How long the tag is that stands before the sound, with the song's name and its cover (ID3v2, 3.1)."""
    if not head.startswith(b"ID3") or len(head) < _ID3:
        return 0
    size = 0
    for byte in head[6:_ID3]:
        size = size << 7 | byte & 0x7F
    return _ID3 + size


def _own_length_s(stream: Stream) -> float | None:
    if stream.duration is None or stream.time_base is None or stream.duration <= 0:
        return None
    return float(stream.duration * stream.time_base)


def _length_s(file: RemoteFile, container: InputContainer, stream: Stream) -> float | None:
    own_s = _own_length_s(stream)
    if own_s is not None:
        return own_s
    if container.duration is not None and container.duration > 0:
        return container.duration / _MICROSECONDS
    if _name(container) == "matroska" and stream.time_base is not None:
        clock = last_clock(file.part(file.size - _TAIL, _TAIL))
        return float(clock * stream.time_base) if clock else None
    return None
