"""The order record, its statuses and the legal moves between them: the half that belongs to people. Pure.

A yes is the seam: it makes jobs of an order's parts (see `storage.jobs`), and no move leads back over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict

from storage.encryption import Sealed, SealedFor, Where


class OrderStatus(StrEnum):
    """Where an order stands."""

    DRAFT = "draft"
    """A form is open or a video waits for its speech; nothing was asked of sync.so."""
    PREPARING = "preparing"
    """Slack files are being relayed, lengths and prices are being asked."""
    OFFERED = "offered"
    """The card shows a price; the asker has to say yes."""
    AWAITING_APPROVAL = "awaiting_approval"
    """The asker said yes, somebody who answers for the money has to as well."""
    CONFIRMED = "confirmed"
    """Everybody said yes; an input is still on its way to sync.so."""
    RUNNING = "running"
    """Its jobs are born."""
    ENDED = "ended"
    """Its card has shown the end of its last job."""
    FAILED = "failed"
    """Ended without a job; the card says why."""
    CANCELLED = "cancelled"
    """Ended by the asker before any job was born."""
    EXPIRED = "expired"
    """The offer, or the open form, grew too old; or nobody connected an account in time."""


ORDER_MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    # It fails where its file cannot be used, whatever else would come.
    OrderStatus.DRAFT: frozenset(
        {OrderStatus.PREPARING, OrderStatus.FAILED, OrderStatus.CANCELLED, OrderStatus.EXPIRED},
    ),
    # Back to a draft where the files of a message, once they could be looked at, did not make a whole. It
    # expires where nobody connects an account that could pay for it.
    OrderStatus.PREPARING: frozenset(
        {
            OrderStatus.DRAFT,
            OrderStatus.OFFERED,
            OrderStatus.FAILED,
            OrderStatus.CANCELLED,
            OrderStatus.EXPIRED,
        },
    ),
    # Straight to running where every input is at sync.so already. It fails where the app is removed.
    OrderStatus.OFFERED: frozenset(
        {
            OrderStatus.PREPARING,
            OrderStatus.AWAITING_APPROVAL,
            OrderStatus.CONFIRMED,
            OrderStatus.RUNNING,
            OrderStatus.FAILED,
            OrderStatus.CANCELLED,
            OrderStatus.EXPIRED,
        },
    ),
    OrderStatus.AWAITING_APPROVAL: frozenset(
        {
            OrderStatus.CONFIRMED,
            OrderStatus.RUNNING,
            OrderStatus.FAILED,
            OrderStatus.CANCELLED,
            OrderStatus.EXPIRED,
        },
    ),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.RUNNING, OrderStatus.FAILED, OrderStatus.CANCELLED}),
    OrderStatus.RUNNING: frozenset({OrderStatus.ENDED}),
    OrderStatus.ENDED: frozenset(),
    OrderStatus.FAILED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.EXPIRED: frozenset(),
}
"""The one table of an order's moves; every guarded UPDATE takes the statuses it may leave from here."""

OVER = frozenset(status for status, targets in ORDER_MOVES.items() if not targets)
"""The statuses that no order leaves."""


ASSUMED_FPS = 25
"""Frames a second where nobody could read them: prices for a second are published at it (sync.so, models)."""
MOST_FPS = 60
"""What cameras, phones and screen recorders make at most."""


class Guessed(StrEnum):
    """Which figure of an offer rests on a frame rate that nobody has told."""

    PRICE = "price"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One video of an order, as it is offered."""

    label: str = ""
    """Tells it from the other parts of its order; empty where it is the only one."""
    usd: Decimal | None
    """None: no price could be had."""
    most_usd: Decimal | None = None
    """The most that it can cost, told where no price could be had; None: it has a price."""
    length_s: float | None
    """Length of the result as far as it is known; None: not known."""
    guessed: Guessed | None = None
    """What of length and price holds at 25 frames a second only; None: neither."""
    problem: str | None = None
    """Why it cannot be made, as a failure's code: it stands outside the sum, and a yes makes no job of it;
    None: it can."""
    problem_detail: str | None = None
    """A sentence for the user that came with the code, as plain text."""

    @property
    def highest_usd(self) -> Decimal | None:
        """What its price may come to, where that holds at an assumed rate only; None: it has none."""
        if self.usd is None or self.guessed is not Guessed.PRICE:
            return self.usd
        return self.usd * MOST_FPS / ASSUMED_FPS


def sum_of(parts: tuple[Part, ...]) -> Decimal | None:
    """What those parts cost together that can be made; None: of one of them no price is known."""
    prices = [part.usd for part in parts if part.problem is None]
    known = [usd for usd in prices if usd is not None]
    return sum(known, Decimal(0)) if len(known) == len(prices) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What stands on a card for a yes."""

    offer_id: str
    parts: tuple[Part, ...]
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


