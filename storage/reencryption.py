"""All secrets of the database, brought under the newest encryption key."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, Text, Update, bindparam, select, update

from storage.columns import Secret
from storage.database import Database
from storage.encryption import Cipher, Sealed, Where
from storage.schema import metadata

_ROW, _OLD, _NEW = "row_id", "old_secret", "new_secret"


async def reencrypt(db: Database, cipher: Cipher) -> int:
    """Bring every secret under the first encryption key, so that older keys can be dropped.

    All are opened before the first is written. The app may work on meanwhile: what it replaces is left as it
    then is, and each is written by itself, so that nothing waits for more than one row, in whatever order.

    Returns:
        How many secrets there are.

    Raises:
        Undecryptable: one was stored with a key that is no longer given, or for another place; nothing was
            changed.
    """
    renewed = [(_replace(column), await _renewed(db, cipher, column)) for column in secret_columns()]
    for statement, rows in renewed:
        for row in rows:
            async with db.write() as conn:
                await conn.execute(statement, row)
    return sum(len(rows) for _, rows in renewed)


def secret_columns() -> Iterator[Column[Sealed]]:
    """Every column that holds secrets."""
    for table in metadata.sorted_tables:
        yield from (column for column in table.c if isinstance(column.type, Secret))


async def _renewed(db: Database, cipher: Cipher, column: Column[Sealed]) -> list[dict[str, Any]]:
    async with db.read() as conn:
        found = await conn.execute(select(_key_of(column.table), column).where(column.is_not(None)))
        rows = found.all()
    return [_anew(cipher, Where(column.table.name, column.name, row_id), sealed) for row_id, sealed in rows]


def _anew(cipher: Cipher, where: Where, sealed: Sealed) -> dict[str, Any]:
    return {_ROW: where.row_id, _OLD: sealed.token, _NEW: cipher.reseal(sealed, where, to=where)}


def _replace(column: Column[Sealed]) -> Update:
    is_row = _key_of(column.table) == bindparam(_ROW)
    unchanged = column == bindparam(_OLD, type_=Text())
    return update(column.table).where(is_row, unchanged).values({column: bindparam(_NEW)})


def _key_of(table: Table) -> Column[str]:
    """What a secret's place names its row by. Raises ValueError: the table has no key of one column."""
    (key,) = table.primary_key.columns
    return key
