"""The rows of the ledger, and what they do to the sums of the budgets. Pure.

Whole micro-dollars all the way: sums are exact, whoever adds them up.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storage.columns import to_micro
from storage.jobs import Job, Money
from storage.orders import Order

PRICE_UNKNOWN = "price_unknown"
"""Why nothing was set aside, or the most that it can be: nobody could say what it will cost."""
PRICE_GUESSED = "price_guessed"
"""Why more was set aside than the price: that holds at an assumed frame rate only, and may come to this."""
NAMED = "named"
"""Why a total is corrected that sync.so's record never told: a person has named it."""

TEAM = "team"
"""The scope in which all of a team's money is counted."""
USER, CHANNEL, MODEL = "user", "channel", "model"
"""What the other scopes begin with, before a colon and a name."""


class DifferenceKind(StrEnum):
    """Where the ledger and sync.so's record do not meet."""

    UNTOLD = "untold"
    """sync.so's record of a generation of ours was not complete for as long as it was asked for."""
    UNKNOWN_TO_US = "unknown_to_us"
    """sync.so has a generation that was made with a key of ours, and no job of ours is it."""
    UNLIKE = "unlike"
    """sync.so's record names another sum than it did before, or one for what it could not make."""
    ABSENT = "absent"
    """A generation of ours is not among those that sync.so says finished."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of `ledger`, about one part of an order. Times are seconds since the epoch."""

    order_id: str
    position: int
    kind: Money
    ref: str
    """Tells a part's corrections apart: which one it is, and sync.so's total, in micro-dollars."""
    at: float
    month: str
    """The month of the hold, in its team's zone: what comes of it later counts there, too."""
    owner_id: str
    """The installation in whose budgets it counts: the workspace's own, or its organisation's."""
    team_id: str
    user_id: str
    """The asker."""
    channel_id: str
    model: str
    held_delta: int
    spent_delta: int
    why: str | None
    """A code: of a hold `PRICE_UNKNOWN` or `PRICE_GUESSED`, of a correction `NAMED`, else the job's failure;
    None: there is none."""
    finished_at: float | None = None
    """When the generation finished, by sync.so's clock; None: its export has not told."""
    project: str | None = None
    """What the asker called the project it is for; None: nothing, or it was removed with the team's data."""


Budget = tuple[str, str, str]
"""A row of `budgets`: the installation, the month and the scope."""


class Sum(NamedTuple):
    """What is to be added to one row of `budgets`."""

    owner_id: str
    month: str
    scope: str
    held: int
    spent: int
    raised: int


