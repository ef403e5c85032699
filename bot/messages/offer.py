"""What an offer says of its price and of the length of its result, and what Generate asks once more."""

from decimal import Decimal

from bot.asking.highest import highest_usd
from bot.messages import blocks
from bot.messages.blocks import Block
from bot.messages.catalogue import N_, Words
from bot.messages.text import about, length, usd
from storage.jobs import Job, is_unlike
from storage.orders import ASSUMED_FPS, MOST_FPS, Guessed, Order, Part


def price(t: Words, order: Order) -> str | None:
    """sync.so's estimate, at two frame rates where it rests on an assumed one; None: no price is known."""
    if order.offer_usd is None:
        return None
    if not order.guesses_price:
        return about(t, order.offer_usd)
    return _at_two_rates(t, about(t, order.offer_usd), about(t, highest_usd(order) or Decimal(0)))


def _span(t: Words, usual: Decimal, order: Order) -> str:
    return _from_to(t, about(t, usual), usd(t, highest_usd(order) or Decimal(0)))


def result_length(t: Words, order: Order) -> str | None:
    """How long the one result will be; None: not known, or only how many frames it will have."""
    part = order.sole
    return t("about {value}", value=length(part.length_s or 0)) if part and is_measured(part) else None


def is_measured(part: Part) -> bool:
    """Whether it is known for how long its result will last, and not just how many frames it will have."""
    return bool(part.length_s) and part.guessed is not Guessed.LENGTH


def headline(t: Words, order: Order) -> str:
    """What stands above an offer."""
    if len(order.parts) > 1:
        return _headline_of_several(t, order)
    if order.offer_usd is None:
        return t("Ready to make it, but sync.so could not say what it will cost")
    if order.guesses_price:
        return t("Ready to make it: {price} (not certain)", price=_span(t, order.offer_usd, order))
    return t("Ready to make it: {price} (estimate)", price=about(t, order.offer_usd))


def _headline_of_several(t: Words, order: Order) -> str:
    makes, parts = len(order.makes), len(order.parts)
    videos = t.n("{count} video", "{count} videos", parts)
    if makes < parts:
        videos = t("{makes} of {videos}", makes=t.number(makes), videos=videos)
    if order.offer_usd is None and makes == 1:
        return t("Ready to make {videos}, but sync.so could not say what it will cost", videos=videos)
    if order.offer_usd is None:
        return t(
            "Ready to make {videos}, but sync.so could not say what all of them will cost", videos=videos
        )
    if order.guesses_price:
        price = _span(t, order.offer_usd, order)
        return t("Ready to make {videos}: {price} (not certain)", videos=videos, price=price)
    return t("Ready to make {videos}: {price} (estimate)", videos=videos, price=about(t, order.offer_usd))


def generate(t: Words, order: Order) -> str:
    """What the button says that accepts an offer: of several videos how many, and for how much."""
    makes, parts = len(order.makes), len(order.parts)
    if parts < 2:  # noqa: PLR2004 - one video needs no number
        return t("Generate")
    price = None if order.guesses_price or not order.offer_usd else usd(t, order.offer_usd)
    if makes < parts and price:
        return t("Generate {makes} of {parts}, {price}", makes=makes, parts=parts, price=price)
    if makes < parts:
        return t("Generate {makes} of {parts}", makes=makes, parts=parts)
    return (
        t("Generate all {parts}, {price}", parts=parts, price=price)
        if price
        else t("Generate all {parts}", parts=parts)
    )


def part_price(t: Words, part: Part) -> str:
    """The price of one of several, as `price`."""
    if part.usd is None:
        return t("price not known")
    price = about(t, part.usd)
    return (
        _from_to(t, price, usd(t, part.highest_usd or Decimal(0))) if part.guessed is Guessed.PRICE else price
    )


def _from_to(t: Words, low: str, high: str) -> str:
    return t("{low} to {high}", low=low, high=high)


