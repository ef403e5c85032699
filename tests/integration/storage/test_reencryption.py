"""Every secret that the schema has a column for, brought under a new key: all or none, beside the app."""

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Column, String, Table, insert, select, update

from storage.columns import AnyText, Parts
from storage.database import Database
from storage.encryption import Cipher, Sealed, SealedFor, Where, new_key
from storage.errors import Misplaced, Undecryptable
from storage.reencryption import reencrypt, secret_columns
from storage.schema import metadata

OLD, NEW, LOST = new_key(), new_key(), new_key()
OLDS, ROTATING, NEWS = Cipher([OLD]), Cipher([NEW, OLD]), Cipher([NEW])
ROWS = ("T1", "T2", "T3")
SECRETS = {
    Where(column.table.name, column.name, row_id): f"{column.name} of {row_id}"
    for column in secret_columns()
    for row_id in ROWS
}
ONE_OF_EACH = [where for where in SECRETS if where.row_id == "T2"]


def column_of(where: Where) -> Column[Sealed]:
    return metadata.tables[where.table].c[where.column]


def is_row(where: Where) -> Any:
    (key,) = metadata.tables[where.table].primary_key.columns
    return key == where.row_id


def a_row(table: Table, row_id: str) -> dict[str, Any]:
    """Whatever a table takes, in a row of that key, with all its secrets."""
    row: dict[str, Any] = {"team_id": row_id} if "team_id" in table.c else {}
    for column in table.c:
        if Where(table.name, column.name, row_id) in SECRETS:
            where = Where(table.name, column.name, row_id)
            row[column.key] = OLDS.seal(SECRETS[where], where)
        elif not column.nullable and column.key not in row:
            row[column.key] = _anything(column, row_id)
    return row


def _anything(column: Column[Any], row_id: str) -> Any:
    """What such a column may hold: nothing of it is looked at."""
    words = getattr(column.type, "enums", None)
    if isinstance(column.type, Parts):
        return ()
    if words or isinstance(column.type, AnyText | String):
        return words[0] if words else row_id
    return column.type.python_type(0)


@pytest.fixture
async def db(open_again: Callable[[], Database]) -> Any:
    async with open_again() as database:
        async with database.write() as conn:
            for table in dict.fromkeys(each.table for each in secret_columns()):
                await conn.execute(insert(table), [a_row(table, row_id) for row_id in ROWS])
        yield database


async def stored(db: Database) -> dict[Where, Sealed]:
    found = {}
    async with db.read() as conn:
        for where in SECRETS:
            found[where] = (await conn.execute(select(column_of(where)).where(is_row(where)))).scalar_one()
    return found


async def put(db: Database, where: Where, sealed: Sealed) -> None:
    """As whoever may write to the database can do, past what a column takes."""
    async with db.write() as conn:
        statement = update(metadata.tables[where.table]).where(is_row(where))
        await conn.execute(statement.values({where.column: SealedFor(sealed.token, where)}))


async def test_all_open_under_the_new_key_and_none_under_the_old(db: Database) -> None:
    assert await reencrypt(db, ROTATING) == len(SECRETS)
    found = await stored(db)
    assert {where: NEWS.open(sealed, where) for where, sealed in found.items()} == SECRETS
    for where, sealed in found.items():
        with pytest.raises(Undecryptable):
            OLDS.open(sealed, where)


@pytest.mark.parametrize("where", ONE_OF_EACH, ids=str)
async def test_one_that_does_not_open_leaves_all_as_they_are(db: Database, where: Where) -> None:
    await put(db, where, Cipher([LOST]).seal("lost", where))
    before = await stored(db)
    with pytest.raises(Undecryptable, match=f"{where}") as refused:
        await reencrypt(db, ROTATING)
    assert not isinstance(refused.value, Misplaced)
    assert await stored(db) == before


@pytest.mark.parametrize("where", ONE_OF_EACH, ids=str)
async def test_one_copied_from_elsewhere_is_found_and_leaves_all_as_they_are(
    db: Database, where: Where
) -> None:
    other = next(each for each in reversed(SECRETS) if each != where)
    await put(db, where, (await stored(db))[other])
    before = await stored(db)
    with pytest.raises(Misplaced, match=f"{where}"):
        await reencrypt(db, ROTATING)
    assert await stored(db) == before


def _changes(chance: random.Random) -> Iterator[tuple[Where, str]]:
    for number in range(60):
        yield chance.choice(list(SECRETS)), f"changed {number}"


@pytest.mark.parametrize("seed", range(3))
async def test_what_the_app_writes_meanwhile_stays(
    db: Database, open_again: Callable[[], Database], seed: int
) -> None:
    now = dict(SECRETS)

    async def app() -> None:
        async with open_again() as other:
            for where, text in _changes(random.Random(seed)):
                await put(other, where, ROTATING.seal(text, where))
                now[where] = text

    working = asyncio.create_task(app())
    while not working.done():
        await reencrypt(db, ROTATING)
    await working
    found = await stored(db)
    assert {where: NEWS.open(sealed, where) for where, sealed in found.items()} == now
