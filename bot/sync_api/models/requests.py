"""What we send: refused here, in clear words, before it can cost anything. Field by field it is the API's.

Python names are snake_case; on the wire everything is camelCase but the insides of `options` and
`active_speaker_detection` (sync.so API v2; SDK 0.3.0 where no newer page names a field).
"""

from collections import Counter
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

SCRIPT_LIMIT = 5_000
"""Characters in one script (sync.so docs, text-to-speech)."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_VIDEO_ONLY_MODELS = frozenset({"lipsync-1.9.0-beta", "lipsync-2", "lipsync-2-pro", "react-1"})
"""Refused with an image; a model we do not know yet is left to the API to judge."""

SyncMode = Literal["bounce", "loop", "cut_off", "silence", "remap"]
ModelMode = Literal["lips", "face", "head"]
Emotion = Literal["happy", "sad", "angry", "disgusted", "surprised", "neutral"]


class AssetType(StrEnum):
    """What a registered asset is (sync.so: POST /v2/assets)."""

    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    IMAGE = "IMAGE"


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(c.isspace() for c in url):
        msg = "must be an http or https address without spaces"
        raise ValueError(msg)
    return url


def _safe_address(url: str) -> str:
    parts = urlsplit(_web_address(url))
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        msg = "must be an https address (http only on loopback)"
        raise ValueError(msg)
    return url


def _spoken(script: str) -> str:
    if not script.strip():
        msg = "must hold words to speak"
        raise ValueError(msg)
    return script


Identifier = Annotated[str, StringConstraints(min_length=1)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
SafeAddress = Annotated[str, AfterValidator(_safe_address)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Seconds = Annotated[FiniteFloat, Field(ge=0)]
Pixel = Annotated[int, Field(ge=0)]
FrameNumber = Annotated[int, Field(ge=0)]


class _Snake(BaseModel):
    """A part of the body whose names are the same in Python and on the wire."""

    # Scripts and links are the user's: they stay out of error texts, which end up in logs. A process that
    # sends nothing needs no validators.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class _Camel(_Snake):
    """A part of the body that is camelCase on the wire; either name builds it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _Media(_Camel):
    """Media that sync.so fetches from a public `url`, or an asset of the account."""

    url: WebAddress | None = None
    asset_id: Identifier | None = None
    ref_id: Identifier | None = None
    """Names the item, for `segments`."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.url is None) == (self.asset_id is None):
            msg = f"needs either url or assetId, and has {'neither' if self.url is None else 'both'}"
            raise ValueError(msg)
        return self


class VideoInput(_Media):
    """The video whose lips shall move."""

    type: Literal["video"] = "video"
    segments_secs: tuple[tuple[Seconds, Seconds], ...] | None = Field(default=None, alias="segments_secs")
    """Deprecated by sync.so in favour of the request's `segments`."""
    segments_frames: tuple[tuple[FrameNumber, FrameNumber], ...] | None = Field(
        default=None, alias="segments_frames"
    )
    """Deprecated by sync.so in favour of the request's `segments`."""


class ImageInput(_Media):
    """A still that becomes a talking video; `sync-3` only."""

    type: Literal["image"] = "image"


class AudioInput(_Media):
    """Recorded speech."""

    type: Literal["audio"] = "audio"


class ElevenLabs(_Camel):
    """Speech from text; the only provider there is."""

    name: Literal["elevenlabs"] = "elevenlabs"
    voice_id: Identifier
    """`Voice.id`, or the id of a cloned voice."""
    script: Annotated[str, StringConstraints(max_length=SCRIPT_LIMIT), AfterValidator(_spoken)]
    stability: Share | None = None
    similarity_boost: Share | None = None


class TextInput(_Camel):
    """A script, spoken inside the generation."""

    type: Literal["text"] = "text"
    provider: ElevenLabs
    ref_id: Identifier | None = None
    """Names the item, for `segments`."""


InputItem = Annotated[VideoInput | ImageInput | AudioInput | TextInput, Field(discriminator="type")]


class ActiveSpeakerDetection(_Snake):
    """Who of several people speaks: found by itself, shown by a point in a frame, or by boxes."""

    auto_detect: bool | None = None
    v3: bool | None = None
    """The newer detector."""
    frame_number: FrameNumber | None = None
    coordinates: tuple[Pixel, Pixel] | None = None
    """`x, y` in pixels of the source, in the frame `frame_number`."""
    bounding_boxes: tuple[tuple[Pixel, Pixel, Pixel, Pixel] | None, ...] | None = None
    """For each frame `x1, y1, x2, y2` in pixels, or None where there is no face."""
    bounding_boxes_url: WebAddress | None = None

    @model_validator(mode="after")
    def _one_way_to_show(self) -> Self:
        if (self.coordinates is None) != (self.frame_number is None):
            msg = "coordinates and frame_number go together: a point in a frame"
            raise ValueError(msg)
        ways = (self.coordinates, self.bounding_boxes, self.bounding_boxes_url)
        if sum(way is not None for way in ways) > 1:
            msg = "show the speaker by coordinates, bounding_boxes or bounding_boxes_url, not by several"
            raise ValueError(msg)
        return self


