"""The one door of money: books what is held, how that is closed and what sync.so's record corrects.

With each entry the sums of all budgets that it counts in move, in the same transaction. Whoever books has the
order's lock or the job's: of several who would close the same hold, one finds it open. The rows of budgets
are locked after jobs and before cards, in the order of `money.sums`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import budget_warnings, limits, money, raises
from storage.columns import from_micro
from storage.jobs import CLOSES, MONEY, Job, JobStatus, Money
from storage.money import Budget, Entry
from storage.orders import Order
from storage.rows import JOBS
from storage.schema import budgets, differences, jobs, ledger
from storage.upserts import adding

Part = tuple[str, int]
"""An order's id, and the position of one of its parts."""

COLUMNS: Final = tuple(ledger.c[field.name] for field in fields(Entry))

_OWN: Final = len(JOBS.columns)

_other = ledger.alias("other")
_IS_OPEN = and_(
    ledger.c.kind == Money.HOLD,
    ~exists().where(
        _other.c.order_id == ledger.c.order_id,
        _other.c.position == ledger.c.position,
        _other.c.kind.in_(sorted(CLOSES)),
    ),
)
_OPEN_OF_JOBS = (
    select(*JOBS.columns, *COLUMNS)
    .join_from(jobs, ledger, and_(ledger.c.order_id == jobs.c.order_id, ledger.c.position == jobs.c.position))
    .where(jobs.c.id.in_(bindparam("job_ids", expanding=True)), _IS_OPEN)
    .order_by(jobs.c.id)
)
_OPEN_OF_ORDER = (
    select(*COLUMNS).where(ledger.c.order_id == bindparam("order_id"), _IS_OPEN).order_by(ledger.c.position)
)
_OF_ORDERS = select(*COLUMNS).where(ledger.c.order_id.in_(bindparam("order_ids", expanding=True)))
_FINISHED = (
    update(ledger)
    .where(ledger.c.order_id == bindparam("of_order"), ledger.c.position == bindparam("at_position"))
    .values(finished_at=bindparam("when"))
)
_BOOK = insert(ledger)


