"""What a file is: by its bytes, made by FFmpeg, and by what Slack tells of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.file_kinds import HEAD_BYTES, Content, Kind, content_of, kind_by_labels
from tests.media import media

FRAGMENTED = (("movflags", "frag_keyframe+empty_moov"),)
INDEX_IN_FRONT = (("movflags", "faststart"),)
NO_TAGS = (("id3v2_version", "0"), ("write_xing", "0"))

MP4 = media("mp4", sound="aac", pictures="libx264")
SOUND_IN_MP4 = media("mp4", sound="aac")
OGG_OPUS = media("ogg", sound="libopus")
WEBM = media("webm", sound="libopus", pictures="libvpx")
SOUND_IN_WEBM = media("webm", sound="libopus")
MKV = media("matroska", sound="aac", pictures="libx264")


@pytest.mark.parametrize(
    ("content", "video", "audio"),
    [
        (MP4, "video/mp4", "audio/mp4"),
        (media("mp4", sound="aac", pictures="libx264", options=FRAGMENTED), "video/mp4", "audio/mp4"),
        (media("mp4", sound="aac", pictures="libx264", options=INDEX_IN_FRONT), "video/mp4", "audio/mp4"),
        (media("mov", sound="aac", pictures="libx264"), "video/quicktime", "audio/mp4"),
        (WEBM, "video/webm", "audio/webm"),
        (media("avi", sound="libmp3lame", pictures="mpeg4"), "video/x-msvideo", None),
        (SOUND_IN_MP4, None, "audio/mp4"),
        (media("mp4", sound="aac", options=INDEX_IN_FRONT), None, "audio/mp4"),
        (media("ipod", sound="aac"), None, "audio/mp4"),
        (media("mov", sound="aac"), None, "audio/mp4"),
        (media("3gp", sound="aac"), None, "audio/mp4"),
        (SOUND_IN_WEBM, None, "audio/webm"),
        (OGG_OPUS, None, "audio/ogg"),
        (media("mp3", sound="libmp3lame"), None, "audio/mpeg"),
        (media("mp3", sound="libmp3lame", options=NO_TAGS), None, "audio/mpeg"),
        (media("wav", sound="pcm_s16le"), None, "audio/wav"),
        (media("flac", sound="flac"), None, "audio/flac"),
        (media("adts", sound="aac"), None, "audio/aac"),
        (media("amr", sound="libopencore_amrnb", rate=8_000), None, "audio/amr"),
    ],
)
def test_bytes_tell_as_what_a_file_can_be_sent_on(
    content: bytes, video: str | None, audio: str | None
) -> None:
    seen = content_of(content[:HEAD_BYTES])
    assert seen is not None
    assert (seen.as_medium("video"), seen.as_medium("audio")) == (video, audio)
    assert seen.main == ("video" if video else "audio")


@pytest.mark.parametrize(
    ("content", "main"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "other"),
        (b"PK\x03\x04" + bytes(60), "other"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(60), "image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60), "image"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(60), "image"),
        (MKV, "video"),
        (media("matroska", sound="libopus"), "audio"),
        (media("flv", sound="aac", pictures="libx264"), "video"),
        (media("mpeg", sound="mp2", pictures="mpeg1video"), "video"),
        (media("aiff", sound="pcm_s16be"), "audio"),
        (b"OggS\0\x02" + bytes(22) + b"\x80theora" + bytes(60), "video"),
    ],
)
def test_bytes_of_what_cannot_be_used_tell_what_it_is(content: bytes, main: str) -> None:
    assert content_of(content[:HEAD_BYTES]) == Content(main)


@pytest.mark.parametrize(
    ("brand", "seen"),
    [
        (b"M4A ", Content("audio", None, "audio/mp4")),
        (b"M4B ", Content("audio", None, "audio/mp4")),
        (b"isom", Content("either", "video/mp4", "audio/mp4")),
    ],
)
def test_a_brand_of_sound_alone_tells_where_no_index_is_seen(brand: bytes, seen: Content) -> None:
    assert content_of(b"\0\0\0\x18ftyp" + brand + bytes(100)) == seen
    assert content_of(MP4.replace(b"ftypisom", b"ftyp" + brand, 1)) == Content(
        "video", "video/mp4", "audio/mp4"
    )


def test_a_container_whose_index_is_further_behind_may_hold_either() -> None:
    assert content_of(MP4[:200]) == Content("either", "video/mp4", "audio/mp4")
    assert content_of(WEBM[:60]) == Content("either", "video/webm", "audio/webm")


@pytest.mark.parametrize("content", [b"", b"\0", b"Hello everybody", bytes(HEAD_BYTES)])
def test_bytes_that_tell_nothing_are_told_apart(content: bytes) -> None:
    assert content_of(content) is None


@given(
    begin=st.sampled_from(
        [b"", MP4[:40], MP4[-600:], WEBM[:200], b"\x1a\x45\xdf\xa3", b"OggS", b"\0\0\0\x08moov"]
    ),
    rest=st.binary(max_size=300),
)
def test_no_bytes_break_it(begin: bytes, rest: bytes) -> None:
    content_of(begin + rest)


@pytest.mark.parametrize(
    ("mimetype", "label", "name", "settled"),
    [
        # recorded by browsers, phones and messengers
        ("audio/opus", "opus", "PTT-1.opus", "audio/ogg"),
        ("audio/ogg; codecs=opus", "", "voice", "audio/ogg"),
        ("audio/webm;codecs=opus", "webm", "recording.webm", "audio/webm"),
        ("audio/mp4", "", "recording.mp4", "audio/mp4"),
        ("audio/x-m4a", "m4a", "Memo.m4a", "audio/mp4"),
        ("audio/mp4a-latm", "", "x", "audio/mp4"),
        ("audio/aac", "aac", "x.aac", "audio/aac"),
        ("audio/3gpp", "", "x.3gp", "audio/3gpp"),
        ("audio/amr", "", "x.amr", "audio/amr"),
        ("audio/x-caf", "", "Audio Message.caf", "audio/x-caf"),
        ("audio/vnd.wave", "wav", "x.wav", "audio/wav"),
        ("audio/flac", "flac", "x.flac", "audio/flac"),
        ("AUDIO/MPEG; codecs=mp3", "", "x", "audio/mpeg"),
        # the main type goes before the ending
        ("audio/mpeg", "", "clip.mp4", "audio/mpeg"),
        ("video/mp4", "", "song.mp3", "video/mp4"),
        ("text/plain", "text", "script.mp4", "text/plain"),
        # but the ending of sound alone tells apart what shares its container with pictures
        ("video/mp4", "mp4", "memo.m4a", "audio/mp4"),
        ("video/mp4", "m4a", "memo", "audio/mp4"),
        ("video/mp4", "m4a", "clip.mp4", "video/mp4"),
        ("video/webm", "webm", "memo.weba", "audio/webm"),
        ("video/ogg", "ogg", "memo.ogg", "audio/ogg"),
        ("video/3gpp", "3gp", "memo.3ga", "audio/3gpp"),
        # what says nothing gives way
        ("application/octet-stream", "binary", "a.flac", "audio/flac"),
        ("application/ogg", "ogg", "a.bin", "audio/ogg"),
        ("", "mov", "Video from iOS", "video/quicktime"),
        ("", "", "clip.WEBM", "video/webm"),
    ],
)
def test_the_main_type_decides_and_the_ending_comes_last(
    mimetype: str, label: str, name: str, settled: str
) -> None:
    main = settled.partition("/")[0]
    assert kind_by_labels(mimetype=mimetype, label=label, name=name) == Kind(main, settled)


@pytest.mark.parametrize(
    ("mimetype", "label", "name", "main"),
    [
        ("application/pdf", "pdf", "report.mp4", "other"),
        ("", "pdf", "report.mp4", "other"),
        ("image/heic", "heic", "IMG_0001.MOV", "image"),
        ("", "", "IMG_0001.HEIC", "image"),
        ("video/x-matroska", "mkv", "a.mp4", "video"),
        ("", "", "a.mkv", "video"),
        ("audio/midi", "", "a.mp3", "audio"),
        ("text/html", "html", "a.txt", "other"),
        ("", "", "Video from iOS", "unknown"),
        ("", "", "", "unknown"),
        ("application/octet-stream", "binary", "Video from iOS", "unknown"),
        ("application/octet-stream", "", "a.xyz", "other"),
    ],
)
def test_what_cannot_be_used_is_told_by_its_main_type(
    mimetype: str, label: str, name: str, main: str
) -> None:
    assert kind_by_labels(mimetype=mimetype, label=label, name=name) == Kind(main)
