"""What sync.so answers: only what we cannot do without is required, all else may be missing, null or new.

An optional field that cannot be read counts as absent; an unknown status, model or field is kept as it came.
Money is `Decimal` and never was a float: the client parses JSON numbers as decimals.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    NonNegativeFloat,
    NonNegativeInt,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from bot.web_addresses import without_secrets

T = TypeVar("T")


class _AbsentIfUnreadable:
    """Turns a value of the wrong shape into None instead of failing the whole reply."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


Loose = Annotated[T | None, _AbsentIfUnreadable()]
Amount = Annotated[Decimal, Field(ge=0)]
Identifier = Annotated[str, StringConstraints(min_length=1)]


class Reply(BaseModel):
    """A JSON object of sync.so; fields we do not know are in `model_extra`."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        populate_by_name=True,
        allow_inf_nan=False,
        # Replies hold signed links and once the webhook secret: no error text may quote them.
        hide_input_in_errors=True,
        protected_namespaces=(),
        # As for the requests: built when one of them comes.
        defer_build=True,
    )


class GenerationStatus(StrEnum):
    """The statuses that are documented; `Generation.status` may say others."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    """Not charged (sync.so docs)."""
    REJECTED = "REJECTED"
    """Refused before it ran."""


_TERMINAL = frozenset({GenerationStatus.COMPLETED, GenerationStatus.FAILED, GenerationStatus.REJECTED})


class Generation(Reply):
    """One lip-sync job as sync.so sees it."""

    id: Identifier
    status: str
    model: Loose[str] = None
    created_at: Loose[datetime] = None
    input: Loose[tuple[dict[str, Any], ...]] = Field(default=None, repr=False)
    options: Loose[dict[str, Any]] = None
    segments: Loose[tuple[dict[str, Any], ...]] = None
    error: Loose[str] = None
    """sync.so's words on what failed, without the addresses they may quote."""
    error_code: Loose[str] = None
    output_url: Loose[str] = Field(default=None, repr=False)
    """A signed link of unknown lifetime, to be used unaltered and at once."""
    output_duration: Loose[float] = None
    """Seconds."""
    segment_output_url: Loose[str] = Field(default=None, repr=False)
    synthesized_audio_url: Loose[str] = Field(default=None, repr=False)
    output_file_name: Loose[str] = None
    """As sync.so cleaned it."""
    project_id: Loose[str] = None
    webhook_url: Loose[str] = Field(default=None, repr=False)
    progress_percent: Loose[float] = Field(default=None, alias="progress_percent")
    """0 to 100; only when it was asked for."""

    @property
    def terminal(self) -> bool:
        """Whether nothing more will happen; an unknown status says no."""
        return self.status in _TERMINAL

    @field_validator("error")
    @classmethod
    def _quote_no_address(cls, words: str | None) -> str | None:
        return None if words is None else without_secrets(words)

    @model_validator(mode="before")
    @classmethod
    def _either_spelling(cls, data: Any) -> Any:
        # Webhooks and SDK 0.3.0 write error_code, the newest reference errorCode.
        if not isinstance(data, dict) or "error_code" not in data:
            return data
        renamed = {name: value for name, value in data.items() if name != "error_code"}
        return {**renamed, "errorCode": data.get("errorCode") or data["error_code"]}


class WebhookPayload(Generation):
    """What a webhook says of a generation: a hint to read it, not the truth."""


class CostEstimate(Reply):
    """What a generation would cost; always an estimate."""

    frame_count: Loose[NonNegativeFloat] = Field(default=None, alias="estimatedFrameCount")
    usd: Loose[Amount] = Field(default=None, alias="estimatedGenerationCost")
    """None: no price could be had."""
    credits: Loose[Amount] = Field(default=None, alias="estimatedCredits")
    """None: the account is billed in dollars."""


class Upload(Reply):
    """Where to put the bytes of a new asset (sync.so: POST /v2/assets/upload)."""

    upload_url: str = Field(repr=False)
    """Signed: PUT here, with the same Content-Type and without the API key."""
    url: str = Field(repr=False)
    """To be registered once the bytes are there."""
    expires_in_s: Loose[float] = Field(default=None, alias="expiresIn")
    """Seconds."""


