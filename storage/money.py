"""The rows of the ledger, and what they do to the sums of the budgets. Pure.

Whole micro-dollars all the way: sums are exact, whoever adds them up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from storage.columns import to_micro
from storage.jobs import Job, Money
from storage.orders import Order

PRICE_UNKNOWN = "price_unknown"
"""Why nothing was set aside: nobody could say what it will cost."""

TEAM = "team"
"""The scope in which all of a team's money is counted."""


class DifferenceKind(StrEnum):
    """Where the ledger and sync.so's record do not meet."""

    UNTOLD = "untold"
    """sync.so's record of a generation of ours was not complete for as long as it was asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of `ledger`, about one part of an order. Times are seconds since the epoch."""

    order_id: str
    position: int
    kind: Money
    ref: str
    """Tells corrections apart: sync.so's total, in micro-dollars."""
    at: float
    month: str
    """The month of the hold: what comes of it later counts there, too."""
    team_id: str
    user_id: str
    """The asker."""
    channel_id: str
    model: str
    held_delta: int
    spent_delta: int
    why: str | None
    """A code: of a hold `PRICE_UNKNOWN`, else the job's failure; None: the kind says it all."""


class Sum(NamedTuple):
    """What is to be added to one row of `budgets`; they sort in the order in which rows are locked."""

    team_id: str
    scope: str
    month: str
    held: int
    spent: int


def month_of(at: float) -> str:
    """The month that a yes counts for; UTC's, as long as teams have no zone of their own."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def hold(order: Order, position: int, model: str, *, at: float) -> Entry:
    """What a yes sets aside for one part: its price, and nothing where that could not be had."""
    usd = order.parts[position].usd
    return Entry(
        order_id=order.id,
        position=position,
        kind=Money.HOLD,
        ref="",
        at=at,
        month=month_of(at),
        team_id=order.team_id,
        user_id=order.user_id,
        channel_id=order.channel_id,
        model=model,
        held_delta=to_micro(usd or Decimal(0)),
        spent_delta=0,
        why=PRICE_UNKNOWN if usd is None else None,
    )


def closing(held: Entry, money: Money, job: Job, *, at: float) -> Iterator[Entry]:
    """What a move books that closes a hold: all that was held is free, and what is spent counts as estimated.

    Where sync.so's record came before the move, a correction follows at once.
    """
    spent = 0 if money is Money.RELEASE else to_micro(job.estimate_usd or Decimal(0))
    yield replace(
        held, kind=money, at=at, held_delta=-held.held_delta, spent_delta=spent, why=job.failure_code
    )
    if job.cost_usd is not None:
        yield from correction(held, total_usd=job.cost_usd, booked=spent, at=at)


def release(held: Entry, *, at: float, why: str | None) -> Entry:
    """What is booked of a part that never became a job."""
    return replace(held, kind=Money.RELEASE, at=at, held_delta=-held.held_delta, why=why)


def correction(of: Entry, *, total_usd: Decimal, booked: int, at: float) -> Iterator[Entry]:
    """What sync.so's total is beyond what is booked as spent; nothing where they agree."""
    total = to_micro(total_usd)
    if total != booked:
        delta = total - booked
        yield replace(
            of, kind=Money.CORRECTION, ref=str(total), at=at, held_delta=0, spent_delta=delta, why=None
        )


def sums(entries: Iterable[Entry]) -> list[Sum]:
    """What the entries add up to in each scope; sorted, so that nobody waits for each other."""
    held: Counter[tuple[str, str, str]] = Counter()
    spent: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        for scope in _scopes(entry):
            key = entry.team_id, scope, entry.month
            held[key] += entry.held_delta
            spent[key] += entry.spent_delta
    return [Sum(*key, held[key], spent[key]) for key in sorted(held) if held[key] or spent[key]]


def _scopes(entry: Entry) -> tuple[str, ...]:
    return (TEAM, f"user:{entry.user_id}", f"channel:{entry.channel_id}", f"model:{entry.model}")
