"""Voices and models by the names that a person typed: what is wrong with them, where something is. Pure."""

from collections.abc import Collection, Sequence

from bot.asking.drafts import Draft, Script
from bot.asking.voices import meant
from bot.messages import notices
from bot.messages.catalogue import Words
from bot.sync_api.models import Voice


def name_problem(t: Words, draft: Draft, voices: Sequence[Voice], models: Collection[str]) -> str | None:
    """Words on a voice or model that the account does not have, in mrkdwn; None: nothing is wrong with them.

    Args:
        t: The reader's words.
        draft: What was asked for.
        voices: Those that can speak, told apart; empty where they could not be read.
        models: Names of the account's models; empty where they could not be read.
    """
    scripts = [speech for speech in draft.speeches if isinstance(speech, Script) and speech.voice_id is None]
    for name in dict.fromkeys(script.voice_name for script in scripts):
        if name and voices and (wrong := _voice_problem(t, name, voices)):
            return wrong
    if models and draft.model is not None and draft.model not in models:
        return notices.unknown_model(t, draft.model, list(models))
    return None


def _voice_problem(t: Words, name: str, voices: Sequence[Voice]) -> str | None:
    found = meant(name, voices)
    if not found:
        return notices.unknown_voice(t, name, [voice.name for voice in voices])
    return None if len(found) == 1 else notices.which_voice(t, name, [voice.name for voice in found])
