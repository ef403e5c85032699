"""What a file is: its first bytes decide, then its main type, then Slack's label, its ending last. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

import filetype

Medium = Literal["video", "audio", "text"]

HEAD_BYTES = 64 * 1024
"""So much of a file is looked at; the index of a short recording fits."""

TYPES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "video/mp4": (("video/x-m4v", "video/m4v"), ("mp4", "m4v")),
    "video/quicktime": (("video/mov",), ("mov", "qt")),
    "video/webm": ((), ("webm",)),
    "video/x-msvideo": (("video/avi", "video/msvideo", "video/vnd.avi"), ("avi",)),
    "audio/mpeg": (("audio/mp3", "audio/x-mp3", "audio/x-mpeg", "audio/mpeg3", "audio/mpg"), ("mp3", "mpga")),
    "audio/wav": (("audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"), ("wav", "wave")),
    "audio/mp4": (
        ("audio/x-m4a", "audio/m4a", "audio/mp4a-latm", "audio/alac", "audio/x-m4b"),
        ("m4a", "m4b", "m3a"),
    ),
    "audio/aac": (("audio/x-aac", "audio/aacp", "audio/vnd.dlna.adts", "audio/x-hx-aac-adts"), ("aac",)),
    "audio/ogg": (
        ("audio/opus", "audio/x-opus+ogg", "audio/vorbis", "audio/x-vorbis+ogg", "audio/speex"),
        ("ogg", "oga", "opus", "spx"),
    ),
    "audio/flac": (("audio/x-flac",), ("flac",)),
    "audio/x-ms-wma": ((), ("wma",)),
    # What browsers and phones record beside these. sync.so does not name it, and says itself, at no cost,
    # what it cannot read.
    "audio/webm": ((), ("weba",)),
    "audio/3gpp": (("audio/3gpp2", "audio/3gp"), ("3ga",)),
    "audio/amr": (("audio/amr-wb", "audio/amr-nb", "audio/x-amr"), ("amr", "awb")),
    "audio/x-caf": (("audio/caf",), ("caf",)),
    "text/plain": (("text/markdown", "text/x-markdown"), ("txt", "text", "md", "markdown")),
}
"""By the type under which it is sent on: other names of that type, and endings.

Video and audio as sync.so lists them (sync.so: supported media), and text for scripts.
"""
_SOUND_ALONE: Final[Mapping[str, str]] = {
    "audio/mp4": "video/mp4",
    "audio/webm": "video/webm",
    "audio/ogg": "video/ogg",
    "audio/3gpp": "video/3gpp",
}
"""Containers of sound whose label may be that of the same container with pictures."""
_BY_MIMETYPE = {name: known for known, (others, _) in TYPES.items() for name in (known, *others)}
_BY_ENDING = {ending: known for known, (_, endings) in TYPES.items() for ending in endings}

_MAIN_BY_ENDING = {
    **dict.fromkeys(
        ("heic", "heif", "jpg", "jpeg", "png", "gif", "webp", "avif", "tif", "tiff", "bmp"), "image"
    ),
    **dict.fromkeys(("mkv", "wmv", "flv", "mpg", "mpeg", "ogv", "3gp", "ts", "mts", "m2ts"), "video"),
    **dict.fromkeys(("aif", "aiff", "au", "mid", "midi", "mka", "ac3"), "audio"),
}
"""What cannot be used is at least told by its name."""
SAYS_NOTHING = frozenset(
    {
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "application/ogg",
        "application/mp4",
        "application/x-ogg",
    }
)
"""Content types that hosts give to any file: they tell nothing of what it is."""
_NO_LABEL = frozenset({"", "binary", "auto", "unknown", "none"})
"""Slack's labels for a file whose kind it does not know (Slack: file types)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is."""

    main: str
    """`video`, `audio`, `text`, `image`, `other`, or `unknown` where nothing was told."""
    mimetype: str | None = None
    """The type under which it is sent on; None: it cannot be used."""


@dataclass(frozen=True, slots=True)
class Content:
    """What first bytes tell: the types under which the file can be sent on."""

    main: str
    """As `Kind.main`; `either` where it may be video or audio, as far as is seen."""
    video: str | None = None
    audio: str | None = None

    def as_medium(self, medium: Medium) -> str | None:
        """The type under which it is sent on as that medium; None: it cannot be."""
        return {"video": self.video, "audio": self.audio, "text": None}[medium]


