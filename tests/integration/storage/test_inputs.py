"""Inputs: one for a team and account, brought by one holder, waited for by orders, deleted after a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, claims, input_store, leftovers, order_store, relays
from storage.database import Database
from storage.encryption import SealedFor
from storage.inputs import Input, InputKind, InputStatus, NewInput, address_at
from storage.leftovers import Leftover
from storage.orders import Order, OrderStatus
from storage.schema import inputs, order_inputs
from tests.integration.storage.builders import NOW, order_in

LEASE_S, KEEP_S = 90.0, 1_000.0
SOON, LATER = NOW + 10, NOW + KEEP_S + 1


def file(**given: Any) -> NewInput:
    usual: dict[str, Any] = {
        "id": "input1",
        "enterprise_id": None,
        "team_id": "T1",
        "account_key": "account-1",
        "source": "slack:F1",
        "kind": InputKind.VIDEO,
        "address": None,
    }
    return NewInput(**usual | given)


async def preparing(conn: AsyncConnection, **columns: Any) -> Order:
    return await order_in(conn, OrderStatus.PREPARING, card_shown=0, **columns)


async def name(
    conn: AsyncConnection, order: Order, new: NewInput | None = None, *, now: float = NOW
) -> Input:
    return await input_store.name(conn, order.id, new or file(), now=now, keep_s=KEEP_S)


async def claim(conn: AsyncConnection, *, now: float = NOW, token: str = "held") -> list[Input]:
    return await relays.claim(conn, now=now, lease_s=LEASE_S, token=token, limit=10)


async def arrive(conn: AsyncConnection, held: Input, asset_id: str | None = "asset-1") -> bool:
    return await relays.arrived(conn, held, asset_id=asset_id, found='{"asset_id": "asset-1"}', now=SOON)


async def all_inputs(conn: AsyncConnection) -> list[Input]:
    return [input_store.input_of(row) for row in await conn.execute(select(*input_store.COLUMNS))]


async def to_delete(conn: AsyncConnection, *, now: float = LATER) -> list[Leftover]:
    return await leftovers.claim(conn, now=now, lease_s=LEASE_S, token="held", limit=10)


async def test_two_orders_that_name_the_same_file_share_one_input(db: Database) -> None:
    async with db.write() as conn:
        first = await name(conn, await preparing(conn))
        second = await name(conn, await preparing(conn), file(id="input2"), now=SOON)
        assert (second.id, second.delete_at) == (first.id, SOON + KEEP_S)
        assert len(await claim(conn, now=SOON)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"team_id": "T2"},
        {"account_key": "account-2"},
        {"source": "slack:F2"},
        {"kind": InputKind.AUDIO},
        {"source": "link:F1", "address": SealedFor("sealed", address_at("F1"))},
    ],
    ids=["another team", "another account", "another file", "as something else", "a link"],
)
async def test_what_differs_is_another_input(db: Database, other: dict[str, Any]) -> None:
    async with db.write() as conn:
        first = await name(conn, await preparing(conn))
        second = await name(conn, await preparing(conn), file(id="input2", **other))
        assert first.id != second.id
        assert {held.id for held in await claim(conn)} == {first.id, second.id}


async def test_two_that_name_the_same_file_at_once_make_one_input(db: Database) -> None:
    async with db.write() as conn:
        orders = [await preparing(conn) for _ in range(8)]

    async def ask(number: int, order: Order) -> Input:
        async with db.write() as conn:
            return await name(conn, order, file(id=f"input{number}"))

    named = await asyncio.gather(*(ask(number, order) for number, order in enumerate(orders)))
    assert len({each.id for each in named}) == 1
    async with db.read() as conn:
        assert len((await conn.execute(select(order_inputs))).all()) == len(orders)


async def test_what_has_come_wakes_all_who_wait_and_is_not_brought_again(db: Database) -> None:
    async with db.write() as conn:
        waiting = [await preparing(conn, due_at=LATER) for _ in range(2)]
        other = await preparing(conn, due_at=LATER)
        for order in waiting:
            await name(conn, order)
        (held,) = await claim(conn)
        assert await arrive(conn, held)
        assert [(await now_of(conn, order)).due_at for order in (*waiting, other)] == [SOON, SOON, LATER]
        there = await name(conn, await preparing(conn))
        assert (there.status, there.asset_id) == (InputStatus.THERE, "asset-1")
        assert await claim(conn, now=LATER) == []


async def now_of(conn: AsyncConnection, order: Order) -> Order:
    found = await order_store.find(conn, order.id)
    assert found is not None
    return found


async def test_an_order_that_is_held_is_not_taken_from_its_holder(db: Database) -> None:
    async with db.write() as conn:
        order = await preparing(conn, due_at=LATER, lease_token="held")
        await name(conn, order)
        (held,) = await claim(conn)
        assert await arrive(conn, held)
        assert (await now_of(conn, order)).due_at == LATER
        assert await input_store.coming(conn, [held.id]) == {}


async def known(conn: AsyncConnection, held: Input) -> bool:
    return await relays.known(conn, held, found='{"facts": null}', now=SOON)


async def test_what_is_known_ahead_lets_those_look_who_wait_and_is_brought_next(db: Database) -> None:
    async with db.write() as conn:
        waiting = await preparing(conn, due_at=LATER)
        await name(conn, waiting)
        (held,) = await claim(conn)
        assert await known(conn, held)
        assert (await now_of(conn, waiting)).due_at == SOON
        (again,) = await claim(conn, now=SOON, token="next")
        assert (again.status, again.found, again.attempts) == (InputStatus.WANTED, '{"facts": null}', 0)
        assert not await known(conn, held)


@pytest.mark.parametrize("status", [OrderStatus.OFFERED, OrderStatus.CONFIRMED])
async def test_an_offer_and_a_yes_that_came_before_their_files_hear_of_these(
    db: Database, status: OrderStatus
) -> None:
    async with db.write() as conn:
        order = await order_in(conn, status, card_shown=0, due_at=LATER)
        await name(conn, order)
        (held,) = await claim(conn)
        assert await arrive(conn, held)
        assert (await now_of(conn, order)).due_at == SOON


@pytest.mark.parametrize("tell", [arrive, known])
async def test_no_order_rests_after_its_last_input_has_come_or_more_is_known_of_it(
    db: Database, tell: Callable[[AsyncConnection, Input], Awaitable[bool]]
) -> None:
    """Whoever gives an order back and whoever brings its input do it at the same time, in either order."""
    for number in range(20):
        async with db.write() as conn:
            order = await preparing(conn, due_at=LATER, lease_token="held")
            await name(conn, order, file(id=f"input{number}", source=f"slack:F{number}"))
            (held,) = await claim(conn)

        async def rest(order: Order = order, seen: Input = held) -> None:
            async with db.write() as conn:
                given = {"now": NOW, "lease_token": "held", "count": False}
                resting = await order_store.retry_later(conn, order, due_at=LATER, **given)  # type: ignore[arg-type]
                assert resting is not None
                if await input_store.coming(conn, [seen.id]) != {seen.id: seen.found}:
                    await order_store.save(conn, resting, now=NOW, lease_token=None, due_at=NOW)

        async def bring(held: Input = held) -> None:
            async with db.write() as conn:
                assert await tell(conn, held)

        await asyncio.gather(rest(), bring())
        async with db.read() as conn:
            assert (await now_of(conn, order)).due_at in {NOW, SOON}


async def test_who_lost_the_input_stores_nothing(db: Database) -> None:
    async with db.write() as conn:
        await name(conn, await preparing(conn))
        (late,) = await claim(conn)
        (newer,) = await claim(conn, now=NOW + LEASE_S, token="newer")
        assert not await arrive(conn, late)
        assert not await known(conn, late)
        assert not await relays.failed(conn, late, code="gone", detail=None, now=SOON)
        assert await relays.progress(conn, late, now=SOON, lease_s=LEASE_S, sent=5) is None
        await relays.leave(conn, late, now=SOON)
        assert await all_inputs(conn) == [newer]


async def test_progress_is_shown_by_those_who_wait(db: Database) -> None:
    async with db.write() as conn:
        order = await preparing(conn)
        await name(conn, order)
        (held,) = await claim(conn)
        before = await card_store.of_order(conn, order.id)
        assert await relays.progress(conn, held, now=SOON, lease_s=LEASE_S, sent=7, show=True)
        after = await card_store.of_order(conn, order.id)
        (shown,) = (await input_store.of_orders(conn, [order.id]))[order.id]
        assert before is not None
        assert after is not None
        assert (after.revision, shown.sent_bytes, shown.due_at) == (before.revision + 1, 7, SOON + LEASE_S)


@pytest.mark.parametrize("end", [OrderStatus.CANCELLED, OrderStatus.FAILED])
async def test_an_upload_goes_on_as_long_as_one_order_names_it(db: Database, end: OrderStatus) -> None:
    async with db.write() as conn:
        first, second = await preparing(conn), await preparing(conn)
        for order in (first, second):
            await name(conn, order)
        (held,) = await claim(conn)
        await order_store.move(conn, first, end, now=SOON)
        assert await relays.progress(conn, held, now=SOON, lease_s=LEASE_S, sent=1) is not None
        await order_store.move(conn, second, end, now=SOON)
        assert await relays.progress(conn, held, now=SOON, lease_s=LEASE_S, sent=2) is None
        await relays.leave(conn, held, now=SOON)
        assert await claim(conn, now=LATER) == []


async def test_an_upload_that_was_given_up_begins_again_for_the_next_who_asks(db: Database) -> None:
    async with db.write() as conn:
        order = await preparing(conn)
        await name(conn, order)
        (held,) = await claim(conn)
        await order_store.move(conn, order, OrderStatus.CANCELLED, now=SOON)
        await relays.leave(conn, held, now=SOON)
        await name(conn, await preparing(conn), now=SOON)
        assert len(await claim(conn, now=SOON)) == 1


async def test_what_waits_to_be_brought_comes_sooner_by_as_much_as_a_clock_was_set_back(db: Database) -> None:
    async with db.write() as conn:
        await name(conn, await preparing(conn), file())
        [held] = await claim(conn)
        await relays.later(conn, held, due_at=NOW + 250, count=True, slow=False, now=NOW)
        await claims.pull_in(conn, now=NOW, ahead_s=600, back_s=200)
        assert [each.due_at for each in await all_inputs(conn)] == [NOW + 50]


async def test_who_names_it_while_it_is_given_up_is_not_forgotten(db: Database) -> None:
    async with db.write() as conn:
        await name(conn, await order_in(conn, OrderStatus.CANCELLED, ended_at=NOW))
        (held,) = await claim(conn)
        await name(conn, await preparing(conn))
        await relays.leave(conn, held, now=SOON)
        assert len(await claim(conn, now=SOON)) == 1


async def test_a_failure_is_told_to_all_who_wait_and_tried_anew_for_the_next(db: Database) -> None:
    async with db.write() as conn:
        order = await preparing(conn, due_at=LATER)
        await name(conn, order)
        (held,) = await claim(conn)
        assert await relays.failed(conn, held, code="media_empty", detail="why", now=SOON)
        assert (await now_of(conn, order)).due_at == SOON
        known = await input_store.named(conn, order.id, file())
        assert known is not None
        assert (known.status, known.failure_code, known.failure_detail) == ("failed", "media_empty", "why")
        assert (await name(conn, order)).status is InputStatus.FAILED
        assert (await name(conn, await preparing(conn), now=SOON)).status is InputStatus.WANTED
        assert len(await claim(conn, now=SOON)) == 1


async def test_an_order_that_is_changed_has_what_failed_tried_anew(db: Database) -> None:
    async with db.write() as conn:
        order = await preparing(conn)
        await name(conn, order)
        (held,) = await claim(conn)
        await relays.failed(conn, held, code="media_empty", detail=None, now=SOON)
        await input_store.try_failed_anew(conn, order.id)
        assert (await name(conn, order)).status is InputStatus.WANTED


async def test_a_link_is_looked_at_again_for_each_order_and_what_it_led_to_is_left(db: Database) -> None:
    link = file(source="link:0", address=SealedFor("sealed", address_at("0")))
    async with db.write() as conn:
        await name(conn, await preparing(conn), link)
        (held,) = await claim(conn)
        assert await arrive(conn, held, "asset-1")
        again = await name(conn, await preparing(conn), link)
        assert (again.status, again.asset_id) == (InputStatus.WANTED, "asset-1")
        (held,) = await claim(conn)
        assert await arrive(conn, held, "asset-2")
        assert [left.id for left in await to_delete(conn)] == ["asset-1"]


async def test_what_sync_so_has_lost_is_brought_again(db: Database) -> None:
    async with db.write() as conn:
        await name(conn, await preparing(conn))
        (held,) = await claim(conn)
        await arrive(conn, held)
        await input_store.lost(conn, "T2", "account-1", ["asset-1"], now=SOON)
        assert await claim(conn, now=SOON) == []
        await input_store.lost(conn, "T1", "account-1", ["asset-1", "asset-7"], now=SOON)
        (again,) = await claim(conn, now=SOON)
        assert (again.id, again.asset_id) == (held.id, None)


OPEN = (OrderStatus.DRAFT, OrderStatus.PREPARING, OrderStatus.OFFERED, OrderStatus.RUNNING)


@pytest.mark.parametrize("status", OPEN)
async def test_what_an_open_order_names_is_not_deleted(db: Database, status: OrderStatus) -> None:
    async with db.write() as conn:
        order = await order_in(conn, status)
        await name(conn, order)
        assert await input_store.forget_old(conn, now=LATER, limit=10) == 0


async def test_what_no_open_order_names_is_left_to_be_deleted_after_its_time(db: Database) -> None:
    async with db.write() as conn:
        order = await preparing(conn)
        await name(conn, order)
        (held,) = await claim(conn)
        await arrive(conn, held)
        await order_store.move(conn, order, OrderStatus.CANCELLED, now=SOON)
        assert await input_store.forget_old(conn, now=NOW + KEEP_S - 1, limit=10) == 0
        assert await input_store.forget_old(conn, now=LATER, limit=10) == 1
        assert (await all_inputs(conn), (await conn.execute(select(order_inputs))).all()) == ([], [])
        (left,) = await to_delete(conn)
        assert (left.id, left.team_id, left.account_key) == ("asset-1", "T1", "account-1")
        await leftovers.gone(conn, left)
        assert await to_delete(conn, now=LATER + 2 * LEASE_S) == []
        # From here on it is another input.
        assert (await name(conn, await preparing(conn), now=LATER)).status is InputStatus.WANTED


async def test_taking_it_again_and_the_yes_move_its_time(db: Database) -> None:
    async with db.write() as conn:
        order = await preparing(conn)
        await name(conn, order)
        await input_store.keep(conn, order.id, until=NOW + 5 * KEEP_S)
        await name(conn, order, now=SOON)
        await order_store.move(conn, order, OrderStatus.CANCELLED, now=SOON)
        assert await input_store.forget_old(conn, now=NOW + 5 * KEEP_S - 1, limit=10) == 0
        assert await input_store.forget_old(conn, now=NOW + 5 * KEEP_S, limit=10) == 1


async def test_who_takes_it_while_it_is_forgotten_finds_it_or_has_it_brought(db: Database) -> None:
    for number in range(10):
        new = file(id=f"input{number}", source=f"slack:F{number}")
        async with db.write() as conn:
            ended = await order_in(conn, OrderStatus.CANCELLED, ended_at=NOW)
            await name(conn, ended, new)
            (held,) = await claim(conn)
            await arrive(conn, held, f"asset-{number}")
            order = await preparing(conn)

        async def forget() -> None:
            async with db.write() as conn:
                await input_store.forget_old(conn, now=LATER, limit=10)

        async def take(order: Order = order, new: NewInput = new) -> Input:
            async with db.write() as conn:
                return await name(conn, order, new, now=LATER)

        _, taken = await asyncio.gather(forget(), take())
        async with db.read() as conn:
            known = await input_store.named(conn, order.id, new)
        assert known is not None
        assert known.id == taken.id
        async with db.write() as conn:
            is_left = any(left.id == f"asset-{number}" for left in await to_delete(conn))
            await conn.execute(inputs.update().values(due_at=None))
        assert is_left == (taken.status is InputStatus.WANTED)


async def test_a_refusal_to_delete_is_kept_and_counted(db: Database) -> None:
    async with db.write() as conn:
        await leftovers.leave(conn, [leftovers.NewLeftover("asset-1", None, "T1", "account-1")], now=NOW)
        (left,) = await to_delete(conn, now=NOW)
        await leftovers.kept(conn, left, why="busy", due_at=SOON)
        assert await leftovers.refused(conn) == 0
        (left,) = await to_delete(conn, now=SOON)
        await leftovers.kept(conn, left, why="asset_forbidden", due_at=None)
        assert await leftovers.refused(conn) == 1
        assert await to_delete(conn) == []