def _sums(held: Column[int], spent: Column[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """PostgreSQL adds whole numbers up to a NUMERIC."""
    of_held, of_spent = (cast(func.coalesce(func.sum(each), 0), BigInteger) for each in (held, spent))
    return of_held, of_spent


_BOOKED = select(*_sums(ledger.c.held_delta, ledger.c.spent_delta))
_BUDGETED = select(*_sums(budgets.c.held, budgets.c.spent)).where(budgets.c.scope == money.TEAM)
_UNSETTLED = select(func.count()).select_from(differences).where(differences.c.closed_at.is_(None))


async def hold(
    conn: AsyncConnection,
    order: Order,
    models: Mapping[int, str],
    *,
    owner_id: str,
    zone: str = "UTC",
    project: str | None = None,
    now: float,
) -> None:
    """Set aside what an order's parts cost, in the transaction that spends its yes.

    Where a limit is to hold, it is of a part with a guessed price what that may come to, and of one without a
    price the most that it can be; else the price, or nothing.

    Args:
        conn: a writing transaction.
        order: as it was offered.
        models: what makes each part that is to be made, by its position.
        owner_id: the installation in whose budgets it counts.
        zone: in which its months begin, by its IANA name.
        project: what its asker called the project it is for; None: nothing.
        now: seconds since the epoch.

    Raises:
        OverBudget: it is past a limit; roll back.
    """
    scopes = {
        each for model in models.values() for each in money.scopes_of(order.user_id, order.channel_id, model)
    }
    found = await limits.of_scopes(conn, owner_id, scopes)
    limited, month = {limit.scope for limit in found}, money.month_of(now, zone)
    entries = money.holds(order, models, limited, owner_id=owner_id, month=month, at=now, project=project)
    await _book(conn, entries)
    used = await limits.check(conn, found, entries)
    await budget_warnings.note(conn, owner_id, month, used, now=now)


async def close(conn: AsyncConnection, moved: Iterable[tuple[Job, JobStatus]], *, now: float) -> None:
    """Book what jobs' moves do to the money, each once.

    Args:
        conn: the transaction that made the moves, in which the jobs are locked.
        moved: each job as it was before, and where it was moved. One that did not move changes nothing: where
            it stands by now, its hold was closed by whoever brought it there.
        now: seconds since the epoch.
    """
    told = {job.id: (to, kind) for job, to in moved if (kind := MONEY.get((job.status, to))) is not None}
    if not told:
        return
    entries: list[Entry] = []
    for row in await conn.execute(_OPEN_OF_JOBS, {"job_ids": sorted(told)}):
        job, held = JOBS.record(row[:_OWN]), Entry(*row[_OWN:])
        to, kind = told[job.id]
        if job.status is to:
            entries += money.closing(held, kind, job, at=now)
    await _book(conn, entries)


async def release(
    conn: AsyncConnection,
    order_id: str,
    *,
    now: float,
    why: str | None,
    positions: Collection[int] | None = None,
) -> None:
    """Let go of what is held for parts of an order that will never be jobs.

    Args:
        conn: a writing transaction in which the order is locked.
        order_id: which.
        now: seconds since the epoch.
        why: the code of what failed; None: nothing did.
        positions: of which parts; None: of all that are still held for.
    """
    found = [Entry(*row) for row in await conn.execute(_OPEN_OF_ORDER, {"order_id": order_id})]
    of_them = [held for held in found if positions is None or held.position in positions]
    await _book(conn, [money.release(held, at=now, why=why) for held in of_them])


async def correct(
    conn: AsyncConnection, totals: Mapping[Part, Decimal], *, now: float, why: str | None = None
) -> Mapping[Part, Sequence[Entry]]:
    """Book what sync.so's record tells beyond what is booked; while a hold is open, its closing does.

    Args:
        conn: a writing transaction, in which the jobs are locked.
        totals: in USD, by order and position.
        now: seconds since the epoch.
        why: `money.NAMED` where it is a person who tells; None: it is the record.

    Returns:
        What was booked for each of them before.
    """
    booked = await of_parts(conn, totals)
    new: list[Entry] = []
    for part, total_usd in totals.items():
        entries = booked.get(part, ())
        if any(entry.kind in CLOSES for entry in entries):
            number = 1 + sum(entry.kind is Money.CORRECTION for entry in entries)
            new += money.correction(
                entries[0], total_usd=total_usd, booked=spent_of(entries), at=now, number=number, why=why
            )
    await _book(conn, new)
    return booked


async def finished(conn: AsyncConnection, when: Mapping[Part, float]) -> None:
    """Note on all that is booked for parts when sync.so finished their generations, by its own clock."""
    rows = [{"of_order": order_id, "at_position": at, "when": it} for (order_id, at), it in when.items()]
    if rows:
        await conn.execute(_FINISHED, rows)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the books of all teams say together."""

    held_usd: Decimal
    spent_usd: Decimal
    sums_agree: bool
    """Whether the teams' budgets add up to the same; they always should."""
    differences: int
    """Where sync.so's record and the ledger do not meet, and nobody has closed it yet."""


async def overview(conn: AsyncConnection) -> Overview:
    """Add up all that is booked: for an operator, since it reads the whole ledger."""
    held, spent = (await conn.execute(_BOOKED)).one()
    budgeted = (await conn.execute(_BUDGETED)).one()
    unsettled = (await conn.execute(_UNSETTLED)).scalar_one()
    return Overview(from_micro(held), from_micro(spent), (held, spent) == tuple(budgeted), unsettled)


async def of_part(conn: AsyncConnection, order_id: str, position: int) -> Sequence[Entry]:
    """All that is booked for a part of an order, in no particular order."""
    return (await of_parts(conn, [(order_id, position)])).get((order_id, position), ())


async def of_parts(conn: AsyncConnection, parts: Collection[Part]) -> Mapping[Part, Sequence[Entry]]:
    """All that is booked for some parts, each in no particular order; what has nothing is missing."""
    found: dict[Part, list[Entry]] = {}
    order_ids = sorted({order_id for order_id, _ in parts})
    for row in await conn.execute(_OF_ORDERS, {"order_ids": order_ids}) if order_ids else ():
        entry = Entry(*row)
        if (part := (entry.order_id, entry.position)) in parts:
            found.setdefault(part, []).append(entry)
    return found


def spent_of(entries: Iterable[Entry]) -> int:
    """What entries count as spent, in micro-dollars."""
    return sum(entry.spent_delta for entry in entries)


async def _book(conn: AsyncConnection, entries: Sequence[Entry]) -> None:
    raised = await _taken_back(conn, entries)
    if entries:
        await conn.execute(_BOOK, [asdict(entry) for entry in entries])
    moved = [each._asdict() for each in money.sums(entries, raised)]
    if moved:
        await conn.execute(adding(budgets, conn.dialect.name, "held", "spent", "raised"), moved)


async def _taken_back(conn: AsyncConnection, entries: Sequence[Entry]) -> Mapping[Budget, int]:
    """What goes back of what budgets were raised by for these orders, now that less is used of it."""
    changed = {entry.order_id for entry in entries if entry.kind is not Money.HOLD}
    raised = await raises.of_orders(conn, changed)
    new = [entry for entry in entries if entry.order_id in raised]
    if not new:
        return {}
    # Alone with the months: whoever ends another part of the same order is through, or waits.
    for owner_id, month in sorted({(entry.owner_id, entry.month) for entry in new}):
        await limits.raise_for(conn, owner_id, money.TEAM, month, Decimal(0))
    booked = [Entry(*row) for row in await conn.execute(_OF_ORDERS, {"order_ids": sorted(raised)})]
    return money.taken_back(raised, booked, new)
