"""The highest that an offer may come to, where its price holds at an assumed frame rate only. Pure."""

from decimal import Decimal

from storage.orders import Order


def highest_usd(order: Order) -> Decimal | None:
    """What all that is to be made may come to; None: of some part no price is known."""
    prices = [part.highest_usd for part in order.makes]
    known = [usd for usd in prices if usd is not None]
    return sum(known, Decimal(0)) if len(known) == len(prices) else None