class Forgotten(StrEnum):
    """Why what an order says is not there any more."""

    DELETED = "deleted"
    """Somebody had it deleted, with what was made of it."""
    OLD = "old"
    """Its time was over; what was made of it is where it was."""


def addresses_at(order_id: str) -> Where:
    """Where the addresses of an order's links stand."""
    return Where("orders", "addresses", order_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is known when somebody asks; the rest of the row begins empty."""

    id: str
    request_key: str
    team_id: str
    user_id: str
    channel_id: str
    draft: str
    addresses: SealedFor | None
    enterprise_id: str | None = None
    thread_ts: str | None = None
    conversation: Conversation = Conversation.CHANNEL
    status: OrderStatus = OrderStatus.DRAFT
    """DRAFT, PREPARING where the ask is complete at once, or OFFERED with an offer."""
    prepared: str = "{}"
    offer: Offer | None = None
    due_at: float | None = None
    show_card: bool = False
    """Whether the card is to be posted now; an open form has none."""


@dataclass(frozen=True, slots=True)
class Order:
    """One row of `orders`. Times are seconds since the epoch, money is USD."""

    id: str
    """Opaque, unguessable; its jobs' ids begin with it."""
    request_key: str
    """What makes a repeated delivery of the same ask the same order."""
    joined_key: str | None
    """As `request_key`, of the last request that brought what was missing; None: one asked for all of it."""
    enterprise_id: str | None
    team_id: str
    user_id: str
    """The asker."""
    channel_id: str
    """Where it was asked."""
    thread_ts: str | None
    """The thread it was asked in; None: the card begins one."""
    conversation: Conversation
    status: OrderStatus
    draft: str
    """JSON of `bot.asking.drafts.Draft`, where a link is its host and file name alone."""
    addresses: Sealed | None
    """The links' whole addresses, see `bot.asking.addresses`; None: there are none, or no longer any."""
    prepared: str
    """JSON of `bot.asking.drafts.Prepared`."""
    parts: tuple[Part, ...]
    """What it will make, in order; empty before there is an offer."""
    offer_id: str | None
    """Made anew with each offer, so that an old button cannot spend a new price."""
    offer_usd: Decimal | None
    """What all parts cost together; None: there is no offer, or no price could be had."""
    expires_at: float | None
    """When the offer stops being good for a click, or the wait for an account ends."""
    confirmed_by: str | None
    confirmed_at: float | None
    accepted_usd: Decimal | None
    """What was said yes to in the order that this one replaces; None: it replaces none."""
    failure_code: str | None
    """sync.so's error code or one of `bot.errors`: why it failed, or what it waits for (`storage.waiting`);
    None: neither."""
    failure_detail: str | None
    """A sentence for the user that came with the code, as plain text; or the people who can change it."""
    due_at: float | None
    """When the order's step is to run; None: nothing to do until somebody acts."""
    lease_token: str | None
    attempts: int
    """Failed tries of the present step."""
    slow: bool
    """The card says that the present step takes longer than usual."""
    created_at: float
    updated_at: float
    ended_at: float | None
    forgotten: Forgotten | None = None
    """Why its words, and those of its jobs, are not there any more; None: they are."""

    @property
    def guesses_price(self) -> bool:
        """Whether the price of some part holds at 25 frames a second only."""
        return any(part.guessed is Guessed.PRICE for part in self.makes)

    @property
    def makes(self) -> tuple[Part, ...]:
        """Its parts that can be made, in order: those that a yes is for."""
        return tuple(part for part in self.parts if part.problem is None)

    @property
    def sole(self) -> Part | None:
        """Its only part; None: it has several, or no offer."""
        return self.parts[0] if len(self.parts) == 1 else None


class OrderFacts(TypedDict, total=False):
    """What a step or a use case may change of an order beside where it stands and when it is due."""

    joined_key: str | None
    draft: str
    addresses: SealedFor | None
    prepared: str
    parts: tuple[Part, ...]
    offer_id: str | None
    offer_usd: Decimal | None
    expires_at: float | None
    confirmed_by: str | None
    confirmed_at: float | None
    failure_code: str | None
    failure_detail: str | None
    slow: bool


class OrderChanges(OrderFacts, total=False):
    """As above, for whoever says as well when it is due."""

    due_at: float | None
