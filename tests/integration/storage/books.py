"""The ledger and the budgets of a database in tests: rows put there, and what the database itself adds up."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import BigInteger, Table, cast, func, insert, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import AnyText
from storage.jobs import CLOSES, Money
from storage.money import Entry
from storage.schema import budgets, ledger

Sums = Mapping[tuple[str, str, str], tuple[int, int]]
"""Held and spent, by owner, scope and month."""

HELD = Entry(
    order_id="order1",
    position=0,
    kind=Money.HOLD,
    ref="",
    at=1_000.0,
    month="2026-11",
    owner_id="E1",
    team_id="T1",
    user_id="U1",
    channel_id="C1",
    model="sync-3",
    held_delta=420_001,
    spent_delta=0,
    why=None,
)


async def store(conn: AsyncConnection, *entries: Entry) -> None:
    """Put rows into the ledger as they are, past the door that books."""
    await conn.execute(insert(ledger), [asdict(entry) for entry in entries])


def _total(column: Any) -> Any:
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _by(scope: Any, table: Table = ledger) -> Any:
    key = (table.c.owner_id, scope, table.c.month)
    return select(*key, _total(table.c.held_delta), _total(table.c.spent_delta)).group_by(*key)


_BOOKED = union_all(
    _by(literal("team", AnyText)),
    _by("user:" + ledger.c.user_id),
    _by("channel:" + ledger.c.channel_id),
    _by("model:" + ledger.c.model),
)


async def booked(conn: AsyncConnection) -> Sums:
    """What the ledger's two columns add up to; what comes to nothing is left out."""
    rows = [tuple(row) for row in await conn.execute(_BOOKED)]
    return {
        (owner, scope, month): (held, spent) for owner, scope, month, held, spent in rows if held or spent
    }


async def budgeted(conn: AsyncConnection) -> Sums:
    """What the budgets say; what comes to nothing is left out."""
    columns = (budgets.c.owner_id, budgets.c.scope, budgets.c.month, budgets.c.held, budgets.c.spent)
    rows = [tuple(row) for row in await conn.execute(select(*columns))]
    return {
        (owner, scope, month): (held, spent) for owner, scope, month, held, spent in rows if held or spent
    }


async def of_parts(conn: AsyncConnection) -> dict[tuple[str, int], tuple[int, int]]:
    """What is held and spent for each part of an order."""
    key = (ledger.c.order_id, ledger.c.position)
    sums = select(*key, _total(ledger.c.held_delta), _total(ledger.c.spent_delta)).group_by(*key)
    return {(order, position): (held, spent) for order, position, held, spent in await conn.execute(sums)}


async def closed(conn: AsyncConnection) -> dict[tuple[str, int], int]:
    """How often each hold was closed; those that never were are left out."""
    key = (ledger.c.order_id, ledger.c.position)
    of_them = select(*key, func.count()).where(ledger.c.kind.in_(sorted(CLOSES))).group_by(*key)
    return {(order, position): times for order, position, times in await conn.execute(of_them)}


async def kinds(conn: AsyncConnection, order_id: str) -> list[Money]:
    """What was booked for an order, in the order of time and part."""
    of_them = select(ledger.c.kind).where(ledger.c.order_id == order_id)
    return list((await conn.execute(of_them.order_by(ledger.c.at, ledger.c.position))).scalars())
