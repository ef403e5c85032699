"""The job record, its statuses and the legal moves between them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict

from storage.encryption import Sealed


class JobStatus(StrEnum):
    """Where a job stands."""

    DRAFT = "draft"
    """A form is open or a video waits for its speech; nothing was asked of sync.so."""
    PREPARING = "preparing"
    """Slack files are being relayed, lengths and price are being asked."""
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    """The card shows an estimate; the asker has to say yes."""
    AWAITING_APPROVAL = "awaiting_approval"
    """The asker said yes, somebody who answers for the money has to as well."""
    QUEUED = "queued"
    """Paid for by a yes; waits for a slot of the sync.so account."""
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
    """Ended by the asker before anything was sent to sync.so."""
    EXPIRED = "expired"
    """The estimate, or the open form, grew too old."""
    UNRESOLVED = "unresolved"
    """Whether sync.so took it could not be learnt; a person decides."""


LEGAL_MOVES: Mapping[JobStatus, frozenset[JobStatus]] = {
    # It fails where its file cannot be used, whatever else would come.
    JobStatus.DRAFT: frozenset(
        {JobStatus.PREPARING, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED},
    ),
    # Back to a draft where the files of a message, once they could be looked at, did not make a whole.
    JobStatus.PREPARING: frozenset(
        {JobStatus.DRAFT, JobStatus.AWAITING_CONFIRMATION, JobStatus.FAILED, JobStatus.CANCELLED},
    ),
    JobStatus.AWAITING_CONFIRMATION: frozenset(
        {
            JobStatus.PREPARING,
            JobStatus.AWAITING_APPROVAL,
            JobStatus.QUEUED,
            JobStatus.CANCELLED,
            JobStatus.EXPIRED,
        },
    ),
    JobStatus.AWAITING_APPROVAL: frozenset({JobStatus.QUEUED, JobStatus.CANCELLED, JobStatus.EXPIRED}),
    JobStatus.QUEUED: frozenset({JobStatus.SUBMITTING, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.SUBMITTING: frozenset(
        {JobStatus.QUEUED, JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.UNRESOLVED},
    ),
    JobStatus.PROCESSING: frozenset({JobStatus.DELIVERING, JobStatus.FAILED, JobStatus.UNRESOLVED}),
    JobStatus.DELIVERING: frozenset({JobStatus.DELIVERED, JobStatus.FAILED}),
    JobStatus.DELIVERED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
    JobStatus.EXPIRED: frozenset(),
    JobStatus.UNRESOLVED: frozenset({JobStatus.PROCESSING, JobStatus.DELIVERING, JobStatus.FAILED}),
}
"""The one table of moves; every guarded UPDATE takes the statuses it may leave from here."""


def sources_of(target: JobStatus) -> frozenset[JobStatus]:
    """The statuses from which a job may move to `target`."""
    return frozenset(source for source, targets in LEGAL_MOVES.items() if target in targets)


ENDED = frozenset(status for status, targets in LEGAL_MOVES.items() if not targets)
"""The statuses that no job leaves."""


class Guessed(StrEnum):
    """Which figure of an offer rests on a frame rate that nobody has told."""

    PRICE = "price"
    LENGTH = "length"


PRICE_GOOD_S = 3.0
"""How old the price of a confirmed job may be when it is sent: a list of prices, and the file behind a link,
may have changed after it. It is asked for where there is a slot, and sent within moments of its coming; whose
slot was taken meanwhile, or who meets a database that is busy, is priced again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What stands on a card for a yes."""

    estimate_id: str
    estimate_usd: Decimal | None
    guessed: Guessed | None
    """What of length and price holds at 25 frames a second only."""
    length_s: float | None
    expires_at: float
    accepted_usd: Decimal | None
    """What was said yes to in the order that this one replaces."""


class Conversation(StrEnum):
    """The kind of conversation in which somebody asked."""

    CHANNEL = "channel"
    """Public or private: the app can be invited."""
    GROUP_MESSAGE = "group_message"
    """A direct message of several people: nobody can add an app to one that exists."""
    DIRECT_MESSAGE = "direct_message"
    """The app's own with the person, or one of two people, where no app can be."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is known when somebody asks; the rest of the row begins empty."""

    id: str
    request_key: str
    team_id: str
    user_id: str
    channel_id: str
    draft: str
    addresses: Sealed | None
    enterprise_id: str | None = None
    thread_ts: str | None = None
    conversation: Conversation = Conversation.CHANNEL
    status: JobStatus = JobStatus.DRAFT
    """DRAFT, PREPARING where the ask is complete at once, or AWAITING_CONFIRMATION with an offer."""
    prepared: str = "{}"
    offer: Offer | None = None
    due_at: float | None = None
    show_card: bool = False
    """Whether the card is to be posted now; an open form has none."""


