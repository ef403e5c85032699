"""What ended generations did cost, by sync.so's own record, which is asked for until it is complete."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Insert, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, ledger
from storage.jobs import Job, part_of
from storage.leases import BILLS
from storage.money import DifferenceKind
from storage.rows import JOBS
from storage.schema import bills, jobs
from storage.upserts import insert_into


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
    due_at: float | None
    """When it is to be asked for (again); None: never, since it is complete or not to be had."""
    lease_token: str | None
    attempts: int


_NAMES = [field.name for field in fields(Bill)]
_COLUMNS = [bills.c[name] for name in _NAMES]
_DUE = (
    select(bills.c.job_id)
    .where(bills.c.due_at <= bindparam("now"))
    .order_by(bills.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = BILLS.claim(bills.c.job_id.in_(select(_DUE.c.job_id))).returning(*_COLUMNS)
_OPEN_OF = (
    select(*_COLUMNS)
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
_COST = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_job"))
    .values(cost_usd=bindparam("total", type_=jobs.c.cost_usd.type))
)


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
    return [_bill(row) for row in await conn.execute(_CLAIM, values)]


async def tell(
    conn: AsyncConnection,
    bill: Bill,
    *,
    availability: str | None,
    total_usd: Decimal | None,
    due_at: float | None,
    now: float,
) -> bool:
    """Store what the record says, and give the bill back; False: the lease was lost, nothing changed.

    What the record tells beyond what is booked is booked; what it will not tell is noted as a difference.

    Args:
        conn: a writing transaction.
        bill: as claimed.
        availability: sync.so's word; None: it could not be read.
        total_usd: the sum that stands; the job and its card get it, too.
        due_at: when to ask again; None: never.
        now: seconds since the epoch.
    """
    order_id, position = part_of(bill.job_id)
    # The job first, as everywhere: what closes its hold looks for what the record has told.
    job = await JOBS.find(conn, bill.job_id, lock=True)
    values = {"of_job": bill.job_id, "token": bill.lease_token, "word": availability, "when": due_at}
    if not (await conn.execute(_TOLD, values)).rowcount:
        return False
    if total_usd is not None:
        await conn.execute(_COST, {"of_job": bill.job_id, "total": total_usd})
        await ledger.correct(conn, order_id, position, total_usd=total_usd, now=now)
        # A job that goes on shows it with what it shows next: an edit less.
        if job is not None and job.ended_at is not None:
            await card_store.newer(conn, order_id, now=now)
    elif due_at is None:
        untold = DifferenceKind.UNTOLD
        await ledger.differs(conn, untold, order_id, position, generation_id=bill.generation_id, now=now)
    return True


async def open_of(conn: AsyncConnection, team_ids: Sequence[str]) -> list[Bill]:
    """The bills of workspaces that are still asked for."""
    return [_bill(row) for row in await conn.execute(_OPEN_OF, {"teams": list(team_ids)})]


async def leave_untold(conn: AsyncConnection, bill: Bill, *, now: float) -> None:
    """Note that nobody will learn what a bill came to: it counts as estimated, for a person to settle."""
    order_id, position = part_of(bill.job_id)
    untold = DifferenceKind.UNTOLD
    await ledger.differs(conn, untold, order_id, position, generation_id=bill.generation_id, now=now)


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next bill is due; None: none is open."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at


async def find(conn: AsyncConnection, job_id: str) -> Bill | None:
    """The bill of a job; None: its generation has not ended, or there was none."""
    row = (await conn.execute(select(*_COLUMNS).where(bills.c.job_id == job_id))).first()
    return None if row is None else _bill(row)


def _bill(row: Any) -> Bill:
    return Bill(**dict(zip(_NAMES, row, strict=True)))


@cache
def _open(engine: str) -> Insert:
    return insert_into(bills, engine).on_conflict_do_nothing()
