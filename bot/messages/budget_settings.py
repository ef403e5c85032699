"""The page of the settings on budgets: what may be spent in a month by whom, where and with what."""

from collections.abc import Iterator, Sequence

from bot.messages import blocks, words
from bot.messages.blocks import Block, button, context, input_field, section
from bot.messages.catalogue import Words
from bot.messages.forecast import pace
from bot.messages.ids import Action, Setting, limit_field, limit_value
from bot.messages.over_budget import budget_name
from bot.messages.text import usd, user_text
from bot.teams.limiting import MOST_LIMITS, MOST_USD
from storage import money
from storage.limits import Standing

_TOLD = 5
_ZONE_LIMIT = 64


def budgets_told(t: Words, budgets: Sequence[Standing], zone: str, now: float) -> list[str]:
    """What holds now, and how it stands this month."""
    if not budgets:
        return [t("No limit holds for what is spent in a month.")]
    shown = [_stands(t, each, zone, now) for each in _team_first(budgets)]
    more = len(shown) - _TOLD
    others = [t.n("And {count} more.", "And {count} more.", more)] if more > 0 else []
    return [*shown[:_TOLD], *others, t("Months begin in the time zone {zone}.", zone=user_text(zone))]


def budgets_page(
    t: Words, budgets: Sequence[Standing], zone: str, models: Sequence[str], now: float
) -> list[Block]:
    """The fields, then the limits that hold beside the team's; `now` is in seconds since the epoch."""
    about = t(
        "A limit holds for a calendar month, for what is spent and what is set aside for videos on their "
        "way. What goes past one is not made; what is on its way goes on whatever you change. Leave a field "
        "empty for no limit."
    )
    return [
        context(about),
        *_team(t, budgets, zone, now),
        *_new(t, models),
        _zone(t, zone),
        *_others(t, budgets, zone, now),
    ]


def _team_first(budgets: Sequence[Standing]) -> list[Standing]:
    return sorted(budgets, key=lambda each: (each.scope != money.TEAM, each.scope))


def _stands(t: Words, budget: Standing, zone: str, now: float) -> str:
    told = t(
        "{budget}: {left} left of {limit} this month ({held} set aside, {spent} spent).",
        budget=budget_name(t, budget.scope),
        left=usd(t, budget.left_usd),
        limit=usd(t, budget.most_usd),
        held=usd(t, budget.held_usd),
        spent=usd(t, budget.spent_usd),
    )
    raised = None
    if budget.raised_usd:
        raised = t("It was raised by {raised}, for this month alone.", raised=usd(t, budget.raised_usd))
    return " ".join(filter(None, (told, raised, pace(t, budget, zone, now))))


def _team(t: Words, budgets: Sequence[Standing], zone: str, now: float) -> list[Block]:
    team = next((each for each in budgets if each.scope == money.TEAM), None)
    field = input_field(
        limit_field(money.TEAM),
        t("All of the team together, US dollars a month"),
        blocks.money_input(initial=team.limit_usd if team else None, most=MOST_USD),
        optional=True,
    )
    return [*([context(_stands(t, team, zone, now))] if team else []), field]


def _others(t: Words, budgets: Sequence[Standing], zone: str, now: float) -> Iterator[Block]:
    """Each with a button, since a form has room for few fields."""
    others = [each for each in _team_first(budgets) if each.scope != money.TEAM]
    for number, budget in enumerate(others[:MOST_LIMITS], start=1):
        shown = section(_stands(t, budget, zone, now))
        change = button(t("Change"), Action.SETTINGS_PAGE, limit_value(budget.scope))
        which = t("limit {number} of {all}", number=t.number(number), all=t.number(len(others)))
        yield shown | {"accessory": blocks.about(change, which)}


def limit_page(t: Words, budget: Standing, zone: str, now: float) -> list[Block]:
    """One limit alone. A label is plain text, in which nobody can be named: that stands above it."""
    amount = blocks.money_input(initial=budget.limit_usd, most=MOST_USD)
    label, hint = t("US dollars a month"), t("Leave it empty for no limit.")
    return [
        section(_stands(t, budget, zone, now)),
        input_field(limit_field(budget.scope), label, amount, hint=hint, optional=True),
    ]


def _new(t: Words, models: Sequence[str]) -> list[Block]:
    known = blocks.offerable(words.model_choices(t, models))[: blocks.OPTIONS_LIMIT]
    people = blocks.many_people((), most=MOST_LIMITS)
    amount = blocks.money_input(initial=None, most=MOST_USD)
    each = t("For each of them, US dollars a month")
    return [
        input_field(Setting.LIMIT_PEOPLE, t("New limit for people"), people, optional=True),
        input_field(
            Setting.LIMIT_CHANNELS, t("New limit for channels"), blocks.many_channels(()), optional=True
        ),
        input_field(
            Setting.LIMIT_MODELS, t("New limit for models"), blocks.many(known, initial=()), optional=True
        ),
        input_field(Setting.LIMIT_USD, each, amount, optional=True),
    ]


def _zone(t: Words, zone: str) -> Block:
    typed = blocks.text_input(initial=zone, limit=_ZONE_LIMIT, placeholder="Europe/Berlin")
    hint = t("A month of the budgets begins when it begins there, from the next Generate on. Empty: UTC.")
    return input_field(Setting.ZONE, t("Time zone"), typed, hint=hint, optional=True)
