"""What a draft's videos need at sync.so: each input once. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.asking.drafts import Draft, Link, Media, Prepared, PreparedInput, Script
from bot.asking.plan import plan
from bot.errors import JobFailed
from bot.sync_api.models import AssetType
from storage.inputs import Input, InputStatus


@dataclass(frozen=True, slots=True)
class Wanted:
    """An input that takes of a draft need."""

    media: Media
    kind: AssetType
    place: int
    """Of a video, among those of the draft."""
    by_all: bool
    """Whether nothing can be made without it."""

    def of(self, prepared: Prepared) -> PreparedInput | None:
        """It, as it is prepared; None: not yet."""
        return prepared.audio if self.kind is AssetType.AUDIO else prepared.video_at(self.place)

    def put(self, prepared: Prepared, given: PreparedInput) -> Prepared:
        """What is prepared, with it."""
        if self.kind is AssetType.AUDIO:
            return prepared.model_copy(update={"audio": given})
        return prepared.with_video(self.place, given)


def wanted_of(draft: Draft) -> list[Wanted]:
    """The inputs of a draft's takes, each once, in the order in which they are prepared.

    What several videos shall say comes before them: they are moved for nothing where it cannot be used.

    Raises:
        JobFailed: it lacks its video or its speech.
    """
    takes = plan(draft)
    if draft.speech is None or not takes:
        raise JobFailed("draft_incomplete")
    shown = sorted({take.shows for take in takes})
    videos = [Wanted(draft.videos[place], AssetType.VIDEO, place, len(shown) == 1) for place in shown]
    says = {take.says for take in takes}
    if isinstance(draft.speech, Script) or 0 not in says:
        return videos
    audio = Wanted(draft.speech, AssetType.AUDIO, 0, says == {0})
    return [audio, *videos] if len(videos) > 1 else [*videos, audio]


def source_of(media: Media) -> str:
    """What tells a file from all others of its team.

    Raises:
        JobFailed: it is a link whose address is no longer known.
    """
    if not isinstance(media, Link):
        return f"slack:{media.file_id}"
    if media.url is None:
        raise JobFailed("draft_incomplete")
    return f"link:{hashlib.sha256(media.url.encode(errors='replace')).hexdigest()}"


def ahead(known: Input) -> PreparedInput | None:
    """What a price needs of a file that is still on its way; None: not all of that is certain yet.

    What lies behind a link may be another file by now, and it takes no time to be there.
    """
    facts = None if known.is_link else PreparedInput.model_validate_json(known.found).facts
    return PreparedInput(facts=facts, is_coming=True) if facts is not None and facts.is_certain else None


def with_arrived(draft: Draft, prepared: Prepared, named: Iterable[Input], account_key: str) -> Prepared:
    """The same, with those of the coming inputs that sync.so has by now, for that account."""
    there = {
        (known.source, known.kind.value): PreparedInput.model_validate_json(known.found)
        for known in named
        if known.status is InputStatus.THERE and known.account_key == account_key
    }
    for wanted in wanted_of(draft):
        before = wanted.of(prepared)
        if before is not None and before.is_coming:
            given = there.get((source_of(wanted.media), wanted.kind))
            prepared = prepared if given is None else wanted.put(prepared, given)
    return prepared


def speaks_audio(draft: Draft) -> bool:
    """Whether nothing of it is spoken from a script, whose length nobody knows before."""
    return not any(isinstance(take.draft.speech, Script) for take in plan(draft))
