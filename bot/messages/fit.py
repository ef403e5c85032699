"""What becomes of a clip and a speech of different lengths: what is left out, repeated or made faster."""

from bot.asking.drafts import Draft, Prepared
from bot.asking.lengths import REACT_LIMIT_S, Span, rate, speech_length_s, uncut_length_s, video_length_s
from bot.messages import words
from bot.messages.catalogue import N_, Words
from bot.messages.text import length
from storage.orders import Guessed, Part

_UNSEEN_S = 1.0
"""Seconds of pictures that nobody misses."""
_UNHEARD_S = 0.3
"""Seconds that hold no word."""
_UNFELT = 0.05
"""The share by which a clip may be faster or slower before anybody sees it."""


def fit_words(t: Words, part: Part | None, draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    """What people have to know before they pay for a part: each thing that is lost, and how to keep it.

    Where lengths are not known the words say what will happen if they differ.
    """
    if draft.model == "react-1":
        uncut_s = uncut_length_s(draft, prepared)
        if uncut_s is None:
            return (_react(t, None), *_by_mode(t, part, draft, prepared))
        if uncut_s > REACT_LIMIT_S:
            return (_react(t, uncut_s),)
    return _by_mode(t, part, draft, prepared)


def without_way_out(t: Words, line: str) -> str:
    """One of these lines without what keeps all, for a card that has no Change."""
    for way_out in (_keep_clip(t), _keep_speech(t), _keep_all(t)):
        line = line.removesuffix(f" {way_out}")
    return line


def too_long(t: Words, length_s: float, longest_s: float, model: str) -> str:
    """By how much a result is longer than a plan allows, as plain text."""
    return t(
        "It would be {length}; with {model} the plan allows {longest}.",
        length=length(length_s),
        model=model,
        longest=length(longest_s),
    )


def _react(t: Words, uncut_s: float | None) -> str:
    model, most = words.model_words(t, "react-1"), length(REACT_LIMIT_S)
    if uncut_s is None:
        return t("{model} makes up to {most}: whatever is longer is cut there.", model=model, most=most)
    line = t(
        "{model} makes up to {most}, and this would be {uncut}: the rest is cut.",
        model=model,
        most=most,
        uncut=length(uncut_s),
    )
    return f"{line} {_keep_all(t)}"


def _by_mode(t: Words, part: Part | None, draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    video_s = video_length_s(prepared)
    speech = _speech(part, draft, prepared)
    match draft.sync_mode or words.DEFAULT_SYNC_MODE:
        case "bounce" | "loop" as mode:
            return _ends_with_speech(t, video_s, speech, mode)
        case "cut_off":
            return _ends_with_shorter(t, video_s, speech)
        case "remap" if video_s and speech:
            return _changes_speed(t, video_s, speech)
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


def _ends_with_speech(t: Words, video_s: float | None, speech: Span | None, mode: str) -> tuple[str, ...]:
    if video_s is None:
        line = t("The video ends with the speech: what your clip has beyond that is left out.")
    elif speech and video_s - speech.longest_s > _UNSEEN_S:
        line = _ends_sooner(t, video_s, speech)
    elif speech and speech.shortest_s - video_s > _UNSEEN_S:
        return (_repeats(t, video_s, speech, mode),)
    elif speech and _is_exact(speech):
        return ()
    else:
        line = t(
            "Your clip is {clip}; the video ends with the speech, be it sooner or later.",
            clip=length(video_s),
        )
    return (f"{line} {_keep_clip(t)}",)


def _ends_sooner(t: Words, video_s: float, speech: Span) -> str:
    clip = length(video_s)
    if not _is_exact(speech):
        return t("Your clip is {clip}; the video ends with the speech, which is shorter.", clip=clip)
    after = length(speech.longest_s)
    return t("Your clip is {clip}; the video ends with the speech, after {speech}.", clip=clip, speech=after)


def _repeats(t: Words, video_s: float, speech: Span, mode: str) -> str:
    exact, longer = _REPEATS[mode]
    if not _is_exact(speech):
        return t(longer, clip=length(video_s))
    return t(exact, clip=length(video_s), speech=length(speech.shortest_s))


_REPEATS = {
    "bounce": (
        N_(
            "Your clip is {clip}, the speech {speech}: "
            "the clip plays forwards and backwards until the speech ends."
        ),
        N_(
            "Your clip is {clip}, the speech is longer: "
            "the clip plays forwards and backwards until the speech ends."
        ),
    ),
    "loop": (
        N_("Your clip is {clip}, the speech {speech}: the clip starts over until the speech ends."),
        N_("Your clip is {clip}, the speech is longer: the clip starts over until the speech ends."),
    ),
}
"""What a clip does to last as long as the speech: of which the length is known, and is not."""


def _ends_with_shorter(t: Words, video_s: float | None, speech: Span | None) -> tuple[str, ...]:
    if video_s is None:
        return (t("The video ends with the clip or the speech; the rest of the longer one is cut."),)
    if speech is None:
        return (
            t(
                "The video ends with the clip or the speech; the rest of the longer one is cut. "
                "Your clip is {clip}.",
                clip=length(video_s),
            ),
        )
    clip = length(video_s)
    if video_s - speech.longest_s > _UNSEEN_S:
        after = length(speech.longest_s)
        line = t(
            "Your clip is {clip}; the video ends with the speech, after {speech}.", clip=clip, speech=after
        )
        return (f"{line} {_keep_clip(t)}",)
    if speech.shortest_s - video_s > _UNSEEN_S:
        said = length(speech.shortest_s)
        line = t(
            "The speech is {speech}; it is cut where your clip ends, after {clip}.", speech=said, clip=clip
        )
        return (f"{line} {_keep_speech(t)}",)
    if speech.shortest_s - video_s > _UNHEARD_S:
        line = t("The speech is a little longer than your clip, so its last moment is cut.")
        return (f"{line} {_keep_speech(t)}",)
    return ()


def _changes_speed(t: Words, video_s: float, speech: Span) -> tuple[str, ...]:
    clip, is_exact = length(video_s), _is_exact(speech)
    slowest, fastest = video_s / speech.longest_s, video_s / speech.shortest_s
    if slowest > 1 + _UNFELT and is_exact:
        line = t(
            "Your clip is {clip}; to end with the speech it plays {times} times as fast.",
            clip=clip,
            times=t.number(slowest, "0.0"),
        )
    elif slowest > 1 + _UNFELT:
        line = t("Your clip is {clip}; to end with the speech it plays faster.", clip=clip)
    elif fastest < 1 - _UNFELT and is_exact:
        line = t(
            "Your clip is {clip}; to end with the speech it plays {times} times as slowly.",
            clip=clip,
            times=t.number(1 / fastest, "0.0"),
        )
    elif fastest < 1 - _UNFELT:
        line = t("Your clip is {clip}; to end with the speech it plays more slowly.", clip=clip)
    else:
        return ()
    return (line,)


def _is_exact(span: Span) -> bool:
    return span.shortest_s == span.longest_s


def _keep_all(t: Words) -> str:
    return t("To keep all of it, press Change and choose another model.")


def _keep_clip(t: Words) -> str:
    mode = words.sync_mode_words(t, "silence")
    return t("To keep all of your clip, press Change and choose “{mode}”.", mode=mode)


def _keep_speech(t: Words) -> str:
    mode = words.sync_mode_words(t, "bounce")
    return t("To keep all of the speech, press Change and choose “{mode}”.", mode=mode)
