"""A person's own videos, told to that person alone: the list, and what is running."""

from collections.abc import Mapping, Sequence

from bot.asking.drafts import Draft
from bot.asking.list_filters import OUR_WORDS, SYNC_WORDS
from bot.messages import blocks, notices, offer, words
from bot.messages.blocks import Message
from bot.messages.failures import CHARGE_UNKNOWN, FAILED_CHARGED, MADE_CHARGED, failure
from bot.messages.ids import Action
from bot.messages.text import cut, date, escape, usd, user_text
from storage.jobs import Job, JobStatus

PAGE = 15
"""Videos in one list."""
_MOST_TEXT = 4_000
_STANDS: Mapping[JobStatus, str] = {
    JobStatus.DRAFT: "waits for what it should say",
    JobStatus.PREPARING: "being read, the price comes next",
    JobStatus.AWAITING_CONFIRMATION: "waits for you to press Generate",
    JobStatus.AWAITING_APPROVAL: "waits for approval",
    JobStatus.QUEUED: "in the queue",
    JobStatus.SUBMITTING: "being sent to sync.so",
    JobStatus.PROCESSING: "being made",
    JobStatus.DELIVERING: "made, and on its way",
    JobStatus.DELIVERED: "done",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
    JobStatus.EXPIRED: "expired",
    JobStatus.UNRESOLVED: "unclear, see its card",
}
_BEFORE_A_PRICE = frozenset({JobStatus.DRAFT, JobStatus.PREPARING})
_CHARGED = {
    FAILED_CHARGED: "not charged, since it failed",
    MADE_CHARGED: "made and charged, but not brought here",
    CHARGE_UNKNOWN: "charge not known",
}
_NEVER_SENT = frozenset({JobStatus.CANCELLED, JobStatus.EXPIRED})


def own_videos(
    jobs: Sequence[Job], links: Mapping[str, str], *, word: str, begun: bool, older: str | None
) -> Message:
    """A page of somebody's videos, newest first.

    Args:
        jobs: At most a page.
        links: Where each stands in Slack, by the job's id, as far as it is known.
        word: The filter.
        begun: Whether newer ones were listed before.
        older: What the button for the next page carries; None: there are no older ones.
    """
    which = "" if word == "all" else f" ({word})"
    if not jobs and older is None:
        return notices.say(_none(word, begun=begun))
    title = f"Older videos of yours{which}" if begun else f"Your videos{which}, newest first"
    if not jobs:
        title = f"None of your latest videos has the status “{word}”"
    more = [blocks.button("Show older ones", Action.LIST_OLDER, older)] if older else []
    return _listed(title, jobs, links, more)


def running(jobs: Sequence[Job], links: Mapping[str, str], *, more: bool) -> Message:
    """What has not ended yet; `more`: there are others, older ones."""
    if not jobs:
        return notices.say(
            "Nothing of yours is running or waiting. `/lipsync list` shows your videos, `/lipsync` makes one."
        )
    shown = _listed("Your videos that have not ended yet, newest first", jobs, links, [])
    if not more:
        return shown
    rest = "There are more: `/lipsync list open` shows them."
    return Message(f"{shown.text}\n{rest}", [*shown.blocks, blocks.context(rest)])


def no_such_filter(word: str) -> Message:
    """A word behind `list` that stands for nothing."""
    ours, theirs = (", ".join(f"`{each}`" for each in each_of) for each_of in (OUR_WORDS, SYNC_WORDS))
    return notices.say(
        f"I do not know the status “{user_text(word, 60)}”. `/lipsync list` takes one of these: {ours}; "
        f"or one of sync.so's own: {theirs}."
    )


def not_listed() -> Message:
    """The list could not be made."""
    return notices.say("I could not look that up just now. Nothing was changed. Try again in a minute.")


def sync_not_asked(word: str) -> Message:
    """sync.so could not be asked for its own statuses."""
    return notices.say(
        f"sync.so does not tell me at the moment which of your videos are {user_text(word)}. "
        "Try again in a minute, or use my own words, as in `/lipsync list done`."
    )


def _listed(
    title: str, jobs: Sequence[Job], links: Mapping[str, str], buttons: Sequence[blocks.Block]
) -> Message:
    lines = [_line(job, links.get(job.id)) for job in jobs]
    shown = [blocks.section(f"*{title}*"), *map(blocks.section, lines)]
    if buttons:
        shown.append(blocks.actions(buttons))
    return Message(cut("\n".join((title, *lines)), _MOST_TEXT), shown)


def _none(word: str, *, begun: bool) -> str:
    if begun:
        return "There are no older ones."
    if word == "all":
        return "You have no videos yet. Type `/lipsync` to make one."
    return f"None of your videos has the status “{word}”. `/lipsync list` shows all of them."


def _line(job: Job, link: str | None) -> str:
    """One video: its name, where it stands, price and length, when it was asked for, and the way to it."""
    draft = Draft.model_validate_json(job.draft)
    facts = [f"*{user_text(words.title(draft))}*", _stands(job), _price(job)]
    if job.length_s:
        facts.append(offer.result_length(job) or "")
    facts.append(date(job.created_at))
    if link:
        facts.append(f"<{escape(link)}|Open its thread>")
    return " · ".join(filter(None, facts))


def _stands(job: Job) -> str:
    if job.status is JobStatus.QUEUED and job.card_place is not None:
        return "next in line" if job.card_place == 1 else f"number {job.card_place} in line"
    return _STANDS[job.status]


def _price(job: Job) -> str | None:
    if job.status in _BEFORE_A_PRICE:
        return None
    if job.status in _NEVER_SENT:
        return "nothing was charged"
    if job.cost_usd is not None:
        return usd(job.cost_usd) if job.cost_usd else "nothing was charged"
    if job.status is JobStatus.FAILED:
        return _charged(job)
    price = offer.price(job)
    return "price not known" if price is None else f"{price} (estimate)"


def _charged(job: Job) -> str:
    told = failure(
        job.failure_code,
        job.failure_detail,
        submitted=job.generation_id is not None,
        made=job.generation_status == "COMPLETED",
    )
    return _CHARGED.get(told.charged, "nothing was charged")
