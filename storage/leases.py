"""Leases: who works on what, so that many workers share the same rows.

A claim puts the time at which a row is due to the end of the lease, and stamps a token. Who lost a lease
finds the token gone, and its guarded writes change nothing. A token begins with its holder's id, that of a
process: as soon as a holder is known to be gone, all that it held is free and due, before its leases end.

On PostgreSQL each process beats in a row of `holders`, by the server's clock, and whoever has been silent for
too long is gone. SQLite has one process, which a lock on a file tells of: see `storage.sqlite_lock`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Double,
    Insert,
    Table,
    Update,
    bindparam,
    cast,
    delete,
    extract,
    func,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from storage.schema import bills, cards, holders, inputs, installations, jobs, leftovers, orders, reviews
from storage.upserts import insert_into

LEASE_S: Final = 90.0
"""Longer than any single call; work that takes longer renews it."""
_PARTED = ":"


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """How the rows of a table are held: `due_at` says when one is due (again), `lease_token` who holds it."""

    table: Table

    @property
    def due_at(self) -> Column[float]:
        """When a row is due; of a held one, when its lease ends."""
        return self.table.c.due_at

    @property
    def token(self) -> Column[str]:
        """Who holds it."""
        return self.table.c.lease_token

    def claim(self, which: ColumnElement[bool]) -> Update:
        """A statement that takes rows until `:until` under `:token`."""
        return (
            update(self.table)
            .where(which)
            .values({self.due_at: bindparam("until"), self.token: bindparam("token")})
        )

    async def renew(
        self, conn: AsyncConnection, ids: Collection[str], token: str, *, until: float
    ) -> frozenset[str]:
        """Hold rows until a later time; those that are not among the returned ids were lost."""
        values = {"ids": sorted(ids), "token": token, "until": until}
        return frozenset((await conn.execute(_renew(self), values)).scalars())

    async def release(self, conn: AsyncConnection, ids: Iterable[str], token: str, *, now: float) -> None:
        """Give held rows back unworked, due at once for whoever claims next."""
        rows = [{"row_id": row_id, "token": token, "now": now} for row_id in ids]
        if rows:
            await conn.execute(_release(self), rows)


INSTALLATIONS: Final = Lease(installations)
ORDERS: Final = Lease(orders)
JOBS: Final = Lease(jobs)
INPUTS: Final = Lease(inputs)
CARDS: Final = Lease(cards)
BILLS: Final = Lease(bills)
LEFTOVERS: Final = Lease(leftovers)
REVIEWS: Final = Lease(reviews)
_ALL: Final = (INSTALLATIONS, REVIEWS, ORDERS, JOBS, INPUTS, CARDS, BILLS, LEFTOVERS)
"""In the order in which locks are taken."""


def new_token(holder: str, claim_id: str) -> str:
    """A lease's token, fresh for each claim of a holder."""
    return f"{holder}{_PARTED}{claim_id}"


async def release_all(conn: AsyncConnection, *, now: float) -> int:
    """Free everything that is held; returns how much it was. For who knows that no holder is left."""
    return sum([(await conn.execute(_free(lease), {"now": now})).rowcount for lease in _ALL])


async def beat(conn: AsyncConnection, holder: str) -> None:
    """Say that this holder lives. PostgreSQL alone."""
    await conn.execute(_beat(conn.dialect.name), {"id": holder})


async def leave(conn: AsyncConnection, holder: str) -> None:
    """Forget a holder that has given back all it held."""
    await conn.execute(_LEAVE, {"holder": holder})


async def take_over(conn: AsyncConnection, holder: str, *, silent_s: float, now: float) -> dict[str, int]:
    """Free what is held by others who have been silent for so long. PostgreSQL alone.

    Args:
        conn: a writing transaction.
        holder: who looks, and has beaten without a pause itself.
        silent_s: by the database's clock, so that no machine's own clock counts.
        now: seconds since the epoch, by the app's clock; what is freed is due then.

    Returns:
        Who is gone, and how much each of them held.
    """
    gone = (await conn.execute(_GONE, {"holder": holder, "silent_s": silent_s})).scalars().all()
    freed: dict[str, int] = {}
    for each in gone:
        values = {"now": now, "holds": f"{each}{_PARTED}"}
        freed[each] = sum([(await conn.execute(_free_of(lease), values)).rowcount for lease in _ALL])
    return freed


@cache
def _renew(lease: Lease) -> ReturningUpdate[Any]:
    held = (lease.table.c.id.in_(bindparam("ids", expanding=True)), lease.token == bindparam("token"))
    return (
        update(lease.table)
        .where(*held)
        .values({lease.due_at: bindparam("until")})
        .returning(lease.table.c.id)
    )


@cache
def _release(lease: Lease) -> Update:
    held = (lease.table.c.id == bindparam("row_id"), lease.token == bindparam("token"))
    return update(lease.table).where(*held).values({lease.due_at: bindparam("now"), lease.token: None})


@cache
def _free(lease: Lease) -> Update:
    # What is held has a time, and the index on the times leaves out all that has ended.
    held = (lease.due_at.is_not(None), lease.token.is_not(None))
    return update(lease.table).where(*held).values({lease.due_at: bindparam("now"), lease.token: None})


@cache
def _free_of(lease: Lease) -> Update:
    return _free(lease).where(lease.token.startswith(bindparam("holds")))


_NOW = cast(extract("epoch", func.clock_timestamp()), Double)
_LEAVE: Final[Delete] = delete(holders).where(holders.c.id == bindparam("holder"))
_GONE: Final[ReturningDelete[Any]] = (
    delete(holders)
    .where(
        holders.c.id != bindparam("holder"),
        holders.c.beat_at < _NOW - bindparam("silent_s", type_=Double),
    )
    .returning(holders.c.id)
)


@cache
def _beat(engine: str) -> Insert:
    insert = insert_into(holders, engine).values(id=bindparam("id"), beat_at=_NOW)
    return insert.on_conflict_do_update(index_elements=[holders.c.id], set_={"beat_at": _NOW})
