"""What may happen once alone, however many try it at the same moment: an install's end, a token's renewal."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import install_states, token_store
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from tests.integration.storage.builders import NOW, installation

T = TypeVar("T")
LIFE_S = 600.0


async def at_once(
    open_again: Callable[[], Database], work: Callable[[AsyncConnection, int], Awaitable[T]], many: int = 8
) -> list[T]:
    """What each of several processes gets, all of which try it at once."""
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(open_again()) for _ in range(many)]

        async def alone(number: int) -> T:
            async with databases[number].write() as conn:
                return await work(conn, number)

        return await asyncio.gather(*map(alone, range(many)))


async def begun(db: Database, state: str = "state", browser: str = "browser") -> None:
    async with db.write() as conn:
        await install_states.begin(conn, state=state, browser=browser, now=NOW, life_s=LIFE_S)


async def test_an_install_is_finished_once(db: Database, open_again: Callable[[], Database]) -> None:
    await begun(db)

    done = await at_once(
        open_again, lambda conn, _: install_states.spend(conn, state="state", browser="browser", now=NOW)
    )

    assert sorted(done) == [*([False] * 7), True]


@pytest.mark.parametrize(
    ("state", "browser", "after_s"),
    [("another", "browser", 0.0), ("state", "another", 0.0), ("state", "browser", LIFE_S)],
)
async def test_only_its_own_browser_finishes_it_in_time(
    db: Database, state: str, browser: str, after_s: float
) -> None:
    await begun(db)
    async with db.write() as conn:
        assert not await install_states.spend(conn, state=state, browser=browser, now=NOW + after_s)
        assert await install_states.spend(conn, state="state", browser="browser", now=NOW + LIFE_S - 1)


async def test_a_token_is_renewed_by_one(db: Database, open_again: Callable[[], Database]) -> None:
    await Installations(db, Cipher([new_key()])).save(
        installation(refresh_token="xoxe-1", expires_at=NOW + 60.0)
    )

    held = await at_once(
        open_again,
        lambda conn, number: token_store.claim_one(conn, "T1", now=NOW, lease_s=90.0, token=f"p{number}:1"),
    )

    assert len([each for each in held if each is not None]) == 1


async def test_a_pair_is_stored_by_whoever_spent_what_stands_there_and_takes_the_row_back(
    db: Database,
) -> None:
    store = Installations(db, Cipher([new_key()]))
    there = installation(refresh_token="xoxe-1", expires_at=NOW + 60.0)
    await store.save(there)
    renewed = replace(there, refresh_token="xoxe-2", expires_at=NOW + 43_200.0)
    async with db.write() as conn:
        first = await token_store.claim_one(conn, "T1", now=NOW, lease_s=90.0, token="p1:1")
        second = await token_store.claim_one(conn, "T1", now=NOW + 91, lease_s=90.0, token="p2:1")
        assert first is not None
        assert second is not None
        for stored in (True, False):
            assert stored is await token_store.renewed(
                conn,
                first.row,
                renewed,
                access=store.sealed(renewed, "bot_token"),
                refresh=store.sealed(renewed, "refresh_token"),
                now=NOW + 91,
            )
        assert not await token_store.dead(conn, second, now=NOW + 92, again_at=NOW + 99)
    assert await store.all() == [renewed]


async def test_the_longest_due_token_is_tried_first_and_each_by_one(
    db: Database, open_again: Callable[[], Database]
) -> None:
    store = Installations(db, Cipher([new_key()]))
    for number in range(6):
        await store.save(installation(id=f"T{number}", team_id=f"T{number}", installed_at=NOW + number))
    now = NOW + 7 * 3600.0

    held = await at_once(
        open_again,
        lambda conn, number: token_store.claim(conn, now=now, lease_s=90.0, token=f"p{number}:1", limit=2),
    )

    ids = [each.id for some in held for each in some]
    assert sorted(ids) == [f"T{number}" for number in range(6)]
