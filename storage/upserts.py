"""INSERT … ON CONFLICT, which SQLAlchemy spells once for each engine."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Insert, Table, bindparam
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


@cache
def adding(table: Table, engine: str, *names: str) -> Insert:
    """An INSERT, of the columns as they are bound, that adds to those `names` where the row is there."""
    new = insert_into(table, engine).values({column.key: bindparam(column.key) for column in table.c})
    return new.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: table.c[name] + new.excluded[name] for name in names},
    )


async def upsert(
    conn: AsyncConnection,
    table: Table,
    row: Mapping[str, Any],
) -> None:
    """Insert a row, or bring the one with the same primary key up to date.

    Args:
        conn: a writing transaction.
        table: where to.
        row: a value for every column.
    """
    await conn.execute(_upsert(table, conn.dialect.name), row)


@cache
def _upsert(table: Table, engine: str) -> Insert:
    insert = insert_into(table, engine)
    fresh = {column.key: insert.excluded[column.key] for column in table.c if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=fresh)
