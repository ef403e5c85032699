"""What is told of budgets: that one does not cover a yes, and to admins that one is nearly used up."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from babel.dates import format_skeleton

from bot.messages import blocks
from bot.messages.blocks import Message, button
from bot.messages.catalogue import Words
from bot.messages.ids import Action, button_value
from bot.messages.notices import say
from bot.messages.text import about, channel, listed, usd, user
from bot.messages.text import date as moment
from bot.messages.words import model_words
from storage import money
from storage.limits import Shortfall, Standing
from storage.orders import Order

_DECEMBER = 12


def over_budget(
    t: Words, order: Order, shortfalls: Sequence[Shortfall], month: str, admins: tuple[str, ...]
) -> Message:
    """Which budgets lack what, until when, and whom to ask; the offer stays good meanwhile.

    Args:
        t: The reader's words.
        order: With the offer that was said yes to.
        shortfalls: At least one.
        month: The one that the budgets are of, as `2026-11`.
        admins: Who can raise them, as far as known.
    """
    lines = [
        " ".join((t("A budget does not cover this, so nothing was charged."), *_still_good(t, order))),
        *(f"• {short_of(t, each, own_name(t, each.scope))}" for each in shortfalls),
        *_unknown(t, order),
        " ".join((t("The budgets begin anew on {date}.", date=_next_month(t, month)), _who(t, admins))),
    ]
    text = "\n".join(lines)
    ask = button(t("Ask for more"), Action.ASK_FOR_MORE, button_value(order.id, order.offer_id))
    return Message(text, [blocks.section(text), blocks.actions([ask])])


def budget_name(t: Words, budget: str) -> str:
    """A budget, by its scope, as whoever may not be meant by it reads its name; mrkdwn, begins a sentence."""
    kind, _, name = budget.partition(":")
    if kind == money.USER:
        return t("The budget of {person}", person=user(name))
    if kind == money.CHANNEL:
        return t("The budget of {channel}", channel=channel(name))
    if kind == money.MODEL:
        return t("The budget for {model}", model=model_words(t, name))
    return t("The team's budget")


def own_name(t: Words, budget: str) -> str:
    """As above, to whoever it is of where it is a person's."""
    return t("Your own budget") if budget.startswith(money.USER) else budget_name(t, budget)


def left_of(t: Words, standing: Standing, named: str) -> str:
    """What is left of a budget, by its name."""
    return t(
        "{budget} has {left} left of {limit} this month.",
        budget=named,
        left=usd(t, standing.left_usd),
        limit=usd(t, standing.most_usd),
    )


def short_of(t: Words, short: Shortfall, named: str) -> str:
    """What a budget lacks, by its name."""
    return t(
        "{budget} has {left} left of {limit} this month; this needs {needed}.",
        budget=named,
        left=usd(t, short.left_usd),
        limit=usd(t, short.limit_usd),
        needed=usd(t, short.needed_usd),
    )


def _still_good(t: Words, order: Order) -> Sequence[str]:
    if order.expires_at is None:
        return ()
    until = moment(t, order.expires_at)
    if order.offer_usd is None:
        return (t("Your offer stays good until {date}.", date=until),)
    return (t("The price stays good until {date}.", date=until),)


def _unknown(t: Words, order: Order) -> Sequence[str]:
    if all(part.usd is not None for part in order.makes):
        return ()
    told = t(
        "Where no price is known, budgets count the most that it can cost by sync.so's list, without the "
        "speech of a script."
    )
    return (told,)


def _who(t: Words, admins: tuple[str, ...]) -> str:
    if not admins:
        return t("An admin of your workspace can raise them.")
    return t("{people} can raise them.", people=listed(t, [user(admin) for admin in admins]))


def _next_month(t: Words, month: str) -> str:
    year, number = (int(each) for each in month.split("-"))
    first = date(year + number // _DECEMBER, number % _DECEMBER + 1, 1)
    return format_skeleton("MMMMd", first, locale=t.locale)


def nearly_used(t: Words, budget: str, month: str, *, used_usd: Decimal, limit_usd: Decimal) -> Message:
    """To an admin, once a month: a budget is nearly used up; for the month see `over_budget`."""
    told = t(
        "{budget} is nearly used up: {used} of {limit} is spent, or set aside for videos on their way. What "
        "it does not cover is not made. It begins anew on {date}; to change it, open *Settings* in my Home.",
        budget=budget_name(t, budget),
        used=usd(t, used_usd),
        limit=usd(t, limit_usd),
        date=_next_month(t, month),
    )
    return say(told)


def most_of_unknown(t: Words, order: Order) -> str | None:
    """What budgets set aside for an offer without a price; None: it has one."""
    most = [part.most_usd for part in order.makes if part.usd is None and part.most_usd is not None]
    if not most:
        return None
    return t(
        "If a budget covers it, {most} is set aside: the most it can cost by sync.so's list, without the "
        "speech of a script.",
        most=about(t, sum(most, Decimal(0))),
    )
