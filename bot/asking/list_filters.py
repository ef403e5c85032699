"""Which of a person's videos a list shows: by our words, or by sync.so's. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.sync_api.models import GenerationStatus
from storage.cards import Statuses
from storage.jobs import ENDED, JobStatus
from storage.orders import OVER, OrderStatus

_ORDERS = frozenset(OrderStatus) - {OrderStatus.RUNNING, OrderStatus.ENDED}
"""Those that stand for themselves: for what was said yes to, its jobs do."""
ALL = Statuses(_ORDERS, frozenset(JobStatus))
OPEN = Statuses(_ORDERS - OVER, frozenset(JobStatus) - ENDED)
_AT_SYNC = Statuses(
    frozenset(),
    frozenset(
        {
            JobStatus.PROCESSING,
            JobStatus.DELIVERING,
            JobStatus.DELIVERED,
            JobStatus.FAILED,
            JobStatus.UNRESOLVED,
        }
    ),
)
"""Where a job can be that sync.so knows."""


def _of(*statuses: OrderStatus | JobStatus) -> Statuses:
    return Statuses(
        frozenset(status for status in statuses if isinstance(status, OrderStatus)),
        frozenset(status for status in statuses if isinstance(status, JobStatus)),
    )


OUR_WORDS: Mapping[str, Statuses] = MappingProxyType(
    {
        "waiting": _of(OrderStatus.DRAFT, OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL),
        "queued": _of(JobStatus.QUEUED),
        "running": _of(
            OrderStatus.PREPARING,
            OrderStatus.CONFIRMED,
            JobStatus.QUEUED,
            JobStatus.SUBMITTING,
            JobStatus.PROCESSING,
            JobStatus.DELIVERING,
        ),
        "done": _of(JobStatus.DELIVERED),
        "failed": _of(OrderStatus.FAILED, JobStatus.FAILED),
        "cancelled": _of(OrderStatus.CANCELLED, JobStatus.CANCELLED),
        "expired": _of(OrderStatus.EXPIRED),
        "unclear": _of(JobStatus.UNRESOLVED),
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
    statuses: Statuses
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
