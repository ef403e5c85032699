"""The card of several videos: a line for each, the sum, and one menu for what can be done to one of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import zip_longest

from bot.asking.drafts import Draft, Prepared
from bot.asking.plan import Take
from bot.messages import approval, objection, offer, on_the_way, over_budget, paused, repriced, unconnected
from bot.messages.blocks import Block, button
from bot.messages.card_before import BODIES, accepting
from bot.messages.card_body import CANCELLABLE, Body, Wish, cancel, is_at_home, slow
from bot.messages.catalogue import N_, Words
from bot.messages.failures import Failure, circumstances, failure
from bot.messages.fit import fit_words, without_way_out
from bot.messages.ids import Action, button_value
from bot.messages.part_lines import PartLine
from bot.messages.part_menu import part_menu
from bot.messages.seen import seen_words
from bot.messages.standing import STANDS, charged
from bot.messages.text import length, listed, usd
from bot.teams.approval import Approval
from storage.cards import MOVING, OrderState
from storage.jobs import Job, JobStatus
from storage.orders import OVER, Conversation, OrderStatus, Part

_NOT_HERE = {
    JobStatus.FAILED: N_("{number} failed"),
    JobStatus.CANCELLED: N_("{number} cancelled"),
    JobStatus.UNRESOLVED: N_("{number} unclear"),
}
"""What the headline says of those that will not come by themselves."""
_WITH_A_SUM = frozenset({OrderStatus.PREPARING, OrderStatus.OFFERED})
_NOT_FOR_THEM = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})
"""Ended for no fault of any part."""
_CANCELS_THE_REST = N_("You can cancel those that were not sent to sync.so yet.")


def several(
    t: Words,
    state: OrderState,
    draft: Draft,
    takes: Sequence[Take],
    prepared: Prepared,
    ask_again_from_usd: Decimal,
    needs: Approval | None = None,
) -> Body:
    """What an order of several videos adds to its card, before, during and after the yes."""
    order = state.order
    if state.jobs:
        body = _after_yes(t, state)
    elif order.status is OrderStatus.OFFERED:
        body = _offered(t, state, prepared, ask_again_from_usd, needs)
    elif order.status is OrderStatus.PREPARING and not unconnected.is_waiting(order):
        moves = on_the_way.progress(t, state) or slow(t, order.slow)
        next_line = on_the_way.about(t, order) or t("The prices come next. Nothing is charged yet.")
        lines = (next_line, *moves)
        body = Body(
            t.n("Reading your {count} video…", "Reading your {count} videos…", len(takes)),
            lines,
            aside=t(CANCELLABLE),
            buttons=(cancel(t, order),),
        )
    else:
        body = BODIES[order.status](t, state, draft)
        body = replace(body, buttons=_of_all(t, state, body.buttons))
    parts = _lines(t, state, takes, prepared)
    shared = _shared(parts)
    return replace(
        body,
        lines=(*body.lines, *shared),
        wish=Wish.SMALL if body.wish is Wish.SECOND else body.wish,
        parts=tuple(line.without(shared) for line in parts),
        buttons=(*body.buttons, *part_menu(t, state, takes)),
    )


def _of_all(t: Words, state: OrderState, buttons: Sequence[Block]) -> tuple[Block, ...]:
    """The buttons of a single video that several can have: the form holds one alone."""
    kept = tuple(press for press in buttons if press["action_id"] != Action.ANOTHER)
    if state.order.status is not OrderStatus.CANCELLED or not buttons:
        return kept
    return (*kept, button(t("Ask again"), Action.RERUN, button_value(state.order.id)))


def _shared(lines: Sequence[PartLine]) -> tuple[str, ...]:
    """What is to be known of all that can be made alike, and need be said but once."""
    facts = [line.facts for line in lines if line.is_offered]
    return tuple(fact for fact in facts[0] if all(fact in each for each in facts)) if facts else ()


def _offered(
    t: Words, state: OrderState, prepared: Prepared, ask_again_from_usd: Decimal, needs: Approval | None
) -> Body:
    """The sum, and the button that accepts it."""
    order, doubt = state.order, offer.doubt(t, state.order)
    generate, aside = accepting(t, order, ask_again_from_usd, needs)
    most = over_budget.most_of_unknown(t, order)
    lines = (
        *((doubt,) if doubt else ()),
        *((most,) if most else ()),
        *((approval.on_offer(t, needs),) if needs else ()),
        *repriced.instead(t, order),
        *repriced.dearer(t, order),
        *on_the_way.beside_an_offer(t, state, prepared),
    )
    return Body(offer.headline(t, order), lines, aside=aside, buttons=(generate, cancel(t, order)))


def _after_yes(t: Words, state: OrderState) -> Body:
    is_slow = any(job.slow for job in state.jobs)
    held = () if state.paused is None else paused.on_card(t, state.paused)
    lines = (*_money(t, state), *_place(t, state), *held, *slow(t, is_slow))
    waiting = [job for job in state.jobs if job.status is JobStatus.QUEUED]
    if not waiting:
        return Body(_headline(t, state), lines)
    is_all = len(waiting) == len(state.jobs)
    stop = cancel(t, state.order, t("Cancel") if is_all else t("Cancel the rest"))
    return Body(
        _headline(t, state), lines, aside=t(CANCELLABLE) if is_all else t(_CANCELS_THE_REST), buttons=(stop,)
    )


def _headline(t: Words, state: OrderState) -> str:
    """How far it has come, with what did not work."""
    number = len(state.jobs)
    here = sum(job.status is JobStatus.DELIVERED for job in state.jobs)
    if here == number:
        return t.n("Done: your video is here", "Done: all {count} videos are here", number)
    if not here and all(job.status is JobStatus.QUEUED for job in state.jobs):
        return t.n("{count} video in the queue", "{count} videos in the queue", number)
    counts = ((sum(job.status is status for job in state.jobs), words) for status, words in _NOT_HERE.items())
    others = [t(words, number=t.number(times)) for times, words in counts if times]
    return listed(t, [_come_so_far(t, state, here), *others])


def _come_so_far(t: Words, state: OrderState, here: int) -> str:
    number = len(state.jobs)
    if any(job.status in MOVING for job in state.jobs):
        return t.n(
            "Making your videos: {count} of {all} is here",
            "Making your videos: {count} of {all} are here",
            here,
            all=t.number(number),
        )
    videos = t.n("{count} video", "{count} videos", number)
    return t.n("{count} of {videos} is here", "{count} of {videos} are here", here, videos=videos)


def _money(t: Words, state: OrderState) -> tuple[str, ...]:
    """What all of it did cost, as far as sync.so's record tells by now, beside what was estimated."""
    if all(job.status is JobStatus.CANCELLED for job in state.jobs):
        return (t("Nothing was charged."),)
    estimated = offer.price(t, state.order)
    known = [job.cost_usd for job in state.jobs if job.cost_usd is not None]
    if not known:
        if not estimated:
            return (t("No price was known for all of them."),)
        return (t("Estimate: {price}.", price=estimated),)
    is_all = all(job.cost_usd is not None or job.status is JobStatus.CANCELLED for job in state.jobs)
    return (_paid(t, usd(t, sum(known, Decimal(0))), estimated, is_all=is_all),)


