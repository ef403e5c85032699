"""The card record, and what a card shows: an order with all that belongs to it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from storage.consents import Consent
from storage.gates import Gate
from storage.inputs import Input
from storage.jobs import Job, JobStatus
from storage.orders import Conversation, Order, OrderStatus
from storage.pauses import Pause

MOVING = frozenset({JobStatus.QUEUED, JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.DELIVERING})
"""Jobs that go on by themselves."""
_PREPARED = frozenset({OrderStatus.PREPARING, OrderStatus.CONFIRMED})
SHOWS_INPUTS = _PREPARED | {OrderStatus.DRAFT, OrderStatus.OFFERED}
"""Orders whose cards show how far their inputs are."""
SHOWS_GATE = frozenset(
    {
        OrderStatus.AWAITING_APPROVAL,
        OrderStatus.CONFIRMED,
        OrderStatus.RUNNING,
        OrderStatus.ENDED,
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
    }
)
"""Orders whose cards say whose yes they wait for, did not get, or had in advance."""


class CardKind(StrEnum):
    """What a message of the app's is about."""

    ORDER = "order"
    APPROVAL = "approval"
    """It asks one approver about an order."""
    HOME = "home"
    """A person's own page in the app: what waits for them, what runs, what came of it."""


@dataclass(frozen=True, slots=True)
class Card:
    """One row of `cards`: what Slack shows and is kept up to the truth. Times are seconds since the epoch."""

    id: str
    """Of an order's card the order's own; of one that asks an approver see `storage.gates`."""
    enterprise_id: str | None
    team_id: str
    kind: CardKind
    order_id: str | None
    """None: it is a person's Home."""
    user_id: str
    channel: str | None
    ts: str | None
    """Where it stands; None: it is not posted yet. A Home stands in no channel, and `ts` is its view's id."""
    moved: bool
    """It went to the person's direct message since the app is not in the channel."""
    revision: int
    """Counts the visible changes."""
    shown: int
    """The revision that Slack shows."""
    place: int | None
    """The place in its account's line that it shows, from 1; None: it shows none."""
    due_at: float | None
    """When it is to be shown (again); None: Slack shows the truth."""
    lease_token: str | None
    quiet_until: float | None
    """Until when it is not edited again; None: it may be at any time."""
    updated_at: float
    """When what it shows last changed."""
    opened_at: float | None = None
    """When its person last opened it; None: it is no Home."""
    page: str | None = None
    """Which of its pages a Home shows; None: the first, or it is no Home."""
    as_member: bool | None = None
    """Whether an admin sees their Home as somebody sees theirs who is none; None: no, or it is no Home."""
    link: str | None = None
    """The address of its message; None: it was not asked for yet."""


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order, its card and its jobs, read together: what is shown, and what a person's press is about."""

    order: Order
    card: Card | None
    """None: a form that was merely opened has none."""
    jobs: tuple[Job, ...]
    """By position; empty before the yes."""
    inputs: tuple[Input, ...] = ()
    """What it names, while its card may show how far they are; empty where nothing is shown."""
    paused: Pause | None = None
    """What keeps it waiting, where that was looked for; None: nothing does."""
    gate: Gate | None = None
    """What it waits at, or ended at; None: it came to none, or its card says nothing of it."""
    consents: tuple[Consent, ...] | None = None
    """Who is shown, and on what ground; empty: nobody has said it; None: that was not looked for."""

    @property
    def sole_job(self) -> Job | None:
        """Its only job; None: it has none yet, or several."""
        return self.jobs[0] if len(self.jobs) == 1 else None

    @property
    def waits_to_be_sent(self) -> bool:
        """Whether it has had its yes, and something of it is still to be sent to sync.so."""
        queued = any(job.status is JobStatus.QUEUED for job in self.jobs)
        return queued or self.order.status is OrderStatus.CONFIRMED

    @property
    def is_several(self) -> bool:
        """Whether it is about more than one video, as far as its parts are known."""
        return max(len(self.order.parts), len(self.jobs)) > 1

    @property
    def status(self) -> OrderStatus | JobStatus:
        """Where it stands: its only job, else, before the yes or with several, the order itself."""
        job = self.sole_job
        return self.order.status if job is None else job.status

    @property
    def has_only_ended_jobs(self) -> bool:
        """Whether nothing is left to do but to show it."""
        return bool(self.jobs) and all(job.ended_at is not None for job in self.jobs)

    @property
    def goes_on_by_itself(self) -> bool:
        """Whether it waits for no person and soon is something else: an edit that says no more can wait."""
        if not self.jobs:
            is_moving = any(each.begun_at is not None for each in self.inputs)
            return self.order.status in _PREPARED or (self.order.status is OrderStatus.OFFERED and is_moving)
        return any(job.status in MOVING for job in self.jobs)

    @property
    def failure_code(self) -> str | None:
        """Why it, or the first of its jobs that did, failed; None: nothing has."""
        failed = (job.failure_code for job in self.jobs if job.status is JobStatus.FAILED)
        return self.order.failure_code if self.order.status is OrderStatus.FAILED else next(failed, None)

    def job_at(self, position: int) -> Job | None:
        """The job of one of its parts; None: it has none."""
        return next((job for job in self.jobs if job.position == position), None)

    def failure_at(self, position: int) -> str | None:
        """Why one of its parts cannot be made, or failed; None: neither."""
        job, parts = self.job_at(position), self.order.parts
        if job is not None:
            return job.failure_code if job.status is JobStatus.FAILED else None
        return parts[position].problem if position < len(parts) else None

    @property
    def is_posted(self) -> bool:
        """Whether its card stands in Slack."""
        return self.card is not None and self.card.ts is not None

    @property
    def has_moved(self) -> bool:
        """Whether its card is in the asker's direct message instead of where it was asked."""
        return self.card is not None and self.card.moved

    @property
    def thread(self) -> tuple[str, str | None]:
        """Channel and root message for the card's replies and the finished videos."""
        order, card = self.order, self.card
        if card is not None and (card.moved or order.thread_ts is None):
            return card.channel or order.channel_id, card.ts
        return order.channel_id, order.thread_ts

    @property
    def conversation_of_thread(self) -> Conversation:
        """The kind of conversation that `thread` is in."""
        return Conversation.DIRECT_MESSAGE if self.has_moved else self.order.conversation


@dataclass(frozen=True, slots=True)
class Statuses:
    """What a list shows: orders before their yes by their own status, and after it by their jobs'."""

    orders: frozenset[OrderStatus]
    jobs: frozenset[JobStatus]
