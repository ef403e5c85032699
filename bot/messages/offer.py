"""What an offer says of its price and of the length of its result, and what Generate asks once more."""

from decimal import Decimal

from bot.asking.lengths import ASSUMED_FPS, MOST_FPS
from bot.messages import blocks
from bot.messages.blocks import Block
from bot.messages.text import about, length, usd
from storage.jobs import Guessed, Job


def price(job: Job) -> str | None:
    """sync.so's estimate, at two frame rates where it rests on an assumed one; None: no price is known."""
    if job.estimate_usd is None:
        return None
    if job.guessed is not Guessed.PRICE:
        return about(job.estimate_usd)
    at_most = job.estimate_usd * MOST_FPS / ASSUMED_FPS
    return _at_two_rates(about(job.estimate_usd), about(at_most))


def result_length(job: Job) -> str | None:
    """How long the result will be; None: not known, or only how many frames it will have."""
    if not job.length_s or job.guessed is Guessed.LENGTH:
        return None
    return f"about {length(job.length_s)}"


def headline(job: Job) -> str:
    """What stands above an offer."""
    if job.estimate_usd is None:
        return "Ready to make it, but sync.so could not say what it will cost"
    if job.guessed is Guessed.PRICE:
        return "Ready to make it, but the price is not certain"
    return f"Ready to make it: {about(job.estimate_usd)} (estimate)"


def doubt(job: Job) -> str | None:
    """Why the price is not certain, where it is not."""
    if job.guessed is not Guessed.PRICE:
        return None
    return f"Estimate: {price(job)}. {_WHY_NOT_CERTAIN}"


def receipt(job: Job) -> str:
    """What a finished video did cost, as far as sync.so's record tells; else what was estimated."""
    estimated = price(job)
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


def question(job: Job, ask_again_from_usd: Decimal) -> Block | None:
    """What Slack asks before it sends the press on Generate; None: nothing.

    Args:
        job: With an offer.
        ask_again_from_usd: From this price on it is asked once more. Without a certain price it always is.
    """
    if job.estimate_usd is None:
        return _ask("No price is known", f"{_BY_PICTURE} Make it without knowing the price?", anyway=True)
    if job.guessed is Guessed.PRICE:
        text = f"Estimate: {price(job)}. {_WHY_NOT_CERTAIN} Make it all the same?"
        return _ask("The price is not certain", text, anyway=True)
    if job.estimate_usd >= ask_again_from_usd:
        total = about(job.estimate_usd)
        return _ask(f"Make it for {total}?", f"sync.so estimates {total} for this video.")
    return None


_BY_PICTURE = "sync.so charges for each picture of the finished video."
_WHY_NOT_CERTAIN = f"{_BY_PICTURE[:-1]}, and I do not know how many a second yours has."


def _at_two_rates(usual: str, high: str) -> str:
    return f"{usual} at {ASSUMED_FPS} pictures a second, {high} at {MOST_FPS}"


def _ask(title: str, text: str, *, anyway: bool = False) -> Block:
    return blocks.confirm(title, text, yes="Generate anyway" if anyway else "Generate", no="Not now")
