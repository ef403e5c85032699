"""The one status message of a job: a record in, text and blocks out, for every status."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.asking.drafts import Draft, Prepared, Script
from bot.asking.lengths import speech_length_s, video_length_s
from bot.messages import blocks, offer, questions, repriced, words
from bot.messages.blocks import Block, Message, Style, button
from bot.messages.failures import Failure, Part, circumstances, failure
from bot.messages.fit import fit_words
from bot.messages.ids import Action, button_value
from bot.messages.places import why_moved
from bot.messages.seen import seen_words
from bot.messages.text import (
    CHANNELS,
    cut,
    date,
    escape,
    literal,
    one_line,
    user,
    user_text,
    waited,
)
from storage.jobs import Conversation, Job, JobStatus

_MOST_TEXT = 4_000
"""Characters of a message's `text` that Slack takes for a change of it (Slack: chat.update)."""
_GIST = 60
"""Characters of a script in the small line of a brief card."""


@dataclass(frozen=True, slots=True)
class _Body:
    """What one status adds to the card."""

    headline: str
    lines: tuple[str, ...] = ()
    brief: bool = False
    """Whether one small line names the inputs: what is over need not fill a channel."""
    buttons: tuple[Block, ...] = ()
    choices: tuple[tuple[str, Block], ...] = ()
    """Each as a line, and as a block that shows it with its button."""


def card(job: Job, *, bot_user_id: str, ask_again_from_usd: Decimal) -> Message:
    """The card of a job as it stands now.

    Args:
        job: The whole record; its draft may be half-filled.
        bot_user_id: Named in the line that invites the app, whatever the workspace calls it.
        ask_again_from_usd: From this price on Generate asks once more.

    Returns:
        A message within Slack's limits whose `text` carries everything the blocks show.
    """
    draft, prepared = Draft.model_validate_json(job.draft), Prepared.model_validate_json(job.prepared)
    body = _body(job, draft, prepared, ask_again_from_usd)
    details = () if body.brief else _details(job, draft, prepared)
    footer = _footer(job, bot_user_id, _gist(draft, prepared) if body.brief else ())
    text = "\n".join(
        (
            body.headline,
            *body.lines,
            *(line for line, _ in body.choices),
            *(f"{label}: {value}" for label, value in details),
            *footer,
        ),
    )
    shown = [blocks.section("\n".join((f"*{body.headline}*", *body.lines)))]
    shown += [block for _, block in body.choices]
    if details:
        shown.append(blocks.fields(details))
    shown += [blocks.context(line) for line in footer]
    if body.buttons:
        shown.append(blocks.actions(body.buttons))
    return Message(cut(text, _MOST_TEXT), shown)


def _body(job: Job, draft: Draft, prepared: Prepared, ask_again_from_usd: Decimal) -> _Body:
    if job.status is JobStatus.AWAITING_CONFIRMATION:
        fit = (*fit_words(job, draft, prepared), *seen_words(draft, prepared))
        return _awaiting_confirmation(job, fit, offer.question(job, ask_again_from_usd))
    return _BODIES[job.status](job, draft)


def _details(job: Job, draft: Draft, prepared: Prepared) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    if draft.name:
        pairs.append(("Name", user_text(draft.name)))
    if draft.video:
        pairs.append(("Video", words.media_words(draft.video, video_length_s(prepared))))
    if draft.speech:
        pairs.append(("Says", words.speech_words(draft.speech, speech_length_s(prepared))))
        pairs += (("Voice", name) for name in _voice(draft))
        pairs += (("How it speaks", how) for how in words.voice_settings_words(draft.speech))
        pairs.append(("Model", words.model_words(draft.model)))
        pairs.append(("If the lengths differ", words.sync_mode_words(draft.sync_mode)))
    result_length = offer.result_length(job)
    if result_length is None and job.status is JobStatus.AWAITING_CONFIRMATION:
        result_length = "not known before it is made"
    if result_length is not None:
        pairs.append(("Length of the result", result_length))
    return tuple(pairs)


