"""sync.so's record of what generations cost: of one, and of all that finished in a range.

The documentation tells what is in an item of the range and names no field beyond those of the costs of one:
whatever they may be called is looked for, and may be missing.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bot.sync_api.models.replies import Amount, Identifier, Loose, Reply


def _label(key: Any) -> Any:
    """How an API key is named, as one text: by itself, or as an object with an id or a name."""
    if not isinstance(key, dict):
        return key
    told = [key[name] for name in ("id", "name") if isinstance(key.get(name), str)]
    return told[0] if told else json.dumps(key, sort_keys=True, default=str)


KeyLabel = Annotated[Identifier, BeforeValidator(_label)]


class Costs(Reply):
    """sync.so's record of what a generation cost (sync.so docs: get generation costs).

    Face value: neither tax nor invoice adjustments are in it. It never estimates.
    """

    availability: str
    """`complete`, `pending`, `partial` or `unavailable`; there may be others."""
    total_usd: Loose[Amount] = Field(default=None, alias="totalCostUsd")
    """None unless it is complete."""
    known_usd: Loose[Amount] = Field(default=None, alias="knownSubtotalUsd")
    """What is known by now; the total may be more."""
    retry_after_s: Loose[NonNegativeFloat] = Field(default=None, alias="retryAfterSeconds")
    """When it is worth to ask again."""
    billed_frames: Loose[NonNegativeInt] = Field(
        default=None, validation_alias=AliasChoices("billedFrames", "billedFrameCount", "frames")
    )

    @property
    def complete_usd(self) -> Decimal | None:
        """The sum that stands; None: it is not known, or not yet."""
        return self.total_usd if self.availability == "complete" else None


class Usage(Costs):
    """One item of the export (sync.so docs: usage export)."""

    generation_id: Identifier
    model: Loose[str] = None
    status: Loose[str] = Field(default=None, alias="generationStatus")
    finished: Loose[datetime] = Field(
        default=None,
        validation_alias=AliasChoices("finishedAt", "completedAt", "endedAt", "finished_at", "time"),
    )
    made_by: Loose[KeyLabel] = Field(
        default=None,
        validation_alias=AliasChoices("apiKey", "apiKeyId", "apiKeyName", "api_key"),
    )
    """What names the API key that made it; None: it was made in Studio, or that is not told."""

    @property
    def finished_at(self) -> float | None:
        """Seconds since the epoch; a time without a zone is UTC's, as all of sync.so's are."""
        if self.finished is None:
            return None
        in_utc = self.finished.tzinfo is not None
        return (self.finished if in_utc else self.finished.replace(tzinfo=UTC)).timestamp()


def _or_none(item: Any, read_item: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read_item(item)
    except ValidationError:
        return None


class UsagePage(Reply):
    """Some of what finished in a range, oldest first."""

    items: tuple[Annotated[Usage | None, WrapValidator(_or_none)], ...]
    """None for an item that cannot be read: it must not hide the others."""
    next_cursor: Loose[Identifier] = None
    """What asks for the next page; None: there is none."""
