"""What becomes of an approver's press. Pure."""

from enum import Enum, auto

from storage.gates import Gate
from storage.orders import Order, OrderStatus


class Verdict(Enum):
    """What became of it."""

    BEGUN = auto()
    """It was the last yes that was needed."""
    NOTED = auto()
    """Others have to say yes as well."""
    DECLINED = auto()
    SAID_ALREADY = auto()
    """They have said yes before."""
    TOO_LATE = auto()
    """It waits for nobody any more."""
    NOT_ASKED = auto()
    """They are not among the approvers, or not any more."""
    OWN = auto()
    """They asked for it themselves, and the rules want somebody else's yes."""
    CONSENT_UNSAID = auto()
    """The team wants it said first who is shown; it goes on waiting."""
    ACCOUNT_CHANGED = auto()
    """Another sync.so account pays by now; it is offered anew."""
    ALLOWED = auto()
    """What is like it they allow from now on."""
    NOT_ALLOWABLE = auto()
    """It is not what they were shown any more; nothing was changed."""
    UNKNOWN = auto()
    """No such gate in this workspace."""


def too_late(gate: Gate, order: Order, now: float) -> bool:
    """Whether an answer changes nothing, by order and gate as they are now."""
    is_waiting = order.status is OrderStatus.AWAITING_APPROVAL and gate.offer_id == order.offer_id
    return not (gate.is_open and is_waiting) or gate.ends_at <= now
