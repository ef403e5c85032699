"""Budgets that are nearly used up: noted by the hold that passes the mark, told once for scope and month."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, and_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.limits import Standing
from storage.schema import budget_warnings, limits
from storage.upserts import insert_into

NEARLY: Final = Decimal("0.8")
"""The share of a month's limit from which on it is nearly used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWarning:
    """One row of `budget_warnings`."""

    owner_id: str
    scope: str
    month: str
    limit_usd: Decimal
    used_usd: Decimal


_NAMES = [each.name for each in fields(BudgetWarning)]
_KEY = ("owner_id", "scope", "month")
_OF = and_(*(budget_warnings.c[name] == bindparam(f"of_{name}") for name in _KEY))
_LIMIT = and_(limits.c.owner_id == budget_warnings.c.owner_id, limits.c.scope == budget_warnings.c.scope)
_DUE = (
    select(*(budget_warnings.c[name] for name in _NAMES))
    .join_from(budget_warnings, limits, _LIMIT)
    .where(budget_warnings.c.due_at <= bindparam("now"))
    .order_by(budget_warnings.c.due_at)
    .limit(bindparam("at_most"))
)
_WAITS = and_(_OF, budget_warnings.c.due_at.is_not(None))
_TOLD = update(budget_warnings).where(_WAITS).values(due_at=None)
_PUT_OFF = update(budget_warnings).where(_WAITS).values(due_at=bindparam("later"))


async def note(
    conn: AsyncConnection, owner_id: str, month: str, used: Iterable[Standing], *, now: float
) -> None:
    """Have admins told of budgets that are nearly used up by now, unless they were in this month.

    Args:
        conn: the transaction that holds; the rows of `budgets` are locked, in that order.
        owner_id: the installation's.
        month: which.
        used: how the limits stand with it.
        now: seconds since the epoch.
    """
    rows = [
        {
            "owner_id": owner_id,
            "scope": each.scope,
            "month": month,
            "limit_usd": each.most_usd,
            "used_usd": each.used_usd,
            "due_at": now,
        }
        for each in used
        if 0 < NEARLY * each.most_usd <= each.used_usd
    ]
    if rows:
        await conn.execute(_note(conn.dialect.name), rows)


async def due(conn: AsyncConnection, *, now: float, limit: int) -> list[BudgetWarning]:
    """Some of those that are to be told, as long as there is the limit."""
    found = await conn.execute(_DUE, {"now": now, "at_most": limit})
    return [BudgetWarning(**dict(zip(_NAMES, row, strict=True))) for row in found]


async def told(conn: AsyncConnection, warning: BudgetWarning) -> bool:
    """It is told by what else this transaction stores; False: it was already."""
    return (await conn.execute(_TOLD, _key_of(warning))).rowcount > 0


async def put_off(conn: AsyncConnection, warning: BudgetWarning, *, until: float) -> None:
    """It cannot be told before that time, unless it was already."""
    await conn.execute(_PUT_OFF, _key_of(warning) | {"later": until})


def _key_of(warning: BudgetWarning) -> dict[str, Any]:
    return {f"of_{name}": getattr(warning, name) for name in _KEY}


@cache
def _note(engine: str) -> Insert:
    return insert_into(budget_warnings, engine).on_conflict_do_nothing()
