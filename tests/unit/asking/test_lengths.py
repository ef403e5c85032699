"""How long a result will be, by what sync.so has measured and by its rule for each mode."""

from typing import Any

import pytest

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script
from bot.asking.lengths import Span, frames_about, result_length_s, said_s, uncut_length_s
from bot.probe.facts import Facts

VIDEO = Link(url="https://example.com/v.mp4")
AUDIO = Link(url="https://example.com/s.mp3")


def measured(video_s: float | None, speech_s: float | None) -> Prepared:
    return Prepared(video=PreparedInput(duration_s=video_s), audio=PreparedInput(duration_s=speech_s))


@pytest.mark.parametrize(
    ("mode", "video_s", "speech_s", "expected"),
    [
        (None, 12.0, 5.0, 5.0),
        ("bounce", 12.0, 5.0, 5.0),
        ("loop", 12.0, 20.0, 20.0),
        ("remap", 12.0, 20.0, 20.0),
        ("cut_off", 12.0, 20.0, 12.0),
        ("cut_off", 12.0, 5.0, 5.0),
        ("silence", 12.0, 5.0, 12.0),
        ("silence", 5.0, 12.0, 12.0),
        ("bounce", None, 5.0, 5.0),
        ("cut_off", None, 5.0, None),
        ("silence", None, 5.0, None),
        ("bounce", 12.0, None, None),
    ],
)
def test_the_length_follows_the_mode(
    mode: str | None, video_s: float | None, speech_s: float | None, expected: float | None
) -> None:
    draft = Draft(video=VIDEO, speech=AUDIO, sync_mode=mode)
    assert result_length_s(draft, measured(video_s, speech_s)) == expected


def test_react_is_clipped() -> None:
    draft = Draft(video=VIDEO, speech=AUDIO, model="react-1")
    assert result_length_s(draft, measured(60.0, 41.0)) == 15.0
    assert uncut_length_s(draft, measured(60.0, 41.0)) == 41.0
    assert result_length_s(draft, measured(60.0, 14.0)) == 14.0


def test_the_length_of_a_spoken_script_is_not_guessed() -> None:
    draft = Draft(video=VIDEO, speech=Script(text="Hi", voice_id="v1"))
    assert result_length_s(draft, Prepared(video=PreparedInput(duration_s=12.0))) is None


def test_so_many_frames_last_between_a_fast_and_a_slow_camera() -> None:
    span = Span.of_frames(24.0)  # 600 frames
    assert (span.shortest_s, span.longest_s) == (10.0, 25.0)
    assert Span.measured(4.3) == Span(4.3, 4.3)


def film(video_s: float | None, fps: float | None, speech_s: float | None = None) -> Prepared:
    facts = Facts(container="mov", duration_s=video_s, fps=fps, has_picture=True)
    return Prepared(video=PreparedInput(facts=facts), audio=PreparedInput(duration_s=speech_s))


@pytest.mark.parametrize(
    ("text", "usual_s"),
    [
        ("What do you know of me, and what do you know of the others who were here before?", 5.5),
        ("今天天气很好,我们去公园散步吧。", 3.5),
    ],
)
def test_a_voice_takes_about_as_long_as_people_do(text: str, usual_s: float) -> None:
    span = said_s(text)
    assert span.shortest_s < usual_s < span.longest_s


def test_about_how_many_pictures_a_result_has_is_told_by_the_rate_that_its_index_claims() -> None:
    says = Script(text="x" * 100, voice_id="v")
    assert frames_about(Draft(video=VIDEO, speech=AUDIO), film(9.0, 30, 4.0)) == (120, 120)
    assert frames_about(Draft(video=VIDEO, speech=says), film(9.0, 30)) == (150, 300)
    assert frames_about(Draft(video=VIDEO, speech=says, sync_mode="cut_off"), film(7.0, 30)) == (150, 210)
    assert frames_about(Draft(video=VIDEO, speech=AUDIO), film(9.0, None, 1.0)) == (24, 60)
    assert frames_about(Draft(video=VIDEO, speech=AUDIO), film(9.0, 30)) is None
    assert frames_about(Draft(video=VIDEO, speech=says), film(None, 30)) is None


@pytest.mark.parametrize(
    ("claims", "is_certain"),
    [
        ({}, True),
        ({"is_exact": False}, False),
        ({"is_varying": True}, False),
        ({"fps": None}, False),
        ({"duration_s": None}, False),
        ({"fps": None, "has_picture": False}, True),
    ],
)
def test_a_price_ahead_needs_a_whole_index_and_an_even_rate(claims: dict[str, Any], is_certain: bool) -> None:  # noqa: FBT001
    usual = {"container": "mov", "duration_s": 2.0, "fps": 25.0, "has_picture": True, "is_exact": True}
    assert Facts(**usual | claims).is_certain is is_certain
