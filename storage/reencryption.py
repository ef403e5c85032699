"""All secrets of the database, brought under the newest encryption key."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, Update, bindparam, select, update

from storage.columns import Secret
from storage.database import Database
from storage.encryption import Cipher, Sealed
from storage.schema import metadata

_OLD, _NEW = "old_secret", "new_secret"


async def reencrypt(db: Database, cipher: Cipher) -> int:
    """Bring every secret under the first encryption key, so that older keys can be dropped.

    The app may work on meanwhile: what it replaces is left as it then is. Read first and written in one
    transaction, so that the writers wait for no cryptography.

    Returns:
        How many secrets there are.

    Raises:
        Undecryptable: one was stored with a key that is no longer given; nothing was changed.
    """
    renewed = [
        (_replace(table, column), await _renewed(db, cipher, table, column))
        for table, column in secret_columns()
    ]
    async with db.write() as conn:
        for statement, rows in renewed:
            if rows:
                await conn.execute(statement, rows)
    return sum(len(rows) for _, rows in renewed)


def secret_columns() -> Iterator[tuple[Table, Column[Sealed]]]:
    """Every column that holds secrets, with its table."""
    for table in metadata.sorted_tables:
        yield from ((table, column) for column in table.c if isinstance(column.type, Secret))


async def _renewed(
    db: Database, cipher: Cipher, table: Table, column: Column[Sealed]
) -> list[dict[str, Any]]:
    keys = list(table.primary_key.columns)
    async with db.read() as conn:
        rows = (await conn.execute(select(*keys, column).where(column.is_not(None)))).all()
    return [
        {f"key_{key.name}": part for key, part in zip(keys, row[:-1], strict=True)}
        | {_OLD: row[-1], _NEW: cipher.rotate(row[-1])}
        for row in rows
    ]


def _replace(table: Table, column: Column[Sealed]) -> Update:
    is_row = [key == bindparam(f"key_{key.name}") for key in table.primary_key.columns]
    unchanged = column == bindparam(_OLD)
    return update(table).where(*is_row, unchanged).values({column: bindparam(_NEW)})
