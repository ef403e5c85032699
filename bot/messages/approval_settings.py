"""The page of the settings on approvals: from which price on whose yes is needed."""

from collections.abc import Sequence

from bot.messages import blocks
from bot.messages.approval import people, threshold
from bot.messages.blocks import Block, Choice, input_field
from bot.messages.catalogue import Words
from bot.messages.ids import Setting
from bot.messages.text import waited
from bot.teams.approval import stuck
from bot.teams.rules import MOST_APPROVAL_USD, MOST_APPROVALS, MOST_APPROVERS, Rules

OWN = "own"
_HOURS = (4, 24, 72, 168)
_HOUR_S, _DAYS_FROM = 3600.0, 48


def approvals_told(t: Words, rules: Rules) -> list[str]:
    """What holds now; where it leaves nobody who could say yes, that too."""
    if rules.approval_from_usd is None:
        return [t("Whoever asks says yes alone.")]
    price = threshold(t, rules.approval_from_usd)
    who = people(t, rules.approvers)
    asked = t("From {price} on, and without a known price: a yes from {people}.", price=price, people=who)
    if rules.approvals_needed < len(rules.approvers):
        asked = t.n(
            "From {price} on, and without a known price: {count} yes from {people}.",
            "From {price} on, and without a known price: {count} yeses from {people}.",
            rules.approvals_needed,
            price=price,
            people=who,
        )
    own = t("Their own videos they may approve.") if rules.may_approve_own else ""
    waits = t("It waits for {time}.", time=_time(t, rules.approval_hours))
    return [" ".join(filter(None, (asked, own, waits))), *_nobody(t, stuck(rules))]


def _nobody(t: Words, left_alone: Sequence[str]) -> list[str]:
    if not left_alone:
        return []
    return [
        t(
            "*Mind:* there are too few others to approve what {people} asks for. Name more people, or let "
            "approvers approve their own.",
            people=people(t, left_alone),
        )
    ]


def _time(t: Words, hours: int) -> str:
    return t.n("{count} day", "{count} days", hours // 24) if _in_days(hours) else waited(t, hours * _HOUR_S)


def _in_days(hours: int) -> bool:
    return hours >= _DAYS_FROM and hours % 24 == 0


def approvals_page(t: Words, rules: Rules) -> list[Block]:
    """The fields."""
    return [*_from(t, rules), *_who(t, rules), *_how_long(t, rules)]


def _from(t: Words, rules: Rules) -> list[Block]:
    hint = t(
        "Leave it empty for never. What has no known price counts as above it. Budgets hold beside this."
    )
    price = blocks.money_input(initial=rules.approval_from_usd, most=MOST_APPROVAL_USD)
    label = t("From this price on, in US dollars")
    return [input_field(Setting.APPROVAL_FROM, label, price, hint=hint, optional=True)]


def _how_long(t: Words, rules: Rules) -> list[Block]:
    hours = sorted({*_HOURS, rules.approval_hours})
    offered = [Choice(str(each), _time(t, each)) for each in hours]
    menu = blocks.menu(offered, initial=str(rules.approval_hours))
    return [input_field(Setting.APPROVAL_HOURS, t("How long it waits for them"), menu)]


def _who(t: Words, rules: Rules) -> list[Block]:
    needed = [Choice(str(each), t.number(each)) for each in range(1, MOST_APPROVALS + 1)]
    own = Choice(OWN, t("Approvers may approve what they ask for themselves"))
    return [
        input_field(
            Setting.APPROVERS,
            t("Who can say yes"),
            blocks.many_people(rules.approvers, most=MOST_APPROVERS),
            hint=t("I ask all of them in a direct message. They are asked for more budget, too."),
            optional=True,
        ),
        input_field(
            Setting.APPROVALS,
            t("How many of them have to"),
            blocks.menu(needed, initial=str(rules.approvals_needed)),
        ),
        input_field(
            Setting.APPROVE_OWN,
            t("Their own videos"),
            blocks.checkboxes([own], initial=[OWN] if rules.may_approve_own else []),
            optional=True,
        ),
    ]
