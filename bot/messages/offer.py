"""What an offer says of its price and of the length of its result, and what Generate asks once more."""

from decimal import Decimal

from bot.asking.lengths import ASSUMED_FPS, MOST_FPS
from bot.messages import blocks
from bot.messages.blocks import Block
from bot.messages.text import about, length, usd
from storage.jobs import Job
from storage.orders import Guessed, Order, Part


def price(order: Order) -> str | None:
    """sync.so's estimate, at two frame rates where it rests on an assumed one; None: no price is known."""
    if order.offer_usd is None:
        return None
    if not order.guesses_price:
        return about(order.offer_usd)
    return _at_two_rates(about(order.offer_usd), about(_most(order)))


def _span(usual: Decimal, order: Order) -> str:
    return f"{about(usual)} to {usd(_most(order))}"


def _most(order: Order) -> Decimal:
    return sum((_at_most(part) for part in order.parts), Decimal(0))


def _at_most(part: Part) -> Decimal:
    usd = part.usd or Decimal(0)
    return usd * MOST_FPS / ASSUMED_FPS if part.guessed is Guessed.PRICE else usd


def result_length(order: Order) -> str | None:
    """How long the one result will be; None: not known, or only how many frames it will have."""
    part = order.sole
    if part is None or not part.length_s or part.guessed is Guessed.LENGTH:
        return None
    return f"about {length(part.length_s)}"


def headline(order: Order) -> str:
    """What stands above an offer."""
    if order.offer_usd is None:
        return "Ready to make it, but sync.so could not say what it will cost"
    if order.guesses_price:
        return f"Ready to make it: {_span(order.offer_usd, order)} (not certain)"
    return f"Ready to make it: {about(order.offer_usd)} (estimate)"


def doubt(order: Order) -> str | None:
    """Why the price is not certain, where it is not."""
    if not order.guesses_price:
        return None
    return f"Estimate: {price(order)}. {_WHY_NOT_CERTAIN}"


def receipt(order: Order, job: Job) -> str:
    """What a finished video did cost, as far as sync.so's record tells; else what was estimated."""
    estimated = price(order)
    if job.cost_usd is not None:
        return (
            f"Cost: {usd(job.cost_usd)} ({f'estimated {estimated}' if estimated else 'no price was known'})."
        )
    return f"Estimated: {estimated}." if estimated else "Estimated: no price was known."


def charged(job: Job) -> str | None:
    """What was charged for a job that failed, by sync.so's record; None: the record does not tell."""
    if job.cost_usd is None:
        return None
    if not job.cost_usd:
        return "Nothing was charged: sync.so's own record says so."
    return f"sync.so charged {usd(job.cost_usd)}, as its own record says."


def question(order: Order, ask_again_from_usd: Decimal) -> Block | None:
    """What Slack asks before it sends the press on Generate; None: nothing.

    Args:
        order: With an offer.
        ask_again_from_usd: From this price on it is asked once more. Without a certain price it always is.
    """
    if order.offer_usd is None:
        return _ask("No price is known", f"{_BY_PICTURE} Make it without knowing the price?", anyway=True)
    if order.guesses_price:
        text = f"Estimate: {price(order)}. {_WHY_NOT_CERTAIN} Make it all the same?"
        return _ask("The price is not certain", text, anyway=True)
    if order.offer_usd >= ask_again_from_usd:
        total = about(order.offer_usd)
        return _ask(f"Make it for {total}?", f"sync.so estimates {total} for this video.")
    return None


_BY_PICTURE = "sync.so charges for each picture of the finished video."
_WHY_NOT_CERTAIN = f"{_BY_PICTURE[:-1]}, and I do not know how many a second yours has."


def _at_two_rates(usual: str, high: str) -> str:
    return f"{usual} at {ASSUMED_FPS} pictures a second, {high} at {MOST_FPS}"


def _ask(title: str, text: str, *, anyway: bool = False) -> Block:
    return blocks.confirm(title, text, yes="Generate anyway" if anyway else "Generate", no="Not now")
