"""How large a result may become, as far as that can be told before it is made. Pure."""

from bot.asking.drafts import Draft, Prepared, SlackFile
from bot.asking.lengths import rate, video_length_s
from storage.orders import ASSUMED_FPS

_BITS_A_PIXEL = 0.2
"""sync.so encodes anew with libx264 at `crf 17`, `preset slow` (sync.so: media formats), which takes about so
much at most of what cameras see. An estimate of ours: no result of sync.so's was measured for it."""
_OF_ITS_OWN = 2.0
"""So many times the clip's own bytes a second at most: encoding anew brings nothing into a picture."""


def most_bytes(draft: Draft, prepared: Prepared, length_s: float) -> float | None:
    """Bytes that a result of so many seconds may come to at most; None: too little is known of the clip."""
    by_picture, by_clip = _by_picture(prepared), _by_clip(draft, prepared)
    known = [each for each in (by_picture, by_clip) if each is not None]
    return min(known) * length_s if known else None


def _by_picture(prepared: Prepared) -> float | None:
    """Bytes a second by the pixels."""
    facts = prepared.video.facts if prepared.video else None
    if facts is None or facts.width is None or facts.height is None:
        return None
    return facts.width * facts.height * (rate(prepared) or ASSUMED_FPS) * _BITS_A_PIXEL / 8


def _by_clip(draft: Draft, prepared: Prepared) -> float | None:
    """Bytes a second by those of the clip."""
    size, video_s = _size(draft, prepared), video_length_s(prepared)
    return _OF_ITS_OWN * size / video_s if size and video_s else None


def _size(draft: Draft, prepared: Prepared) -> int | None:
    if isinstance(draft.video, SlackFile):
        return draft.video.size
    behind = prepared.video.behind if prepared.video else None
    return behind.size if behind else None
