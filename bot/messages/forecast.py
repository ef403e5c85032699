"""What is left of budgets, and when they end at the pace of the month so far."""

from collections.abc import Sequence

from babel.dates import format_skeleton

from bot.messages.blocks import Block, context
from bot.messages.catalogue import Words
from bot.messages.over_budget import left_of, own_name
from bot.teams.forecast import ends_on
from storage.limits import Standing


def pace(t: Words, budget: Standing, zone: str, now: float) -> str | None:
    """When it ends, which nobody promises; None: it lasts the month, or that cannot be told."""
    day = ends_on(budget, now, zone)
    if day is None:
        return None
    return t("At this pace it ends on {date}.", date=format_skeleton("MMMMd", day, locale=t.locale))


def in_small(t: Words, budgets: Sequence[Standing], zone: str, now: float) -> list[Block]:
    """A small line for each, to somebody whose own they are or who may see the team's.

    Args:
        t: The reader's words.
        budgets: As they stand this month.
        zone: The one of the team's months.
        now: Seconds since the epoch.
    """
    return [context(_line(t, each, zone, now)) for each in budgets]


def _line(t: Words, budget: Standing, zone: str, now: float) -> str:
    told = [left_of(t, budget, own_name(t, budget.scope)), pace(t, budget, zone, now)]
    return " ".join(filter(None, told))