def _gist(draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    """The inputs in a few words."""
    parts: list[str] = []
    if draft.video:
        parts.append(words.media_words(draft.video, video_length_s(prepared)))
    if draft.speech:
        parts += (
            words.speech_words(draft.speech, speech_length_s(prepared), most=_GIST),
            *_voice(draft),
            words.model_words(draft.model),
        )
    return tuple(parts)


def _voice(draft: Draft) -> tuple[str, ...]:
    """The voice's name, once it is known."""
    name = draft.speech.voice_name if isinstance(draft.speech, Script) else None
    return (user_text(name),) if name else ()


def _footer(job: Job, bot_user_id: str, gist: tuple[str, ...]) -> tuple[str, ...]:
    lines = [" · ".join((f"Asked by {user(job.user_id)}", *gist))]
    if job.status is JobStatus.AWAITING_CONFIRMATION and job.expires_at:
        lines[0] += f" · This offer can be answered until {date(job.expires_at)}"
    if job.card_moved and (why := why_moved(job, bot_user_id)):
        lines.append(why)
    return tuple(lines)


def _slow(job: Job) -> tuple[str, ...]:
    if not job.slow:
        return ()
    return (f"This takes longer than usual. I am still at it; there is nothing for you to do.{_safe(job)}",)


def _safe(job: Job) -> str:
    """What no delay can change, where the status says it nowhere else."""
    match job.status:
        case JobStatus.SUBMITTING:
            return " It is paid for once at most, however often I have to ask."
        case JobStatus.DELIVERING:
            return " Your video is safe at sync.so."
    return ""


def _cancel(job: Job) -> Block:
    return button("Cancel", Action.CANCEL, button_value(job.id))


def _change(job: Job) -> Block:
    return button("Change", Action.CHANGE, button_value(job.id))


def is_at_home(job: Job) -> bool:
    """Whether the card stands in the app's direct message, which alone of all takes a card."""
    return job.card_moved or not (job.card_channel or job.channel_id).startswith(CHANNELS)


def _another(job: Job, label: str, *, style: Style | None = None) -> Block:
    return button(label, Action.ANOTHER, button_value(job.id), style=style)


def _again(job: Job, draft: Draft, label: str) -> tuple[Block, ...]:
    """Same inputs again where they are complete, and the form filled from them."""
    if not draft.complete:
        return (_another(job, label),)
    rerun = button(label, Action.RERUN, button_value(job.id), style="primary")
    return (rerun, _another(job, "Change"))


def _draft(job: Job, draft: Draft) -> _Body:
    lines = (questions.how_to_answer(job, draft), "You see the price before anything is charged.")
    return _Body(
        questions.headline(draft),
        lines,
        buttons=(questions.opener(job, draft), _cancel(job)),
        choices=tuple(questions.choices(job, draft)),
    )


def _preparing(job: Job, draft: Draft) -> _Body:
    what = "Reading your video…" if draft.video else "Getting ready…"
    lines = ("The price comes next. Nothing is charged yet.", *_slow(job))
    return _Body(what, lines, buttons=(_cancel(job),))


def _awaiting_confirmation(job: Job, fit: tuple[str, ...], question: Block | None) -> _Body:
    doubt = offer.doubt(job)
    promise = "Nothing is charged until you press Generate"
    promise += "; I then ask you once more." if question else "."
    value = button_value(job.id, job.estimate_id)
    generate = button("Generate", Action.GENERATE, value, style="primary", confirm=question)
    lines = (*repriced.instead(job), *fit, *((doubt,) if doubt else ()), promise)
    return _Body(offer.headline(job), lines, buttons=(generate, _change(job), _cancel(job)))


def _awaiting_approval(job: Job, _draft: Draft) -> _Body:
    price = offer.price(job)
    told = f"Estimate: {price}. " if price else ""
    line = f"{told}Somebody who looks after the budget has to agree. Nothing is charged yet."
    return _Body("Waiting for approval", (line,), buttons=(_cancel(job),))


def _queued(job: Job, _draft: Draft) -> _Body:
    line = "It starts by itself as soon as sync.so has room. Nothing is charged yet."
    return _Body("In the queue", (*_place(job), line, *_slow(job)), buttons=(_cancel(job),))


def _place(job: Job) -> tuple[str, ...]:
    if job.card_place is None:
        return ()
    return ("You are next in line." if job.card_place == 1 else f"You are number {job.card_place} in line.",)


def _submitting(job: Job, _draft: Draft) -> _Body:
    return _Body("Sending it to sync.so…", ("This takes a few seconds.", *_slow(job)))


def _processing(job: Job, _draft: Draft) -> _Body:
    status = job.generation_status
    over = _OVER_AT_SYNC.get(status or "")
    if over:
        return _Body(over, _slow(job))
    line = _STAGES.get(status) or f"sync.so says: {escape(cut(one_line(status or ''), 80))}."
    begun = f" Started {date(job.submitted_at)}." if job.submitted_at else ""
    lines = (f"{line}{begun} Most videos take one to three minutes.", *_slow(job))
    return _Body("Making your video…", lines)


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


def _delivering(job: Job, _draft: Draft) -> _Body:
    return _Body(_MADE, _slow(job))


def _delivered(job: Job, draft: Draft) -> _Body:
    time = ""
    if job.ended_at and job.submitted_at and job.ended_at > job.submitted_at:
        time = f" Made in {waited(job.ended_at - job.submitted_at)}."
    buttons = (_another(job, "Make another version"),)
    return _Body(
        f"Done: {literal(words.title(draft))}", (offer.receipt(job) + time,), brief=True, buttons=buttons
    )


def _failed(job: Job, draft: Draft) -> _Body:
    prepared = Prepared.model_validate_json(job.prepared)
    can_invite = job.conversation is Conversation.CHANNEL
    under = circumstances(job.failure_code, draft, prepared, at_home=is_at_home(job), can_invite=can_invite)
    fault = failure(
        job.failure_code,
        job.failure_detail,
        submitted=job.generation_id is not None,
        made=job.generation_status == "COMPLETED",
        under=under,
    )
    lines = (offer.charged(job) or fault.charged, fault.next_step)
    brief = job.generation_id is None
    return _Body(fault.happened, lines, brief=brief, buttons=_after_failure(job, draft, fault, under.part))


_OTHERS: Mapping[Part | None, str] = {
    "video": "Choose another video",
    "speech": "Choose what it says",
    None: "Change",
}


def _after_failure(job: Job, draft: Draft, fault: Failure, part: Part | None) -> tuple[Block, ...]:
    if not fault.repeatable and not fault.downloadable:
        return (_another(job, _OTHERS[part], style="primary"),)
    if fault.downloadable:
        download = button("Get a download link", Action.DOWNLOAD, button_value(job.id), style="primary")
        return (download, _another(job, "Make another version"))
    return _again(job, draft, "Try again")


def _cancelled(job: Job, _draft: Draft) -> _Body:
    if job.failure_code == repriced.PRICE_CHANGED:
        headline, lines = repriced.stopped(job)
        return _Body(headline, lines, brief=True)
    if job.failure_code == "joined":
        together = "It goes with what you sent before; that card has the price."
        return _Body("Taken together", (together,), brief=True)
    return _Body("Cancelled", ("Nothing was charged.",), brief=True, buttons=(_another(job, "Start again"),))


def _expired(job: Job, draft: Draft) -> _Body:
    missed = "pressed Generate" if job.confirmed_at is None else "approved it"
    line = f"Nobody {missed} in time. Nothing was charged; ask again for a fresh price."
    if job.estimate_id is None:
        line = "Nobody filled in the form in time. Nothing was charged."
    return _Body("This has expired", (line,), brief=True, buttons=_again(job, draft, "Ask again"))


def _unresolved(job: Job, _draft: Draft) -> _Body:
    give_up = button("Give up", Action.GIVE_UP, button_value(job.id), confirm=_really_give_up())
    check = button("Look again", Action.CHECK, button_value(job.id), style="primary")
    if job.failure_code == "sync_unavailable":
        unheard = (
            "For hours I could not ask sync.so, or got no answer that I could use.",
            "It may be made there, and charged.",
            "Press Look again to ask once more, or look for it on sync.so.",
        )
        return _Body("I do not know what became of this video", unheard, buttons=(check, give_up))
    if job.generation_id is not None:
        stuck = (
            "It has been there for hours, and sync.so neither finishes nor refuses it.",
            "If it fails there, sync.so does not charge for it.",
            "Press Look again to ask once more, or write to sync.so's support.",
        )
        return _Body("sync.so has not finished this video", stuck, buttons=(check, give_up))
    price = offer.price(job)
    told = f" The estimate was {price}." if price else ""
    lines = (
        "The connection broke while I was sending it, and I did not send it twice.",
        f"sync.so may have charged for it, or not.{told}",
        "Press Look again to ask sync.so once more. Give up only if you do not find it on sync.so either.",
    )
    return _Body("I do not know whether sync.so has this video", lines, buttons=(check, give_up))


def _really_give_up() -> Block:
    return blocks.confirm(
        "Give up on this video?",
        "If sync.so did take it, it is charged there, but I will not bring it here.",
        yes="Give up",
        no="Keep waiting",
        style="danger",
    )


# An offer has a body of its own kind, since it needs more to be known: see `_body`.
_BODIES: dict[JobStatus, Callable[[Job, Draft], _Body]] = {
    JobStatus.DRAFT: _draft,
    JobStatus.PREPARING: _preparing,
    JobStatus.AWAITING_APPROVAL: _awaiting_approval,
    JobStatus.QUEUED: _queued,
    JobStatus.SUBMITTING: _submitting,
    JobStatus.PROCESSING: _processing,
    JobStatus.DELIVERING: _delivering,
    JobStatus.DELIVERED: _delivered,
    JobStatus.FAILED: _failed,
    JobStatus.CANCELLED: _cancelled,
    JobStatus.EXPIRED: _expired,
    JobStatus.UNRESOLVED: _unresolved,
}
