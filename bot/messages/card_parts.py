"""The card of several videos: a line for each, the sum, and one menu for what can be done to one of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import zip_longest

from bot.asking.drafts import Draft, Prepared
from bot.asking.plan import Take
from bot.messages import offer, repriced
from bot.messages.blocks import Block, button
from bot.messages.card_before import BODIES
from bot.messages.card_body import CANCELLABLE, Body, Wish, cancel, is_at_home, slow
from bot.messages.failures import Failure, circumstances, failure
from bot.messages.fit import fit_words, without_way_out
from bot.messages.ids import Action, button_value
from bot.messages.part_lines import PartLine
from bot.messages.part_menu import part_menu
from bot.messages.seen import seen_words
from bot.messages.standing import STANDS, charged
from bot.messages.text import length, usd
from storage.cards import MOVING, OrderState
from storage.jobs import Job, JobStatus
from storage.orders import OVER, Conversation, OrderStatus, Part

_NOT_HERE = {JobStatus.FAILED: "failed", JobStatus.CANCELLED: "cancelled", JobStatus.UNRESOLVED: "unclear"}
"""What the headline says of those that will not come by themselves."""
_WITH_A_SUM = frozenset({OrderStatus.PREPARING, OrderStatus.OFFERED})
_NOT_FOR_THEM = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})
"""Ended for no fault of any part."""
_CANCELS_THE_REST = "You can cancel those that were not sent to sync.so yet."


def several(
    state: OrderState, draft: Draft, takes: Sequence[Take], prepared: Prepared, ask_again_from_usd: Decimal
) -> Body:
    """What an order of several videos adds to its card, before, during and after the yes."""
    order = state.order
    if state.jobs:
        body = _after_yes(state)
    elif order.status is OrderStatus.OFFERED:
        body = _offered(state, ask_again_from_usd)
    elif order.status is OrderStatus.PREPARING:
        lines = ("The prices come next. Nothing is charged yet.", *slow(order.slow))
        body = Body(f"Reading your {len(takes)} videos…", lines, aside=CANCELLABLE, buttons=(cancel(order),))
    else:
        body = BODIES[order.status](state, draft)
        body = replace(body, buttons=_of_all(state, body.buttons))
    parts = _lines(state, takes, prepared)
    shared = _shared(parts)
    return replace(
        body,
        lines=(*body.lines, *shared),
        wish=Wish.SMALL if body.wish is Wish.SECOND else body.wish,
        parts=tuple(line.without(shared) for line in parts),
        buttons=(*body.buttons, *part_menu(state, takes)),
    )


def _of_all(state: OrderState, buttons: Sequence[Block]) -> tuple[Block, ...]:
    """The buttons of a single video that several can have: the form holds one alone."""
    kept = tuple(press for press in buttons if press["action_id"] != Action.ANOTHER)
    if state.order.status is not OrderStatus.CANCELLED or not buttons:
        return kept
    return (*kept, button("Ask again", Action.RERUN, button_value(state.order.id)))


def _shared(lines: Sequence[PartLine]) -> tuple[str, ...]:
    """What is to be known of all that can be made alike, and need be said but once."""
    facts = [line.facts for line in lines if line.is_offered]
    return tuple(fact for fact in facts[0] if all(fact in each for each in facts)) if facts else ()


def _offered(state: OrderState, ask_again_from_usd: Decimal) -> Body:
    """The sum, and the button that accepts it."""
    order = state.order
    question, doubt = offer.question(order, ask_again_from_usd), offer.doubt(order)
    once_more = "; I then ask you once more" if question else ""
    value = button_value(order.id, order.offer_id)
    generate = button(offer.generate(order), Action.GENERATE, value, style="primary", confirm=question)
    lines = (*((doubt,) if doubt else ()), *repriced.instead(order))
    aside = f"Nothing is charged until you press Generate{once_more}. {CANCELLABLE}"
    return Body(offer.headline(order), lines, aside=aside, buttons=(generate, cancel(order)))


def _after_yes(state: OrderState) -> Body:
    is_slow = any(job.slow for job in state.jobs)
    lines = (*_money(state), *_place(state), *slow(is_slow))
    waiting = [job for job in state.jobs if job.status is JobStatus.QUEUED]
    if not waiting:
        return Body(_headline(state), lines)
    is_all = len(waiting) == len(state.jobs)
    stop = cancel(state.order, "Cancel" if is_all else "Cancel the rest")
    return Body(_headline(state), lines, aside=CANCELLABLE if is_all else _CANCELS_THE_REST, buttons=(stop,))


def _headline(state: OrderState) -> str:
    """How far it has come, with what did not work."""
    number = len(state.jobs)
    here = sum(job.status is JobStatus.DELIVERED for job in state.jobs)
    if here == number:
        return f"Done: all {number} videos are here" if number > 1 else "Done: your video is here"
    if not here and all(job.status is JobStatus.QUEUED for job in state.jobs):
        return f"{_videos(number)} in the queue"
    is_moving = any(job.status in MOVING for job in state.jobs)
    begins, of_all = ("Making your videos: ", str(number)) if is_moving else ("", _videos(number))
    counts = ((sum(job.status is status for job in state.jobs), word) for status, word in _NOT_HERE.items())
    others = "".join(f", {times} {word}" for times, word in counts if times)
    return f"{begins}{here} of {of_all} {'is' if here == 1 else 'are'} here{others}"


def _videos(number: int) -> str:
    return "1 video" if number == 1 else f"{number} videos"


def _money(state: OrderState) -> tuple[str, ...]:
    """What all of it did cost, as far as sync.so's record tells by now, beside what was estimated."""
    estimated = offer.price(state.order)
    known = [job.cost_usd for job in state.jobs if job.cost_usd is not None]
    if not known:
        return (f"Estimate: {estimated}.",) if estimated else ("No price was known for all of them.",)
    is_all = all(job.cost_usd is not None or job.status is JobStatus.CANCELLED for job in state.jobs)
    so_far = "" if is_all else " so far"
    beside = f"estimated {estimated}" if estimated else "no price was known for all"
    return (f"Cost{so_far}: {usd(sum(known, Decimal(0)))} ({beside}).",)


