"""Search: whether sync.so has the generation of a send whose answer was lost. It has three answers.

Only a list that was read without a gap down to what is certainly older than the send shows that something is
not there; whatever else comes out of it is no answer, and nothing may be paid for on its strength.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import Generation

MOST_SEARCHED = 5_000
"""Generations that are searched for one of ours, newest first: more than an hour of a busy account."""
CLOCKS_APART_S = 300.0
"""A generation of ours cannot be older than its send by more than sync.so's clock is behind."""


@dataclass(frozen=True, slots=True)
class Found:
    """sync.so has it."""

    generation: Generation


@dataclass(frozen=True, slots=True)
class Absent:
    """sync.so does not have it: all that was made since the send was read."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be told."""

    why: str
    """For the log."""
    retry_after_s: float | None = None
    """Seconds that sync.so asked to wait; None: it did not ask."""


async def search(
    generations: AsyncIterator[Generation | None], name: str, *, sent_at: float
) -> Found | Absent | Unknown:
    """Look for a generation of ours by its unique output name.

    Args:
        generations: all of the account's, newest first; None for one that cannot be read.
        name: what its output's name holds and no other's does.
        sent_at: when its create call was sent for the first time, seconds since the epoch.
    """
    gap, searched, newest = "", 0, float("inf")
    try:
        async for item in generations:
            if item is not None and name in (item.output_file_name or ""):
                return Found(item)
            made_at = _moment(item.created_at) if item is not None else None
            if item is None:
                gap = "a row cannot be read"
            elif made_at is None:
                gap = f"it cannot be read when {item.id} was made"
            elif made_at > newest:
                gap = "they are not in the order in which they were made"
            elif made_at < sent_at - CLOCKS_APART_S:
                break
            newest = made_at if made_at is not None else newest
            searched += 1
            if searched >= MOST_SEARCHED:
                return Unknown(f"{MOST_SEARCHED} were made since")
    except SyncApiError as error:
        return Unknown(repr(error), getattr(error, "retry_after_s", None))
    return Unknown(gap) if gap else Absent()


def _moment(made_at: datetime | None) -> float | None:
    """Seconds since the epoch; a date without a zone may be off by a day."""
    return made_at.timestamp() if made_at is not None and made_at.tzinfo is not None else None
