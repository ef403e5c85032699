"""The keys of sync.so on both engines: one in use for each owner, whoever puts them at the same time."""

import asyncio

from sqlalchemy import text

from storage import sync_keys
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.reencryption import reencrypt
from storage.sync_keys import APP, NewKey, SyncKey, key_at
from tests.integration.storage.builders import NOW, sync_key

OLD, NEW = new_key(), new_key()
CIPHER = Cipher([OLD])


async def put(db: Database, new: NewKey, *, now: float = NOW) -> None:
    async with db.write() as conn:
        await sync_keys.put(conn, new, now=now)


async def keys_of(db: Database, *owners: str) -> list[SyncKey]:
    async with db.read() as conn:
        return await sync_keys.of_owners(conn, owners)


async def pays(db: Database, account_key: str, *owners: str) -> bool:
    async with db.read() as conn:
        return await sync_keys.pays(conn, account_key, owners)


async def test_a_key_comes_back_as_it_was_put(db: Database) -> None:
    new = sync_key(CIPHER)
    await put(db, new)

    (key,) = await keys_of(db, "T1")

    assert CIPHER.open(key.api_key, key_at(key.id)) == "sk-secret-key"
    assert (key.id, key.owner_id, key.account_key, key.account_name) == (new.id, "T1", "org:1", "Acme Studio")
    assert (key.last_four, key.connected_by, key.connected_at) == ("-key", "U1", NOW)
    assert key.in_use


async def test_nobody_finds_the_key_of_another_owner(db: Database) -> None:
    await put(db, sync_key(CIPHER))
    await put(db, sync_key(CIPHER, owner_id=APP, account_key="org:app"))

    assert await keys_of(db, "T2") == []
    assert [key.owner_id for key in await keys_of(db, "T1")] == ["T1"]
    assert not await pays(db, "org:1", "T2", APP)


async def test_a_replaced_key_pays_no_more_and_is_kept(db: Database) -> None:
    old, new = sync_key(CIPHER), sync_key(CIPHER, account_key="org:2")
    await put(db, old)
    await put(db, new, now=NOW + 5)

    in_use, replaced = await keys_of(db, "T1")

    assert (in_use.id, replaced.id) == (new.id, old.id)
    assert (in_use.replaced_at, replaced.replaced_at) == (None, NOW + 5)
    assert (await pays(db, "org:1", "T1"), await pays(db, "org:2", "T1")) == (False, True)


async def test_a_key_that_is_taken_away_pays_no_more_and_taking_it_again_is_no_error(db: Database) -> None:
    await put(db, sync_key(CIPHER))

    async with db.write() as conn:
        gone = await sync_keys.take_away(conn, "T1", now=NOW + 5)
        again = await sync_keys.take_away(conn, "T1", now=NOW + 6)

    assert gone is not None
    assert (gone.replaced_at, again) == (NOW + 5, None)
    assert not await pays(db, "org:1", "T1")


async def test_of_many_that_are_put_at_once_one_is_in_use(db: Database) -> None:
    new = [sync_key(CIPHER, account_key=f"org:{number}") for number in range(12)]

    await asyncio.gather(*(put(db, each) for each in new))

    kept = await keys_of(db, "T1")
    assert {key.id for key in kept} == {key.id for key in new}
    assert [key.in_use for key in kept] == [True] + [False] * 11


async def test_what_is_stored_does_not_show_a_key(db: Database) -> None:
    await put(db, sync_key(CIPHER, "sk-very-secret-0123456789"))

    async with db.read() as conn:
        (row,) = (await conn.execute(text("SELECT * FROM sync_keys"))).all()

    assert "6789" in row
    assert not any("secret" in str(value) for value in row)
    assert "secret" not in repr(await keys_of(db, "T1"))


async def test_after_reencryption_the_old_encryption_key_can_be_dropped(db: Database) -> None:
    await put(db, sync_key(CIPHER))
    await put(db, sync_key(CIPHER), now=NOW + 1)

    assert await reencrypt(db, Cipher([NEW, OLD])) == 2

    assert {Cipher([NEW]).open(key.api_key, key_at(key.id)) for key in await keys_of(db, "T1")} == {
        "sk-secret-key"
    }
