"""One order at a time, in a real database: making, reading, moving, changing."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import card_store, order_store
from storage.database import Database
from storage.orders import ORDER_MOVES, OVER, Guessed, Order, OrderStatus, Part
from storage.rows import ORDERS
from storage.states import recent
from tests.integration.storage.builders import NOW, Somebody, ask, order_in

LATER = NOW + 60
LEGAL = [(source, target) for source in OrderStatus for target in sorted(ORDER_MOVES[source])]


async def stored(db: Database, order: Order) -> Order:
    async with db.read() as conn:
        found = await order_store.find(conn, order.id)
    assert found is not None
    return found


async def card_of(db: Database, order: Order) -> tuple[int, float | None] | None:
    async with db.read() as conn:
        card = await card_store.of_order(conn, order.id)
    return None if card is None else (card.revision, card.due_at)


# Making and reading


async def test_a_new_order_is_stored_as_it_is_returned(db: Database) -> None:
    async with db.write() as conn:
        new = ask(thread_ts="1.0", enterprise_id="E1", due_at=NOW)
        made, is_new = await order_store.create(conn, new, now=NOW)
    assert is_new
    assert made.status is OrderStatus.DRAFT
    assert await stored(db, made) == made


@pytest.mark.parametrize(("show_card", "card"), [(True, (1, NOW)), (False, None)])
async def test_a_new_order_has_a_card_only_if_it_is_to_be_shown(
    db: Database,
    show_card: bool,  # noqa: FBT001 - a parameter of the case
    card: tuple[int, float] | None,
) -> None:
    async with db.write() as conn:
        made, _ = await order_store.create(conn, ask(show_card=show_card), now=NOW)
    assert await card_of(db, made) == card


async def test_the_same_request_again_is_the_same_order_as_it_is_now(db: Database) -> None:
    async with db.write() as conn:
        first, _ = await order_store.create(conn, ask(request_key="command-1"), now=NOW)
        moved = await order_store.move(conn, first, OrderStatus.PREPARING, now=LATER)
    async with db.write() as conn:
        again, new = await order_store.create(conn, ask(request_key="command-1", draft="other"), now=LATER)
    assert not new
    assert again == moved


async def test_of_many_deliveries_of_one_request_one_makes_the_order(
    open_again: Callable[[], Database],
) -> None:
    async with open_again() as here, open_again() as there:

        async def deliver(db: Database) -> tuple[Order, bool]:
            async with db.write() as conn:
                return await order_store.create(conn, ask(request_key="form-1"), now=NOW)

        made = await asyncio.gather(*(deliver(db) for db in (here, there) for _ in range(5)))
    assert [new for _, new in made].count(True) == 1
    assert len({order.id for order, _ in made}) == 1


async def test_one_team_cannot_see_anothers_order_by_id_nor_by_request_nor_in_lists(db: Database) -> None:
    async with db.write() as conn:
        theirs, _ = await order_store.create(conn, ask(team_id="T1", request_key="same"), now=NOW)
        ours, new = await order_store.create(conn, ask(team_id="T2", request_key="same"), now=NOW)
        assert new
        assert await order_store.get(conn, theirs.id, team_id="T2") is None
        assert await order_store.get(conn, theirs.id, team_id="T1") == theirs
        assert [state.order for state in await recent(conn, Somebody("T2"), limit=10)] == [ours]


async def test_a_person_of_an_organisation_has_one_list_whatever_workspace_is_named(db: Database) -> None:
    async with db.write() as conn:
        here, _ = await order_store.create(conn, ask(enterprise_id="E1"), now=NOW)
        there, _ = await order_store.create(conn, ask(team_id="T2", enterprise_id="E1"), now=LATER)
        await order_store.create(conn, ask(team_id="T3", enterprise_id="E2"), now=NOW)
        await order_store.create(conn, ask(team_id="T4"), now=NOW)
        found = [
            [state.order for state in await recent(conn, Somebody(team, enterprise_id="E1"), limit=10)]
            for team in ("T1", "T2", "T9")
        ]
        alone = await recent(conn, Somebody("T9"), limit=10)

    assert found == [[there, here]] * 3
    assert alone == []


async def test_an_order_that_is_not_there_is_none(db: Database) -> None:
    async with db.write() as conn:
        assert await order_store.find(conn, "none") is None
        assert await order_store.move(conn, "none", OrderStatus.PREPARING, now=NOW) is None


async def test_recent_orders_come_newest_first_and_not_too_many(db: Database) -> None:
    async with db.write() as conn:
        made = [(await order_store.create(conn, ask(), now=NOW + second))[0] for second in range(4)]
        await order_store.create(conn, ask(user_id="U2"), now=LATER)
        assert [state.order for state in await recent(conn, Somebody(), limit=3)] == made[:0:-1]


# Moving


@pytest.mark.parametrize(("source", "target"), LEGAL)
async def test_a_legal_move_is_made_and_frees_the_order(
    db: Database, source: OrderStatus, target: OrderStatus
) -> None:
    async with db.write() as conn:
        before = await order_in(conn, source, lease_token="held", due_at=LATER, attempts=3)
        after = await order_store.move(conn, before, target, now=LATER)
    assert after == replace(
        before,
        status=target,
        lease_token=None,
        due_at=None,
        attempts=0,
        updated_at=LATER,
        ended_at=LATER if target in OVER else None,
    )
    assert await stored(db, before) == after
    assert await card_of(db, before) == (1, LATER)


@pytest.mark.parametrize("source", OrderStatus)
async def test_an_illegal_move_changes_nothing(db: Database, source: OrderStatus) -> None:
    async with db.write() as conn:
        before = await order_in(conn, source, due_at=LATER)
    for target in set(OrderStatus) - ORDER_MOVES[source]:
        async with db.write() as conn:
            assert await order_store.move(conn, before, target, now=LATER, due_at=NOW) is None
        assert await stored(db, before) == before


@pytest.mark.parametrize("racers", [2, 8])
async def test_of_racers_for_one_move_one_wins(open_again: Callable[[], Database], racers: int) -> None:
    """As when the yes is clicked twice at once."""
    async with open_again() as here, open_again() as there:
        async with here.write() as conn:
            order = await order_in(conn, OrderStatus.OFFERED)

        async def click(number: int) -> Order | None:
            async with (here, there)[number % 2].write() as conn:
                return await order_store.move(
                    conn, order, OrderStatus.RUNNING, now=LATER, confirmed_by=f"U{number}"
                )

        won = [moved for moved in await asyncio.gather(*map(click, range(racers))) if moved is not None]
        assert len(won) == 1
        assert await stored(here, order) == won[0]


async def test_a_yes_and_a_cancel_at_once_do_not_both_happen(db: Database) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.OFFERED)

    async def click(to: OrderStatus) -> Order | None:
        async with db.write() as conn:
            return await order_store.move(conn, order, to, now=LATER, expect={OrderStatus.OFFERED})

    outcomes = await asyncio.gather(click(OrderStatus.RUNNING), click(OrderStatus.CANCELLED))
    assert outcomes.count(None) == 1


async def test_expected_statuses_narrow_a_move(db: Database) -> None:
    async with db.write() as conn:
        offered = await order_in(conn, OrderStatus.OFFERED)
        drafts = {OrderStatus.DRAFT}
        assert await order_store.move(conn, offered, OrderStatus.CANCELLED, now=LATER, expect=drafts) is None
        with pytest.raises(ValueError, match="ended"):
            await order_store.move(conn, offered, OrderStatus.ENDED, now=LATER, expect=drafts)


async def test_a_stale_lease_moves_nothing(db: Database) -> None:
    to = OrderStatus.OFFERED
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.PREPARING, lease_token="new holder", due_at=LATER)
        assert await order_store.move(conn, order, to, now=LATER, lease_token="old holder") is None
        assert await order_store.find(conn, order.id) == order
        assert await order_store.move(conn, order, to, now=LATER, lease_token="new holder") is not None


async def test_an_old_offers_button_spends_nothing(db: Database) -> None:
    to = OrderStatus.RUNNING
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.OFFERED, offer_id="second")
        assert await order_store.move(conn, order, to, now=LATER, spends="first") is None
        assert await order_store.move(conn, order, to, now=LATER, spends="second") is not None


async def test_a_move_carries_its_changes(db: Database) -> None:
    changes: dict[str, Any] = {
        "due_at": 1_763_769_600.123_456_7,
        "offer_usd": Decimal("1.234567"),
        "parts": (
            Part(label="one", usd=Decimal("1.234567"), length_s=0.1 + 0.2, guessed=Guessed.LENGTH),
            Part(label="two — 你好", usd=None, length_s=None),
        ),
        "draft": '{"script":"Grüße — 你好 🎬 \\u0000"}',
    }
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.PREPARING)
        moved = await order_store.move(conn, order.id, OrderStatus.OFFERED, now=LATER, **changes)
    assert moved is not None
    assert {name: getattr(moved, name) for name in changes} == changes
    assert await stored(db, order) == moved


async def test_a_move_that_nobody_is_to_see_makes_no_card(db: Database) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.DRAFT)
        assert await order_store.move(conn, order, OrderStatus.CANCELLED, now=LATER, visible=False)
    assert await card_of(db, order) is None


@pytest.mark.parametrize("column", ["status", "team_id", "attempts", "ended_at", "misspelt"])
async def test_what_the_statements_keep_for_themselves_cannot_be_changed(db: Database, column: str) -> None:
    changes: dict[str, Any] = {column: "x"}
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.DRAFT)
        with pytest.raises(ValueError, match=column):
            await ORDERS.move(conn, order.id, OrderStatus.PREPARING, now=LATER, changes=changes, guards={})


# Changing


async def test_a_save_keeps_status_lease_and_card(db: Database) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.PREPARING, lease_token="held", due_at=LATER, attempts=1)
        saved = await order_store.save(conn, order, now=LATER, lease_token="held", prepared='{"video":{}}')
    assert saved == replace(order, prepared='{"video":{}}', updated_at=LATER)
    assert await card_of(db, order) is None


async def test_a_visible_save_makes_the_card_due(db: Database) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.DRAFT, card_revision=1)
        await order_store.save(conn, order, now=LATER, lease_token=None, visible=True, draft="{}")
    assert await card_of(db, order) == (2, LATER)


@pytest.mark.parametrize(("count", "attempts"), [(True, 3), (False, 0)])
async def test_an_order_is_given_back_for_later(db: Database, count: bool, attempts: int) -> None:  # noqa: FBT001
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.PREPARING, lease_token="held", due_at=NOW, attempts=2)
        rested = await order_store.retry_later(
            conn, order, now=NOW, due_at=LATER, lease_token="held", count=count, slow=True
        )
    assert rested == replace(
        order, due_at=LATER, lease_token=None, attempts=attempts, slow=True, updated_at=NOW
    )


async def test_the_database_itself_knows_the_statuses(db: Database) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.DRAFT)
    with pytest.raises(IntegrityError, match="status"):
        async with db.write() as conn:
            await conn.execute(text("UPDATE orders SET status = 'lost' WHERE id = :id"), {"id": order.id})


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Grüße — 你好 🎬", "Grüße — 你好 🎬"),
        ("cut\0short", "cut\ufffdshort"),
        ("half a pair \ud83d", "half a pair \ufffd"),
        ("pair by pair \ud83c\udfac", "pair by pair 🎬"),
    ],
)
async def test_whatever_is_sent_as_text_can_be_stored_and_looked_for(
    db: Database, sent: str, stored: str
) -> None:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.FAILED, failure_detail=sent)
        assert order.failure_detail == stored
        assert await order_store.get(conn, sent, team_id=sent) is None