def zone_of(zone: str) -> tzinfo:
    """A zone by its IANA name; one that is not known here is UTC."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def month_of(at: float, zone: str = "UTC") -> str:
    """The month that a yes counts for, in a zone as above."""
    return datetime.fromtimestamp(at, zone_of(zone)).strftime("%Y-%m")


def scopes_of(user_id: str, channel_id: str, model: str) -> tuple[str, ...]:
    """All that money is counted by which one part of an order costs."""
    return (TEAM, f"{USER}:{user_id}", f"{CHANNEL}:{channel_id}", f"{MODEL}:{model}")


def hold(
    order: Order, position: int, model: str, *, owner_id: str, month: str, at: float, at_most: bool = False
) -> Entry:
    """What a yes sets aside for one part: its price.

    With `at_most` it is what that may come to, where it is guessed, and where no price could be had the most
    that it can be, else nothing.

    Raises:
        ValueError: that is not known either, so that no limit could hold.
    """
    part = order.parts[position]
    if at_most and part.usd is None and part.most_usd is None:
        raise ValueError(f"what part {position} of {order.id} can cost at most is not known")
    usd, why = part.usd, None if part.usd is not None else PRICE_UNKNOWN
    if at_most and part.highest_usd != part.usd:
        usd, why = part.highest_usd, PRICE_GUESSED
    elif at_most and part.usd is None:
        usd = part.most_usd
    return Entry(
        order_id=order.id,
        position=position,
        kind=Money.HOLD,
        ref="",
        at=at,
        month=month,
        owner_id=owner_id,
        team_id=order.team_id,
        user_id=order.user_id,
        channel_id=order.channel_id,
        model=model,
        held_delta=to_micro(usd or Decimal(0)),
        spent_delta=0,
        why=why,
    )


def holds(
    order: Order,
    models: Mapping[int, str],
    limited: Collection[str],
    *,
    owner_id: str,
    month: str,
    at: float,
    project: str | None = None,
) -> list[Entry]:
    """What a yes sets aside for each part; see `hold`.

    Args:
        order: as it was offered.
        models: what makes each part that is to be made, by its position.
        limited: the scopes in which a limit is to hold.
        owner_id: the installation in whose budgets it counts.
        month: of the yes, in its team's zone.
        at: seconds since the epoch.
        project: what its asker called the project it is for; None: nothing.
    """
    entries = [
        hold(
            order,
            position,
            model,
            owner_id=owner_id,
            month=month,
            at=at,
            at_most=any(scope in limited for scope in scopes_of(order.user_id, order.channel_id, model)),
        )
        for position, model in models.items()
    ]
    return [replace(entry, project=project) for entry in entries]


def closing(held: Entry, money: Money, job: Job, *, at: float) -> Iterator[Entry]:
    """What a move books that closes a hold: all that was held is free, and what is spent counts as estimated.

    Without an estimate, or with one that is guessed, it counts as what was held, past which no budget may be
    spent before more is known.
    Where sync.so's record came before the move, a correction follows at once.
    """
    expected = held.held_delta
    if job.estimate_usd is not None and held.why != PRICE_GUESSED:
        expected = to_micro(job.estimate_usd)
    spent = 0 if money is Money.RELEASE else expected
    yield replace(
        held, kind=money, at=at, held_delta=-held.held_delta, spent_delta=spent, why=job.failure_code
    )
    if job.cost_usd is not None:
        yield from correction(held, total_usd=job.cost_usd, booked=spent, at=at)


def release(held: Entry, *, at: float, why: str | None) -> Entry:
    """What is booked of a part that never became a job."""
    return replace(held, kind=Money.RELEASE, at=at, held_delta=-held.held_delta, why=why)


def correction(
    of: Entry, *, total_usd: Decimal, booked: int, at: float, number: int = 1, why: str | None = None
) -> Iterator[Entry]:
    """What sync.so's total is beyond what is booked as spent, or a `NAMED` one; nothing where they agree.

    `number` says which of the part's corrections it is, so that the record may come back to an earlier total,
    while two who book the same one still meet.
    """
    total = to_micro(total_usd)
    if total != booked:
        delta, ref = total - booked, f"{number}:{total}"
        yield replace(of, kind=Money.CORRECTION, ref=ref, at=at, held_delta=0, spent_delta=delta, why=why)


def kept(raised: int, *, held: int, used: int) -> int:
    """What still stands of a raise, of which nobody else shall spend what its order leaves.

    Args:
        raised: what a budget was raised by for one order, in micro-dollars as all of these.
        held: what that set aside there at first.
        used: what it holds and has spent there by now.
    """
    if used >= held:
        return raised
    return max(used - max(held - raised, 0), 0)


def taken_back(
    raised: Mapping[str, Mapping[str, int]], before: Iterable[Entry], new: Iterable[Entry]
) -> Mapping[Budget, int]:
    """What entries take back of raises, below nothing, or give again where the record corrects them.

    Args:
        raised: what budgets were raised by, by order and scope.
        before: all that was booked for those orders.
        new: what is booked now; of other orders it changes nothing.
    """
    held: Counter[tuple[str, Budget]] = Counter()
    used: Counter[tuple[str, Budget]] = Counter()
    for at, entry in _in_budgets(before):
        held[at] += entry.held_delta if entry.kind is Money.HOLD else 0
        used[at] += entry.held_delta + entry.spent_delta
    now = used.copy()
    for at, entry in _in_budgets(new):
        now[at] += entry.held_delta + entry.spent_delta
    changes: Counter[Budget] = Counter()
    for at, of_it in held.items():
        order_id, budget = at
        by = raised[order_id].get(budget[-1], 0)
        changes[budget] += kept(by, held=of_it, used=now[at]) - kept(by, held=of_it, used=used[at])
    return changes


def _in_budgets(entries: Iterable[Entry]) -> Iterator[tuple[tuple[str, Budget], Entry]]:
    for entry in entries:
        for scope in scopes_of(entry.user_id, entry.channel_id, entry.model):
            yield (entry.order_id, (entry.owner_id, entry.month, scope)), entry


def sums(entries: Iterable[Entry], raised: Mapping[Budget, int] = MappingProxyType({})) -> list[Sum]:
    """What the entries add up to in each scope, in the order in which the rows are locked.

    `raised` is what the budgets are raised by with them.


    Of a month's rows of one owner the one of the team is always the first, so that whoever has it can take
    the others in any order, and nobody waits for each other.
    """
    held: Counter[Budget] = Counter()
    spent: Counter[Budget] = Counter()
    for (_, key), entry in _in_budgets(entries):
        held[key] += entry.held_delta
        spent[key] += entry.spent_delta
    moved = {key for key in held if held[key] or spent[key]} | {key for key, by in raised.items() if by}
    moved |= {(owner_id, month, TEAM) for owner_id, month, _ in moved}
    return [Sum(*key, held[key], spent[key], raised.get(key, 0)) for key in sorted(moved, key=_turn)]


def _turn(key: Budget) -> tuple[str, str, bool, str]:
    owner_id, month, scope = key
    return owner_id, month, scope != TEAM, scope