class SegmentOptions(_Snake):
    """The options that one segment may override."""

    sync_mode: SyncMode | None = None
    """How unequal lengths are brought together; None: sync.so takes `bounce`."""
    temperature: Share | None = None
    """How expressive; `lipsync-2` and `lipsync-2-pro`."""
    occlusion_detection_enabled: bool | None = None
    """Slower; `sync-3` does it by itself."""
    active_speaker_detection: ActiveSpeakerDetection | None = None


class GenerationOptions(SegmentOptions):
    """How to make it. sync.so silently ignores an option that the model does not take."""

    model_mode: ModelMode | None = None
    """Which region moves; `react-1`."""
    prompt: Emotion | None = None
    """The emotion; `react-1`."""


class SegmentAudio(_Camel):
    """Which sound a segment takes, and which part of it."""

    ref_id: Identifier
    start_time: Seconds | None = None
    end_time: Seconds | None = None

    @model_validator(mode="after")
    def _whole_crop(self) -> Self:
        if (self.start_time is None) != (self.end_time is None):
            msg = "a crop needs both startTime and endTime, or neither"
            raise ValueError(msg)
        if self.start_time is not None and self.end_time is not None:
            _require_order(self.start_time, self.end_time)
        return self


class Segment(_Camel):
    """A stretch of the video, in seconds, with its own sound."""

    start_time: Seconds
    end_time: Seconds
    audio_input: SegmentAudio
    options_override: SegmentOptions | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        _require_order(self.start_time, self.end_time)
        return self


def _require_order(start: float, end: float) -> None:
    if end <= start:
        msg = "endTime must be after startTime"
        raise ValueError(msg)


class DubParams(_Camel):
    """Translate the video's own speech and move the lips to it."""

    target_lang: Identifier
    """An open list; the API decides."""
    source_lang: Identifier | None = None
    """None: recognised by sync.so."""
    # Sent always: one source types it as required, another does not.
    provider_name: Literal["elevenlabs"] = "elevenlabs"


class CreateGeneration(_Camel):
    """The body of POST /v2/generate and of its price estimate.

    Raises:
        pydantic.ValidationError: what sync.so is documented to refuse (ranges; one visual; one sound, or
            several named ones with segments; no sound with dubbing), or a field it does not know.
    """

    model: Identifier
    input: Annotated[tuple[InputItem, ...], Field(min_length=1)]
    options: GenerationOptions | None = None
    segments: Annotated[tuple[Segment, ...], Field(min_length=1)] | None = None
    webhook_url: SafeAddress | None = None
    output_file_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,255}$")] | None = None
    """Without ending: sync.so appends `.mp4`, and would rewrite any other character."""
    project_id: Identifier | None = None
    dub_params: DubParams | None = None

    def to_wire(self) -> bytes:
        """The JSON body; store it with the key and send these very bytes on every try."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    @model_validator(mode="after")
    def _composition(self) -> Self:
        visual = self._the_visual()
        sounds = tuple(item for item in self.input if isinstance(item, AudioInput | TextInput))
        if isinstance(visual, ImageInput):
            self._require_talking_image()
        if self.dub_params is not None:
            _require_plain_video(visual, sounds)
        elif self.segments is not None:
            _require_named_sounds(self.segments, sounds)
        elif len(sounds) != 1:
            msg = f"needs exactly one audio or text item without segments, and has {len(sounds)}"
            raise ValueError(msg)
        return self

    def _the_visual(self) -> VideoInput | ImageInput:
        visuals = [item for item in self.input if isinstance(item, VideoInput | ImageInput)]
        if len(visuals) != 1:
            msg = f"needs exactly one video or image, and has {len(visuals)}"
            raise ValueError(msg)
        return visuals[0]

    def _require_talking_image(self) -> None:
        if self.model in _VIDEO_ONLY_MODELS:
            msg = f"an image needs a model that takes images, such as sync-3; {self.model} takes video only"
            raise ValueError(msg)
        detection = self.options.active_speaker_detection if self.options else None
        if detection is not None and detection.auto_detect:
            msg = "auto_detect does not work on an image: use coordinates with frame_number 0"
            raise ValueError(msg)


def _require_plain_video(visual: VideoInput | ImageInput, sounds: tuple[AudioInput | TextInput, ...]) -> None:
    if not isinstance(visual, VideoInput) or sounds:
        msg = "dubbing takes one video, and neither audio nor text"
        raise ValueError(msg)


def _require_named_sounds(segments: tuple[Segment, ...], sounds: tuple[AudioInput | TextInput, ...]) -> None:
    names = Counter(sound.ref_id for sound in sounds)
    if None in names or any(count > 1 for count in names.values()):
        msg = "with segments every audio or text item needs a refId of its own"
        raise ValueError(msg)
    if unknown := {segment.audio_input.ref_id for segment in segments} - names.keys():
        msg = f"segments name sounds that are not in the input: {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    ordered = sorted(segments, key=lambda segment: segment.start_time)
    if any(after.start_time < before.end_time for before, after in pairwise(ordered)):
        msg = "segments must not overlap"
        raise ValueError(msg)
