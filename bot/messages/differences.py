"""The words on where the ledger and sync.so's own record do not meet: for admins, who look into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.messages import blocks
from bot.messages.blocks import Block, Message, button, context, section
from bot.messages.catalogue import N_, Words
from bot.messages.ids import MOST_REASON, MOST_SUM_USD, Action, Callback, Reply
from bot.messages.text import CHANNELS, channel, cut, date, literal, usd
from bot.messages.usage import person_words
from bot.messages.words import model_words
from storage.columns import from_micro
from storage.differences import Difference
from storage.ledger import Part
from storage.listings import Night
from storage.money import DifferenceKind, Entry

SHOWN = 20
"""Differences in one view, the oldest first."""
_TITLE = N_("Ledger")
_KINDS: Mapping[DifferenceKind, str] = {
    DifferenceKind.UNTOLD: N_("sync.so never told what this video cost. I go on counting the sum below."),
    DifferenceKind.UNKNOWN_TO_US: N_("This was made with your sync.so key, and not by me."),
    DifferenceKind.UNLIKE: N_(
        "sync.so charged another sum than it had named before, or charged for a video that failed. I count "
        "what it says now."
    ),
    DifferenceKind.ABSENT: N_("sync.so does not list this video of yours, even after two days."),
}
_ADVICE: Mapping[DifferenceKind, str] = {
    DifferenceKind.UNTOLD: N_(
        "Look for it on sync.so's usage page, or ask their support with the id below. If you learn the sum, "
        "you can name it as you close this."
    ),
    DifferenceKind.UNKNOWN_TO_US: N_(
        "If no other program of yours uses this key, give me a new one by *Connect sync.so*, and delete the "
        "old one at sync.so."
    ),
    DifferenceKind.UNLIKE: N_("If that is not right, ask sync.so's support with the id below."),
    DifferenceKind.ABSENT: N_("Ask sync.so's support with the id below whether it was charged."),
}
"""What a person can do before they close one."""
_TOLD_LATE = N_("sync.so told only after days what this video cost. I count what it says now.")


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What the view shows."""

    differences: Sequence[Difference] = ()
    """The oldest that are open."""
    number: int = 0
    """How many are."""
    whose: Mapping[Part, Entry] = field(default_factory=dict)
    """What the ledger says of who asked for the videos that they are about."""
    nights: Sequence[Night] = ()
    """What was made elsewhere in the team's own account, the last first."""


def ledger(t: Words, state: LedgerState) -> Block:
    """All that is open, each with a button that closes it."""
    shown: list[Block] = [
        section(
            t(
                "Every night I compare what I have counted with sync.so's own record of all costs. What does "
                "not meet stands here until somebody has looked into it."
            )
        )
    ]
    if not state.differences:
        shown.append(section(t("Nothing waits to be looked into.")))
    shown += [_entry(t, each, state.whose.get(part_of(each))) for each in state.differences]
    if state.number > len(state.differences):
        more = t.number(state.number - len(state.differences))
        shown.append(context(t("{number} more come up as these are closed.", number=more)))
    if state.nights:
        lines = [_elsewhere(t, night) for night in state.nights]
        shown += [blocks.header(t("Made elsewhere in your account")), context("\n".join(lines))]
    return _modal(t, shown)


def closing(t: Words, difference: Difference, booked: Entry | None) -> Block:
    """The form that asks why one is closed; `booked` is what the ledger says of its video, if it is ours."""
    why = blocks.input_field(
        Reply.REASON,
        t("What came of it?"),
        blocks.text_input(initial=None, limit=MOST_REASON, multiline=True),
        optional=False,
        hint=t("It is kept with the difference, and in the audit log with your name."),
    )
    return {
        **_modal(t, [section(_words(t, difference, booked)), why, *_sum(t, difference)]),
        "callback_id": Callback.CLOSE_DIFFERENCE,
        "private_metadata": blocks.carried({"difference": value_of(difference)}),
        "submit": blocks.plain(t("Close it"), 24),
        "close": blocks.plain(t("Back"), 24),
    }


