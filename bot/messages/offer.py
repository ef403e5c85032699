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
    return sum((_at_most(part) for part in order.makes), Decimal(0))


def _at_most(part: Part) -> Decimal:
    usd = part.usd or Decimal(0)
    return usd * MOST_FPS / ASSUMED_FPS if part.guessed is Guessed.PRICE else usd


def result_length(order: Order) -> str | None:
    """How long the one result will be; None: not known, or only how many frames it will have."""
    part = order.sole
    return f"about {length(part.length_s or 0)}" if part and is_measured(part) else None


def is_measured(part: Part) -> bool:
    """Whether it is known for how long its result will last, and not just how many frames it will have."""
    return bool(part.length_s) and part.guessed is not Guessed.LENGTH


def headline(order: Order) -> str:
    """What stands above an offer."""
    ready, it = f"Ready to make {_made(order)}", "it" if len(order.makes) == 1 else "all of them"
    if order.offer_usd is None:
        return f"{ready}, but sync.so could not say what {it} will cost"
    if order.guesses_price:
        return f"{ready}: {_span(order.offer_usd, order)} (not certain)"
    return f"{ready}: {about(order.offer_usd)} (estimate)"


def generate(order: Order) -> str:
    """What the button says that accepts an offer: of several videos how many, and for how much."""
    makes, parts = len(order.makes), len(order.parts)
    if parts < 2:  # noqa: PLR2004 - one video needs no number
        return "Generate"
    number = f"{makes} of {parts}" if makes < parts else f"all {parts}"
    is_certain = order.offer_usd is not None and not order.guesses_price
    return f"Generate {number}" + (f", {usd(order.offer_usd)}" if is_certain and order.offer_usd else "")


def part_price(part: Part) -> str:
    """The price of one of several, as `price`."""
    if part.usd is None:
        return "price not known"
    return f"{about(part.usd)} to {usd(_at_most(part))}" if part.guessed is Guessed.PRICE else about(part.usd)


def doubt(order: Order) -> str | None:
    """Why the price is not certain, or what is known of it, where it is not."""
    if order.offer_usd is None and (known := [part.usd for part in order.makes if part.usd is not None]):
        return f"Without {_unpriced(order)} it is {about(sum(known, Decimal(0)))}."
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
        text = f"{_BY_PICTURE} Make {_it(order)} without knowing the price?"
        return _ask("No price is known" if order.sole else "Not every price is known", text, anyway=True)
    if order.guesses_price:
        text = f"Estimate: {price(order)}. {_WHY_NOT_CERTAIN} Make {_it(order)} all the same?"
        return _ask("The price is not certain", text, anyway=True)
    if order.offer_usd >= ask_again_from_usd:
        total = about(order.offer_usd)
        what = "this video" if order.sole else "these videos"
        return _ask(f"Make {_it(order)} for {total}?", f"sync.so estimates {total} for {what}.")
    return None


def _made(order: Order) -> str:
    makes, parts = len(order.makes), len(order.parts)
    if parts < 2:  # noqa: PLR2004 - one video needs no number
        return "it"
    return f"{makes} of {parts} videos" if makes < parts else f"{parts} videos"


def _it(order: Order) -> str:
    return "it" if len(order.makes) == 1 else "them"


def _unpriced(order: Order) -> str:
    number = sum(part.usd is None for part in order.makes)
    return "the one whose price is not known" if number == 1 else f"the {number} whose price is not known"


_BY_PICTURE = "sync.so charges for each picture of the finished video."
_WHY_NOT_CERTAIN = f"{_BY_PICTURE[:-1]}, and I do not know how many a second yours has."


def _at_two_rates(usual: str, high: str) -> str:
    return f"{usual} at {ASSUMED_FPS} pictures a second, {high} at {MOST_FPS}"


def _ask(title: str, text: str, *, anyway: bool = False) -> Block:
    return blocks.confirm(title, text, yes="Generate anyway" if anyway else "Generate", no="Not now")
