"""Takes people's names from the books: every sum stays what it was, by whatever it is added up.

In the ledger and in the budgets, which are always its sums, a pseudonym stands where the person's id stood,
and the id of their direct message with the app. It is made of chance: without the row that holds both
nobody finds back.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import money
from storage.ledger import COLUMNS
from storage.money import Entry
from storage.schema import budget_warnings, budgets, differences, ledger
from storage.upserts import adding

GONE: Final = "gone-"
"""Begins every pseudonym; no id of Slack's does."""
_DIRECT: Final = "D"
"""Begins the ids of direct messages."""

_ENTRIES = (
    select(*COLUMNS)
    .where(
        ledger.c.owner_id == bindparam("owner"),
        ledger.c.user_id == bindparam("person"),
        ledger.c.month < bindparam("before_month"),
    )
    .order_by(*ledger.primary_key.columns)
    .limit(bindparam("at_most"))
    .with_for_update()
)
_IS_NAMED = select(ledger.c.month).where(
    ledger.c.owner_id == bindparam("owner"),
    ledger.c.user_id == bindparam("person"),
    ledger.c.month <= bindparam("until_month"),
)
_RENAME = (
    update(ledger)
    .where(
        ledger.c.order_id == bindparam("of_order"),
        ledger.c.position == bindparam("at_position"),
        ledger.c.kind == bindparam("of_kind", type_=ledger.c.kind.type),
        ledger.c.ref == bindparam("of_ref"),
    )
    .values(user_id=bindparam("new_user"), channel_id=bindparam("new_channel"))
)
_EMPTY_BUDGETS = delete(budgets).where(
    budgets.c.owner_id == bindparam("owner"),
    budgets.c.scope.in_(bindparam("scopes", expanding=True)),
    budgets.c.month < bindparam("before_month"),
    budgets.c.held == 0,
    budgets.c.spent == 0,
)
_WARNINGS = delete(budget_warnings).where(
    budget_warnings.c.owner_id == bindparam("owner"),
    budget_warnings.c.scope.in_(bindparam("scopes", expanding=True)),
    budget_warnings.c.month < bindparam("before_month"),
)
_CLOSED = (
    update(differences)
    .where(differences.c.owner_id == bindparam("owner"), differences.c.closed_by == bindparam("person"))
    .values(closed_by=bindparam("pseudonym"))
)
_NAMED = union(
    select(ledger.c.user_id).where(
        ledger.c.owner_id == bindparam("owner"), ~ledger.c.user_id.startswith(GONE)
    ),
    select(differences.c.closed_by).where(
        differences.c.owner_id == bindparam("owner"), ~differences.c.closed_by.startswith(GONE)
    ),
).limit(bindparam("at_most"))


def new_pseudonym() -> str:
    """A name of nobody."""
    return f"{GONE}{secrets.token_hex(8)}"


async def named(conn: AsyncConnection, owner_id: str, *, limit: int) -> Sequence[str]:
    """Some people whose ids stand in the books of an installation."""
    return (await conn.execute(_NAMED, {"owner": owner_id, "at_most": limit})).scalars().all()


async def is_named(conn: AsyncConnection, owner_id: str, user_id: str, *, until_month: str) -> bool:
    """Whether somebody's id stands in the ledger of the months up to one."""
    values = {"owner": owner_id, "person": user_id, "until_month": until_month}
    return (await conn.execute(_IS_NAMED.limit(1), values)).first() is not None


async def rename(
    conn: AsyncConnection, owner_id: str, user_id: str, pseudonym: str, *, before_month: str, limit: int
) -> int:
    """Put a pseudonym in a person's place, in the books of the months before one.

    May be repeated, also for what comes into these months later: what is booked under the old name at the
    same time counts under the old name.

    Args:
        conn: a writing transaction.
        owner_id: the installation in whose budgets it counts.
        user_id: who.
        pseudonym: what stands in their place.
        before_month: the first one whose budget still is to hold for the person, as 2026-11.
        limit: at most of so many entries of the ledger.

    Returns:
        In how many rows of the books.
    """
    values: dict[str, Any] = {"owner": owner_id, "person": user_id, "before_month": before_month}
    old = [Entry(*row) for row in await conn.execute(_ENTRIES, values | {"at_most": limit})]
    new = [_renamed(entry, pseudonym) for entry in old]
    taken = [replace(each, held_delta=-each.held_delta, spent_delta=-each.spent_delta) for each in old]
    moved = [each._asdict() for each in money.sums([*taken, *new])]
    if old:
        await conn.execute(_RENAME, [_row(entry) for entry in new])
    if moved:  # what was held and released comes to nothing
        await conn.execute(adding(budgets, conn.dialect.name, "held", "spent", "raised"), moved)
    channels = {entry.channel_id for entry in old} - {entry.channel_id for entry in new}
    scopes = [f"{money.USER}:{user_id}", *(f"{money.CHANNEL}:{each}" for each in sorted(channels))]
    for statement in (_EMPTY_BUDGETS, _WARNINGS):
        await conn.execute(statement, values | {"scopes": scopes})
    closed = {"owner": owner_id, "person": user_id, "pseudonym": pseudonym}
    return len(old) + (await conn.execute(_CLOSED, closed)).rowcount


def _renamed(entry: Entry, pseudonym: str) -> Entry:
    is_direct = entry.channel_id.startswith(_DIRECT) or entry.channel_id == entry.user_id
    return replace(entry, user_id=pseudonym, channel_id=pseudonym if is_direct else entry.channel_id)


def _row(entry: Entry) -> dict[str, Any]:
    key = {
        "of_order": entry.order_id,
        "at_position": entry.position,
        "of_kind": entry.kind,
        "of_ref": entry.ref,
    }
    return key | {"new_user": entry.user_id, "new_channel": entry.channel_id}
