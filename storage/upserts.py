"""INSERT … ON CONFLICT, which SQLAlchemy spells once for each engine."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, func
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert_into(table: Table, engine: str) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that knows ON CONFLICT on `engine` (a dialect's name); both classes share its methods."""
    if engine == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - not imported where SQLite is used

        return postgresql.insert(table)
    return sqlite.insert(table)


async def upsert(
    conn: AsyncConnection, table: Table, row: dict[str, Any], *, keep: frozenset[str] = frozenset()
) -> None:
    """Insert `row`, or overwrite the one with the same primary key.

    Args:
        conn: a writing transaction.
        table: where to.
        row: all columns.
        keep: columns whose stored value stays where the new one is None.
    """
    statement = insert_into(table, conn.dialect.name).values(row)
    fresh = {
        column.name: func.coalesce(statement.excluded[column.name], column)
        if column.name in keep
        else statement.excluded[column.name]
        for column in table.c
        if not column.primary_key
    }
    await conn.execute(statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=fresh))
