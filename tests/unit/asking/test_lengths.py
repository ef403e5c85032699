"""How long a result will be, by what sync.so has measured and by its rule for each mode."""

import pytest

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script
from bot.asking.lengths import Span, result_length_s, uncut_length_s

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