class Changes(TypedDict, total=False):
    """What a step may change of a `Job`, by the record's names; the other columns are the statements' own."""

    channel_id: str
    thread_ts: str | None
    conversation: Conversation
    draft: str
    addresses: Sealed | None
    prepared: str
    length_s: float | None
    estimate_id: str | None
    estimate_usd: Decimal | None
    guessed: Guessed | None
    expires_at: float | None
    confirmed_by: str | None
    confirmed_at: float | None
    idempotency_key: str | None
    request_body: Sealed | None
    account_key: str | None
    generation_id: str | None
    generation_status: str | None
    submitted_at: float | None
    slack_file_id: str | None
    failure_code: str | None
    failure_detail: str | None
    card_channel: str | None
    card_ts: str | None
    card_moved: bool
    slow: bool
    joined_key: str | None
    pricing_since: float | None
    priced_at: float | None
    repriced_usd: Decimal | None
    accepted_usd: Decimal | None


class Scheduled(Changes, total=False):
    """Changes, and when the job's step is to run."""

    due_at: float | None


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `jobs`. Times are seconds since the epoch, money is USD."""

    id: str
    """Opaque, unguessable; also names the output at sync.so and the webhook route."""
    request_key: str
    """What makes a repeated delivery of the same ask the same job."""
    enterprise_id: str | None
    team_id: str
    user_id: str
    """The asker."""
    channel_id: str
    """Where it was asked."""
    thread_ts: str | None
    """The thread it was asked in; None: the card begins one."""
    conversation: Conversation
    status: JobStatus
    draft: str
    """JSON of `bot.asking.drafts.Draft`, where a link is its host and file name alone."""
    addresses: Sealed | None
    """The links' whole addresses, see `bot.asking.addresses`; None: there are none, or no longer any."""
    prepared: str
    """JSON of `bot.asking.drafts.Prepared`."""
    length_s: float | None
    """Length of the output as far as it is known; None: not known."""
    estimate_id: str | None
    """Made anew with each estimate, so that an old button cannot spend a new price."""
    estimate_usd: Decimal | None
    """None: no price could be had."""
    guessed: Guessed | None
    """What of length and price holds at 25 frames a second only; None: neither."""
    expires_at: float | None
    """When the estimate stops being good for a click."""
    confirmed_by: str | None
    confirmed_at: float | None
    idempotency_key: str | None
    """Made once for each yes, stored before the first send."""
    request_body: Sealed | None
    """The create call's body, byte for byte as it is sent; None: not made ready, or the job has ended."""
    account_key: str | None
    """Fingerprint of the sync.so key that pays; jobs of one account share a line and a read."""
    generation_id: str | None
    generation_status: str | None
    """sync.so's own word, as last read."""
    submitted_at: float | None
    slack_file_id: str | None
    """The upload that carries the result; stored before it is completed."""
    failure_code: str | None
    """sync.so's error code or one of `bot.errors`; None: nothing failed."""
    failure_detail: str | None
    """A sentence for the user that came with the code, as plain text."""
    card_channel: str | None
    card_ts: str | None
    """Where the card stands; None: not posted yet."""
    card_moved: bool
    """The card went to the person's direct message since the app is not in the channel."""
    card_revision: int
    """Counts the visible changes."""
    card_shown: int
    """The revision that Slack shows."""
    card_due_at: float | None
    """When the card is to be shown (again); None: Slack shows the truth."""
    card_lease: str | None
    due_at: float | None
    """When the job's step is to run; None: nothing to do until somebody acts."""
    lease_token: str | None
    attempts: int
    """Failed tries of the present step."""
    slow: bool
    """The card says that the present step takes longer than usual."""
    created_at: float
    updated_at: float
    ended_at: float | None
    joined_key: str | None
    """As `request_key`, of the last request that brought what was missing; None: one asked for all of it."""
    card_place: int | None
    """The place in its account's line that the card shows, from 1; None: it shows none."""
    pricing_since: float | None
    """Since when the price is being asked for once more before the job is sent; None: it is not."""
    priced_at: float | None
    """When its price was last looked at and found covered by the yes; None: not since the yes."""
    repriced_usd: Decimal | None
    """The price as sync.so last named it after the yes; None: it named none."""
    accepted_usd: Decimal | None
    """What was said yes to in the order that this one replaces; None: it replaces none."""
    cost_usd: Decimal | None
    """What it did cost, by sync.so's own record; None: the record does not tell, or not yet."""

    def may_be_sent(self, now: float) -> bool:
        """Whether its price was looked at a moment ago, and is the one that was said yes to."""
        return self.priced_at is not None and now - PRICE_GOOD_S < self.priced_at <= now

    @property
    def thread(self) -> tuple[str, str | None]:
        """Channel and root message for the card's replies and the finished video."""
        if self.card_moved or self.thread_ts is None:
            return self.card_channel or self.channel_id, self.card_ts
        return self.channel_id, self.thread_ts

    @property
    def conversation_of_thread(self) -> Conversation:
        """The kind of conversation that `thread` is in."""
        return Conversation.DIRECT_MESSAGE if self.card_moved else self.conversation
