"""The card of one video after the yes: how it stands."""

from collections.abc import Callable, Mapping

from bot.asking.drafts import Draft
from bot.messages import blocks, objection, offer, paused, repriced, words
from bot.messages.blocks import Block, button
from bot.messages.card_body import CANCELLABLE, Body, Wish, another, cancel, slow
from bot.messages.card_failed import failed
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action, button_value
from bot.messages.text import cut, date, escape, literal, one_line, waited
from storage.cards import OrderState
from storage.jobs import Job, JobStatus


def after_yes(t: Words, state: OrderState, job: Job, draft: Draft) -> Body:
    """What the one job of an order says."""
    return _BODIES[job.status](t, state, job, draft)


def _queued(t: Words, state: OrderState, job: Job, _draft: Draft) -> Body:
    stop = (cancel(t, state.order),)
    if state.paused is not None:
        return Body(t("Paused"), paused.on_card(t, state.paused), aside=t(CANCELLABLE), buttons=stop)
    line = t("It starts by itself as soon as sync.so has room. Nothing is charged yet.")
    lines = (*_place(t, state), line, *slow(t, job.slow))
    return Body(t("In the queue"), lines, aside=t(CANCELLABLE), buttons=stop)


def _place(t: Words, state: OrderState) -> tuple[str, ...]:
    place = state.card.place if state.card is not None else None
    if place is None:
        return ()
    return (t("You are next in line.") if place == 1 else t("You are number {place} in line.", place=place),)


def _submitting(t: Words, _state: OrderState, job: Job, _draft: Draft) -> Body:
    once = t("It is paid for once at most, however often I have to ask.")
    return Body(t("Sending it to sync.so…"), slow(t, job.slow, once) or (t("This takes a few seconds."),))


def _processing(t: Words, _state: OrderState, job: Job, _draft: Draft) -> Body:
    over = _OVER_AT_SYNC.get(job.generation_status or "")
    if over:
        return Body(t(over), slow(t, job.slow))
    stage = _stage(t, job.generation_status)
    if job.submitted_at:
        stage += " " + t("Started {moment}.", moment=date(t, job.submitted_at))
    stage += " " + t("Most videos take one to three minutes.")
    return Body(t("Making your video…"), (stage, *slow(t, job.slow)))


def _stage(t: Words, status: str | None) -> str:
    known = _STAGES.get(status)
    return t(known) if known else t("sync.so says: {status}.", status=escape(cut(one_line(status or ""), 80)))


_STAGES = {
    "PENDING": N_("sync.so has it in line."),
    "PROCESSING": N_("sync.so is moving the lips."),
    None: N_("sync.so has it."),
}
_MADE = N_("Your video is made. Bringing it here…")
_OVER_AT_SYNC = {
    "COMPLETED": _MADE,
    "FAILED": N_("sync.so could not make it. Asking why…"),
    "REJECTED": N_("sync.so refused to make it. Asking why…"),
}
"""What sync.so may have told already when it took the job a second time: the next look brings the rest."""


def _delivering(t: Words, _state: OrderState, job: Job, _draft: Draft) -> Body:
    return Body(t(_MADE), slow(t, job.slow, t("Your video is safe at sync.so.")))


def _delivered(t: Words, state: OrderState, job: Job, draft: Draft) -> Body:
    receipt = offer.receipt(t, state.order, job)
    if job.ended_at and job.submitted_at and job.ended_at > job.submitted_at:
        receipt += " " + t("Made in {time}.", time=waited(t, job.ended_at - job.submitted_at))
    headline = t("Done: {title}", title=literal(words.title(t, draft)))
    buttons = (another(state.order, t("Make another version")),)
    return Body(headline, (receipt,), wish=Wish.BRIEF, buttons=buttons)


def _cancelled(t: Words, state: OrderState, job: Job, _draft: Draft) -> Body:
    if job.failure_code in repriced.OFFERED_ANEW:
        headline, lines = repriced.stopped(t, job)
        return Body(headline, lines, wish=Wish.BRIEF)
    if job.failure_code == objection.OBJECTED:
        headline, lines = objection.on_card(t)
        return Body(headline, lines, wish=Wish.BRIEF)
    start = (another(state.order, t("Start again")),)
    return Body(t("Cancelled"), (t("Nothing was charged."),), wish=Wish.BRIEF, buttons=start)


def _unresolved(t: Words, state: OrderState, job: Job, _draft: Draft) -> Body:
    value = button_value(job.order_id, job.id)
    give_up = button(t("Give up"), Action.GIVE_UP, value, confirm=_really_give_up(t))
    check = button(t("Look again"), Action.CHECK, value, style="primary")
    if job.failure_code == "sync_unavailable":
        unheard = (
            t("For hours I could not ask sync.so, or got no answer that I could use."),
            t("It may be made there, and charged."),
            t("Press Look again to ask once more, or look for it on sync.so."),
        )
        return Body(
            t("I do not know what became of this video"), unheard, wish=Wish.SMALL, buttons=(check, give_up)
        )
    if job.generation_id is not None:
        stuck = (
            t("It has been there for hours, and sync.so neither finishes nor refuses it."),
            t("If it fails there, sync.so does not charge for it."),
            t("Press Look again to ask once more, or write to sync.so's support."),
        )
        return Body(t("sync.so has not finished this video"), stuck, Wish.SMALL, buttons=(check, give_up))
    price = offer.price(t, state.order)
    charged = t("sync.so may have charged for it, or not.")
    if price:
        charged += " " + t("The estimate was {price}.", price=price)
    lines = (
        t("The connection broke while I was sending it, and I did not send it twice."),
        charged,
        t("Press Look again to ask sync.so once more. Give up only if you do not find it on sync.so either."),
    )
    return Body(
        t("I do not know whether sync.so has this video"), lines, wish=Wish.SMALL, buttons=(check, give_up)
    )


def _really_give_up(t: Words) -> Block:
    return blocks.confirm(
        t("Give up on this video?"),
        t("If sync.so did take it, it is charged there, but I will not bring it here."),
        yes=t("Give up"),
        no=t("Keep waiting"),
        style="danger",
    )


_BODIES: Mapping[JobStatus, Callable[[Words, OrderState, Job, Draft], Body]] = {
    JobStatus.QUEUED: _queued,
    JobStatus.SUBMITTING: _submitting,
    JobStatus.PROCESSING: _processing,
    JobStatus.DELIVERING: _delivering,
    JobStatus.DELIVERED: _delivered,
    JobStatus.FAILED: failed,
    JobStatus.CANCELLED: _cancelled,
    JobStatus.UNRESOLVED: _unresolved,
}
