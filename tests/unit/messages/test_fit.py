"""What people lose is said before they pay: for each mode, with lengths that are known and that are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.drafts import Draft, Prepared
from bot.messages.catalogue import ENGLISH
from bot.messages.fit import fit_words
from bot.messages.words import SYNC_MODES
from storage.orders import Guessed, OrderStatus
from tests.unit.messages.builders import AUDIO, SCRIPT, VIDEO, an_order, prepared

KEEP_CLIP = (
    "To keep all of your clip, press Change and choose “End with the longer one, silent after the speech”."
)
KEEP_SPEECH = (
    "To keep all of the speech, press Change and choose "
    "“End with the speech; short clips play back and forth”."
)
EITHER = f"Your clip is {{}}; the video ends with the speech, be it sooner or later. {KEEP_CLIP}"
SHORTER = f"Your clip is 1:00; the video ends with the speech, {{}}. {KEEP_CLIP}"
THERE_AND_BACK = "the clip plays forwards and backwards until the speech ends."
SHORTER_OF_TWO = "The video ends with the clip or the speech; the rest of the longer one is cut."
AUTO = "sync-3"


def told(
    mode: str | None,
    video_s: float | None,
    speech_s: float | None,
    *,
    model: str = AUTO,
) -> str:
    """Of audio."""
    draft = Draft(video=VIDEO, speech=AUDIO, sync_mode=mode, model=model)
    job = an_order(OrderStatus.OFFERED, draft, guessed=None, length_s=None)
    return " ".join(
        fit_words(ENGLISH, job.sole, draft, Prepared.model_validate_json(prepared(video_s, speech_s)))
    )


def told_of_script(mode: str | None, video_s: float | None, frames: int | None, *, model: str = AUTO) -> str:
    """Of words that are spoken within the generation, whose frames sync.so has counted."""
    draft = Draft(video=VIDEO, speech=SCRIPT, sync_mode=mode, model=model)
    length_s, guessed = (frames / 25, Guessed.LENGTH) if frames else (None, None)
    job = an_order(OrderStatus.OFFERED, draft, guessed=guessed, length_s=length_s)
    return " ".join(fit_words(ENGLISH, job.sole, draft, Prepared.model_validate_json(prepared(video_s))))


@pytest.mark.parametrize(
    ("mode", "video_s", "speech_s", "words"),
    [
        (None, 60.0, 8.0, SHORTER.format("after 0:08")),
        ("loop", 60.0, 8.0, SHORTER.format("after 0:08")),
        (
            None,
            5.0,
            29.4,
            f"Your clip is 0:05, the speech 0:29: {THERE_AND_BACK}",
        ),
        (
            "loop",
            5.0,
            29.4,
            "Your clip is 0:05, the speech 0:29: the clip starts over until the speech ends.",
        ),
        ("bounce", 5.0, 5.6, ""),
        ("bounce", 5.9, 5.0, ""),
        (
            "cut_off",
            5.0,
            29.4,
            f"The speech is 0:29; it is cut where your clip ends, after 0:05. {KEEP_SPEECH}",
        ),
        (
            "cut_off",
            5.0,
            5.5,
            f"The speech is a little longer than your clip, so its last moment is cut. {KEEP_SPEECH}",
        ),
        ("cut_off", 60.0, 8.0, SHORTER.format("after 0:08")),
        ("cut_off", 5.0, 5.2, ""),
        ("silence", 60.0, 8.0, ""),
        ("silence", 8.0, 60.0, ""),
        ("remap", 60.0, 8.0, "Your clip is 1:00; to end with the speech it plays 7.5 times as fast."),
        ("remap", 5.0, 30.0, "Your clip is 0:05; to end with the speech it plays 6.0 times as slowly."),
        ("remap", 30.0, 30.9, ""),
        ("a mode of next year", 60.0, 8.0, ""),
    ],
)
def test_measured_lengths(mode: str | None, video_s: float, speech_s: float, words: str) -> None:
    assert told(mode, video_s, speech_s) == words


@pytest.mark.parametrize(
    ("mode", "video_s", "speech_s", "words"),
    [
        (
            None,
            None,
            8.0,
            f"The video ends with the speech: what your clip has beyond that is left out. {KEEP_CLIP}",
        ),
        (
            None,
            60.0,
            None,
            EITHER.format("1:00"),
        ),
        (
            "cut_off",
            60.0,
            None,
            f"{SHORTER_OF_TWO} Your clip is 1:00.",
        ),
        (
            "cut_off",
            None,
            None,
            SHORTER_OF_TWO,
        ),
        ("silence", None, 8.0, ""),
        ("remap", None, 8.0, ""),
    ],
)
def test_without_a_length_it_is_said_what_will_happen(
    mode: str | None, video_s: float | None, speech_s: float | None, words: str
) -> None:
    assert told(mode, video_s, speech_s) == words


@pytest.mark.parametrize(
    ("mode", "video_s", "frames", "words"),
    [
        # 200 frames are 8.3 s at the slowest usual rate, and 3.3 s at the fastest.
        (
            None,
            60.0,
            200,
            SHORTER.format("which is shorter"),
        ),
        (
            None,
            5.0,
            200,
            EITHER.format("0:05"),
        ),
        (
            None,
            2.0,
            200,
            f"Your clip is 0:02, the speech is longer: {THERE_AND_BACK}",
        ),
        ("remap", 60.0, 200, "Your clip is 1:00; to end with the speech it plays faster."),
        ("remap", 2.0, 200, "Your clip is 0:02; to end with the speech it plays more slowly."),
        ("remap", 5.0, 200, ""),
        (
            "cut_off",
            60.0,
            200,
            f"{SHORTER_OF_TWO} Your clip is 1:00.",
        ),
        (
            None,
            60.0,
            None,
            EITHER.format("1:00"),
        ),
    ],
)
def test_a_script_is_as_long_as_its_frames_can_be(
    mode: str | None, video_s: float, frames: int | None, words: str
) -> None:
    assert told_of_script(mode, video_s, frames) == words


def test_react_cuts_at_its_own_limit_whatever_the_mode() -> None:
    cut = (
        "Expressive (react-1) makes up to 0:15, and this would be {}: the rest is cut. "
        "To keep all of it, press Change and choose another model."
    )
    assert told(None, 60.0, 29.0, model="react-1") == cut.format("0:29")
    assert told("silence", 60.0, 8.0, model="react-1") == cut.format("1:00")
    assert told(None, 60.0, 8.0, model="react-1") == told(None, 60.0, 8.0)
    assert told("silence", 14.0, 8.0, model="react-1") == ""
    assert told("silence", None, 8.0, model="react-1") == (
        "Expressive (react-1) makes up to 0:15: whatever is longer is cut there."
    )
    assert told_of_script(None, 60.0, 900, model="react-1").startswith(
        "Expressive (react-1) makes up to 0:15: whatever is longer is cut there. Your clip is 1:00;"
    )


@given(
    mode=st.sampled_from([None, *SYNC_MODES]),
    video_s=st.one_of(st.none(), st.floats(0.02, 100_000)),
    speech_s=st.one_of(st.none(), st.floats(0.02, 100_000)),
)
def test_nothing_is_lost_in_silence(mode: str | None, video_s: float | None, speech_s: float | None) -> None:
    """By sync.so's rule: what the result ends before is named, whatever the lengths."""
    words = told(mode, video_s, speech_s)
    if mode in {"silence", "remap"} or video_s is None or speech_s is None:
        return
    result_s = min(video_s, speech_s) if mode == "cut_off" else speech_s
    if video_s - result_s > 1 or speech_s - result_s > 0.3:
        assert words
