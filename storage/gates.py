"""The gate record: what an order waits at when somebody else has to say yes as well. Pure.

An order comes to one gate at most. Whatever moves it on, or ends it, closes that: see `order_store.move`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storage.orders import Order, OrderStatus

DECLINED: Final = "declined"
"""The code of an order that ended since an approver said no."""


class GateKind(StrEnum):
    """What an approver is asked for."""

    APPROVAL = "approval"
    """A yes to the price."""
    BUDGET = "budget"
    """More budget, for this month alone, and with it the yes."""


class GateState(StrEnum):
    """How a gate stands, or how it was closed."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"
    """Nobody's answer is needed any more: the order was cancelled, or could not go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One row of `gates`, with the yeses that were given. Times are seconds since the epoch."""

    id: str
    order_id: str
    owner_id: str
    """The installation whose rules it is opened by."""
    enterprise_id: str | None
    team_id: str
    offer_id: str
    """What the asker said yes to, and nothing else is approved."""
    kind: GateKind
    state: GateState = GateState.OPEN
    needed: int
    """How many have to say yes."""
    approvers: tuple[str, ...]
    """Who is asked, by user id: those whom the rules name now, and who has said yes."""
    unreached: tuple[str, ...] = ()
    """Of these the ones whom the app cannot write to: they may still answer on their Home."""
    opened_at: float
    ends_at: float
    """From when on it is too late for an answer."""
    closed_at: float | None = None
    closed_by: str | None = None
    """Who declined; None: nobody did."""
    reason: str | None = None
    """Why they declined, in their words; None: they did not."""
    approved_by: tuple[str, ...] = ()
    """Who has said yes, in that order."""
    by_allowance: tuple[str, ...] = ()
    """Of these the ones who had allowed it beforehand, and were not asked."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.state is GateState.OPEN

    @property
    def is_stuck(self) -> bool:
        """Whether fewer know of it, and could say yes, than it takes."""
        able = {*self.approvers} - {*self.unreached} | {*self.approved_by}
        return self.is_open and len(able) < self.needed

    @property
    def asked(self) -> tuple[str, ...]:
        """Who has not answered yet."""
        return tuple(each for each in self.approvers if each not in self.approved_by)

    @property
    def cards(self) -> tuple[str, ...]:
        """The ids of the cards that ask, one for each approver."""
        return tuple(card_id(self.id, each) for each in self.approvers)


def card_id(gate_id: str, user_id: str) -> str:
    """The id of the card that asks one approver."""
    return f"{gate_id}:{user_id}"


def gate_of(of_card: str) -> str:
    """The gate that a card asks about."""
    return of_card.partition(":")[0]


_LEADS_TO: Mapping[OrderStatus, GateState] = {
    OrderStatus.CONFIRMED: GateState.APPROVED,
    OrderStatus.RUNNING: GateState.APPROVED,
    OrderStatus.EXPIRED: GateState.TIMED_OUT,
    OrderStatus.FAILED: GateState.STOPPED,
    OrderStatus.CANCELLED: GateState.STOPPED,
}


def closing_state(moved: Order) -> GateState | None:
    """How a gate is closed by where its order has moved; None: it is not."""
    return None if moved.confirmed_at is None else _LEADS_TO.get(moved.status)
