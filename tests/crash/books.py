"""The app's own books and audit log, read at the end of a run: held against sync.so's record and Slack's."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

import click
from sqlalchemy import select, update

from storage.audit import Action
from storage.audit_check import read, verify
from storage.database import open_database
from storage.schema import bills
from tests.integration.storage import books

_BILLED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Books:
    """What the app has booked, in micro-dollars."""

    held: Counter[tuple[str, str]]
    """By order and part; what comes to nothing may be missing."""
    spent: Counter[tuple[str, str]]
    sums_agree: bool
    """Whether the budgets are the sums of the ledger."""


@dataclass(frozen=True, slots=True)
class Log:
    """What the app's audit log tells."""

    yeses: Counter[str]
    """By order."""
    holds: bool
    """Whether its chains hold together."""


async def audit_log(database_url: str) -> Log:
    """The audit log of all teams."""
    async with open_database(database_url) as database, database.read() as conn:
        chains = await verify(conn)
        yeses = Counter([row.subject async for row in read(conn) if row.action == Action.CONFIRMED])
    return Log(yeses, not any(chain.faults for chain in chains))


async def balanced_books(database_url: str) -> Books:
    """The books, once no bill is waited for any more; what is asked for in an hour is asked for now."""
    async with open_database(database_url) as database:
        until = time.monotonic() + _BILLED_WITHIN_S
        while True:
            async with database.write() as conn:
                open_ones = (
                    await conn.execute(select(bills.c.job_id).where(bills.c.due_at.is_not(None)))
                ).all()
                free = (bills.c.due_at > 0, bills.c.lease_token.is_(None))
                await conn.execute(update(bills).where(*free).values(due_at=0))
            if not open_ones or time.monotonic() > until:
                break
            await asyncio.sleep(1.0)
        if open_ones:
            click.echo(f"not all is billed: {sorted(job_id for (job_id,) in open_ones)}")
        async with database.read() as conn:
            sums = await books.of_parts(conn)
            held = Counter({_named(*of): of_held for of, (of_held, _) in sums.items()})
            spent = Counter({_named(*of): of_spent for of, (_, of_spent) in sums.items()})
            sums_agree = await books.budgeted(conn) == await books.booked(conn)
    return Books(held, spent, sums_agree)


def _named(order_id: str, position: int) -> tuple[str, str]:
    """A part as the names of outputs end."""
    return order_id, f"{position:02}"
