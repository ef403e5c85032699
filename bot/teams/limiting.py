"""Changes of the budgets' limits as an admin wants them, and what is wrong with them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from bot.teams.rules import Problem
from storage.limits import Limit

MOST_LIMITS = 30
"""Of one team: as many as one page has room for."""
MOST_USD = 1_000_000
_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class Limiting:
    """The page of the budgets as it was sent."""

    shown: Mapping[str, Decimal | None]
    """By the scopes that it showed; None: no limit."""
    new: Mapping[str, tuple[str, ...]]
    """Whom or what a new one is for, by ids or a model's names; by what the scopes begin with."""
    new_usd: Decimal | None
    """A month, for each of them; None: it was left empty."""
    zone: str | None
    """As it was typed; None: it was not asked for."""


def changed_limits(wish: Limiting, now: Sequence[Limit]) -> Mapping[str, Decimal | None]:
    """What is to be another limit than now, by scope; None: it goes."""
    before = {limit.scope: limit.limit_usd for limit in now}
    wanted = dict(wish.shown) | {
        f"{kind}:{name}": wish.new_usd for kind, names in wish.new.items() for name in names
    }
    return {scope: usd for scope, usd in wanted.items() if before.get(scope) != usd}


def problems_of(wish: Limiting, now: Sequence[Limit]) -> Mapping[str, Problem]:
    """What is wrong, by `zone`, `usd`, or what a new limit's scopes begin with."""
    wrong: dict[str, Problem] = {}
    if any(wish.new.values()) and wish.new_usd is None:
        wrong["usd"] = Problem.NO_AMOUNT
    if wish.new_usd is not None and not any(wish.new.values()):
        wrong[next(iter(wish.new))] = Problem.NOBODY_LIMITED
    if wish.zone is not None and zone_named(wish.zone) is None:
        wrong["zone"] = Problem.NO_SUCH_ZONE
    if not wrong and _how_many(wish, now) > MOST_LIMITS:
        wrong[next(iter(wish.new))] = Problem.TOO_MANY_LIMITS
    return wrong


def _how_many(wish: Limiting, now: Sequence[Limit]) -> int:
    changes = changed_limits(wish, now)
    kept = {limit.scope for limit in now} - changes.keys()
    return len(kept) + sum(usd is not None for usd in changes.values())


def zone_named(typed: str) -> str | None:
    """A zone's IANA name, however it was written; None: none that this machine knows is called so."""
    return _zones().get(_folded(typed), _UTC if _folded(typed) in {"", "utc"} else None)


@cache
def _zones() -> Mapping[str, str]:
    return {_folded(name): name for name in available_timezones()}


def _folded(name: str) -> str:
    return "_".join(name.split()).casefold()
