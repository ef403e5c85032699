"""The job record, its statuses, the legal moves between them and what each does to the money. Pure.

A job is one video of an order that was said yes to: the half that belongs to machines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict

from storage.encryption import SealedFor, Where


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    """Waits for a slot of the sync.so account."""
    SUBMITTING = "submitting"
    """The create call may have been sent; only the same key and body may be sent again."""
    PROCESSING = "processing"
    """sync.so has it; a webhook or a poll makes it due."""
    DELIVERING = "delivering"
    """sync.so completed it; the video is on its way into the thread."""
    DELIVERED = "delivered"
    """The video is in the thread."""
    FAILED = "failed"
    """Ended without a video; the card says why and what was charged."""
    CANCELLED = "cancelled"
    """Ended before anything was sent to sync.so."""
    UNRESOLVED = "unresolved"
    """Whether sync.so took it could not be learnt; a person decides."""


JOB_MOVES: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.SUBMITTING, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.SUBMITTING: frozenset(
        {JobStatus.QUEUED, JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.UNRESOLVED},
    ),
    JobStatus.PROCESSING: frozenset({JobStatus.DELIVERING, JobStatus.FAILED, JobStatus.UNRESOLVED}),
    JobStatus.DELIVERING: frozenset({JobStatus.DELIVERED, JobStatus.FAILED}),
    JobStatus.DELIVERED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
    JobStatus.UNRESOLVED: frozenset({JobStatus.PROCESSING, JobStatus.DELIVERING, JobStatus.FAILED}),
}
"""The one table of a job's moves; every guarded UPDATE takes the statuses it may leave from here."""

ENDED = frozenset(status for status, targets in JOB_MOVES.items() if not targets)
"""The statuses that no job leaves; `storage.endings` is the one way into them."""


class Phase(StrEnum):
    """How far a finished video is on its way into the thread."""

    UPLOADING = "uploading"
    """Nothing of it is at Slack that could be shared."""
    UPLOADED = "uploaded"
    """Slack has the bytes under an id that is stored; perhaps it was asked to share them."""
    SHARING = "sharing"
    """Slack has said that it shares it; its record tells whether it did."""


class Money(StrEnum):
    """What becomes of the money that a job is expected to cost."""

    HOLD = "hold"
    """Set aside."""
    CHARGE = "charge"
    """Spent: sync.so made the video."""
    RELEASE = "release"
    """Free again: sync.so does not charge for it."""
    WRITE_OFF = "write_off"
    """Nobody knows; it counts as spent until sync.so's record says otherwise."""
    CORRECTION = "correction"
    """What sync.so's record tells beyond what was booked."""


BIRTH: Mapping[JobStatus, Money] = {JobStatus.QUEUED: Money.HOLD}
"""What a yes does."""
MONEY: Mapping[tuple[JobStatus, JobStatus], Money | None] = {
    (JobStatus.QUEUED, JobStatus.SUBMITTING): None,
    (JobStatus.QUEUED, JobStatus.CANCELLED): Money.RELEASE,
    (JobStatus.QUEUED, JobStatus.FAILED): Money.RELEASE,
    (JobStatus.SUBMITTING, JobStatus.QUEUED): None,
    (JobStatus.SUBMITTING, JobStatus.PROCESSING): None,
    (JobStatus.SUBMITTING, JobStatus.FAILED): Money.RELEASE,
    (JobStatus.SUBMITTING, JobStatus.UNRESOLVED): None,
    (JobStatus.PROCESSING, JobStatus.DELIVERING): Money.CHARGE,
    (JobStatus.PROCESSING, JobStatus.FAILED): Money.RELEASE,
    (JobStatus.PROCESSING, JobStatus.UNRESOLVED): None,
    (JobStatus.DELIVERING, JobStatus.DELIVERED): None,
    (JobStatus.DELIVERING, JobStatus.FAILED): None,
    (JobStatus.UNRESOLVED, JobStatus.PROCESSING): None,
    (JobStatus.UNRESOLVED, JobStatus.DELIVERING): Money.CHARGE,
    (JobStatus.UNRESOLVED, JobStatus.FAILED): Money.WRITE_OFF,
}
"""What each legal move does: whatever way a job goes, its hold is closed exactly once."""
CLOSES = frozenset(money for money in MONEY.values() if money is not None)
"""What closes a hold."""

