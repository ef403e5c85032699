"""How long a result will be, from the lengths of video and speech, and at which rate. Pure."""

import unicodedata
from dataclasses import dataclass

from bot.asking.drafts import Draft, Prepared, PreparedInput, Script
from storage.orders import ASSUMED_FPS, MOST_FPS

FEWEST_FPS = 24
"""What cameras, phones and screen recorders make at least; for the most see `MOST_FPS`."""
REACT_LIMIT_S = 15.0
"""`react-1` clips its output (sync.so, models)."""


_SIGNS_A_SECOND = (10.0, 20.0)
"""Slow and fast speech, in letters; a Chinese, Japanese or Korean sign takes as long as some letters."""
_LETTERS_IN_A_WIDE_SIGN = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds that something lasts: between these two, which are the same where it was measured."""

    shortest_s: float
    longest_s: float

    @classmethod
    def measured(cls, seconds: float) -> "Span":
        """As long as that."""
        return cls(seconds, seconds)

    @classmethod
    def of_frames(cls, length_s: float) -> "Span":
        """What is `length_s` long at the assumed rate, at any usual rate."""
        frames = length_s * ASSUMED_FPS
        return cls(frames / MOST_FPS, frames / FEWEST_FPS)


def said_s(text: str) -> Span:
    """About how long a voice speaks for a text."""
    wide = sum(unicodedata.east_asian_width(sign) in {"W", "F"} for sign in text)
    letters = len(text) + wide * (_LETTERS_IN_A_WIDE_SIGN - 1)
    slow, fast = _SIGNS_A_SECOND
    return Span(letters / fast, letters / slow)


def frames_about(draft: Draft, prepared: Prepared) -> tuple[float, float] | None:
    """The fewest and the most pictures that the result of one take will have; None: nobody can tell.

    `prepared` may rest on what indexes claim of lengths and rates.
    """
    video_s, fps = video_length_s(prepared), rate(prepared)
    heard_s = speech_length_s(prepared)
    speaks = said_s(draft.speech.text) if isinstance(draft.speech, Script) else None
    if speaks is None and heard_s is not None:
        speaks = Span.measured(heard_s)
    if video_s is None or speaks is None:
        return None
    slow, fast = (fps, fps) if fps else (FEWEST_FPS, MOST_FPS)
    shortest_s, longest_s = (
        _with_speech_of(draft, prepared, said) for said in (speaks.shortest_s, speaks.longest_s)
    )
    return shortest_s * slow, longest_s * fast


def _with_speech_of(draft: Draft, prepared: Prepared, seconds: float) -> float:
    said = PreparedInput(duration_s=seconds)
    return result_length_s(draft, prepared.model_copy(update={"audio": said})) or seconds


def result_length_s(draft: Draft, prepared: Prepared) -> float | None:
    """Seconds of the output; None where an input was not measured, or a script is spoken.

    Slack's own length of a file is not asked: it repeats what the file's header claims.
    """
    length_s = uncut_length_s(draft, prepared)
    if length_s is not None and draft.model == "react-1":
        return min(length_s, REACT_LIMIT_S)
    return length_s


def uncut_length_s(draft: Draft, prepared: Prepared) -> float | None:
    """Seconds of the output before a model's own limit.

    sync.so's rule: the output follows the speech, except that `cut_off` ends with the shorter and `silence`
    with the longer of the two (sync.so, POST /v2/generate, `sync_mode`).
    """
    video_s, speech_s = video_length_s(prepared), speech_length_s(prepared)
    if speech_s is None or draft.sync_mode not in {"cut_off", "silence"}:
        return speech_s
    if video_s is None:
        return None
    return min(video_s, speech_s) if draft.sync_mode == "cut_off" else max(video_s, speech_s)


def video_length_s(prepared: Prepared) -> float | None:
    """Seconds of the video, as sync.so measured it, or else the app itself."""
    return prepared.video.length_s if prepared.video else None


def rate(prepared: Prepared) -> float | None:
    """Pictures a second of the video, which are those of the result; None: nobody could read them."""
    return prepared.video.facts.fps if prepared.video and prepared.video.facts else None


def speech_length_s(prepared: Prepared) -> float | None:
    """Seconds of the audio, as sync.so measured it, or else the app itself; None for a script."""
    return prepared.audio.length_s if prepared.audio else None