def _sum(t: Words, difference: Difference) -> Sequence[Block]:
    """The field for what the record never told."""
    if not difference.wants_sum:
        return ()
    stays = usd(t, from_micro(difference.ours))
    hint = t("I then count this, in budgets and reports as well. Left empty, {sum} stays.", sum=stays)
    amount = blocks.money_input(initial=None, most=MOST_SUM_USD)
    label = t("What it cost, US dollars, if you know")
    return (blocks.input_field(Reply.SUM, label, amount, optional=True, hint=hint),)


def told_meanwhile(t: Words) -> str:
    """At the field of the sum: it is none of theirs to name."""
    return t("sync.so has told what it cost meanwhile. Nothing was changed: press Back and look again.")


def closed_already(t: Words) -> str:
    """There is nothing left to close."""
    return t("This one is closed already, or it was never yours. Nothing was changed.")


def notice(t: Words, text: str) -> Block:
    """The view where it can only say something, in mrkdwn."""
    return _modal(t, [section(text)])


def found(t: Words, number: int, sum_usd: Decimal) -> Message:
    """To admins, once for what a night has found."""
    line = t(
        "I compared sync.so's own record of all costs with what I have counted. {number} videos do not meet; "
        "they are about {sum}. Open my Home and press Ledger: there you see each and can close it.",
        number=t.number(number),
        sum=usd(t, sum_usd),
    )
    if number == 1:
        line = t(
            "I compared sync.so's own record of all costs with what I have counted. One video does not meet; "
            "it is about {sum}. Open my Home and press Ledger: there you see it and can close it.",
            sum=usd(t, sum_usd),
        )
    return Message(line, [section(line)])


def value_of(difference: Difference) -> str:
    """What a button about one carries."""
    return f"{difference.kind}:{difference.generation_id}"


def read_value(value: str) -> tuple[DifferenceKind, str] | None:
    """What it is about; None: it is none of ours."""
    kind, _, generation_id = value.partition(":")
    known = kind in set(DifferenceKind) and generation_id
    return (DifferenceKind(kind), generation_id) if known else None


def part_of(difference: Difference) -> Part:
    """The video that one is about; none has what it names where it is none of ours."""
    return difference.order_id or "", difference.position or 0


def _entry(t: Words, difference: Difference, booked: Entry | None) -> Block:
    close = button(t("Close it"), Action.CLOSE_DIFFERENCE, value_of(difference))
    return section(_words(t, difference, booked)) | {
        "accessory": blocks.about(close, difference.generation_id)
    }


def _words(t: Words, difference: Difference, booked: Entry | None) -> str:
    theirs = t("not told") if difference.theirs is None else usd(t, from_micro(difference.theirs))
    sums = t(
        "sync.so: {theirs} · counted here: {ours}", theirs=theirs, ours=usd(t, from_micro(difference.ours))
    )
    when = t("Found {moment}.", moment=date(t, difference.found_at))
    which = f"`{literal(cut(difference.generation_id, 60))}`"
    is_late = difference.kind is DifferenceKind.UNTOLD and difference.theirs is not None
    advice = () if is_late else (t(_ADVICE[difference.kind]),)
    lines = (*_whose(t, booked), sums, *advice, f"{which} · {when}")
    return "\n".join((f"*{t(_TOLD_LATE if is_late else _KINDS[difference.kind])}*", *lines))


def _whose(t: Words, booked: Entry | None) -> Sequence[str]:
    """Who had asked for it, where, and of which model it is; nothing where that was deleted."""
    if booked is None or not booked.user_id:
        return ()
    model = model_words(t, booked.model)
    if booked.channel_id.startswith(CHANNELS):
        where = channel(booked.channel_id)
        told = t(
            "Asked for by {person} in {channel} · {model}",
            person=person_words(t, booked.user_id),
            channel=where,
            model=model,
        )
    else:
        told = t("Asked for by {person} · {model}", person=person_words(t, booked.user_id), model=model)
    return (told,)


def _elsewhere(t: Words, night: Night) -> str:
    return t.n(
        "{moment}: {count} video, {sum}",
        "{moment}: {count} videos, {sum}",
        night.number,
        moment=date(t, night.night_at),
        sum=usd(t, night.usd),
    )


def _modal(t: Words, shown: Sequence[Block]) -> Block:
    return {
        "type": "modal",
        "title": blocks.plain(t(_TITLE), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": list(shown),
    }
