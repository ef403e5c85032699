"""The keys of sync.so on both engines: one in use for each owner, whoever puts them at the same time."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from bot.steps.forgetting import Forgetting
from storage import bills, refused_keys, schema, sync_keys
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.inputs import InputKind, InputStatus
from storage.installations import Installations
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from storage.reencryption import reencrypt
from storage.sync_keys import APP, NewKey, SyncKey, key_at
from tests.integration.storage.builders import NOW, installation, job_in, order_in, sync_key

OLD, NEW = new_key(), new_key()
CIPHER = Cipher([OLD])


async def put(db: Database, new: NewKey, *, now: float = NOW) -> None:
    async with db.write() as conn:
        await sync_keys.put(conn, new, now=now)


async def keys_of(db: Database, *owners: str) -> list[SyncKey]:
    async with db.read() as conn:
        return await sync_keys.of_owners(conn, owners)


async def pays(db: Database, account_key: str, *owners: str) -> bool:
    async with db.write() as conn:
        return await sync_keys.pays(conn, account_key, owners)


async def test_a_key_comes_back_as_it_was_put(db: Database) -> None:
    new = sync_key(CIPHER)
    await put(db, new)

    (key,) = await keys_of(db, "T1")

    assert CIPHER.open(key.api_key, key_at(key.id)) == "sk-secret-key"
    assert (key.id, key.owner_id, key.account_key, key.account_name) == (new.id, "T1", "org:1", "Acme Studio")
    assert (key.last_four, key.connected_at) == ("-key", NOW)
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


async def test_the_first_owners_key_pays_though_the_next_ones_is_in_use_as_well(db: Database) -> None:
    await put(db, sync_key(CIPHER, owner_id=APP, account_key="org:app"))
    assert await pays(db, "org:app", "T1", APP)

    await put(db, sync_key(CIPHER))

    assert await pays(db, "org:1", "T1", APP)
    assert not await pays(db, "org:app", "T1", APP)
    assert await pays(db, "org:app", "T2", APP)


async def test_what_is_stored_since_an_account_pays_comes_before_its_key_is_replaced(db: Database) -> None:
    await put(db, sync_key(CIPHER))

    async with db.write() as conn:
        assert await sync_keys.pays(conn, "org:1", ["T1"])
        replacing = asyncio.create_task(put(db, sync_key(CIPHER, account_key="org:2")))
        await asyncio.sleep(0.2)
        assert not replacing.done()
        assert await sync_keys.pays(conn, "org:1", ["T1"])
    await replacing

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


HOUR_S, DAY_S = 3600.0, 24 * 3600.0
WEEK_S = 7 * DAY_S


async def forget(db: Database, *, now: float) -> None:
    async with db.write() as conn:
        await sync_keys.forget_unneeded(conn, replaced_before=now - HOUR_S, at_last_before=now - WEEK_S)


async def replaced(db: Database) -> None:
    """A key of T1's, for account-1, in whose place another one is used."""
    await put(db, sync_key(CIPHER, account_key="account-1"))
    await put(db, sync_key(CIPHER, account_key="account-2"))


async def test_a_replaced_key_with_which_nothing_is_open_goes_and_the_one_in_use_stays(db: Database) -> None:
    await replaced(db)

    await forget(db, now=NOW + HOUR_S - 1)
    assert len(await keys_of(db, "T1")) == 2

    await forget(db, now=NOW + HOUR_S)
    assert [key.account_key for key in await keys_of(db, "T1")] == ["account-2"]
    await forget(db, now=NOW + 2 * WEEK_S)
    assert len(await keys_of(db, "T1")) == 1


async def test_a_replaced_key_stays_while_a_job_is_open_a_week_at_most(db: Database) -> None:
    await replaced(db)
    async with db.write() as conn:
        await job_in(conn, JobStatus.PROCESSING, team_id="T1", account_key="account-1")

    await forget(db, now=NOW + WEEK_S - 1)
    assert len(await keys_of(db, "T1")) == 2

    await forget(db, now=NOW + WEEK_S)
    assert [key.account_key for key in await keys_of(db, "T1")] == ["account-2"]


@pytest.mark.parametrize("due_at", [NOW, None])
async def test_a_replaced_key_stays_until_the_bills_are_complete(db: Database, due_at: float | None) -> None:
    await replaced(db)
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.DELIVERED, team_id="T1", account_key="account-1", ended_at=NOW)
        await bills.open_many(conn, [bills.bill_of(job, NOW)])
        await conn.execute(update(schema.bills).values(due_at=due_at))

    await forget(db, now=NOW + HOUR_S)

    assert len(await keys_of(db, "T1")) == (1 if due_at is None else 2)


async def test_what_another_team_has_open_keeps_nobodys_key(db: Database) -> None:
    await replaced(db)
    async with db.write() as conn:
        await job_in(conn, JobStatus.PROCESSING, team_id="T2", account_key="account-1")

    await forget(db, now=NOW + HOUR_S)

    assert len(await keys_of(db, "T1")) == 1


async def input_of(db: Database, *, account_key: str = "account-1", **given: Any) -> None:
    """A file that T1 has at sync.so for a month."""
    usual: dict[str, Any] = {"id": f"input-{account_key}", "team_id": "T1", "account_key": account_key}
    usual |= {"source": "slack:F1", "kind": InputKind.VIDEO, "status": InputStatus.THERE, "found": "{}"}
    usual |= {
        "asset_id": f"asset-{account_key}",
        "sent_bytes": 0,
        "attempts": 0,
        "delete_at": NOW + 30 * DAY_S,
    }
    async with db.write() as conn:
        await conn.execute(insert(schema.inputs), usual | given)


