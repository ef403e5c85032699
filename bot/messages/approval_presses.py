"""Private words about a press that would have said yes or no to somebody else's video, and did not."""

from collections.abc import Mapping, Sequence

from bot.messages.approval import people
from bot.messages.blocks import Message
from bot.messages.catalogue import N_, Words
from bot.messages.notices import say
from bot.messages.over_budget import budget_name, short_of
from bot.messages.text import user
from bot.teams.rights import Rule
from storage.gates import GateState
from storage.limits import Shortfall


def not_asked(t: Words) -> Message:
    """Somebody pressed who is not among the approvers, or not any more."""
    return say(
        t(
            "Only people who approve for your team, or can raise its budget, can answer this, and you are "
            "not among them now. Nothing was changed, and nothing was charged."
        )
    )


def own(t: Words, approvers: Sequence[str]) -> Message:
    """They asked for it themselves, and the rules want somebody else's yes."""
    return say(
        t(
            "Your team's rules want somebody else's yes to what you ask for: ask {people}. "
            "Nothing was charged.",
            people=people(t, approvers),
        )
    )


def said_yes_already(t: Words) -> Message:
    """Approve was pressed twice, and others have to say yes as well."""
    return say(t("You have said yes to this already; it waits for the others. Nothing was charged yet."))


def not_allowable(t: Words) -> Message:
    """What they were offered to allow always is something else by now."""
    return say(
        t(
            "What you could always allow has changed since this was shown, so I go on asking you. The "
            "message will show what holds now."
        )
    )


def answered(t: Words, state: GateState) -> Message:
    """It waits for nobody any more."""
    return say(t(_ANSWERED[state]))


_ANSWERED: Mapping[GateState, str] = {
    GateState.OPEN: N_("The time for an answer is over, so nothing was changed. Nothing was charged."),
    GateState.APPROVED: N_("This was approved already. Your press changed nothing, and charged nothing."),
    GateState.DECLINED: N_("This was declined already. Your press changed nothing. Nothing was charged."),
    GateState.TIMED_OUT: N_("The time for an answer is over, so nothing was changed. Nothing was charged."),
    GateState.STOPPED: N_(
        "This needs no answer any more: it was cancelled, or could not go on. Nothing was charged."
    ),
}


def account_changed(t: Words, asker_id: str) -> Message:
    """What was approved is of an account that pays no more."""
    return say(
        t(
            "Another sync.so account pays here now, so nothing was made or charged. {person} gets a new "
            "offer with what it costs there.",
            person=user(asker_id),
        )
    )


def ruled_out(t: Words, rule: Rule, asker_id: str, admins: Sequence[str]) -> Message:
    """A rule of the team's stands against it by now."""
    if rule is Rule.UNTOLD:
        return say(
            t(
                "Slack does not tell me just now whether your team's rules still allow this. Nothing was "
                "charged, and it goes on waiting: try again in a minute."
            )
        )
    told = t(
        "Since {person} asked, a rule of your team's has come to stand against it. Nothing was charged, and "
        "it goes on waiting.",
        person=user(asker_id),
    )
    if not admins:
        return say(told)
    return say(" ".join((told, t("Ask {people} if that should change.", people=people(t, admins)))))


def over_budget(t: Words, shortfalls: Sequence[Shortfall], admins: Sequence[str]) -> Message:
    """What is approved is more than what is left of a budget by now."""
    first = t("A budget does not cover this any more, so nothing was charged. It goes on waiting.")
    lines = [f"• {short_of(t, each, budget_name(t, each.scope))}" for each in shortfalls]
    then = t("An admin can raise it on my Home, under Settings; then press Approve once more.")
    if admins:
        then = t(
            "{people} can raise it on my Home, under Settings; then press Approve once more.",
            people=people(t, admins),
        )
    return say("\n".join((first, *lines, then)))


def nobody_approves(t: Words, admins: tuple[str, ...], *, is_admins: bool) -> Message:
    """The asker said yes, but the rules leave nobody who could do so as well.

    Args:
        t: The reader's words.
        admins: Who can change that, as far as known.
        is_admins: Whether the reader is one of them.
    """
    told = t(
        "Your team wants somebody else's yes to this, and its rules leave nobody who could give it. Nothing "
        "was charged, and your offer stays good."
    )
    if is_admins:
        then = t("You can change that on my Home, under Settings; then press the button once more.")
    elif admins:
        then = t("Ask {people} if that should change.", people=people(t, admins))
    else:
        then = t("An admin of your workspace can change that.")
    return say(f"{told} {then}")


def nobody_raises(t: Words, admins: tuple[str, ...], *, is_admins: bool) -> Message:
    """More budget was asked for, but nobody is left who could be asked; see `nobody_approves`."""
    told = t(
        "Nobody else is there whom I could ask for more. Nothing was charged, and your offer stays good."
    )
    if is_admins:
        then = t("You can raise the budget on my Home, under Settings; then press Generate once more.")
    elif admins:
        then = t(
            "{people} can raise the budget on my Home, under Settings; then press Generate once more.",
            people=people(t, admins),
        )
    else:
        then = t("An admin of your workspace can raise the budget; then press Generate once more.")
    return say(f"{told} {then}")
