"""INSERT … ON CONFLICT, which SQLAlchemy spells once for each engine."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Insert, Table, func
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert_into(table: Table, engine: str) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that knows ON CONFLICT on `engine`, a dialect's name; both classes share those methods."""
    if engine == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - never imported where SQLite is used

        return postgresql.insert(table)
    return sqlite.insert(table)


async def upsert(
    conn: AsyncConnection,
    table: Table,
    row: Mapping[str, Any],
    *,
    keep_if_none: Collection[str] = (),
) -> None:
    """Insert a row, or bring the one with the same primary key up to date.

    Args:
        conn: a writing transaction.
        table: where to.
        row: a value for every column.
        keep_if_none: columns whose stored value stays where the new one is None.
    """
    await conn.execute(_upsert(table, frozenset(keep_if_none), conn.dialect.name), row)


@cache
def _upsert(table: Table, keep_if_none: frozenset[str], engine: str) -> Insert:
    insert = insert_into(table, engine)
    new = insert.excluded
    fresh = {
        column.name: func.coalesce(new[column.name], column)
        if column.name in keep_if_none
        else new[column.name]
        for column in table.c
        if not column.primary_key
    }
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=fresh)
