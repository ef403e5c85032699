"""What one wish makes: each of its videos with each thing that is to be said. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.asking.drafts import Draft, Link, Media, Prepared, Script, Speech
from storage.jobs import MOST_PARTS

_SAID = 40
"""Characters of a script, or of the name of a file, in a label."""


@dataclass(frozen=True, slots=True)
class Take:
    """One video to be made."""

    label: str
    """Tells it from the others of its order, as plain text; empty where it is the only one."""
    draft: Draft
    """With one video and one thing to say."""
    shows: int
    """The place of its video among those of the whole draft."""
    says: int
    """The place of what it says, likewise."""

    def prepared(self, whole: Prepared) -> Prepared:
        """Its own inputs among those of the whole draft."""
        says_audio = self.says == 0 and not isinstance(self.draft.speech, Script)
        return Prepared(video=whole.video_at(self.shows), audio=whole.audio if says_audio else None)

    def put(self, whole: Prepared, own: Prepared) -> Prepared:
        """The inputs of the whole draft, its own replaced."""
        audio = own.audio or whole.audio
        return whole.with_video(self.shows, own.video).model_copy(update={"audio": audio})


def plan(draft: Draft) -> tuple[Take, ...]:
    """The videos that a complete draft asks for, at most `MOST_PARTS`, always in the same order.

    Each video stands with all that it shall say before the next; `only` picks from them by place, so that the
    places and labels of what is picked are those of the whole. Empty where the draft is not complete.
    """
    labels = _labels(draft)
    picked = [place for place in _picked(draft, len(labels)) if place < len(labels)][:MOST_PARTS]
    return tuple(_take(draft, place, labels[place] if len(picked) > 1 else "") for place in picked)


def how_many(draft: Draft) -> int:
    """How many videos it asks for, be it more than one order may have."""
    whole = len(draft.videos) * len(draft.speeches)
    return sum(place < whole for place in _picked(draft, whole))


def place_of(draft: Draft, position: int) -> int:
    """The place in the whole plan of what stands at `position` among the takes of the draft."""
    return position if draft.only is None else draft.only[position]


def shown(draft: Draft) -> tuple[Media, ...]:
    """The videos that are meant, each once; all of them while nothing is known of what they shall say."""
    if not draft.complete:
        return draft.videos
    return tuple(draft.videos[place] for place in sorted({take.shows for take in plan(draft)}))


def with_only(draft: Draft, positions: Sequence[int]) -> Draft:
    """The same wish, of which only the takes at these positions are meant."""
    if tuple(positions) == tuple(range(how_many(draft))):
        return draft
    return draft.model_copy(update={"only": tuple(place_of(draft, position) for position in positions)})


def _picked(draft: Draft, whole: int) -> Sequence[int]:
    return range(whole) if draft.only is None else draft.only


def _take(draft: Draft, place: int, label: str) -> Take:
    shows, says = divmod(place, len(draft.speeches))
    of_one = {"video": draft.videos[shows], "speech": draft.speeches[says]}
    alone = draft.model_copy(update={**of_one, "more_videos": (), "more_scripts": (), "only": None})
    return Take(label, alone, shows, says)


def _labels(draft: Draft) -> list[str]:
    """Of every take, in order: what differs among them, and a number where that is not enough."""
    if not draft.complete:
        return []
    shows = [_name(video) for video in draft.videos] if len(draft.videos) > 1 else [""]
    says = [_name(speech) for speech in draft.speeches] if len(draft.speeches) > 1 else [""]
    return _told_apart([" · ".join(filter(None, (show, say))) for show in shows for say in says])


def _told_apart(labels: Sequence[str]) -> list[str]:
    """The same, each that came before with the first number that makes it another than all."""
    taken = set(labels)
    seen: Counter[str] = Counter()
    told: list[str] = []
    for label in labels:
        seen[label] += 1
        own = label
        while seen[label] > 1 and own in taken:
            own = f"{label} ({seen[label]})"
            seen[label] += own in taken
        taken.add(own)
        told.append(own)
    return told


def _name(part: Media | Speech) -> str:
    if isinstance(part, Script):
        return f"“{_short(part.text)}”"
    return _short(part.name) or _short(part.host if isinstance(part, Link) else part.file_id)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SAID else f"{words[: _SAID - 1].rstrip()}…"
