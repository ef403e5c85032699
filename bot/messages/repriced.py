"""What is said when a price is no longer the one that was said yes to: on the old card, and on the new."""

from decimal import Decimal

from bot.messages.failures import NOTHING_CHARGED
from bot.messages.text import about
from storage.jobs import Job
from storage.orders import Order

PRICE_CHANGED = "price_changed"
"""The code of an order that ended since its price no longer held."""
LINK_CHANGED = "link_changed"
"""Its detail where a link led to another file than the price was for."""
_GO_ON = "The new offer is in this thread, on a card of its own."


def stopped(job: Job) -> tuple[str, tuple[str, ...]]:
    """Headline and lines of the card whose yes was not spent."""
    accepted = about(job.estimate_usd or Decimal(0))
    if job.failure_detail == LINK_CHANGED:
        what = f"A link leads to another file now than when you said yes to {accepted}. {NOTHING_CHARGED}"
        return "Not made: the file behind a link has changed", (what, _GO_ON)
    if job.repriced_usd is not None:
        return "Not made: the price went up", (_both(job.repriced_usd, accepted), _GO_ON)
    asked = (
        "Before I send a video to sync.so I ask for its price once more, and for two minutes I got none. "
        f"You said yes to {accepted}. {NOTHING_CHARGED}"
    )
    return "Not made: its price could not be checked", (asked, _GO_ON)


def instead(order: Order) -> tuple[str, ...]:
    """The line of an offer that came in an order's place: both prices; none for any other offer."""
    if order.accepted_usd is None:
        return ()
    accepted = about(order.accepted_usd)
    if order.offer_usd is not None and order.offer_usd > order.accepted_usd:
        return (_both(order.offer_usd, accepted),)
    if order.offer_usd is not None:
        return (f"A link leads to another file now than when you said yes to {accepted}. {NOTHING_CHARGED}",)
    return (f"You said yes to {accepted}; now sync.so does not say what it costs. {NOTHING_CHARGED}",)


def _both(now: Decimal, accepted: str) -> str:
    return f"It now costs {about(now)}; you said yes to {accepted}. {NOTHING_CHARGED}"
