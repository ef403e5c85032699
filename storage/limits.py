"""The limits of the budgets: what may be held and spent in a month, and what is left of it.

Money is counted by the installation, so that an organisation that has the app for all of its workspaces has
one budget. A limit holds from the yes on that comes after it; what was held before is not touched.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import and_, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import money
from storage.columns import from_micro, to_micro
from storage.money import Entry
from storage.schema import budgets, limits
from storage.upserts import adding, upsert


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be held and spent in a scope (see `storage.money.scopes_of`) in any month, in USD."""

    scope: str
    limit_usd: Decimal


@dataclass(frozen=True, slots=True)
class Standing(Limit):
    """A limit in one month, in USD."""

    raised_usd: Decimal = Decimal(0)
    """What it is more in this month alone."""
    held_usd: Decimal = Decimal(0)
    spent_usd: Decimal = Decimal(0)

    @property
    def most_usd(self) -> Decimal:
        """What may be held and spent in this month."""
        return self.limit_usd + self.raised_usd

    @property
    def used_usd(self) -> Decimal:
        """What is."""
        return self.held_usd + self.spent_usd

    @property
    def left_usd(self) -> Decimal:
        """Never below nothing, though a limit may come late, and a video cost more than it was priced at."""
        return max(self.most_usd - self.used_usd, Decimal(0))


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A budget that does not cover what was to be held."""

    scope: str
    limit_usd: Decimal
    """Of this month, with what it was raised by."""
    left_usd: Decimal
    """Before this."""
    needed_usd: Decimal
    """What this would hold."""
    lacking_usd: Decimal
    """By how much the budget would have to be raised: more than what is needed where it is overspent."""


class OverBudget(Exception):
    """A hold is past one limit or several: whatever the transaction has done has to be rolled back."""

    def __init__(self, shortfalls: tuple[Shortfall, ...], *, month: str) -> None:
        """`month` is the one in which it would have been held."""
        super().__init__(", ".join(each.scope for each in shortfalls))
        self.shortfalls = shortfalls
        self.month = month


_AT = and_(
    budgets.c.owner_id == limits.c.owner_id,
    budgets.c.scope == limits.c.scope,
    budgets.c.month == bindparam("month"),
)
_STANDING = (
    select(
        limits.c.scope,
        limits.c.limit_usd,
        *(func.coalesce(budgets.c[name], 0) for name in ("raised", "held", "spent")),
    )
    .outerjoin_from(limits, budgets, _AT)
    .where(limits.c.owner_id == bindparam("owner_id"))
    .order_by(limits.c.scope)
)
_OF_OWNER = (
    select(limits.c.scope, limits.c.limit_usd)
    .where(limits.c.owner_id == bindparam("owner_id"))
    .order_by(limits.c.scope)
)
_OF_SCOPES = _OF_OWNER.where(limits.c.scope.in_(bindparam("scopes", expanding=True)))
_USED = select(budgets.c.scope, budgets.c.raised, budgets.c.held, budgets.c.spent).where(
    budgets.c.owner_id == bindparam("owner_id"),
    budgets.c.month == bindparam("month"),
    budgets.c.scope.in_(bindparam("scopes", expanding=True)),
)
_REMOVE = delete(limits).where(limits.c.owner_id == bindparam("owner_id"), limits.c.scope == bindparam("of"))


async def of_owner(conn: AsyncConnection, owner_id: str) -> Sequence[Limit]:
    """All limits of an installation, by scope."""
    return [Limit(*row) for row in await conn.execute(_OF_OWNER, {"owner_id": owner_id})]


async def of_scopes(conn: AsyncConnection, owner_id: str, scopes: Collection[str]) -> Sequence[Limit]:
    """Those of these scopes that have a limit."""
    values = {"owner_id": owner_id, "scopes": sorted(scopes)}
    return [Limit(*row) for row in await conn.execute(_OF_SCOPES, values)]


async def set_many(
    conn: AsyncConnection, owner_id: str, changes: Mapping[str, Decimal | None], *, by: str, now: float
) -> None:
    """Set limits by their scopes; None removes one.

    Args:
        conn: a writing transaction.
        owner_id: the installation's.
        changes: USD a month.
        by: who sets them.
        now: seconds since the epoch.
    """
    for scope, limit_usd in sorted(changes.items()):
        if limit_usd is None:
            await conn.execute(_REMOVE, {"owner_id": owner_id, "of": scope})
        else:
            row = {"owner_id": owner_id, "scope": scope, "limit_usd": limit_usd}
            await upsert(conn, limits, row | {"set_by": by, "set_at": now})


async def standing(conn: AsyncConnection, owner_id: str, month: str) -> Sequence[Standing]:
    """All limits of an installation, by scope, and how they stand in a month."""
    rows = await conn.execute(_STANDING, {"owner_id": owner_id, "month": month})
    return [
        Standing(scope, limit_usd, *(from_micro(each) for each in amounts))
        for scope, limit_usd, *amounts in rows
    ]


async def raise_for(conn: AsyncConnection, owner_id: str, scope: str, month: str, by_usd: Decimal) -> None:
    """Raise a limit for one month alone; a hold may follow in the same transaction.

    Args:
        conn: a writing transaction.
        owner_id: the installation's.
        scope: whose limit.
        month: which.
        by_usd: by how much, more than what it was raised by before.
    """
    # As every hold and its end does, it locks the month's row of the team before any other: `money.sums`.
    raised = {money.TEAM: 0} | {scope: to_micro(by_usd)}
    rows = [{"scope": each, "raised": by, "held": 0, "spent": 0} for each, by in raised.items()]
    values = [row | {"owner_id": owner_id, "month": month} for row in rows]
    await conn.execute(adding(budgets, conn.dialect.name, "raised"), values)


async def check(
    conn: AsyncConnection, found: Sequence[Limit], entries: Sequence[Entry]
) -> Sequence[Standing]:
    """See that holds that were just booked are within limits; their rows are locked, so that this is exact.

    Args:
        conn: the transaction that booked them.
        found: the limits of their scopes, as they were before.
        entries: the holds, of one owner and month.

    Returns:
        How the limits of scopes in which something is held or spent stand with it.

    Raises:
        OverBudget: they are not; roll back.
    """
    if not found:
        return ()
    owner_id, month = entries[0].owner_id, entries[0].month
    limit_of = {limit.scope: limit.limit_usd for limit in found}
    needed = {each.scope: from_micro(each.held) for each in money.sums(entries)}
    values = {"owner_id": owner_id, "month": month, "scopes": sorted(limit_of)}
    used = [
        Standing(scope, limit_of[scope], *(from_micro(each) for each in amounts))
        for scope, *amounts in await conn.execute(_USED, values)
    ]
    short = tuple(_short(used, needed))
    if short:
        raise OverBudget(short, month=month)
    return used


def short_of(before: Iterable[Standing], entries: Sequence[Entry]) -> tuple[Shortfall, ...]:
    """What budgets would lack for holds that are not booked, as they stand without them."""
    needed = {each.scope: from_micro(each.held) for each in money.sums(entries)}
    used = [replace(each, held_usd=each.held_usd + needed.get(each.scope, Decimal(0))) for each in before]
    return tuple(_short(used, needed))


def _short(used: Iterable[Standing], needed: Mapping[str, Decimal]) -> Iterable[Shortfall]:
    for now in sorted(used, key=lambda each: each.scope):
        needed_usd = needed.get(now.scope, Decimal(0))
        if needed_usd > 0 and now.used_usd > now.most_usd:
            left_usd = max(now.most_usd - (now.used_usd - needed_usd), Decimal(0))
            yield Shortfall(now.scope, now.most_usd, left_usd, needed_usd, now.used_usd - now.most_usd)
