"""The voices of what is to be spoken: those that were named, else the team's, else the account's first."""

from collections.abc import Sequence

from bot.asking.drafts import Draft, Script, Speech
from bot.asking.voices import meant
from bot.errors import JobFailed
from bot.steps.tools import Tools
from bot.sync_api.models import Voice
from bot.teams.accounts import Account

_NAMES_TOLD = 10
"""Voices that a failure names."""


async def with_voices(tools: Tools, account: Account, draft: Draft, *, usual: str | None) -> Draft:
    """The draft, each of its scripts with its voice; one that none was named for with the `usual` one, by id.

    Where it says several things, those whose voice is not known stay as they are: see `speaks`.

    Raises:
        JobFailed: nothing that it says has a voice.
        SyncApiError: the voices cannot be read.
    """
    if not any(map(_lacks_voice, draft.speeches)):
        return draft
    voices = await tools.accounts.voices(account)
    found = [_with_voice(speech, voices, usual) for speech in draft.speeches]
    problems = [each for each in found if isinstance(each, JobFailed)]
    if len(problems) == len(found):
        raise problems[0]
    speech, *more = (
        before if isinstance(now, JobFailed) else now
        for before, now in zip(draft.speeches, found, strict=True)
    )
    return draft.model_copy(update={"speech": speech, "more_scripts": tuple(more)})


async def speaks(tools: Tools, account: Account, speech: Speech | None) -> None:
    """See that what is said has a voice. Raises JobFailed, SyncApiError."""
    if speech is not None and _lacks_voice(speech):
        found = _with_voice(speech, await tools.accounts.voices(account), None)
        if isinstance(found, JobFailed):
            raise found


def _lacks_voice(speech: Speech) -> bool:
    return isinstance(speech, Script) and speech.voice_id is None


def _with_voice(speech: Speech, voices: Sequence[Voice], usual: str | None) -> Speech | JobFailed:
    if not isinstance(speech, Script) or speech.voice_id is not None:
        return speech
    found = meant(speech.voice_name, voices, usual=usual)
    if len(found) != 1:
        names = ", ".join(voice.name for voice in (found or voices)[:_NAMES_TOLD])
        return JobFailed("voice_ambiguous" if found else "voice_unknown", names or None)
    return speech.model_copy(update={"voice_id": found[0].id, "voice_name": found[0].name})
