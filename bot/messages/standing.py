"""How a video stands, in a few words: for lists, and for the parts of an order."""

from collections.abc import Mapping
from decimal import Decimal

from bot.messages import offer
from bot.messages.catalogue import N_, Words
from bot.messages.failures import CHARGE_UNKNOWN, FAILED_CHARGED, MADE_CHARGED, failure
from bot.messages.text import usd
from bot.messages.unconnected import is_for_key, is_waiting
from storage.cards import OrderState
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus

STANDS: Mapping[OrderStatus | JobStatus, str] = {
    OrderStatus.DRAFT: N_("waits for what it should say"),
    OrderStatus.PREPARING: N_("being read, the price comes next"),
    OrderStatus.OFFERED: N_("waits for you to press Generate"),
    OrderStatus.AWAITING_APPROVAL: N_("waits for approval"),
    OrderStatus.CONFIRMED: N_("on its way to sync.so"),
    OrderStatus.FAILED: N_("failed"),
    OrderStatus.CANCELLED: N_("cancelled"),
    OrderStatus.EXPIRED: N_("expired"),
    JobStatus.QUEUED: N_("in the queue"),
    JobStatus.SUBMITTING: N_("being sent to sync.so"),
    JobStatus.PROCESSING: N_("being made"),
    JobStatus.DELIVERING: N_("made, and on its way"),
    JobStatus.DELIVERED: N_("done"),
    JobStatus.FAILED: N_("failed"),
    JobStatus.CANCELLED: N_("cancelled"),
    JobStatus.UNRESOLVED: N_("unclear, see its card"),
}
_BEFORE_A_PRICE = frozenset({OrderStatus.DRAFT, OrderStatus.PREPARING})
_NOTHING = N_("nothing was charged")
_CHARGED = {
    FAILED_CHARGED: N_("not charged"),
    MADE_CHARGED: N_("made and charged, but not brought here"),
    CHARGE_UNKNOWN: N_("charge not known"),
}
_NEVER_SENT = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})


def stands(t: Words, state: OrderState) -> str:
    """Where an order stands; of several videos, how many are here."""
    if len(state.jobs) > 1:
        done = sum(job.status is JobStatus.DELIVERED for job in state.jobs)
        return t("{number} of {all} are here", number=t.number(done), all=t.number(len(state.jobs)))
    place = state.card.place if state.card is not None else None
    if state.status is JobStatus.QUEUED and place is not None:
        return t("next in line") if place == 1 else t("number {place} in line", place=place)
    if state.paused is not None and state.waits_to_be_sent:
        return t("paused")
    if is_waiting(state.order):
        return t("waits for a sync.so key") if is_for_key(state.order) else t("waits for a sync.so account")
    return t(STANDS[state.status])


def price(t: Words, state: OrderState) -> str | None:
    """What it costs or did not cost; None: there is nothing to say of that yet."""
    if state.status in _BEFORE_A_PRICE:
        return None
    if state.status in _NEVER_SENT:
        return t(_NOTHING)
    cost = _cost(state)
    if cost is not None:
        return usd(t, cost) if cost else t(_NOTHING)
    if state.status == JobStatus.FAILED:
        return charged(t, state.sole_job or state.order)
    told = offer.price(t, state.order)
    return t("price not known") if told is None else t("{price} (estimate)", price=told)


def _cost(state: OrderState) -> Decimal | None:
    """What all of it did cost, by sync.so's record; None: the record does not tell of all of it."""
    costs = [job.cost_usd for job in state.jobs]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if costs and len(known) == len(costs) else None


def charged(t: Words, ended: Order | Job) -> str:
    """What was charged for something that failed."""
    job = ended if isinstance(ended, Job) else None
    told = failure(
        t,
        ended.failure_code,
        ended.failure_detail,
        submitted=job is not None and job.generation_id is not None,
        made=job is not None and job.generation_status == "COMPLETED",
    )
    return t(_CHARGED.get(told.charged, _NOTHING))