async def left_at_sync(db: Database) -> list[str]:
    """What is to be deleted there."""
    async with db.read() as conn:
        return list((await conn.execute(select(schema.leftovers.c.id))).scalars())


async def test_a_replaced_key_stays_until_what_is_in_its_account_is_deleted_there(db: Database) -> None:
    await Installations(db, CIPHER).save(installation())
    await replaced(db)
    await input_of(db)
    await input_of(db, account_key="account-2")

    await Forgetting(db, clock=lambda: NOW + HOUR_S).turn()
    assert await left_at_sync(db) == ["asset-account-1"]
    assert len(await keys_of(db, "T1")) == 2

    async with db.write() as conn:
        await conn.execute(delete(schema.leftovers))  # sync.so has deleted it
    await Forgetting(db, clock=lambda: NOW + HOUR_S).turn()
    assert [key.account_key for key in await keys_of(db, "T1")] == ["account-2"]


async def test_what_an_open_order_names_stays_in_the_old_account_with_its_key(db: Database) -> None:
    await replaced(db)
    await input_of(db)
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.RUNNING)
        await conn.execute(insert(schema.order_inputs), {"order_id": order.id, "input_id": "input-account-1"})

    await Forgetting(db, clock=lambda: NOW + HOUR_S).turn()

    assert await left_at_sync(db) == []
    assert len(await keys_of(db, "T1")) == 2


@pytest.mark.parametrize(
    ("key_of", "ended", "left"),
    [
        ("T1", None, []),
        ("T1", "T1", ["asset-account-1"]),
        ("E1", None, []),
        ("E1", "E1", ["asset-account-1"]),
        (APP, "E1", []),
    ],
)
async def test_an_ended_installation_leaves_nothing_of_others_in_its_account(
    db: Database, key_of: str, ended: str | None, left: list[str]
) -> None:
    """The workspace is served by both, and so goes on by the other."""
    store = Installations(db, CIPHER)
    await store.save(installation(id="E1", enterprise_id="E1", team_id=None))
    await store.save(installation(enterprise_id="E1"))
    await put(db, sync_key(CIPHER, owner_id=key_of, account_key="account-1"))
    await input_of(db, enterprise_id="E1")
    if ended is not None:
        await store.remove(ended, at=NOW, now=NOW)

    await Forgetting(db, clock=lambda: NOW + 1).turn()

    assert await left_at_sync(db) == left


async def test_a_refused_key_is_news_once_until_it_is_accepted_again(db: Database) -> None:
    await put(db, sync_key(CIPHER))
    (key,) = await keys_of(db, "T1")

    async with db.write() as conn:
        assert not await refused_keys.accepted(conn, key)
        assert [await refused_keys.refused(conn, key, now=NOW + at) for at in (1, 2)] == [True, False]
        assert [each.id for each in await refused_keys.since(conn, NOW)] == [key.id]
        assert await refused_keys.since(conn, NOW + 1) == []
        assert [await refused_keys.accepted(conn, key) for _ in (1, 2)] == [True, False]
        assert await refused_keys.since(conn, NOW) == []


async def test_a_replaced_key_is_refused_without_any_news(db: Database) -> None:
    await put(db, sync_key(CIPHER))
    (old,) = await keys_of(db, "T1")
    await put(db, sync_key(CIPHER))

    async with db.write() as conn:
        assert not await refused_keys.refused(conn, old, now=NOW)
        assert await refused_keys.since(conn, 0.0) == []


async def test_the_first_owner_who_has_a_key_in_use_pays(db: Database) -> None:
    await put(db, sync_key(CIPHER, owner_id="E1"))
    async with db.read() as conn:
        for owners, of in ((["T1", "E1"], "E1"), (["T1"], None)):
            key = await sync_keys.in_use(conn, owners)
            assert (key and key.owner_id) == of


async def test_every_change_of_a_key_is_told_even_by_a_clock_that_was_set_back(db: Database) -> None:
    told = []

    async def look() -> None:
        async with db.read() as conn:
            told.append(await sync_keys.changes(conn))

    await look()
    for at in (NOW, NOW - 100, NOW - 200):
        await put(db, sync_key(CIPHER), now=at)
        await look()
    async with db.write() as conn:
        await sync_keys.take_away(conn, "T1", now=NOW - 300)
    await look()
    await put(db, sync_key(CIPHER, owner_id="T2"), now=NOW - 400)
    await look()

    assert len(set(told)) == len(told) == 6
    await look()
    assert told[-1] == told[-2]


async def test_of_each_owner_the_key_in_use_tells_who_pays(db: Database) -> None:
    await put(db, sync_key(CIPHER))
    await put(db, sync_key(CIPHER, account_key="org:2"), now=NOW + 5)
    await put(db, sync_key(CIPHER, owner_id=APP, account_key="org:app"))
    await put(db, sync_key(CIPHER, owner_id="T2", account_key="org:3"))
    async with db.write() as conn:
        await sync_keys.take_away(conn, "T2", now=NOW + 6)

    async with db.read() as conn:
        payers = await sync_keys.payers(conn)

    assert payers == {"T1": "org:2", APP: "org:app"}
    assert sync_keys.first_of(payers, ("T1", APP)) == "org:2"
    assert sync_keys.first_of(payers, ("T2", APP)) == "org:app"
    assert sync_keys.first_of(payers, ("T2",)) is None
    async with db.write() as conn:
        assert await sync_keys.paying(conn, ("T1", APP)) == "org:2"
        assert await sync_keys.paying(conn, ("T2",)) is None
