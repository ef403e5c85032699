"""Objections as they are kept, and what they stand against, on both engines."""

import asyncio
from typing import Any

import pytest

from bot.asking.asks import Asker
from storage import consent_store, objections
from storage.consents import Consent, Ground, Shown, objectors
from storage.database import Database
from storage.orders import Order, OrderStatus
from tests.integration.storage.builders import order_in

ANN = Asker(None, "T1", "U2")
IN_E1 = Asker("E1", "T1", "U2")
SAID = [Consent(Shown(Ground.COLLEAGUE, "U2"), "U1", 1.0), Consent(Shown(Ground.NOT_REAL), "U1", 1.0)]


async def showing(
    db: Database, team_id: str = "T1", enterprise_id: str | None = None, **columns: Any
) -> Order:
    of = {"team_id": team_id, "enterprise_id": enterprise_id, **columns}
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.CANCELLED if columns else OrderStatus.OFFERED, **of)
        await consent_store.put(conn, order, ["one"], SAID, now=1.0)
    return order


async def against(db: Database, order: Order) -> tuple[str, ...]:
    async with db.read() as conn:
        return objectors((await consent_store.of_orders(conn, [order.id]))[order.id], "U1")


async def make(db: Database, person: Asker) -> bool:
    async with db.write() as conn:
        return await objections.make(conn, person, now=1.0)


async def test_it_is_made_once_and_withdrawn_once(db: Database) -> None:
    assert sorted(await asyncio.gather(*(make(db, ANN) for _ in range(5)))) == [False] * 4 + [True]

    async with db.write() as conn:
        assert await objections.stands(conn, ANN)
        assert [await objections.withdraw(conn, ANN) for _ in range(2)] == [True, False]
        assert not await objections.stands(conn, ANN)


@pytest.mark.parametrize("who", [Asker(None, "T2", "U2"), Asker(None, "T1", "U3"), Asker("E1", "T2", "U2")])
async def test_it_is_of_one_person_in_one_team(db: Database, who: Asker) -> None:
    order = await showing(db)
    await make(db, who)

    assert await against(db, order) == ()
    async with db.write() as conn:
        assert not await objections.stands(conn, ANN)
        assert not await objections.withdraw(conn, ANN)
        assert await objections.open_orders(conn, who, limit=9) == []


async def test_it_stands_against_what_shows_them_but_their_own(db: Database) -> None:
    order = await showing(db)
    assert await against(db, order) == ()
    await make(db, ANN)

    assert await against(db, order) == ("U2",)
    async with db.read() as conn:
        said = (await consent_store.of_orders(conn, [order.id]))[order.id]
        assert [each.objects for each in said] == [True, False]
        assert objectors(said, "U2") == ()


async def test_what_is_open_and_shows_them_is_found(db: Database) -> None:
    there, sister = await showing(db), await showing(db, "T2", "E1")
    await showing(db, ended_at=1.0)

    async with db.read() as conn:
        assert await objections.open_orders(conn, ANN, limit=9) == [there.id]
        assert await objections.open_orders(conn, IN_E1, limit=9) == sorted([there.id, sister.id])


async def test_it_holds_in_all_of_an_organisation(db: Database) -> None:
    sister = await showing(db, "T2", "E1")
    await make(db, IN_E1)

    assert await against(db, sister) == ("U2",)
