"""The highest that an offer may come to, where its price holds at an assumed frame rate only. Pure."""

from decimal import Decimal

from bot.asking.lengths import ASSUMED_FPS, MOST_FPS
from storage.orders import Guessed, Order, Part


def highest_usd(order: Order) -> Decimal | None:
    """What all that is to be made may come to; None: of some part no price is known."""
    prices = [highest_of(part) for part in order.makes]
    known = [usd for usd in prices if usd is not None]
    return sum(known, Decimal(0)) if len(known) == len(prices) else None


def highest_of(part: Part) -> Decimal | None:
    """The same of one part."""
    if part.usd is None or part.guessed is not Guessed.PRICE:
        return part.usd
    return part.usd * MOST_FPS / ASSUMED_FPS