def _paid(t: Words, cost: str, estimated: str | None, *, is_all: bool) -> str:
    if estimated and is_all:
        return t("Cost: {cost} (estimated {price}).", cost=cost, price=estimated)
    if estimated:
        return t("Cost so far: {cost} (estimated {price}).", cost=cost, price=estimated)
    if is_all:
        return t("Cost: {cost} (no price was known for all).", cost=cost)
    return t("Cost so far: {cost} (no price was known for all).", cost=cost)


def _place(t: Words, state: OrderState) -> tuple[str, ...]:
    place = state.card.place if state.card is not None else None
    if place is None:
        return ()
    if place == 1:
        return (t("The first of those that wait is next in line."),)
    return (t("The first of those that wait is number {place} in line.", place=t.number(place)),)


def _lines(t: Words, state: OrderState, takes: Sequence[Take], prepared: Prepared) -> tuple[PartLine, ...]:
    jobs = {job.position: job for job in state.jobs}
    both = enumerate(zip_longest(state.order.parts, takes))
    lines = (_line(t, state, part, jobs.get(at), take, f"{at + 1}.", prepared) for at, (part, take) in both)
    return tuple(line for line in lines if line is not None)


def _line(
    t: Words,
    state: OrderState,
    part: Part | None,
    job: Job | None,
    take: Take | None,
    number: str,
    whole: Prepared,
) -> PartLine | None:
    """None: there is nothing to say of it, since it is over before it began."""
    label = (part.label if part else "") or (take.label if take else "") or number
    is_over = state.order.status in OVER
    if job is None and part is not None and part.problem is not None:
        return None if state.order.status in _NOT_FOR_THEM else _left_out(t, state, part, label, take, whole)
    if part is None or job is None:
        may_be_made = state.order.status is OrderStatus.OFFERED
        return None if is_over else _before_yes(t, label, part, take if may_be_made else None, whole)
    if job.status is JobStatus.FAILED:
        return _failed(t, state, job, label, take, whole)
    unclear = map(t, _UNCLEAR) if job.status is JobStatus.UNRESOLVED else ()
    return PartLine(label, _stands_for(t, part, job), *unclear)