PRICE_GOOD_S = 3.0
"""How old the price of a confirmed job may be when it is sent: a list of prices, and the file behind a link,
may have changed after it. It is asked for where there is a slot, and sent within moments of its coming; whose
slot was taken meanwhile, or who meets a database that is busy, is priced again."""
MOST_PARTS = 50
"""Videos of one order."""


def job_id(order_id: str, position: int) -> str:
    """The id of an order's part, from 0: as unguessable as the order's own, and the same for every yes."""
    return f"{order_id}-{position:02}"


def body_at(of_job: str) -> Where:
    """Where the body stands that a job sends."""
    return Where("bodies", "request_body", of_job)


def is_unlike(cost_usd: Decimal, estimate_usd: Decimal) -> bool:
    """Whether a cost is so far from its estimate, by more than a fifth, that the card says why."""
    return abs(cost_usd - estimate_usd) * 5 > estimate_usd


def part_of(of_job: str) -> tuple[str, int]:
    """The order and the position that a job's id names."""
    order_id, _, position = of_job.rpartition("-")
    return order_id, int(position)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A part of an order that was said yes to."""

    order_id: str
    position: int
    label: str
    enterprise_id: str | None
    team_id: str
    user_id: str
    account_key: str
    estimate_usd: Decimal | None
    idempotency_key: str
    request_body: SealedFor

    @property
    def id(self) -> str:
        """See `job_id`."""
        return job_id(self.order_id, self.position)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `jobs`. Times are seconds since the epoch, money is USD."""

    id: str
    """Opaque, unguessable; also names the output at sync.so and the webhook route."""
    order_id: str
    position: int
    """Its place among the parts of its order, from 0."""
    label: str
    """As its part's."""
    enterprise_id: str | None
    team_id: str
    user_id: str
    """The asker."""
    account_key: str
    """Fingerprint of the sync.so key that pays; jobs of one account share a line and a read."""
    status: JobStatus
    estimate_usd: Decimal | None
    """What was said yes to; None: no price could be had."""
    idempotency_key: str
    """Made once for each yes, stored before the first send."""
    generation_id: str | None
    generation_status: str | None
    """sync.so's own word, as last read."""
    submitted_at: float | None
    phase: Phase
    slack_file_id: str | None
    """The upload that carries the result; stored before it is completed."""
    failure_code: str | None
    """sync.so's error code or one of `bot.errors`; None: nothing failed."""
    failure_detail: str | None
    """A sentence for the user that came with the code, as plain text."""
    pricing_since: float | None
    """Since when the price is being asked for once more before the job is sent; None: it is not."""
    priced_at: float | None
    """When its price was last looked at and found covered by the yes; None: not since the yes."""
    repriced_usd: Decimal | None
    """The price as sync.so last named it after the yes; None: it named none."""
    cost_usd: Decimal | None
    """What it did cost, by sync.so's own record; None: the record does not tell, or not yet."""
    billed_frames: int | None
    """For how many frames that is; None: as above."""
    due_at: float | None
    """When the job's step is to run; None: nothing to do until somebody acts."""
    lease_token: str | None
    attempts: int
    """Failed tries of the present step."""
    slow: bool
    """The card says that the present step takes longer than usual."""
    created_at: float
    """When the yes was said: the jobs of a person wait in this order."""
    updated_at: float
    ended_at: float | None

    def may_be_sent(self, now: float) -> bool:
        """Whether its price was looked at a moment ago, and is the one that was said yes to."""
        return self.priced_at is not None and now - PRICE_GOOD_S < self.priced_at <= now


class JobFacts(TypedDict, total=False):
    """What a step may change of a job beside where it stands and when it is due."""

    generation_id: str | None
    generation_status: str | None
    submitted_at: float | None
    phase: Phase
    slack_file_id: str | None
    failure_code: str | None
    failure_detail: str | None
    pricing_since: float | None
    priced_at: float | None
    repriced_usd: Decimal | None
    slow: bool


class JobChanges(JobFacts, total=False):
    """As above, for whoever says as well when it is due."""

    due_at: float | None