def kind_by_labels(*, mimetype: str, label: str, name: str) -> Kind:
    """What a file is as far as it is told: by its type, else by Slack's `filetype`, else by its ending."""
    base = mimetype.partition(";")[0].strip().lower()
    label, suffix = label.lower(), PurePath(name).suffix.lower().removeprefix(".")
    if base not in SAYS_NOTHING:
        named = _BY_ENDING.get(suffix or label, "")
        is_sound = _SOUND_ALONE.get(named) == _BY_MIMETYPE.get(base, base)
        return _known(named if is_sound else _BY_MIMETYPE.get(base), base.partition("/")[0])
    ending = suffix if label in _NO_LABEL else label
    if not ending:
        return Kind("unknown")
    return _known(_BY_ENDING.get(ending), _MAIN_BY_ENDING.get(ending, "other"))


def _known(mimetype: str | None, main: str) -> Kind:
    if mimetype is not None:
        return Kind(mimetype.partition("/")[0], mimetype)
    return Kind(main if main in {"video", "audio", "image"} else "other")


def content_of(head: bytes) -> Content | None:
    """What the first bytes of a file say it is; None: they tell nothing that is known here."""
    if head[4:8] in _ISO_STARTS:
        return _iso(head)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    if head.startswith(b"OggS"):
        return _ogg(head)
    found = filetype.guess(head)
    if found is None:
        return None
    if found.mime == "video/x-ms-wmv":  # one container, with or without pictures
        return Content("either", None, "audio/x-ms-wma")
    kind = _known(_BY_MIMETYPE.get(found.mime), found.mime.partition("/")[0])
    return Content(
        kind.main,
        kind.mimetype if kind.main == "video" else None,
        kind.mimetype if kind.main == "audio" else None,
    )


# --- containers that hold pictures, sound or both -------------------------------------------------------

_ISO_STARTS = frozenset({b"ftyp", b"moov", b"mdat", b"wide"})
"""How MP4 and QuickTime begin, behind the length of their first box (ISO/IEC 14496-12; QuickTime)."""
_STILL_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_SOUND_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
"""What iTunes and voice recorders write where there is nothing but sound."""
_HANDLERS = re.compile(rb"hdlr.{8}(vide|soun)", re.DOTALL)
_CODECS = re.compile(rb"\x86[\x80-\xff]([VA])_")
_OGG_PICTURES = (b"\x80theora", b"BBCD\x00", b"OVP80", b"\x01video")
_OGG_HEADERS = 4_096
_TRACKS = b"\x16\x54\xae\x6b"


def _iso(head: bytes) -> Content:
    brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
    if brand in _STILL_BRANDS:
        return Content("image")
    handlers = set(_HANDLERS.findall(_box(head, b"moov")))
    unseen = False if brand in _SOUND_BRANDS else None
    return _either(
        has_pictures=b"vide" in handlers if handlers else unseen,
        video="video/quicktime" if brand == b"qt  " else "video/mp4",
        audio="audio/mp4",
    )


def _box(head: bytes, wanted: bytes) -> bytes:
    """One of the outermost boxes of an MP4; empty where it is not wholly within the head."""
    at = 0
    while at + 8 <= len(head):
        size = int.from_bytes(head[at : at + 4], "big")
        if size < 8 or at + size > len(head):  # noqa: PLR2004 - less than its own beginning: no end is told
            break
        if head[at + 4 : at + 8] == wanted:
            return head[at : at + size]
        at += size
    return b""


def _matroska(head: bytes) -> Content:
    codecs = set(_CODECS.findall(_tracks(head)))
    is_webm = b"webm" in head[:64]
    return _either(
        has_pictures=b"V" in codecs if codecs else None,
        video="video/webm" if is_webm else None,
        audio="audio/webm" if is_webm else None,
    )


def _tracks(head: bytes) -> bytes:
    """The element that lists the tracks (RFC 9559, 5.1.4); empty where it is not wholly within the head."""
    at = head.find(_TRACKS) + len(_TRACKS)
    if at < len(_TRACKS) or at >= len(head) or not head[at]:
        return b""
    width = 9 - head[at].bit_length()
    size = int.from_bytes(head[at : at + width], "big") - (1 << 7 * width)
    begin = at + width
    return head[begin : begin + size] if begin + size <= len(head) else b""


def _ogg(head: bytes) -> Content:
    if any(mark in head[:_OGG_HEADERS] for mark in _OGG_PICTURES):
        return Content("video")
    return Content("audio", None, "audio/ogg")


def _either(*, has_pictures: bool | None, video: str | None, audio: str | None) -> Content:
    """A container's content; None: what it holds is not seen. Pictures with sound may serve as audio."""
    if has_pictures is None:
        return Content("either", video, audio)
    return Content("video", video, audio) if has_pictures else Content("audio", None, audio)