def _before_yes(t: Words, label: str, part: Part | None, take: Take | None, whole: Prepared) -> PartLine:
    if part is None:
        return PartLine(label)
    price = offer.part_price(t, part)
    if offer.is_measured(part):
        price = t("{price} for about {length}", price=price, length=length(part.length_s or 0))
    facts = () if take is None else _facts(t, part, take, take.prepared(whole))
    return PartLine(label, price, facts=facts, is_offered=take is not None)


def _facts(t: Words, part: Part, take: Take, prepared: Prepared) -> tuple[str, ...]:
    """What has to be known of it before it is paid for."""
    return (
        *(without_way_out(t, line) for line in fit_words(t, part, take.draft, prepared)),
        *seen_words(t, take.draft, prepared, part.length_s),
    )


def _left_out(
    t: Words, state: OrderState, part: Part, label: str, take: Take | None, whole: Prepared
) -> PartLine:
    words = partial(failure, t, part.problem, part.problem_detail)
    stands = t("not in the sum") if state.order.status in _WITH_A_SUM else t("left out, nothing was charged")
    return PartLine(label, stands, *_why(state, part.problem, words, take, whole))


def _failed(
    t: Words, state: OrderState, job: Job, label: str, take: Take | None, whole: Prepared
) -> PartLine:
    words = partial(
        failure,
        t,
        job.failure_code,
        job.failure_detail,
        submitted=job.generation_id is not None,
        made=job.generation_status == "COMPLETED",
    )
    cost = charged(t, job)
    if job.cost_usd is not None:
        cost = t("nothing was charged")
        if job.cost_usd:
            cost = t("sync.so charged {cost}", cost=usd(t, job.cost_usd))
    stands = t("failed, {charge}", charge=cost)
    return PartLine(label, stands, *_why(state, job.failure_code, words, take, whole))


def _why(
    state: OrderState, code: str | None, words: Callable[..., Failure], take: Take | None, whole: Prepared
) -> tuple[str, str]:
    """What happened, and what helps; the label names the input already."""
    draft, prepared = (take.draft, take.prepared(whole)) if take else (Draft(), whole)
    can_invite = state.order.conversation is Conversation.CHANNEL
    under = circumstances(code, draft, prepared, at_home=is_at_home(state), can_invite=can_invite)
    return words(under=replace(under, media=None)).happened, words(under=under).next_step


def _stands(t: Words, job: Job) -> str:
    if job.failure_code == repriced.PRICE_CHANGED:
        return t(
            "not made, since its price did not hold; nothing was charged, the new offer is in this thread"
        )
    if job.failure_code == repriced.ACCOUNT_CHANGED:
        return t(
            "not made, since another sync.so account pays now; nothing was charged, it stands in this thread "
            "once more"
        )
    if job.failure_code == objection.OBJECTED:
        return t("not made, since somebody who is shown objects; nothing was charged")
    return t(_STANDS.get(job.status, STANDS[job.status]))


_STANDS = {
    JobStatus.DELIVERED: N_("here"),
    JobStatus.CANCELLED: N_("cancelled, nothing was charged"),
    JobStatus.UNRESOLVED: N_("unclear"),
}
_UNCLEAR = (
    N_("sync.so may have made it, and charged for it"),
    N_("Choose Look again below to ask once more; give up only if you do not find it on sync.so either"),
)


def _stands_for(t: Words, part: Part, job: Job) -> str:
    """How it stands, and what it costs, or did cost by sync.so's record."""
    stands, price = _stands(t, job), offer.part_price(t, part)
    if job.status is JobStatus.CANCELLED:
        return stands
    if job.cost_usd is None:
        return f"{stands}, {price}"
    cost = usd(t, job.cost_usd)
    if offer.why_unlike(t, job) is not None and job.billed_frames is not None:
        frames = t.number(job.billed_frames)
        return t(
            "{stands}, cost {cost} for {frames} frames (estimated {price})",
            stands=stands,
            cost=cost,
            frames=frames,
            price=price,
        )
    return t("{stands}, cost {cost} (estimated {price})", stands=stands, cost=cost, price=price)
