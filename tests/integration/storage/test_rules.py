"""The row of a team's rules, on both engines: of many who change the same revision one does."""

import asyncio

import pytest

from storage import people_store, rules
from storage.database import Database
from storage.people import Membership, Profile
from tests.integration.storage.builders import NOW


@pytest.mark.parametrize("seen", [0, 1])
async def test_one_of_many_changes_a_revision(db: Database, seen: int) -> None:
    if seen:
        async with db.write() as conn:
            assert await rules.change(conn, "T1", "old", seen=0, by="U0")

    async def change(number: int) -> bool:
        async with db.write() as conn:
            return await rules.change(conn, "T1", f"new {number}", seen=seen, by=f"U{number}")

    changed = await asyncio.gather(*map(change, range(8)))

    assert sum(changed) == 1
    async with db.read() as conn:
        stored = await rules.find(conn, "T1")
        assert await rules.find(conn, "T2") is None
    winner = changed.index(True)
    assert stored == rules.StoredRules("T1", f"new {winner}", seen + 1, f"U{winner}")


async def test_a_person_has_one_row_for_each_installation(db: Database) -> None:
    profile = Profile("T1", "U1", Membership.ADMIN, NOW)

    elsewhere = Profile("T2", "U1", Membership.GUEST, NOW)

    async def keep(number: int) -> None:
        async with db.write() as conn:
            await people_store.keep(conn, profile if number else elsewhere)

    await asyncio.gather(*map(keep, range(5)))

    async with db.read() as conn:
        assert await people_store.find(conn, "T1", "U1") == profile
        assert await people_store.administrators(conn, "T1", at_most=3) == ["U1"]
        assert await people_store.administrators(conn, "T2", at_most=3) == []
