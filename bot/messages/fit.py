"""What becomes of a clip and a speech of different lengths: what is left out, repeated or made faster."""

from bot.asking.drafts import Draft, Prepared
from bot.asking.lengths import REACT_LIMIT_S, Span, rate, speech_length_s, uncut_length_s, video_length_s
from bot.messages import words
from bot.messages.text import length
from storage.orders import Guessed, Part

_UNSEEN_S = 1.0
"""Seconds of pictures that nobody misses."""
_UNHEARD_S = 0.3
"""Seconds that hold no word."""
_UNFELT = 0.05
"""The share by which a clip may be faster or slower before anybody sees it."""


def fit_words(part: Part | None, draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    """What people have to know before they pay for a part: each thing that is lost, and how to keep it.

    Where lengths are not known the words say what will happen if they differ.
    """
    if draft.model == "react-1":
        uncut_s = uncut_length_s(draft, prepared)
        if uncut_s is None:
            return (_react(None), *_by_mode(part, draft, prepared))
        if uncut_s > REACT_LIMIT_S:
            return (_react(uncut_s),)
    return _by_mode(part, draft, prepared)


def without_way_out(line: str) -> str:
    """One of these lines without what keeps all, for a card that has no Change."""
    for way_out in (_KEEP_CLIP, _KEEP_SPEECH, _KEEP_ALL):
        line = line.removesuffix(f" {way_out}")
    return line


def too_long(length_s: float, longest_s: float, model: str) -> str:
    """By how much a result is longer than a plan allows, as plain text."""
    return f"It would be {length(length_s)}; with {model} the plan allows {length(longest_s)}."


def _react(uncut_s: float | None) -> str:
    most = f"{words.model_words('react-1')} makes up to {length(REACT_LIMIT_S)}"
    if uncut_s is None:
        return f"{most}: whatever is longer is cut there."
    return f"{most}, and this would be {length(uncut_s)}: the rest is cut. {_KEEP_ALL}"


def _by_mode(part: Part | None, draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    video_s = video_length_s(prepared)
    speech = _speech(part, draft, prepared)
    match draft.sync_mode or words.DEFAULT_SYNC_MODE:
        case "bounce" | "loop" as mode:
            return _ends_with_speech(video_s, speech, mode)
        case "cut_off":
            return _ends_with_shorter(video_s, speech)
        case "remap" if video_s and speech:
            return _changes_speed(video_s, speech)
    return ()


def _speech(part: Part | None, draft: Draft, prepared: Prepared) -> Span | None:
    """How long the speech lasts: measured, or by the frames of a result that ends with it."""
    measured_s = speech_length_s(prepared)
    if measured_s:
        return Span.measured(measured_s)
    if part is None or not part.length_s or draft.sync_mode in {"cut_off", "silence"}:
        return None
    if part.guessed is not Guessed.LENGTH and rate(prepared) is None:
        return None
    is_by_frames = part.guessed is Guessed.LENGTH
    result = Span.of_frames(part.length_s) if is_by_frames else Span.measured(part.length_s)
    is_cut = draft.model == "react-1" and result.longest_s > REACT_LIMIT_S
    return None if is_cut else result


def _ends_with_speech(video_s: float | None, speech: Span | None, mode: str) -> tuple[str, ...]:
    if video_s is None:
        return (f"The video ends with the speech: what your clip has beyond that is left out. {_KEEP_CLIP}",)
    clip = f"Your clip is {length(video_s)}"
    if speech is None:
        return (f"{clip}; the video ends with the speech, be it sooner or later. {_KEEP_CLIP}",)
    if video_s - speech.longest_s > _UNSEEN_S:
        after = f"after {length(speech.longest_s)}" if _is_exact(speech) else "which is shorter"
        return (f"{clip}; the video ends with the speech, {after}. {_KEEP_CLIP}",)
    if speech.shortest_s - video_s > _UNSEEN_S:
        what = f"the speech {length(speech.shortest_s)}" if _is_exact(speech) else "the speech is longer"
        return (f"{clip}, {what}: the clip {_REPEATS[mode]} until the speech ends.",)
    if not _is_exact(speech):
        return (f"{clip}; the video ends with the speech, be it sooner or later. {_KEEP_CLIP}",)
    return ()


def _ends_with_shorter(video_s: float | None, speech: Span | None) -> tuple[str, ...]:
    if video_s is None or speech is None:
        clip = f" Your clip is {length(video_s)}." if video_s else ""
        return (f"The video ends with the clip or the speech; the rest of the longer one is cut.{clip}",)
    if video_s - speech.longest_s > _UNSEEN_S:
        clip = f"Your clip is {length(video_s)}"
        return (f"{clip}; the video ends with the speech, after {length(speech.longest_s)}. {_KEEP_CLIP}",)
    if speech.shortest_s - video_s > _UNSEEN_S:
        said, clip = length(speech.shortest_s), length(video_s)
        return (f"The speech is {said}; it is cut where your clip ends, after {clip}. {_KEEP_SPEECH}",)
    if speech.shortest_s - video_s > _UNHEARD_S:
        return (f"The speech is a little longer than your clip, so its last moment is cut. {_KEEP_SPEECH}",)
    return ()


def _changes_speed(video_s: float, speech: Span) -> tuple[str, ...]:
    slowest, fastest = video_s / speech.longest_s, video_s / speech.shortest_s
    if slowest > 1 + _UNFELT:
        how = f"{slowest:.1f} times as fast" if _is_exact(speech) else "faster"
    elif fastest < 1 - _UNFELT:
        how = f"{1 / fastest:.1f} times as slowly" if _is_exact(speech) else "more slowly"
    else:
        return ()
    return (f"Your clip is {length(video_s)}; to end with the speech it plays {how}.",)


def _is_exact(span: Span) -> bool:
    return span.shortest_s == span.longest_s


def _choose(mode: str) -> str:
    return f"press Change and choose “{words.SYNC_MODES[mode]}”."


_KEEP_ALL = "To keep all of it, press Change and choose another model."
_KEEP_CLIP = f"To keep all of your clip, {_choose('silence')}"
_KEEP_SPEECH = f"To keep all of the speech, {_choose('bounce')}"
_REPEATS = {"bounce": "plays forwards and backwards", "loop": "starts over"}
