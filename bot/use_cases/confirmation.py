"""What becomes of a click on Generate. Pure."""

from enum import Enum, auto

from storage.orders import Order, OrderStatus


class Confirmation(Enum):
    """What became of a click on Generate."""

    ACCEPTED = auto()
    WAITS = auto()
    """It is accepted, and waits for those who have to say yes as well."""
    NOBODY_APPROVES = auto()
    """The team's rules want the yes of others, and leave nobody who could give it; the offer stays good."""
    CONSENT_UNSAID = auto()
    """The team wants it said first who is shown, and on what ground; the offer stays good."""
    EXPIRED = auto()
    OUTDATED = auto()
    """The price on that button was replaced by a newer one."""
    ACCOUNT_CHANGED = auto()
    """The price on that button is another sync.so account's than pays now; it is prepared again."""
    ALREADY_DONE = auto()
    """The yes was spent before, or the order has ended."""
    UNKNOWN = auto()
    """No such order in this workspace."""


def why_not(order: Order, offer_id: str, now: float) -> Confirmation | None:
    """Why a click spends nothing, by the order as it is now; None: it may."""
    if order.status is OrderStatus.EXPIRED:
        return Confirmation.EXPIRED
    if order.status in {OrderStatus.PREPARING, OrderStatus.OFFERED} and order.offer_id != offer_id:
        return Confirmation.OUTDATED
    if order.status is not OrderStatus.OFFERED:
        return Confirmation.ALREADY_DONE
    if order.expires_at is not None and order.expires_at <= now:
        return Confirmation.EXPIRED
    return None
