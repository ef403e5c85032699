"""A night in the app's books: the videos of `benchmarks.usage_export`, made and charged."""

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import insert

from benchmarks.seeds import INSTALLATION
from benchmarks.usage_export import ESTIMATE_USD, cost_usd, generation_id
from storage import bills, money
from storage.bills import NewBill, Total
from storage.database import Database
from storage.jobs import JobStatus, Money, Phase, job_id
from storage.money import Entry
from storage.schema import budgets, jobs, ledger
from storage.upserts import adding

ACCOUNT = "org:1"
_BOOKED_AT_ONCE = 100
_AGO_S = 3600.0


async def booked_night(database: Database, count: int, *, told: bool) -> None:
    """Store the app's own, made and charged as estimated.

    Args:
        database: where to.
        count: how many.
        told: whether the bill of each has told its cost before.
    """
    now = time.time()
    entries = [entry for number in range(count) for entry in _entries(number, now)]
    async with database.write() as conn:
        await conn.execute(insert(jobs), [_job(number, now) for number in range(count)])
        await conn.execute(insert(ledger), [asdict(entry) for entry in entries])
        await bills.open_many(conn, [_bill(number, now) for number in range(count)])
        counted = [each._asdict() for each in money.sums(entries)]
        await conn.execute(adding(budgets, conn.dialect.name, "held", "spent", "raised"), counted)
    for start in range(0, count if told else 0, _BOOKED_AT_ONCE):
        some = range(start, min(start + _BOOKED_AT_ONCE, count))
        totals = {_job_id(number): Total(usd=cost_usd(number), frames=250) for number in some}
        async with database.write() as conn:
            await bills.complete(conn, totals, now=now)


def _job_id(number: int) -> str:
    return job_id(_order_id(number), 0)


def _order_id(number: int) -> str:
    return f"order{number:08}"


def _entries(number: int, now: float) -> Iterator[Entry]:
    micro = int(ESTIMATE_USD * 10**6)
    held = Entry(
        order_id=_order_id(number),
        position=0,
        kind=Money.HOLD,
        ref="",
        at=now - _AGO_S,
        month=money.month_of(now),
        owner_id=INSTALLATION.id,
        team_id=INSTALLATION.id,
        user_id="U0000000001",
        channel_id="C0000000001",
        model="sync-3",
        held_delta=micro,
        spent_delta=0,
        why=None,
    )
    yield held
    yield replace(held, kind=Money.CHARGE, held_delta=-micro, spent_delta=micro)


def _bill(number: int, now: float) -> NewBill:
    return NewBill(
        job_id=_job_id(number),
        enterprise_id=None,
        team_id=INSTALLATION.id,
        account_key=ACCOUNT,
        generation_id=generation_id(number),
        opened_at=now - _AGO_S,
    )


def _job(number: int, now: float) -> dict[str, Any]:
    return {
        "id": _job_id(number),
        "order_id": _order_id(number),
        "position": 0,
        "label": "",
        "team_id": INSTALLATION.id,
        "user_id": "U0000000001",
        "account_key": ACCOUNT,
        "status": JobStatus.DELIVERED,
        "estimate_usd": ESTIMATE_USD,
        "idempotency_key": f"lipsync-{number}",
        "generation_id": generation_id(number),
        "generation_status": "COMPLETED",
        "submitted_at": now - _AGO_S - 60,
        "phase": Phase.SHARING,
        "slack_file_id": "F0000000001",
        "attempts": 0,
        "slow": False,
        "created_at": now - _AGO_S - 90,
        "updated_at": now - _AGO_S,
        "ended_at": now - _AGO_S,
    }
