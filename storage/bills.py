"""What ended generations did cost, by sync.so's own record, which is asked for until it is complete."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, differences, ledger
from storage.columns import to_micro
from storage.differences import Difference
from storage.jobs import Job, Money, job_id, part_of
from storage.leases import BILLS
from storage.money import DifferenceKind, Entry
from storage.schema import bills, jobs
from storage.upserts import insert_into

LISTED_WITHIN_S: Final = 7 * 24 * 3600.0
"""What the export has not had by then will not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBill:
    """What is known when a generation has ended."""

    job_id: str
    enterprise_id: str | None
    team_id: str
    account_key: str
    generation_id: str
    opened_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill(NewBill):
    """One row of `bills`. Times are seconds since the epoch, money is USD."""

    availability: str | None
    """sync.so's own word, as last read; None: never read."""
    total_usd: Decimal | None
    """What the record says that it cost; None: it is not complete."""
    billed_frames: int | None
    """For how many frames; None: the record does not tell."""
    finished_at: float | None
    """When it finished, by sync.so's clock; None: its export has not told."""
    listed_at: float | None
    """When the export first had it; None: it has not."""
    due_at: float | None
    """When it is to be asked for (again); None: never, since it is complete or not to be had."""
    lease_token: str | None
    attempts: int


