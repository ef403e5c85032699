"""How a video stands, in a few words: for lists, and for the parts of an order."""

from collections.abc import Mapping
from decimal import Decimal

from bot.messages import offer
from bot.messages.failures import CHARGE_UNKNOWN, FAILED_CHARGED, MADE_CHARGED, failure
from bot.messages.text import usd
from storage.cards import OrderState
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus

STANDS: Mapping[OrderStatus | JobStatus, str] = {
    OrderStatus.DRAFT: "waits for what it should say",
    OrderStatus.PREPARING: "being read, the price comes next",
    OrderStatus.OFFERED: "waits for you to press Generate",
    OrderStatus.AWAITING_APPROVAL: "waits for approval",
    OrderStatus.CONFIRMED: "on its way to sync.so",
    OrderStatus.FAILED: "failed",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.EXPIRED: "expired",
    JobStatus.QUEUED: "in the queue",
    JobStatus.SUBMITTING: "being sent to sync.so",
    JobStatus.PROCESSING: "being made",
    JobStatus.DELIVERING: "made, and on its way",
    JobStatus.DELIVERED: "done",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
    JobStatus.UNRESOLVED: "unclear, see its card",
}
_BEFORE_A_PRICE = frozenset({OrderStatus.DRAFT, OrderStatus.PREPARING})
_CHARGED = {
    FAILED_CHARGED: "not charged",
    MADE_CHARGED: "made and charged, but not brought here",
    CHARGE_UNKNOWN: "charge not known",
}
_NEVER_SENT = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})


def stands(state: OrderState) -> str:
    """Where an order stands; of several videos, how many are here."""
    if len(state.jobs) > 1:
        done = sum(job.status is JobStatus.DELIVERED for job in state.jobs)
        return f"{done} of {len(state.jobs)} are here"
    place = state.card.place if state.card is not None else None
    if state.status is JobStatus.QUEUED and place is not None:
        return "next in line" if place == 1 else f"number {place} in line"
    return STANDS[state.status]


def price(state: OrderState) -> str | None:
    """What it costs or did not cost; None: there is nothing to say of that yet."""
    if state.status in _BEFORE_A_PRICE:
        return None
    if state.status in _NEVER_SENT:
        return "nothing was charged"
    cost = _cost(state)
    if cost is not None:
        return usd(cost) if cost else "nothing was charged"
    if state.status == JobStatus.FAILED:
        return charged(state.sole_job or state.order)
    told = offer.price(state.order)
    return "price not known" if told is None else f"{told} (estimate)"


def _cost(state: OrderState) -> Decimal | None:
    """What all of it did cost, by sync.so's record; None: the record does not tell of all of it."""
    costs = [job.cost_usd for job in state.jobs]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if costs and len(known) == len(costs) else None


def charged(ended: Order | Job) -> str:
    """What was charged for something that failed."""
    job = ended if isinstance(ended, Job) else None
    told = failure(
        ended.failure_code,
        ended.failure_detail,
        submitted=job is not None and job.generation_id is not None,
        made=job is not None and job.generation_status == "COMPLETED",
    )
    return _CHARGED.get(told.charged, "nothing was charged")
