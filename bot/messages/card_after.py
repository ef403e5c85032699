"""The card of one video after the yes: how it stands."""

from collections.abc import Callable, Mapping

from bot.asking.drafts import Draft
from bot.messages import blocks, offer, repriced, words
from bot.messages.blocks import Block, button
from bot.messages.card_body import CANCELLABLE, Body, Wish, another, cancel, slow
from bot.messages.card_failed import failed
from bot.messages.ids import Action, button_value
from bot.messages.text import cut, date, escape, literal, one_line, waited
from storage.cards import OrderState
from storage.jobs import Job, JobStatus


def after_yes(state: OrderState, job: Job, draft: Draft) -> Body:
    """What the one job of an order says."""
    return _BODIES[job.status](state, job, draft)


def _queued(state: OrderState, job: Job, _draft: Draft) -> Body:
    line = "It starts by itself as soon as sync.so has room. Nothing is charged yet."
    lines = (*_place(state), line, *slow(job.slow))
    return Body("In the queue", lines, aside=CANCELLABLE, buttons=(cancel(state.order),))


def _place(state: OrderState) -> tuple[str, ...]:
    place = state.card.place if state.card is not None else None
    if place is None:
        return ()
    return ("You are next in line." if place == 1 else f"You are number {place} in line.",)


def _submitting(_state: OrderState, job: Job, _draft: Draft) -> Body:
    once = " It is paid for once at most, however often I have to ask."
    return Body("Sending it to sync.so…", ("This takes a few seconds.", *slow(job.slow, once)))


def _processing(_state: OrderState, job: Job, _draft: Draft) -> Body:
    status = job.generation_status
    over = _OVER_AT_SYNC.get(status or "")
    if over:
        return Body(over, slow(job.slow))
    line = _STAGES.get(status) or f"sync.so says: {escape(cut(one_line(status or ''), 80))}."
    begun = f" Started {date(job.submitted_at)}." if job.submitted_at else ""
    lines = (f"{line}{begun} Most videos take one to three minutes.", *slow(job.slow))
    return Body("Making your video…", lines)


_STAGES = {
    "PENDING": "sync.so has it in line.",
    "PROCESSING": "sync.so is moving the lips.",
    None: "sync.so has it.",
}
_MADE = "Your video is made. Bringing it here…"
_OVER_AT_SYNC = {
    "COMPLETED": _MADE,
    "FAILED": "sync.so could not make it. Asking why…",
    "REJECTED": "sync.so refused to make it. Asking why…",
}
"""What sync.so may have told already when it took the job a second time: the next look brings the rest."""


def _delivering(_state: OrderState, job: Job, _draft: Draft) -> Body:
    return Body(_MADE, slow(job.slow, " Your video is safe at sync.so."))


def _delivered(state: OrderState, job: Job, draft: Draft) -> Body:
    receipt, time = offer.receipt(state.order, job), ""
    if job.ended_at and job.submitted_at and job.ended_at > job.submitted_at:
        time = f" Made in {waited(job.ended_at - job.submitted_at)}."
    buttons = (another(state.order, "Make another version"),)
    return Body(f"Done: {literal(words.title(draft))}", (receipt + time,), wish=Wish.BRIEF, buttons=buttons)


def _cancelled(state: OrderState, job: Job, _draft: Draft) -> Body:
    if job.failure_code == repriced.PRICE_CHANGED:
        headline, lines = repriced.stopped(job)
        return Body(headline, lines, wish=Wish.BRIEF)
    start = (another(state.order, "Start again"),)
    return Body("Cancelled", ("Nothing was charged.",), wish=Wish.BRIEF, buttons=start)


def _unresolved(state: OrderState, job: Job, _draft: Draft) -> Body:
    value = button_value(job.order_id, job.id)
    give_up = button("Give up", Action.GIVE_UP, value, confirm=_really_give_up())
    check = button("Look again", Action.CHECK, value, style="primary")
    if job.failure_code == "sync_unavailable":
        unheard = (
            "For hours I could not ask sync.so, or got no answer that I could use.",
            "It may be made there, and charged.",
            "Press Look again to ask once more, or look for it on sync.so.",
        )
        return Body(
            "I do not know what became of this video", unheard, wish=Wish.SMALL, buttons=(check, give_up)
        )
    if job.generation_id is not None:
        stuck = (
            "It has been there for hours, and sync.so neither finishes nor refuses it.",
            "If it fails there, sync.so does not charge for it.",
            "Press Look again to ask once more, or write to sync.so's support.",
        )
        return Body("sync.so has not finished this video", stuck, Wish.SMALL, buttons=(check, give_up))
    price = offer.price(state.order)
    told = f" The estimate was {price}." if price else ""
    lines = (
        "The connection broke while I was sending it, and I did not send it twice.",
        f"sync.so may have charged for it, or not.{told}",
        "Press Look again to ask sync.so once more. Give up only if you do not find it on sync.so either.",
    )
    return Body(
        "I do not know whether sync.so has this video", lines, wish=Wish.SMALL, buttons=(check, give_up)
    )


def _really_give_up() -> Block:
    return blocks.confirm(
        "Give up on this video?",
        "If sync.so did take it, it is charged there, but I will not bring it here.",
        yes="Give up",
        no="Keep waiting",
        style="danger",
    )


_BODIES: Mapping[JobStatus, Callable[[OrderState, Job, Draft], Body]] = {
    JobStatus.QUEUED: _queued,
    JobStatus.SUBMITTING: _submitting,
    JobStatus.PROCESSING: _processing,
    JobStatus.DELIVERING: _delivering,
    JobStatus.DELIVERED: _delivered,
    JobStatus.FAILED: failed,
    JobStatus.CANCELLED: _cancelled,
    JobStatus.UNRESOLVED: _unresolved,
}
