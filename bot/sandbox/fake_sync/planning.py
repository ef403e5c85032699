"""From a checked request to the work it means: which files, how long, at what price."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from bot.sandbox.fake_sync.config import Org
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.fetch import Inputs, Source
from bot.sandbox.fake_sync.pricing import MODELS, Price, output_length, price
from bot.sandbox.fake_sync.problems import payment_needed, problem
from bot.sandbox.fake_sync.requests import (
    Audio,
    Composition,
    CreateRequest,
    Dub,
    Image,
    Segment,
    SyncMode,
    Text,
)
from bot.sandbox.fake_sync.voices import VOICES, VoiceCard
from bot.sandbox.media.probe import Probe
from bot.sandbox.media.render import Fit, Recipe
from bot.sandbox.media.sound import Clip
from bot.sandbox.media.studio import Studio
from bot.sandbox.media.voice import Voice, VoiceError

_IMAGE_FPS = 25.0
_SLACK_S = 0.1  # a client that read the length elsewhere may be off by a frame or two
_FITS: Mapping[SyncMode, Fit] = {
    "bounce": "bounce",
    "loop": "loop",
    "cut_off": "loop",
    "silence": "loop",
    "remap": "remap",
}


@dataclass(frozen=True)
class Work:
    """What a generation will do. `speech` is the sound made from a script, if one was given."""

    recipe: Recipe
    picture: Probe
    price: Price
    speech: Path | None


@dataclass(frozen=True)
class _Sound:
    file: Path
    duration_s: float
    spoken: bool


class Planner:
    """Fetches, measures and prices."""

    def __init__(self, inputs: Inputs, studio: Studio, faults: Faults) -> None:
        self._inputs, self._studio, self._faults = inputs, studio, faults

    async def plan(self, request: CreateRequest, parts: Composition, org: Org) -> Work:
        """Return the work of a request.

        Raises:
            Problem: an input cannot be used, or a feature is not in the plan.
        """
        _check_features(request, org)
        visual, sounds = await asyncio.gather(
            self._inputs.source(parts.visual, org), self._sounds(request, parts, org)
        )
        recipe = _recipe(request, parts, visual, sounds)
        limit = MODELS[request.model].max_output_s
        if limit is not None and recipe.length_s > limit:
            recipe = replace(recipe, length_s=limit)
        spoken = next((sound.file for sound in sounds.values() if sound.spoken), None)
        fps = visual.facts.fps or _IMAGE_FPS
        return Work(recipe, visual.facts, self.price(request.model, recipe.length_s, fps), spoken)

    def price(self, model: str, length_s: float, fps: float) -> Price:
        """The price of so long an output, today."""
        cost = price(model, length_s, fps)
        raised = self._faults.peek("price_raised")
        return replace(cost, usd=cost.usd * Decimal(str(raised["factor"]))) if raised else cost

    async def speak(self, voice: VoiceCard, script: str) -> Path:
        """Return the spoken script as MP3.

        Raises:
            Problem: the voice is restricted, or the provider is down.
        """
        if self._faults.strikes("speech_unavailable"):
            raise problem("elevenlabs_service_unavailable")
        if voice.restriction:
            raise problem("plan_feature_unavailable", f"The voice is restricted: {voice.restriction}")
        try:
            return await self._studio.speak(script, voice.sound)
        except VoiceError:
            raise problem("elevenlabs_service_unavailable") from None

    async def _sounds(self, request: CreateRequest, parts: Composition, org: Org) -> dict[str, _Sound]:
        if request.dub_params is not None:
            return {"": await self._dubbed(request.dub_params)}
        found = await asyncio.gather(*(self._sound(item, org) for item in parts.sounds.values()))
        return dict(zip(parts.sounds, found, strict=True))

    async def _sound(self, item: Audio | Text, org: Org) -> _Sound:
        if isinstance(item, Audio):
            source = await self._inputs.source(item, org)
            return _Sound(source.file, source.facts.duration_s, spoken=False)
        file = await self.speak(find_voice(item.provider.voice_id), item.provider.script)
        return await self._measured(file)

    async def _dubbed(self, dub: Dub) -> _Sound:
        """No translation here: a voice of that language, where espeak-ng has one, names the language."""
        words = f"This video was dubbed into {dub.target_lang}."
        try:
            file = await self._studio.speak(words, Voice(dub.target_lang))
        except VoiceError:
            file = await self._studio.speak(words, Voice())
        return await self._measured(file)

    async def _measured(self, file: Path) -> _Sound:
        return _Sound(file, (await self._studio.probe(file)).duration_s, spoken=True)


def find_voice(voice_id: str) -> VoiceCard:
    """Return the voice of an id.

    Raises:
        Problem: 404 `voice_not_found`.
    """
    voice = VOICES.get(voice_id)
    if voice is None:
        raise problem("voice_not_found", field="input")
    return voice


def _check_features(request: CreateRequest, org: Org) -> None:
    options = request.options
    picks = options is not None and options.active_speaker_detection is not None
    if (picks and not org.plan.picks_speakers) or (request.model == "react-1" and not org.plan.paid):
        raise payment_needed("plan_feature_unavailable")


def _recipe(
    request: CreateRequest, parts: Composition, visual: Source, sounds: Mapping[str, _Sound]
) -> Recipe:
    mode: SyncMode = (request.options and request.options.sync_mode) or "bounce"
    length = visual.facts.duration_s
    if isinstance(parts.visual, Image):
        sound = sounds[""] if "" in sounds else next(iter(sounds.values()))
        return Recipe(visual.file, "loop", sound.duration_s, (Clip(sound.file, 0, sound.duration_s),))
    if request.dub_params is not None:
        return Recipe(visual.file, "loop", length, (Clip(sounds[""].file, 0, length),))
    if request.segments:
        return Recipe(visual.file, "loop", length, tuple(_pieces(request.segments, visual, sounds)))
    sound = sounds[""]
    length = output_length(mode, length, sound.duration_s)
    return Recipe(visual.file, _FITS[mode], length, (Clip(sound.file, 0, length),))


def _pieces(segments: list[Segment], visual: Source, sounds: Mapping[str, _Sound]) -> list[Clip]:
    """New sound inside the segments, the video's own sound between them."""
    length = visual.facts.duration_s
    own = visual.file if visual.facts.has_sound else None
    clips: list[Clip] = []
    at = 0.0
    for segment in sorted(segments, key=lambda each: each.start_time):
        if segment.end_time > length + _SLACK_S:
            raise problem("generation_input_segments_invalid", field="segments")
        sound = sounds[segment.audio_input.ref_id]
        first, last = segment.audio_input.start_time or 0.0, segment.audio_input.end_time
        if max(first, last or 0.0) > sound.duration_s + _SLACK_S:
            raise problem("generation_input_trim_invalid", field="segments")
        lasts = min((last or sound.duration_s) - first, segment.end_time - segment.start_time)
        clips += [Clip(own, at, segment.start_time - at), Clip(sound.file, first, lasts)]
        at = segment.start_time + lasts
        clips.append(Clip(None, 0, segment.end_time - at))
        at = segment.end_time
    clips.append(Clip(own, at, max(0.0, length - at)))
    return [clip for clip in clips if clip.length_s > 0]
