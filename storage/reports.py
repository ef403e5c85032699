"""What was spent and what is set aside, added up out of the ledger.

A line is the sum of all entries of one month, person, channel, model and project: whatever lines are added up
by, they come to what is booked, to the micro-dollar.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import from_micro
from storage.jobs import Money
from storage.ledger import COLUMNS
from storage.money import Entry
from storage.schema import ledger

MONTHS: Final = 12
"""Of a report: the present one, and those before it."""
_YEAR: Final = 12


class Sums(NamedTuple):
    """What some entries come to, in whole micro-dollars."""

    videos: int = 0
    """That were made and charged."""
    held: int = 0
    spent: int = 0

    @property
    def held_usd(self) -> Decimal:
        """What is set aside for videos that are not there yet."""
        return from_micro(self.held)

    @property
    def spent_usd(self) -> Decimal:
        """What was charged, as far as it is known, and as it was estimated until then."""
        return from_micro(self.spent)


@dataclass(frozen=True, slots=True)
class Line:
    """What one person spent in one month, in one channel, on one model, for one project."""

    month: str
    """Of the yes, in the team's zone: 2026-11."""
    user_id: str
    channel_id: str
    model: str
    sums: Sums
    project: str | None = None
    """As the person called it; None: nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was spent in the last months, for one reader."""

    month: str
    """The present one, as `2026-11`."""
    is_teams: bool
    """Whether it is of everybody, for an admin; else it is of the reader alone."""
    lines: Sequence[Line]

    @property
    def now(self) -> Sequence[Line]:
        """Those of the present month."""
        return [line for line in self.lines if line.month == self.month]


def months_before(month: str, number: int) -> str:
    """The month that lies so many before another one, both as `2026-11`."""
    year, of_year = map(int, month.split("-"))
    year, of_year = divmod(year * _YEAR + of_year - 1 - number, _YEAR)
    return f"{year:04}-{of_year + 1:02}"


def together(sums: Iterable[Sums]) -> Sums:
    """What several sums come to."""
    return reduce(lambda one, other: Sums(*map(add, one, other)), sums, Sums())


def added(lines: Iterable[Line]) -> Sums:
    """What lines come to together."""
    return together(line.sums for line in lines)


def by(lines: Iterable[Line], key: Callable[[Line], str]) -> Mapping[str, Sums]:
    """What lines come to for each thing that `key` names, the dearest first."""
    groups: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    sums = {name: added(group) for name, group in groups.items()}
    return dict(sorted(sums.items(), key=lambda each: (-each[1].spent, -each[1].held, each[0])))


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    """PostgreSQL adds whole numbers up to a NUMERIC."""
    return cast(func.sum(column), BigInteger)


_KEY = (ledger.c.month, ledger.c.user_id, ledger.c.channel_id, ledger.c.model, ledger.c.project)
_SUMS = (
    _sum(case((ledger.c.kind == Money.CHARGE, 1), else_=0)),
    _sum(ledger.c.held_delta),
    _sum(ledger.c.spent_delta),
)
_OF_TEAM = (
    select(*_KEY, *_SUMS)
    .where(ledger.c.owner_id == bindparam("owner_id"), ledger.c.month >= bindparam("since"))
    .group_by(*_KEY)
    .having(or_(*(each != 0 for each in _SUMS)))
    .order_by(*_KEY[:-1], ledger.c.project.nulls_first())
)
_BETWEEN = (
    select(*_KEY, _SUMS[0], literal(0), _SUMS[2])
    .where(
        ledger.c.owner_id == bindparam("owner_id"),
        ledger.c.at >= bindparam("begins_at"),
        ledger.c.at < bindparam("ends_at"),
    )
    .group_by(*_KEY)
    .having(or_(_SUMS[0] != 0, _SUMS[2] != 0))
)
_OF_PERSON = _OF_TEAM.where(ledger.c.user_id == bindparam("of_user"))


async def lines(
    conn: AsyncConnection, owner_id: str, *, since: str = "", user_id: str | None = None
) -> Sequence[Line]:
    """What is booked in an installation's budgets; what comes to nothing is left out.

    Args:
        conn: a reading transaction.
        owner_id: the installation.
        since: the first month, as `2026-11`; empty: from the beginning.
        user_id: whose; None: everybody's.
    """
    values = {"owner_id": owner_id, "since": since}
    if user_id is None:
        found = await conn.execute(_OF_TEAM, values)
    else:
        found = await conn.execute(_OF_PERSON, values | {"of_user": user_id})
    return _lines(found)


async def report(conn: AsyncConnection, owner_id: str, month: str, *, user_id: str | None) -> Report:
    """What was spent in a month and in those before it; for the rest see `lines`."""
    since = months_before(month, MONTHS - 1)
    return Report(month, user_id is None, await lines(conn, owner_id, since=since, user_id=user_id))


async def between(conn: AsyncConnection, owner_id: str, begins_at: float, ends_at: float) -> Sequence[Line]:
    """What was booked as spent in a while, whatever month it counts in; what is set aside is left out.

    Args:
        conn: a reading transaction.
        owner_id: the installation.
        begins_at: seconds since the epoch.
        ends_at: the same; what was booked then is not in it any more.
    """
    values = {"owner_id": owner_id, "begins_at": begins_at, "ends_at": ends_at}
    return _lines(await conn.execute(_BETWEEN, values))


def _lines(rows: Iterable[Sequence[Any]]) -> list[Line]:
    return [
        Line(month, user, channel, model, Sums(*sums), project)
        for month, user, channel, model, project, *sums in rows
    ]


_PAGE: Final = 1_000
_ID = (ledger.c.order_id, ledger.c.position, ledger.c.kind, ledger.c.ref)
_BY_ID = select(*COLUMNS).order_by(*_ID).limit(bindparam("at_most"))
_AFTER = tuple_(*_ID) > tuple_(*(bindparam(f"after_{each.key}", type_=each.type) for each in _ID))
_OF_ONE = or_(ledger.c.owner_id == bindparam("team_id"), ledger.c.team_id == bindparam("team_id"))
_ONLY: Final = {"team_id": _OF_ONE, "since": ledger.c.at >= bindparam("since")}


async def entries(
    conn: AsyncConnection, team_id: str | None, *, since: float | None = None
) -> AsyncIterator[Entry]:
    """What is booked, in the order of its key.

    Args:
        conn: a reading transaction.
        team_id: of one workspace or organisation; None: of all.
        since: booked at this time or later, in seconds since the epoch; None: ever.
    """
    given = {"team_id": team_id, "since": since}
    values: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    whose = _BY_ID.where(*(_ONLY[name] for name in values))
    values["at_most"] = _PAGE
    statement = whose
    while True:
        page = [Entry(*row) for row in await conn.execute(statement, values)]
        for entry in page:
            yield entry
        if len(page) < _PAGE:
            return
        statement = whose.where(_AFTER)
        values |= {f"after_{each.key}": getattr(page[-1], each.key) for each in _ID}
