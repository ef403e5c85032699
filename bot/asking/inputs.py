"""A draft into the request to sync.so, and what it will be called there. Pure."""

import re
import unicodedata
from typing import cast

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.sync_api.models import (
    AudioInput,
    CreateGeneration,
    ElevenLabs,
    GenerationOptions,
    SyncMode,
    TextInput,
    VideoInput,
)

_NAME_IN_OUTPUT = 80
_NAME_LIMIT = 200
"""Characters of a name that are looked at: Unicode's normal forms take the square of a row of accents."""
_NOT_IN_OUTPUT = re.compile(r"[^A-Za-z0-9]+")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")


def to_request(
    draft: Draft,
    prepared: Prepared,
    *,
    webhook_url: str | None,
    output_file_name: str | None,
) -> CreateGeneration:
    """The request to sync.so for a complete draft whose inputs are prepared.

    Raises:
        ValueError: the draft lacks its video, its speech or its voice, or an input was not prepared.
        pydantic.ValidationError: sync.so would refuse the request.
    """
    video = VideoInput(**_place_of(draft.video, prepared.video))
    speech: AudioInput | TextInput
    if isinstance(draft.speech, Script):
        if draft.speech.voice_id is None:
            raise ValueError("the script has no voice yet")
        provider = ElevenLabs(
            voice_id=draft.speech.voice_id,
            script=draft.speech.text,
            stability=draft.speech.stability,
            similarity_boost=draft.speech.similarity,
        )
        speech = TextInput(provider=provider)
    else:
        speech = AudioInput(**_place_of(draft.speech, prepared.audio))
    mode = cast("SyncMode | None", draft.sync_mode)
    return CreateGeneration(
        model=draft.maker,
        input=(video, speech),
        options=GenerationOptions(sync_mode=mode) if mode else None,
        webhook_url=webhook_url,
        output_file_name=output_file_name,
    )


def _place_of(source: SlackFile | Link | None, prepared: PreparedInput | None) -> dict[str, str]:
    """Where sync.so finds an input: an asset wherever there is one, never a Slack address."""
    if prepared is not None and prepared.asset_id is not None:
        return {"asset_id": prepared.asset_id}
    if isinstance(source, Link) and source.url is not None:
        return {"url": source.url}
    raise ValueError("an input was not prepared")


def output_name(draft: Draft, job_id: str) -> str:
    """A name for the output at sync.so, unique by the job's id and made of letters, digits, `_` and `-`."""
    wanted = draft.name or (draft.video.name.rpartition(".")[0] if isinstance(draft.video, SlackFile) else "")
    plain = unicodedata.normalize("NFKD", wanted[:_NAME_LIMIT]).encode("ascii", "ignore").decode()
    words = _NOT_IN_OUTPUT.sub("-", plain).strip("-")[:_NAME_IN_OUTPUT].strip("-")
    return f"{words or 'lipsync'}-{_NOT_IN_IDS.sub('', job_id)}"
