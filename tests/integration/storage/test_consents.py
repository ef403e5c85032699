"""Who is shown, as it is kept with orders and remembered for their videos, on both engines."""

import pytest
from sqlalchemy.exc import IntegrityError

from storage import consent_store
from storage.consents import Consent, Ground, Shown
from storage.database import Database
from storage.orders import OrderStatus
from tests.integration.storage.builders import order_in

ME = Consent(Shown(Ground.OWN, "U1"), "U1", 1.0)
EVE = Consent(Shown(Ground.RELEASE, name="Eve"), "U1", 1.0)
ANN = Consent(Shown(Ground.COLLEAGUE, "U2"), "U3", 2.0)


async def test_what_is_said_anew_takes_the_place_of_what_was(db: Database) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.OFFERED)
        await consent_store.put(conn, order, ["one", "two"], [ME, EVE], now=1.0)
        await consent_store.put(conn, order, ["one"], [ANN], now=2.0)

    async with db.read() as conn:
        assert await consent_store.of_orders(conn, [order.id]) == {order.id: (ANN,)}
        assert await consent_store.videos_of(conn, order.id) == {"one"}


async def test_the_last_word_on_each_video_is_remembered_in_its_team(db: Database) -> None:
    async with db.write() as conn:
        orders = [await order_in(conn, OrderStatus.OFFERED) for _ in range(3)]
        sister = await order_in(conn, OrderStatus.OFFERED, team_id="T2")
        await consent_store.put(conn, orders[0], ["one"], [ME], now=1.0)
        await consent_store.put(conn, orders[1], ["one", "two"], [EVE, ANN], now=2.0)
        await consent_store.put(conn, orders[2], ["three"], [ANN], now=3.0)
        await consent_store.put(conn, sister, ["one", "four"], [ME], now=4.0)

    async with db.read() as conn:
        assert await consent_store.remembered(conn, "T1", ["one"]) == (ME,)
        assert set(await consent_store.remembered(conn, "T1", ["one", "two", "three"])) == {EVE, ANN}
        assert set(await consent_store.remembered(conn, "T1", ["one", "three"])) == {ME, ANN}
        assert await consent_store.remembered(conn, "T1", ["one", "four"]) == ()


async def test_what_was_said_of_several_together_holds_for_none_of_them_alone(db: Database) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.OFFERED)
        await consent_store.put(conn, order, ["one", "two"], [ME, EVE], now=1.0)

    async with db.read() as conn:
        for alone in (["one"], ["two"], ["one", "three"]):
            assert await consent_store.remembered(conn, "T1", alone) == ()
        assert await consent_store.remembered(conn, "T1", ["two", "one"]) == (ME, EVE)


async def test_all_is_told_page_by_page(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent_store, "_PAGE", 2)
    async with db.write() as conn:
        for number in range(3):
            order = await order_in(conn, OrderStatus.OFFERED, id=f"order{number}")
            await consent_store.put(conn, order, [f"video{number}"], [ME, EVE, ANN][: number + 1], now=1.0)

    async with db.read() as conn:
        told = [each async for each in consent_store.kept(conn, "T1")]
        assert [each async for each in consent_store.kept(conn, "T2")] == []
    assert [(each.order_id, each.position) for each in told] == [
        *(("order0", 0), ("order1", 0), ("order1", 1), ("order2", 0), ("order2", 1), ("order2", 2)),
    ]
    assert {each.videos for each in told} == {("video0",), ("video1",), ("video2",)}


async def kept_with(db: Database, shown: Shown) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.OFFERED)
        await consent_store.put(conn, order, ["one"], [Consent(shown, "U1", 1.0)], now=1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        Shown(Ground.OWN),
        Shown(Ground.RELEASE),
        Shown(Ground.NOT_REAL, "U1"),
        Shown(Ground.OWN, "U1", "Eve"),
    ],
)
async def test_nobody_is_kept_without_who_it_is_or_with_too_much(db: Database, wrong: Shown) -> None:
    with pytest.raises(IntegrityError):
        await kept_with(db, wrong)
