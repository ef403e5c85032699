"""The worker's lanes: which rows go to which step, and how many at once."""

from decimal import Decimal
from typing import Any

from bot.asking.asks import Births
from bot.steps.confirmed import Confirmed
from bot.steps.deliver import Deliver
from bot.steps.drafts import Drafts
from bot.steps.offered import Offered
from bot.steps.prepare import Prepare
from bot.steps.relay import Relay
from bot.steps.reprice import Reprice
from bot.steps.settle import Settle
from bot.steps.show import Show
from bot.steps.show_approvals import ShowApprovals
from bot.steps.show_home import ShowHome
from bot.steps.submit import Submit
from bot.steps.tools import Tools
from bot.steps.watch import Watch
from bot.worker import (
    Lane,
    Step,
    claim_cards,
    claim_inputs,
    claim_polls,
    claim_prices,
    claim_slots,
    claims_of,
    claims_of_orders,
)
from storage import leases
from storage.cards import Card, CardKind
from storage.inputs import InputStatus
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from storage.standing import Standing


def card_lane(tools: Tools, *, ask_again_from_usd: Decimal) -> Lane[Card]:
    """The lane that has no status: it shows what changed. For the price see `Show`."""
    show = Show(tools, ask_again_from_usd=ask_again_from_usd)
    show_home = ShowHome(tools, ask_again_from_usd=ask_again_from_usd)
    show_approvals = ShowApprovals(tools)

    async def show_all(held: list[Card]) -> None:
        """The cards of orders first: they say that somebody was heard, and what it costs."""
        if of_orders := [card for card in held if card.kind is CardKind.ORDER]:
            await show(of_orders)
        await show_approvals([card for card in held if card.kind is CardKind.APPROVAL])
        await show_home([card for card in held if card.kind is CardKind.HOME])

    return Lane("cards", frozenset(), claim_cards, show_all, at_once=4, lease=leases.CARDS)


def lanes_of(tools: Tools, watch: Watch | None, births: Births) -> tuple[Lane[Any], ...]:
    """One for each step of orders, inputs and jobs. `watch` stands in for webhooks; None: these come."""
    queued = frozenset({JobStatus.QUEUED})
    unclear = frozenset({JobStatus.SUBMITTING, JobStatus.UNRESOLVED})
    preparing, delivering = frozenset({OrderStatus.PREPARING}), frozenset({JobStatus.DELIVERING})
    confirmed = frozenset({OrderStatus.CONFIRMED})
    drafts, wanted = frozenset({OrderStatus.DRAFT}), frozenset({InputStatus.WANTED})
    offers = frozenset({OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL})
    submit, settle = Submit(tools), Settle(tools, watch)
    return (
        _of_orders("prepare", preparing, Prepare(tools), limit=1, at_once=6),
        Lane("relay", wanted, claim_inputs, Relay(tools), at_once=6, lease=leases.INPUTS),
        Lane("reprice", queued, claim_prices, Reprice(tools), 24, opens_at=Standing.opens_to_price_at),
        Lane("submit", queued, claim_slots, submit, at_once=12, opens_at=Standing.opens_at),
        Lane("resubmit", unclear, claims_of(unclear, limit=1), submit, at_once=4),
        Lane("settle", frozenset({JobStatus.PROCESSING}), claim_polls, settle, at_once=2),
        Lane("deliver", delivering, claims_of(delivering, limit=1), Deliver(tools), at_once=4),
        _of_orders("drafts", drafts, Drafts(tools), limit=1, at_once=4),
        _of_orders("offers", offers, Offered(tools), limit=8, at_once=2),
        _of_orders("confirmed", confirmed, Confirmed(tools, births), limit=1, at_once=6),
    )


def _of_orders(
    name: str, statuses: frozenset[OrderStatus], step: Step[Order], *, limit: int, at_once: int
) -> Lane[Order]:
    claim = claims_of_orders(statuses, limit=limit)
    return Lane(name, statuses, claim, step, at_once, lease=leases.ORDERS)
