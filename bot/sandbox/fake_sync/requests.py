"""The create request as the service reads it: strict on fields, ranges and how inputs go together."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from bot.sandbox.fake_sync.problems import Problem, problem

SyncMode = Literal["bounce", "loop", "cut_off", "silence", "remap"]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
IMAGE_MODEL = "sync-3"
_LONGEST_NAME = 255
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


class _Snake(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class _Camel(_Snake):
    model_config = ConfigDict(alias_generator=to_camel)


class _Media(_Camel):
    url: str | None = None
    asset_id: str | None = None
    ref_id: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "_Media":
        if (self.url is None) == (self.asset_id is None):
            raise ValueError("either url or assetId must be provided")
        return self


class Video(_Media):
    """A video to change. The two segment fields are deprecated by the service and ignored here."""

    type: Literal["video"]
    segments_secs: Any = Field(None, alias="segments_secs")
    segments_frames: Any = Field(None, alias="segments_frames")


class Image(_Media):
    """A picture to bring to life."""

    type: Literal["image"]


class Audio(_Media):
    """The sound to carry."""

    type: Literal["audio"]


class Provider(_Camel):
    """Who speaks a script, and how."""

    name: Literal["elevenlabs"]
    voice_id: Annotated[str, Field(min_length=1)]
    script: Annotated[str, Field(min_length=1, max_length=5000)]
    stability: Share | None = None
    similarity_boost: Share | None = None


class Text(_Camel):
    """A script to be spoken."""

    type: Literal["text"]
    provider: Provider
    ref_id: str | None = None


class Speaker(_Snake):
    """Which face speaks."""

    auto_detect: bool | None = None
    v3: bool | None = None
    frame_number: Annotated[int, Field(ge=0)] | None = None
    coordinates: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    bounding_boxes: list[Annotated[list[int], Field(min_length=4, max_length=4)] | None] | None = None
    bounding_boxes_url: str | None = None


class Override(_Snake):
    """Options of one segment."""

    sync_mode: SyncMode | None = None
    temperature: Share | None = None
    occlusion_detection_enabled: bool | None = None
    active_speaker_detection: Speaker | None = None


class Options(Override):
    """Options of the whole job; those that a model does not take are ignored by the service."""

    model_mode: Literal["lips", "face", "head"] | None = None
    prompt: Literal["happy", "sad", "angry", "disgusted", "surprised", "neutral"] | None = None


class SegmentAudio(_Camel):
    """Which sound a segment takes, and which part of it."""

    ref_id: str
    start_time: Seconds | None = None
    end_time: Seconds | None = None


class Segment(_Camel):
    """A stretch of the video with a sound of its own."""

    start_time: Seconds
    end_time: Seconds
    audio_input: SegmentAudio
    options_override: Override | None = None


class Dub(_Camel):
    """Translate the speech. `numSpeakers` is deprecated and ignored."""

    target_lang: Annotated[str, Field(min_length=2)]
    source_lang: str = "auto"
    provider_name: Literal["elevenlabs"] = "elevenlabs"
    num_speakers: int | None = None


class CreateRequest(_Camel):
    """Body of POST /v2/generate."""

    model: str
    input: Annotated[
        list[Annotated[Video | Image | Audio | Text, Field(discriminator="type")]], Field(min_length=1)
    ]
    options: Options | None = None
    segments: list[Segment] | None = None
    webhook_url: str | None = None
    output_file_name: Annotated[str, Field(max_length=_LONGEST_NAME)] | None = None
    project_id: UUID | None = None
    dub_params: Dub | None = None

    @field_validator("webhook_url")
    @classmethod
    def _reachable(cls, url: str | None) -> str | None:
        if url is not None and not _public(url):
            raise ValueError("webhookUrl must be an https URL")
        return url

    @property
    def clean_name(self) -> str | None:
        """The output's name: spaces become `_`, other characters are dropped."""
        if self.output_file_name is None:
            return None
        return _NOT_IN_NAMES.sub("", self.output_file_name.replace(" ", "_")) or None


def _public(url: str) -> bool:
    """Https anywhere; plain http on loopback only, because the sandbox has no certificates."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return True
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Composition:
    """The request's inputs by their part: one visual; sounds by refId (or one under "")."""

    visual: Video | Image
    sounds: dict[str, Audio | Text]


def parse(body: Any, models: Sequence[str]) -> tuple[CreateRequest, Composition]:
    """Read a create body.

    Raises:
        Problem: the body breaks a rule (sync.so docs, create generation and its validation change).
    """
    try:
        request = CreateRequest.model_validate(body)
    except ValidationError as refused:
        raise invalid(refused) from None
    if request.model not in models:
        raise problem("generation_unsupported_model", f"Unknown model {request.model}", field="model")
    return request, _compose(request)


def invalid(refused: ValidationError) -> Problem:
    """400 with one line for each broken field, the first named in `field`."""
    lines = [(".".join(str(part) for part in error["loc"]), error["msg"]) for error in refused.errors()]
    return problem(
        "generation_input_validation_failed",
        field=lines[0][0],
        extra={"message": [f"{where}: {what}" for where, what in lines]},
    )


def _compose(request: CreateRequest) -> Composition:
    visuals = [item for item in request.input if isinstance(item, Video | Image)]
    sounds = [item for item in request.input if isinstance(item, Audio | Text)]
    if len(visuals) > 1:
        raise problem("generation_input_too_many_visual", field="input")
    if not visuals:
        raise _wrong("one video or image input is required")
    if isinstance(visuals[0], Image):
        _check_image(request)
    if request.dub_params is not None:
        if sounds or isinstance(visuals[0], Image):
            raise problem("generation_input_dub_audio_conflict", field="dubParams")
        return Composition(visuals[0], {})
    if request.segments:
        return Composition(visuals[0], _segment_sounds(request.segments, sounds))
    if len(sounds) != 1:
        raise _wrong("exactly one audio or text input is required without segments")
    return Composition(visuals[0], {"": sounds[0]})


def _check_image(request: CreateRequest) -> None:
    if request.model != IMAGE_MODEL:
        raise problem("generation_unsupported_model", f"{request.model} takes no image", field="model")
    speaker = request.options.active_speaker_detection if request.options else None
    if speaker and speaker.auto_detect:
        raise problem("generation_input_face_selection_invalid", field="options.active_speaker_detection")


def _segment_sounds(segments: list[Segment], sounds: list[Audio | Text]) -> dict[str, Audio | Text]:
    named = {sound.ref_id: sound for sound in sounds if sound.ref_id}
    if len(named) != len(sounds):
        raise _wrong("with segments every audio or text input needs a unique refId")
    end = 0.0
    for segment in sorted(segments, key=lambda each: each.start_time):
        if segment.end_time <= segment.start_time or segment.start_time < end:
            raise problem("generation_input_segments_invalid", field="segments")
        end = segment.end_time
        crop = (segment.audio_input.start_time, segment.audio_input.end_time)
        if crop.count(None) == 1 or (crop[0] is not None and crop[1] is not None and crop[1] <= crop[0]):
            raise problem("generation_input_trim_invalid", field="segments")
        if segment.audio_input.ref_id not in named:
            raise problem("generation_input_segments_invalid", "unknown refId", field="segments")
    return {name: sound for name, sound in named.items() if name}


def _wrong(message: str) -> Problem:
    return problem("generation_input_validation_failed", message, field="input")
