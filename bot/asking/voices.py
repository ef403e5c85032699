"""Voices by the names that people know them by. Pure."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from bot.asking.drafts import Draft, Script
from bot.asking.signs import is_blank, strip_blanks
from bot.sync_api.models import Voice

_NAME_LIMIT = 200
"""Characters of a name that are looked at: Unicode's normal forms take the square of a row of accents."""
_SEEN = 75
"""Characters of a name that a menu shows (Slack: option object)."""
_KEPT = 36
"""Characters of a name that are kept where an id stands behind it."""
_SHORT_ID = 4


def told_apart(voices: Sequence[Voice]) -> tuple[Voice, ...]:
    """The same voices, those of one name with the beginning of their ids behind it: `Adam (pNIn)`.

    Their ids are all that sync.so tells beside the name, and they stay what they are when others come and go.
    """
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for voice in voices:
        alike[_seen(voice)].append(voice.id)
    return tuple(
        voice.model_copy(update={"name": f"{strip_blanks(voice.name[:_KEPT])} ({_short(voice.id, ids)})"})
        if len(ids := alike[_seen(voice)]) > 1
        else voice
        for voice in voices
    )


def meant(name: str | None, voices: Sequence[Voice], *, usual: str | None = None) -> tuple[Voice, ...]:
    """The voices that a person may mean: by the id, by the whole name, else by how the name begins.

    Args:
        name: As typed, in whatever case; None means the usual voice, or the first where there is no such.
        voices: In the account's order, told apart.
        usual: The id of the team's own choice; None: it has none.

    Returns:
        One where it is clear; none where no voice is called so; several to choose from.
    """
    if name is None:
        return tuple(voice for voice in voices if voice.id == usual) or tuple(voices[:1])
    wanted = _folded(name)
    exact = tuple(voice for voice in voices if wanted in {_folded(voice.id), _folded(voice.name)})
    if exact or not wanted:
        return exact
    alike = tuple(voice for voice in voices if _folded(voice.name).startswith(f"{wanted} ("))
    return alike or tuple(voice for voice in voices if _folded(voice.name).startswith(wanted))


def with_voice(draft: Draft, voices: Sequence[Voice]) -> Draft:
    """The draft with the voice that it names, where just one is meant; else as it is."""
    speech = draft.speech
    if not isinstance(speech, Script) or speech.voice_id is not None or speech.voice_name is None:
        return draft
    found = meant(speech.voice_name, voices)
    if len(found) != 1:
        return draft
    known = speech.model_copy(update={"voice_id": found[0].id, "voice_name": found[0].name})
    return draft.model_copy(update={"speech": known})


def _short(voice_id: str, ids: Sequence[str]) -> str:
    """The beginning of an id that none of the others has, however they are written."""
    others = [other.casefold() for other in ids if other != voice_id]
    for end in range(_SHORT_ID, len(voice_id)):
        begin = voice_id[:end].casefold()
        if not any(other.startswith(begin) for other in others):
            return voice_id[:end]
    return voice_id


def _seen(voice: Voice) -> str:
    return _folded(voice.name[:_SEEN])


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text[:_NAME_LIMIT]).casefold()
    shown = "".join(char for char in plain if char.isspace() or not is_blank(char))
    return " ".join(shown.split()).rstrip(".,;!")
