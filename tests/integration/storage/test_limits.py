"""Limits of the budgets on both engines: never past one, whoever presses, raises or changes it meanwhile."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal

import pytest

from storage import ledger, limits
from storage.database import Database
from storage.limits import Limit, OverBudget, Shortfall, Standing
from storage.orders import Guessed, Order, OrderStatus, Part
from tests.integration.storage import books
from tests.integration.storage.builders import NOW, order_in

MONTH = "1970-01"
PRICE = Decimal("0.43")
PRESSES, COVERED, REPLICAS = 50, 7, 3


async def offered(db: Database, *parts: Part, **columns: str) -> Order:
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.OFFERED, **columns)
    return replace(order, parts=parts or (Part(usd=PRICE, length_s=None),))


async def held(db: Database, order: Order, *, owner_id: str = "T1", model: str = "sync-3") -> None:
    async with db.write() as conn:
        models = dict.fromkeys(range(len(order.parts)), model)
        await ledger.hold(conn, order, models, owner_id=owner_id, now=NOW)


async def limited(db: Database, owner_id: str = "T1", **limits_usd: str | None) -> None:
    """Scopes as keywords: `user_U1` is `user:U1`."""
    changes = {
        scope.replace("_", ":", 1): None if usd is None else Decimal(usd) for scope, usd in limits_usd.items()
    }
    async with db.write() as conn:
        await limits.set_many(conn, owner_id, changes, by="U9", now=NOW)


async def standing(db: Database, owner_id: str = "T1") -> dict[str, Standing]:
    async with db.read() as conn:
        return {each.scope: each for each in await limits.standing(conn, owner_id, MONTH)}


async def test_what_has_no_limit_is_never_short(db: Database) -> None:
    await held(db, await offered(db, Part(usd=Decimal(10**6), length_s=None)))
    assert await standing(db) == {}


@pytest.mark.parametrize("scope", ["team", "user:U1", "channel:C1", "model:sync-3"])
async def test_each_thing_that_is_counted_by_can_be_limited(db: Database, scope: str) -> None:
    await limited(db, **{scope.replace(":", "_"): "1.00"})
    await held(db, await offered(db))
    await held(db, await offered(db))

    with pytest.raises(OverBudget) as over:
        await held(db, await offered(db))

    left = Decimal("0.14")
    assert over.value.shortfalls == (Shortfall(scope, Decimal(1), left, PRICE, Decimal("0.29")),)
    assert over.value.month == MONTH
    assert (await standing(db))[scope].left_usd == left


async def test_what_is_not_meant_by_a_limit_goes_on(db: Database) -> None:
    await limited(db, **{"user_U1": "0", "channel_C1": "0", "model_sync-3": "0"})
    await held(db, await offered(db, user_id="U2", channel_id="C2"), model="lipsync-2")


async def test_exactly_what_is_left_may_be_spent(db: Database) -> None:
    await limited(db, team="0.43")
    await held(db, await offered(db))
    assert (await standing(db))["team"].left_usd == 0


async def test_nothing_is_held_of_an_order_of_which_one_part_is_too_much(db: Database) -> None:
    await limited(db, team="1.00", user_U1="0.80")
    part = Part(usd=PRICE, length_s=None)

    with pytest.raises(OverBudget) as over:
        await held(db, await offered(db, part, part))

    assert over.value.shortfalls == (
        Shortfall("user:U1", Decimal("0.80"), Decimal("0.80"), 2 * PRICE, Decimal("0.06")),
    )
    async with db.read() as conn:
        assert await books.booked(conn) == await books.budgeted(conn) == {}


async def test_what_costs_nothing_is_never_too_much(db: Database) -> None:
    await held(db, await offered(db))
    await limited(db, team="0")
    await held(db, await offered(db, Part(usd=Decimal(0), length_s=None)))
    assert (await standing(db))["team"].left_usd == 0


@pytest.mark.parametrize("is_limited", [True, False])
async def test_an_unknown_price_is_held_at_its_most_where_a_limit_is_to_hold(
    db: Database, *, is_limited: bool
) -> None:
    await limited(db, **({"user_U1": "12"} if is_limited else {"user_U2": "12"}))
    unknown = Part(usd=None, most_usd=Decimal("9.612"), length_s=None)
    await held(db, await offered(db, unknown))
    async with db.read() as conn:
        assert sum(sums[0] for sums in (await books.of_parts(conn)).values()) == 9_612_000 * is_limited
    if is_limited:
        with pytest.raises(OverBudget):
            await held(db, await offered(db, unknown))


async def test_what_lacks_in_a_budget_that_is_overspent_is_that_as_well(db: Database) -> None:
    await held(db, await offered(db))
    await limited(db, team="0.13")
    with pytest.raises(OverBudget) as over:
        await held(db, await offered(db))
    assert over.value.shortfalls == (
        Shortfall("team", Decimal("0.13"), Decimal(0), PRICE, PRICE + Decimal("0.30")),
    )


async def test_a_guessed_price_is_not_let_past_a_limit_that_covers_the_guess_alone(db: Database) -> None:
    await limited(db, team="1.00")
    with pytest.raises(OverBudget):
        await held(db, await offered(db, Part(usd=PRICE, length_s=None, guessed=Guessed.PRICE)))


async def test_a_limit_that_is_changed_while_something_is_held_counts_it(db: Database) -> None:
    await held(db, await offered(db))
    await limited(db, team="0.50")
    with pytest.raises(OverBudget):
        await held(db, await offered(db))
    await limited(db, team="0.86")
    await held(db, await offered(db))
    await limited(db, team=None)
    await held(db, await offered(db))
    assert await standing(db) == {}


async def test_a_budget_is_raised_for_one_month_alone(db: Database) -> None:
    await limited(db, team="0.50", user_U1="9")
    await held(db, await offered(db))
    async with db.write() as conn:
        await limits.raise_for(conn, "T1", "team", MONTH, Decimal("0.20"))
        await limits.raise_for(conn, "T1", "team", MONTH, Decimal("0.16"))
        await limits.raise_for(conn, "T1", "team", "1970-02", Decimal(5))
        order = replace(await order_in(conn, OrderStatus.OFFERED), parts=(Part(usd=PRICE, length_s=None),))
        await ledger.hold(conn, order, {0: "sync-3"}, owner_id="T1", now=NOW)
    assert await standing(db) == {
        "team": Standing("team", Decimal("0.50"), Decimal("0.36"), 2 * PRICE, Decimal(0)),
        "user:U1": Standing("user:U1", Decimal(9), Decimal(0), 2 * PRICE, Decimal(0)),
    }


async def test_two_installations_have_budgets_of_their_own(db: Database) -> None:
    """One that has the app by itself, and the organisation that has it for all its other workspaces."""
    await limited(db, "T1", team="0.43")
    await limited(db, "E1", team="0.86")
    await held(db, await offered(db, team_id="T1"), owner_id="T1")
    await held(db, await offered(db, team_id="T2"), owner_id="E1")
    await held(db, await offered(db, team_id="T3"), owner_id="E1")
    for owner_id, team_id in (("T1", "T1"), ("E1", "T2"), ("E1", "T3")):
        with pytest.raises(OverBudget):
            await held(db, await offered(db, team_id=team_id), owner_id=owner_id)
    async with db.read() as conn:
        assert await limits.of_owner(conn, "E1") == [Limit("team", Decimal("0.86"))]
        assert await books.booked(conn) == await books.budgeted(conn)


async def test_fifty_presses_at_once_against_a_budget_for_seven_spend_seven(
    db: Database, open_again: Callable[[], Database]
) -> None:
    """Of several people, in several channels, from several processes; some raise a budget as well."""
    await limited(db, team=str(COVERED * PRICE), user_U0="100", channel_C0="100")
    orders = [
        await offered(db, user_id=f"U{number % 3}", channel_id=f"C{number % 2}") for number in range(PRESSES)
    ]
    random.Random(3).shuffle(orders)
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(open_again()) for _ in range(REPLICAS)]

        async def press(number: int, order: Order) -> None:
            async with replicas[number % REPLICAS].write() as conn:
                if number % 4 == 0:
                    await limits.raise_for(conn, "T1", f"user:{order.user_id}", MONTH, Decimal(1))
                await ledger.hold(conn, order, {0: "sync-3"}, owner_id="T1", now=NOW)

        presses = (press(number, order) for number, order in enumerate(orders))
        answers = await asyncio.gather(*presses, return_exceptions=True)

    assert answers.count(None) == COVERED
    assert all(isinstance(answer, OverBudget) for answer in answers if answer is not None)
    assert (await standing(db))["team"].left_usd == 0
    async with db.read() as conn:
        assert await books.booked(conn) == await books.budgeted(conn)
        assert (await books.budgeted(conn))["T1", "team", MONTH] == (COVERED * 430_000, 0)
