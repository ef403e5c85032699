"""What people have to know of their files before they pay, as far as the app could look at them."""

from bot.asking.contents import LARGEST, is_too_large
from bot.asking.drafts import Draft, Link, Prepared
from bot.asking.file_inputs import MAX_BYTES
from bot.asking.lengths import speech_length_s, video_length_s
from bot.asking.sizes import most_bytes
from bot.messages.catalogue import Words

_UNSEEN_S, _UNHEARD_S = 0.1, 0.3
"""Seconds that hold no movement, and no word."""


def seen_words(t: Words, draft: Draft, prepared: Prepared, length_s: float | None) -> tuple[str, ...]:
    """What holds next to nothing, what is too large, and links whose files may change unseen.

    `length_s` are the seconds of the result; None: not known.
    """
    result = _result(t, draft, prepared, length_s) if length_s else ()
    return (*_moments(t, prepared), *_size(t, prepared), *result, *_links(t, draft, prepared))


def _moments(t: Words, prepared: Prepared) -> tuple[str, ...]:
    """It is made and paid for like any other, and hardly ever what somebody wanted."""
    lines = []
    facts = prepared.video.facts if prepared.video else None
    video_s, speech_s = video_length_s(prepared), speech_length_s(prepared)
    if (facts and facts.frames == 1) or (video_s and video_s < _UNSEEN_S):
        lines.append(t("Your clip is so short that there is hardly anything to see."))
    if speech_s and speech_s < _UNHEARD_S:
        lines.append(t("The speech is so short that there is hardly anything to hear."))
    return tuple(lines)


def _size(t: Words, prepared: Prepared) -> tuple[str, ...]:
    facts = prepared.video.facts if prepared.video else None
    if facts is None or not is_too_large(facts):
        return ()
    longer, shorter = LARGEST
    larger = t(
        "Your clip has {width} × {height} pixels; sync.so takes up to {longer} × {shorter}, so it may refuse "
        "this one. Save it smaller to be sure.",
        width=facts.width,
        height=facts.height,
        longer=longer,
        shorter=shorter,
    )
    return (larger,)


def _result(t: Words, draft: Draft, prepared: Prepared, length_s: float) -> tuple[str, ...]:
    """Whether Slack may not take what is made, and how it comes then."""
    most = most_bytes(draft, prepared, length_s)
    if most is None or most <= MAX_BYTES:
        return ()
    return (
        t("The video may be larger than the 1 GB that Slack takes; if so, you get a link to it instead."),
    )


def _links(t: Words, draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    """A link that was read is compared before it is sent on; another may lead to anything by then."""
    inputs = ((draft.video, prepared.video), (draft.speech, prepared.audio))
    unread = [media for media, known in inputs if isinstance(media, Link) and not (known and known.behind)]
    if not unread:
        return ()
    if len(unread) == 1:
        return (t("I could not look behind the link: if its file changes, so may the price."),)
    return (t("I could not look behind the links: if a file there changes, so may the price."),)