class Asset(Reply):
    """A file of the account's media library."""

    id: Identifier
    name: Loose[str] = None
    type: Loose[str] = None
    """An `AssetType`, or a newer word."""
    input_type: Loose[str] = None
    url: Loose[str] = Field(default=None, repr=False)
    thumbnail_url: Loose[str] = Field(default=None, repr=False)
    size: Loose[NonNegativeInt] = None
    """Bytes."""
    format: Loose[str] = None
    duration_seconds: Loose[NonNegativeFloat] = None
    """May be unknown right after the upload."""
    width: Loose[NonNegativeInt] = None
    height: Loose[NonNegativeInt] = None
    visibility: Loose[str] = None
    created_at: Loose[datetime] = None
    updated_at: Loose[datetime] = None


class Voice(Reply):
    """A voice for scripts."""

    id: Identifier
    """Goes into `ElevenLabs.voice_id`."""
    name: str
    """Its id where sync.so gives no name."""
    provider: Loose[str] = None
    preview_url: Loose[str] = None
    restriction: Any = None
    """Anything here: the voice cannot speak for this account now."""

    @property
    def usable(self) -> bool:
        """Whether it can speak now."""
        return not self.restriction

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        if isinstance(data, dict) and not isinstance(data.get("name"), str):
            return {**data, "name": data.get("id")}
        return data


class Model(Reply):
    """A model that is open to the key; it may still be refused when used."""

    id: Loose[str] = None
    name: str
    """Goes into `CreateGeneration.model`."""
    type: Loose[str] = None
    """`lipsync`, `react`, or other."""
    version: Loose[str] = None
    description: Loose[str] = None
    deprecated_at: Loose[datetime] = None


def _name(plan: Any) -> Any:
    return plan.get("name") if isinstance(plan, dict) else plan


PlanName = Annotated[str, BeforeValidator(_name)]


def _wherever(*path: str) -> AliasChoices:
    """A limit's documented path, at the top or inside one of the objects that may hold it."""
    return AliasChoices(*(AliasPath(*above, *path) for above in ((), ("organization",), ("account",))))


class Account(Reply):
    """The organisation behind the key: its plan and limits.

    The reference names `generationLimits` without saying where it stands, and nothing for the plan
    (sync.so: GET /v2/account), so all likely places are looked at.
    """

    organization_id: Loose[Identifier] = Field(default=None, validation_alias=AliasPath("organization", "id"))
    organization_name: Loose[Identifier] = Field(
        default=None, validation_alias=AliasPath("organization", "name")
    )
    plan: Loose[PlanName] = Field(default=None, validation_alias=_wherever("plan"))
    billing_model: Loose[str] = None
    """`credits`, `usage`, `free`, `enterprise`, or newer."""
    billing_url: Loose[str] = None
    credential_type: Loose[str] = None
    """`api_key`, `oauth`, `session`, or newer."""
    concurrency: Loose[NonNegativeInt] = Field(
        default=None, validation_alias=_wherever("generationLimits", "concurrency")
    )
    """How many generations may run at once; None: not told."""
    max_output_s: Loose[NonNegativeFloat] = Field(
        default=None, validation_alias=_wherever("generationLimits", "maxOutputDurationSeconds")
    )
    """Longest output in seconds; None: not told."""


class Speech(Reply):
    """Spoken text (sync.so: POST /v2/tts)."""

    id: Loose[str] = None
    url: str = Field(repr=False)
    duration: Loose[NonNegativeFloat] = None
    """Seconds."""


class CatalogEntry(Reply):
    """One error code of the public catalog (sync.so: GET /v2/errors)."""

    code: str
    message: Loose[str] = None
    suggestion: Loose[str] = None


class ErrorBody(Reply):
    """The JSON of a reply that is no success; every field is optional."""

    message: Loose[str | tuple[str, ...]] = None
    error_code: Loose[str] = None
    suggestion: Loose[str] = None
    field: Loose[str] = None
    generation_id: Loose[Identifier] = None
    active_generations: Loose[NonNegativeInt] = None
    concurrency_limit: Loose[NonNegativeInt] = None
    retry_after_seconds: Loose[NonNegativeFloat] = None
    billing_url: Loose[str] = None
    upgrade_url: Loose[str] = None
