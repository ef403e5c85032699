"""Which of a person's videos a list shows: by our words, or by sync.so's. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.sync_api.models import GenerationStatus
from storage.jobs import ENDED, JobStatus

ALL = frozenset(JobStatus)
OPEN = ALL - ENDED
_UNDER_WAY = frozenset(
    {
        JobStatus.PREPARING,
        JobStatus.QUEUED,
        JobStatus.SUBMITTING,
        JobStatus.PROCESSING,
        JobStatus.DELIVERING,
    }
)
_AT_SYNC = frozenset(
    {
        JobStatus.PROCESSING,
        JobStatus.DELIVERING,
        JobStatus.DELIVERED,
        JobStatus.FAILED,
        JobStatus.UNRESOLVED,
    }
)
"""Where a job can be that sync.so knows."""

OUR_WORDS: Mapping[str, frozenset[JobStatus]] = MappingProxyType(
    {
        "waiting": frozenset({JobStatus.DRAFT, JobStatus.AWAITING_CONFIRMATION, JobStatus.AWAITING_APPROVAL}),
        "queued": frozenset({JobStatus.QUEUED}),
        "running": _UNDER_WAY,
        "done": frozenset({JobStatus.DELIVERED}),
        "failed": frozenset({JobStatus.FAILED}),
        "cancelled": frozenset({JobStatus.CANCELLED}),
        "expired": frozenset({JobStatus.EXPIRED}),
        "unclear": frozenset({JobStatus.UNRESOLVED}),
        "open": OPEN,
        "all": ALL,
    }
)
_ALSO = MappingProxyType(
    {
        "finished": "done",
        "ready": "done",
        "delivered": "done",
        "canceled": "cancelled",
        "unresolved": "unclear",
        "": "all",
    }
)
SYNC_WORDS = tuple(status.value for status in GenerationStatus)


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What a list shows."""

    word: str
    """As it is told: ours in small letters, sync.so's in capitals."""
    statuses: frozenset[JobStatus]
    at_sync: str | None = None
    """sync.so's status, by which sync.so is asked as well."""


def list_filter(word: str) -> ListFilter | None:
    """The filter that a word stands for; None where it is none.

    Ours come first: `failed` is all that ended without a video, `FAILED` what sync.so calls so.
    """
    own = _ALSO.get(word.lower(), word.lower())
    if word in SYNC_WORDS or (word.upper() in SYNC_WORDS and own not in OUR_WORDS):
        return ListFilter(word.upper(), _AT_SYNC, word.upper())
    return ListFilter(own, OUR_WORDS[own]) if own in OUR_WORDS else None