_NAMES = [field.name for field in fields(Bill)]
COLUMNS: Final = tuple(bills.c[name] for name in _NAMES)
_DUE = (
    select(bills.c.job_id)
    .where(bills.c.due_at <= bindparam("now"))
    .order_by(bills.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = BILLS.claim(bills.c.job_id.in_(select(_DUE.c.job_id))).returning(*COLUMNS)
_OPEN_OF = (
    select(*COLUMNS)
    .where(bills.c.due_at.is_not(None), bills.c.team_id.in_(bindparam("teams", expanding=True)))
    .order_by(bills.c.job_id)
)
_NEXT_DUE = select(func.min(bills.c.due_at)).where(bills.c.due_at.is_not(None))
_TOLD = (
    update(bills)
    .where(bills.c.job_id == bindparam("of_job"), bills.c.lease_token == bindparam("token"))
    .values(
        availability=bindparam("word"),
        due_at=bindparam("when"),
        lease_token=None,
        attempts=bills.c.attempts + 1,
    )
)
_COMPLETE = (
    update(bills)
    .where(bills.c.job_id == bindparam("of_job"))
    .values(
        availability="complete",
        total_usd=bindparam("total", type_=bills.c.total_usd.type),
        billed_frames=func.coalesce(
            bindparam("frames", type_=bills.c.billed_frames.type), bills.c.billed_frames
        ),
        due_at=None,
        lease_token=None,
    )
)
_OVER = update(bills).where(bills.c.job_id == bindparam("of_job")).values(due_at=None, lease_token=None)
_COST = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_job"))
    .values(
        cost_usd=bindparam("total", type_=jobs.c.cost_usd.type),
        billed_frames=func.coalesce(
            bindparam("frames", type_=jobs.c.billed_frames.type), jobs.c.billed_frames
        ),
    )
)
_LOCK_JOBS = (
    select(jobs.c.id, jobs.c.order_id, jobs.c.ended_at)
    .where(jobs.c.id.in_(bindparam("job_ids", expanding=True)))
    .order_by(jobs.c.id)
    .with_for_update()
)
_LOCK = (
    select(*COLUMNS)
    .where(bills.c.job_id.in_(bindparam("job_ids", expanding=True)))
    .order_by(bills.c.job_id)
    .with_for_update()
)
_OF_GENERATIONS = select(*COLUMNS).where(
    bills.c.generation_id.in_(bindparam("generation_ids", expanding=True)),
    bills.c.account_key == bindparam("account"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What sync.so's record says once it is complete."""

    usd: Decimal
    frames: int | None
    """For how many frames; None: it does not tell."""


def bill_of(job: Job, now: float) -> NewBill:
    """The bill of a job whose generation has ended, or will hardly be looked at any more."""
    return NewBill(
        job_id=job.id,
        enterprise_id=job.enterprise_id,
        team_id=job.team_id,
        account_key=job.account_key,
        generation_id=job.generation_id or "",
        opened_at=now,
    )


async def open_many(conn: AsyncConnection, new: Iterable[NewBill]) -> None:
    """Begin to ask for what these generations cost; those that are asked for already stay as they are.

    Args:
        conn: a writing transaction.
        new: one for each generation.
    """
    # Sorted, since two holders of the same jobs may open the same bills.
    ordered = sorted(new, key=lambda each: each.job_id)
    rows = [asdict(each) | {"due_at": each.opened_at, "attempts": 0} for each in ordered]
    if rows:
        await conn.execute(_open(conn.dialect.name), rows)


async def claim(conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int) -> list[Bill]:
    """Take bills that are due, the longest due first; see `storage.leases`."""
    values = {"now": now, "until": now + lease_s, "token": token, "at_most": limit}
    return [record(row) for row in await conn.execute(_CLAIM, values)]


async def tell(
    conn: AsyncConnection,
    bill: Bill,
    *,
    availability: str | None,
    total: Total | None,
    due_at: float | None,
    now: float,
) -> bool:
    """Store what the record says, and give the bill back; False: the lease was lost, nothing changed.

    What the record tells beyond what is booked is booked; what it will not tell is noted as a difference.

    Args:
        conn: a writing transaction.
        bill: as claimed.
        availability: sync.so's word; None: it could not be read.
        total: what stands, once it is complete; the job and its card get it, too.
        due_at: when to ask again; None: never.
        now: seconds since the epoch.
    """
    # The job first, as everywhere: what closes its hold looks for what the record has told.
    await conn.execute(_LOCK_JOBS, {"job_ids": [bill.job_id]})
    values = {"of_job": bill.job_id, "token": bill.lease_token, "word": availability, "when": due_at}
    if not (await conn.execute(_TOLD, values)).rowcount:
        return False
    if total is not None:
        await complete(conn, {bill.job_id: total}, now=now)
    elif due_at is None:
        await untold(conn, [bill], now=now)
    return True


async def complete(conn: AsyncConnection, totals: Mapping[str, Total], *, now: float) -> None:
    """The one door by which a complete total comes into the books, whoever has learnt it and how often.

    A total that is unlike the one before it, or that is for what sync.so could not make, is booked all the
    same, and noted as a difference.

    Args:
        conn: a writing transaction that has locked none of these jobs, or all.
        totals: by the jobs' ids.
        now: seconds since the epoch.
    """
    ids = sorted(totals)
    standing = (await conn.execute(_LOCK_JOBS, {"job_ids": ids})).all()
    before = [record(row) for row in await conn.execute(_LOCK, {"job_ids": ids})]
    rows = [{"of_job": each, "total": totals[each].usd, "frames": totals[each].frames} for each in ids]
    await conn.execute(_COMPLETE, rows)
    await conn.execute(_COST, rows)
    booked = await ledger.correct(conn, {part_of(each): totals[each].usd for each in ids}, now=now)
    unlike = [
        _difference(DifferenceKind.UNLIKE, bill, entries, now, totals[bill.job_id])
        for bill in before
        if (entries := booked.get(part_of(bill.job_id))) and _is_unlike(bill, entries, totals[bill.job_id])
    ]
    await differences.note(conn, unlike)
    late = [bill for bill in before if bill.total_usd is None and bill.due_at is None]
    await differences.learn(conn, {bill.generation_id: to_micro(totals[bill.job_id].usd) for bill in late})
    # A job that goes on shows it with what it shows next: an edit less.
    shown = [order_id for _, order_id, ended_at in standing if ended_at is not None]
    await card_store.newer_many(conn, shown, now=now)


def _is_unlike(bill: Bill, booked: Iterable[Entry], total: Total) -> bool:
    """Whether the record names another sum than it did, or one for what it could not make."""
    if bill.total_usd is not None:
        return bill.total_usd != total.usd
    return total.usd > 0 and any(entry.kind is Money.RELEASE for entry in booked)


def _difference(
    kind: DifferenceKind, bill: Bill, booked: Sequence[Entry], now: float, total: Total | None = None
) -> Difference:
    order_id, position = part_of(bill.job_id)
    return Difference(
        generation_id=bill.generation_id,
        kind=kind,
        owner_id=booked[0].owner_id,
        account_key=bill.account_key,
        order_id=order_id,
        position=position,
        ours=ledger.spent_of(booked),
        theirs=None if total is None else to_micro(total.usd),
        found_at=now,
    )


async def untold(conn: AsyncConnection, of_bills: Collection[Bill], *, now: float) -> None:
    """Ask no more for bills that nobody will learn of: they count as estimated, for a person to settle."""
    await note(conn, DifferenceKind.UNTOLD, of_bills, now=now)
    rows = [{"of_job": bill.job_id} for bill in of_bills]
    if rows:
        await conn.execute(_OVER, rows)


async def lock(conn: AsyncConnection, order_id: str, position: int) -> None:
    """Be alone with a video's bill and what is booked of it; before its budgets, as everywhere."""
    await conn.execute(_LOCK_JOBS, {"job_ids": [job_id(order_id, position)]})


async def note(
    conn: AsyncConnection, kind: DifferenceKind, of_bills: Collection[Bill], *, now: float
) -> None:
    """Note, once for each, that the record and the ledger do not meet; not of what was never booked."""
    booked = await ledger.of_parts(conn, {part_of(bill.job_id) for bill in of_bills})
    found = [
        _difference(kind, bill, entries, now)
        for bill in of_bills
        if (entries := booked.get(part_of(bill.job_id)))
    ]
    await differences.note(conn, found)


async def of_generations(
    conn: AsyncConnection, account_key: str, generation_ids: Collection[str]
) -> Mapping[str, Bill]:
    """The bills of some generations of an account, by the generations' ids; what has none is missing."""
    values = {"account": account_key, "generation_ids": sorted(generation_ids)}
    found = [record(row) for row in await conn.execute(_OF_GENERATIONS, values)]
    return {bill.generation_id: bill for bill in found}


def is_settled(bill: Bill, now: float) -> bool:
    """Whether sync.so's record has told all that it will of a generation, which can be deleted there."""
    is_listed = bill.listed_at is not None or bill.opened_at <= now - LISTED_WITHIN_S
    return bill.due_at is None and is_listed


async def open_of(conn: AsyncConnection, team_ids: Sequence[str]) -> list[Bill]:
    """The bills of workspaces that are still asked for."""
    return [record(row) for row in await conn.execute(_OPEN_OF, {"teams": list(team_ids)})]


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next bill is due; None: none is open."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at


async def find(conn: AsyncConnection, job_id: str) -> Bill | None:
    """The bill of a job; None: its generation has not ended, or there was none."""
    row = (await conn.execute(select(*COLUMNS).where(bills.c.job_id == job_id))).first()
    return None if row is None else record(row)


def record(row: Any) -> Bill:
    """What a row of `COLUMNS` says."""
    return Bill(**dict(zip(_NAMES, row, strict=True)))


@cache
def _open(engine: str) -> Insert:
    return insert_into(bills, engine).on_conflict_do_nothing()