def doubt(t: Words, order: Order) -> str | None:
    """Why the price is not certain, or what is known of it, where it is not."""
    if order.offer_usd is None and (known := [part.usd for part in order.makes if part.usd is not None]):
        number = len(order.makes) - len(known)
        return t.n(
            "Without the one whose price is not known it is {price}.",
            "Without the {count} whose price is not known it is {price}.",
            number,
            price=about(t, sum(known, Decimal(0))),
        )
    if not order.guesses_price:
        return None
    return " ".join((t("Estimate: {price}.", price=price(t, order)), t(_WHY_NOT_CERTAIN)))


def receipt(t: Words, order: Order, job: Job) -> str:
    """What a finished video did cost, as far as sync.so's record tells; else what was estimated."""
    estimated = price(t, order)
    if job.cost_usd is None:
        if not estimated:
            return t("Estimated: no price was known.")
        return t("Estimated: {price}.", price=estimated)
    cost = usd(t, job.cost_usd)
    if not estimated:
        return t("Cost: {cost} (no price was known).", cost=cost)
    told = t("Cost: {cost} (estimated {price}).", cost=cost, price=estimated)
    return " ".join(filter(None, (told, why_unlike(t, job))))


def why_unlike(t: Words, job: Job) -> str | None:
    """Why a cost is unlike its estimate, as far as sync.so tells; None: it is not, or by a fifth at most."""
    if job.cost_usd is None or job.estimate_usd is None or not is_unlike(job.cost_usd, job.estimate_usd):
        return None
    is_more = job.cost_usd > job.estimate_usd
    if job.billed_frames is None:
        if is_more:
            return t("That is more than a fifth above the estimate. sync.so's record does not say why.")
        return t("That is more than a fifth below the estimate. sync.so's record does not say why.")
    frames = t.number(job.billed_frames)
    if is_more:
        return t(
            "That is more than a fifth above the estimate: sync.so billed {frames} frames.", frames=frames
        )
    return t("That is more than a fifth below the estimate: sync.so billed {frames} frames.", frames=frames)


def charged(t: Words, job: Job) -> str | None:
    """What was charged for a job that failed, by sync.so's record; None: the record does not tell."""
    if job.cost_usd is None:
        return None
    if not job.cost_usd:
        return t("Nothing was charged: sync.so's own record says so.")
    return t("sync.so charged {cost}, as its own record says.", cost=usd(t, job.cost_usd))


def question(t: Words, order: Order, ask_again_from_usd: Decimal) -> Block | None:
    """What Slack asks before it sends the press on Generate; None: nothing.

    Args:
        t: The reader's words.
        order: With an offer.
        ask_again_from_usd: From this price on it is asked once more. Without a certain price it always is.
    """
    is_one = len(order.makes) == 1
    if order.offer_usd is None:
        title = t("No price is known") if order.sole else t("Not every price is known")
        them = t("Make them without knowing the price?")
        ask = t("Make it without knowing the price?") if is_one else them
        return _ask(t, title, f"{t(_BY_FRAME)} {ask}", anyway=True)
    if order.guesses_price:
        ask = t("Make it anyway?") if is_one else t("Make them anyway?")
        return _ask(t, t("The price is not certain"), f"{doubt(t, order)} {ask}", anyway=True)
    if order.offer_usd < ask_again_from_usd:
        return None
    total = about(t, order.offer_usd)
    title = t("Make it for {price}?", price=total) if is_one else t("Make them for {price}?", price=total)
    if order.sole:
        return _ask(t, title, t("sync.so estimates {price} for this video.", price=total))
    return _ask(t, title, t("sync.so estimates {price} for these videos.", price=total))


_BY_FRAME = N_("sync.so charges for each frame of the finished video.")
_WHY_NOT_CERTAIN = N_(
    "sync.so charges for each frame of the finished video, and I do not know how many a second yours has."
)


def _at_two_rates(t: Words, usual: str, high: str) -> str:
    return t(
        "{usual} at {usual_rate} frames per second, {high} at {high_rate}",
        usual=usual,
        usual_rate=ASSUMED_FPS,
        high=high,
        high_rate=MOST_FPS,
    )


def _ask(t: Words, title: str, text: str, *, anyway: bool = False) -> Block:
    return blocks.confirm(title, text, yes=t("Generate anyway") if anyway else t("Generate"), no=t("Not now"))
