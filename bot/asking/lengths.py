"""How long a result will be, from the lengths of video and speech, and at which rate. Pure."""

from dataclasses import dataclass

from bot.asking.drafts import Draft, Prepared

ASSUMED_FPS = 25
"""Frames a second where nobody could read them: prices for a second are published at it (sync.so, models)."""
FEWEST_FPS, MOST_FPS = 24, 60
"""What cameras, phones and screen recorders make."""
REACT_LIMIT_S = 15.0
"""`react-1` clips its output (sync.so, models)."""


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