def _place(state: OrderState) -> tuple[str, ...]:
    place = state.card.place if state.card is not None else None
    if place is None:
        return ()
    where = "next in line" if place == 1 else f"number {place} in line"
    return (f"The first of those that wait is {where}.",)


def _lines(state: OrderState, takes: Sequence[Take], prepared: Prepared) -> tuple[PartLine, ...]:
    jobs = {job.position: job for job in state.jobs}
    both = enumerate(zip_longest(state.order.parts, takes))
    lines = (_line(state, part, jobs.get(at), take, f"{at + 1}.", prepared) for at, (part, take) in both)
    return tuple(line for line in lines if line is not None)


def _line(
    state: OrderState, part: Part | None, job: Job | None, take: Take | None, number: str, whole: Prepared
) -> PartLine | None:
    """None: there is nothing to say of it, since it is over before it began."""
    label = (part.label if part else "") or (take.label if take else "") or number
    is_over = state.order.status in OVER
    if job is None and part is not None and part.problem is not None:
        return None if state.order.status in _NOT_FOR_THEM else _left_out(state, part, label, take, whole)
    if part is None or job is None:
        may_be_made = state.order.status is OrderStatus.OFFERED
        return None if is_over else _before_yes(label, part, take if may_be_made else None, whole)
    if job.status is JobStatus.FAILED:
        return _failed(state, job, label, take, whole)
    unclear = _UNCLEAR if job.status is JobStatus.UNRESOLVED else ()
    return PartLine(label, f"{_stands(job)}{_cost(part, job)}", *unclear)


def _before_yes(label: str, part: Part | None, take: Take | None, whole: Prepared) -> PartLine:
    if part is None:
        return PartLine(label)
    about_length = f" for about {length(part.length_s or 0)}" if offer.is_measured(part) else ""
    facts = () if take is None else _facts(part, take, take.prepared(whole))
    return PartLine(label, offer.part_price(part) + about_length, facts=facts, is_offered=take is not None)


def _facts(part: Part, take: Take, prepared: Prepared) -> tuple[str, ...]:
    """What has to be known of it before it is paid for."""
    return (
        *map(without_way_out, fit_words(part, take.draft, prepared)),
        *seen_words(take.draft, prepared, part.length_s),
    )


def _left_out(state: OrderState, part: Part, label: str, take: Take | None, whole: Prepared) -> PartLine:
    words = partial(failure, part.problem, part.problem_detail)
    stands = "not in the sum" if state.order.status in _WITH_A_SUM else "left out, nothing was charged"
    return PartLine(label, stands, *_why(state, part.problem, words, take, whole))


def _failed(state: OrderState, job: Job, label: str, take: Take | None, whole: Prepared) -> PartLine:
    words = partial(
        failure,
        job.failure_code,
        job.failure_detail,
        submitted=job.generation_id is not None,
        made=job.generation_status == "COMPLETED",
    )
    cost = "nothing was charged" if not job.cost_usd else f"sync.so charged {usd(job.cost_usd)}"
    stands = f"failed, {charged(job) if job.cost_usd is None else cost}"
    return PartLine(label, stands, *_why(state, job.failure_code, words, take, whole))


def _why(
    state: OrderState, code: str | None, words: Callable[..., Failure], take: Take | None, whole: Prepared
) -> tuple[str, str]:
    """What happened, and what helps; the label names the input already."""
    draft, prepared = (take.draft, take.prepared(whole)) if take else (Draft(), whole)
    can_invite = state.order.conversation is Conversation.CHANNEL
    under = circumstances(code, draft, prepared, at_home=is_at_home(state), can_invite=can_invite)
    return words(under=replace(under, media=None)).happened, words(under=under).next_step


def _stands(job: Job) -> str:
    if job.failure_code == repriced.PRICE_CHANGED:
        return "not made, since its price did not hold; the new offer is in this thread"
    return _STANDS.get(job.status, STANDS[job.status])


_STANDS = {
    JobStatus.DELIVERED: "here",
    JobStatus.CANCELLED: "cancelled, nothing was charged",
    JobStatus.UNRESOLVED: "unclear",
}
_UNCLEAR = (
    "sync.so may have made it, and charged for it",
    "Choose Look again below to ask once more; give up only if you do not find it on sync.so either",
)


def _cost(part: Part, job: Job) -> str:
    """What it costs, or did cost by sync.so's record."""
    if job.status is JobStatus.CANCELLED:
        return ""
    if job.cost_usd is None:
        return f", {offer.part_price(part)}"
    return f", cost {usd(job.cost_usd)} (estimated {offer.part_price(part)})"
