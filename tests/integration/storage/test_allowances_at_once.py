"""What is allowed beforehand, pressed at once: by the asker, by whoever takes it back, against a budget."""

import asyncio
import json
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.use_cases.confirmation import Confirmation
from bot.use_cases.verdict import Verdict
from storage import allowances, gate_store, limits, order_store, rules
from storage.allowances import Allowance
from storage.audit import Action
from storage.database import Database
from storage.gates import Gate, GateState
from storage.limits import OverBudget
from storage.schema import audit
from tests.integration.core.world import LINKS
from tests.integration.storage import books
from tests.integration.storage.builders import NOW, ask
from tests.integration.storage.test_approvals_at_once import (
    ASKS,
    BEN,
    CY,
    ORDERS,
    PRICE,
    Cast,
    at_once,
    each_is_begun_or_ended_once,
    offered,
)

GIVEN = Allowance(
    id="A1",
    owner_id="T1",
    enterprise_id=None,
    team_id="T1",
    user_id="UBEN",
    channel_id=ask().channel_id,
    model=LINKS.maker,
    most_usd=PRICE,
    at=NOW,
)


@pytest.fixture
async def cast(db: Database) -> Cast:
    made = Cast(db, 1)
    async with db.write() as conn:
        assert await rules.change(conn, "T1", made.rules.model_dump_json(), seen=0, by="UBEN")
    return made


async def give(db: Database, allowance: Allowance = GIVEN) -> None:
    async with db.write() as conn:
        await allowances.give(conn, allowance)


async def log(db: Database) -> list[str]:
    """What the team's log tells of allowances, in the order in which it was stored."""
    async with db.read() as conn:
        query = select(audit.c.action, audit.c.details).where(audit.c.team_id == "T1").order_by(audit.c.seq)
        rows = list(await conn.execute(query))
    return [
        row.action
        for row in rows
        if row.action in {Action.ALLOWANCE_ENDED, Action.ALLOWANCE_GIVEN}
        or (row.action == Action.APPROVED and "allowance" in json.loads(row.details))
    ]


async def gates_of(db: Database, order_ids: list[str]) -> list[Gate]:
    async with db.read() as conn:
        return list((await gate_store.of_orders(conn, order_ids)).values())


async def test_nothing_begins_by_what_was_taken_back_before(db: Database, cast: Cast) -> None:
    await give(db)
    made = [(await offered(db, number)).id for number in range(ORDERS)]

    async def press(order_id: str) -> Confirmation:
        return await cast.orders.confirm(order_id, "e1", ASKS)

    async def take_back() -> bool:
        await asyncio.sleep(0.01)
        return await cast.allowing.take_back("A1", BEN)

    outcomes: list[Any] = await at_once(*map(press, made), take_back())

    told = await log(db)
    begun = [each for each in outcomes if each is Confirmation.ACCEPTED]
    assert outcomes.count(True) == 1
    assert len(begun) + outcomes.count(Confirmation.WAITS) == ORDERS
    assert told == [Action.APPROVED] * len(begun) + [Action.ALLOWANCE_ENDED]
    gates = await gates_of(db, made)
    waiting = [gate for gate in gates if gate.is_open]
    assert [gate.approved_by for gate in waiting] == [()] * (ORDERS - len(begun))
    for gate in waiting:
        assert await cast.approvals.approve(gate.id, BEN) is Verdict.BEGUN
    await each_is_begun_or_ended_once(db, gates)


async def test_a_yes_that_has_looked_at_it_is_stored_before_it_is_taken_back(
    db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has taken it back knows that nothing more begins by it."""
    await give(db)
    order_id = (await offered(db, 0)).id
    looked = linger_after_a_look(monkeypatch)

    async def take_back() -> None:
        await looked.wait()
        assert await cast.allowing.take_back("A1", BEN)

    outcome, _ = await asyncio.gather(cast.orders.confirm(order_id, "e1", ASKS), take_back())

    assert outcome is Confirmation.ACCEPTED
    assert await log(db) == [Action.APPROVED, Action.ALLOWANCE_ENDED]


async def test_a_yes_that_has_looked_at_the_rules_is_stored_before_they_change(
    db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give(db)
    order_id = (await offered(db, 0)).id
    looked = linger_after_a_look(monkeypatch)

    async def change() -> list[Gate]:
        """Gives what had begun by then."""
        await looked.wait()
        async with db.write() as conn:
            assert await rules.change(conn, "T1", "{}", seen=1, by="UBEN")
            return list((await gate_store.of_orders(conn, [order_id])).values())

    outcome, (gate,) = await asyncio.gather(cast.orders.confirm(order_id, "e1", ASKS), change())

    assert outcome is Confirmation.ACCEPTED
    assert gate.state is GateState.APPROVED
    async with db.write() as conn:
        assert not await rules.is_latest(conn, "T1", 1)


def linger_after_a_look(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Have the yes wait where it has seen what is allowed, and nothing of it is stored yet."""
    looked, approve = asyncio.Event(), gate_store.approve

    async def linger(*given: Any, **named: Any) -> Gate:
        looked.set()
        await asyncio.sleep(0.2)
        return await approve(*given, **named)

    monkeypatch.setattr(gate_store, "approve", linger)
    return looked


async def test_all_at_once_spend_what_a_budget_covers_and_no_more(db: Database, cast: Cast) -> None:
    await give(db)
    async with db.write() as conn:
        await limits.set_many(conn, "T1", {"team": PRICE * 7}, by="UBEN", now=NOW)
    made = [(await offered(db, number)).id for number in range(ORDERS)]

    async def press(order_id: str) -> Confirmation | None:
        try:
            return await cast.orders.confirm(order_id, "e1", ASKS)
        except OverBudget:
            return None

    presses: list[Awaitable[Any]] = [press(order_id) for order_id in made for _ in range(3)]
    outcomes = await at_once(*presses)

    assert outcomes.count(Confirmation.ACCEPTED) == 7
    assert outcomes.count(Confirmation.ALREADY_DONE) == 14
    assert await log(db) == [Action.APPROVED] * 7
    async with db.read() as conn:
        (team,) = await limits.standing(conn, "T1", "1970-01")
        assert await books.budgeted(conn) == await books.booked(conn)
    assert (team.held_usd, team.left_usd) == (PRICE * 7, Decimal(0))
    await each_is_begun_or_ended_once(db, await gates_of(db, made))


async def test_nothing_begins_by_a_last_yes_beside_one_that_was_taken_back_before(db: Database) -> None:
    cast = Cast(db, 2)
    async with db.write() as conn:
        assert await rules.change(conn, "T1", cast.rules.model_dump_json(), seen=0, by="UBEN")
    await give(db)
    made = [(await offered(db, number)).id for number in range(ORDERS)]
    for order_id in made:
        assert await cast.orders.confirm(order_id, "e1", ASKS) is Confirmation.WAITS
    gates = await gates_of(db, made)
    assert {gate.by_allowance for gate in gates} == {("UBEN",)}

    outcomes = await at_once(
        *(cast.approvals.approve(gate.id, CY) for gate in gates), cast.allowing.take_back("A1", BEN)
    )

    begun = outcomes.count(Verdict.BEGUN)
    assert begun + outcomes.count(Verdict.NOTED) == ORDERS
    for gate in await gates_of(db, made):
        assert gate.approved_by == (("UCY",) if gate.is_open else ("UBEN", "UCY"))
        if gate.is_open:
            assert await cast.approvals.approve(gate.id, BEN) is Verdict.BEGUN
    await each_is_begun_or_ended_once(db, gates)


async def test_of_what_was_said_beforehand_alone_something_is_forgotten(db: Database) -> None:
    """Also where nothing that was allowed stands any more."""
    cast = Cast(db, 2)
    await give(db)
    order_id = (await offered(db, 0)).id
    assert await cast.orders.confirm(order_id, "e1", ASKS) is Confirmation.WAITS
    (gate,) = await gates_of(db, [order_id])
    async with db.write() as conn:
        gate = await gate_store.approve(conn, gate, "UCY", now=NOW)
        assert set(gate.approved_by) == {"UBEN", "UCY"}

        assert await gate_store.keep_allowed(conn, gate, ["A1"]) == gate
        assert (await gate_store.keep_allowed(conn, gate, [])).approved_by == ("UCY",)


async def test_whoever_ends_one_has_what_waits_looked_at(db: Database) -> None:
    cast = Cast(db, 2)
    await give(db)
    order_id = (await offered(db, 0)).id
    assert await cast.orders.confirm(order_id, "e1", ASKS) is Confirmation.WAITS
    async with db.write() as conn:
        assert await allowances.end_of_others(conn, "T1", ["UBEN"], now=NOW) == []
        assert await allowances.end_of_leaver(conn, "T2", "UBEN", now=NOW) == []
        assert (await due(conn, order_id)) != NOW, "nothing has ended"

        assert await allowances.end_of_leaver(conn, "T1", "UBEN", now=NOW) == [GIVEN]

        assert await due(conn, order_id) == NOW


async def due(conn: AsyncConnection, order_id: str) -> float | None:
    found = await order_store.find(conn, order_id)
    assert found is not None
    return found.due_at


async def test_whatever_meets_nothing_waits_for_another_for_ever(db: Database, cast: Cast) -> None:
    """Yeses, an allowance given and taken back, and the rules changed, all in one moment."""
    begun = [(await offered(db, number)).id for number in range(3)]
    for at, order_id in enumerate(begun):
        assert await cast.orders.confirm(order_id, "e1", ASKS) is Confirmation.WAITS
        (gate,) = await gates_of(db, [order_id])
        cast.now = NOW + at
        assert await cast.approvals.approve(gate.id, BEN) is Verdict.BEGUN
    assert await cast.allowing.allow(gate.id, PRICE, BEN) is Verdict.ALLOWED
    async with db.read() as conn:
        (given,) = await allowances.of_installation(conn, "T1")
    made = [(await offered(db, number)).id for number in range(3, 3 + ORDERS)]

    async def change_rules() -> bool:
        async with db.write() as conn:
            changed = await rules.change(conn, "T1", cast.rules.model_dump_json(), seen=1, by="UBEN")
            await gate_store.look_at_all(conn, "T1", now=NOW)
            await allowances.end_of_others(conn, "T1", ["UCY"], now=NOW)
            return changed

    outcomes: list[Any] = await at_once(
        *(cast.orders.confirm(order_id, "e1", ASKS) for order_id in made for _ in range(2)),
        *(cast.allowing.allow(gate.id, PRICE, BEN) for _ in range(4)),
        change_rules(),
        cast.allowing.take_back(given.id, BEN),
    )

    started = outcomes.count(Confirmation.ACCEPTED)
    assert started + outcomes.count(Confirmation.WAITS) == ORDERS
    assert outcomes.count(Confirmation.ALREADY_DONE) == ORDERS
    assert (await log(db)).count(Action.APPROVED) == started
    gates = await gates_of(db, made)
    assert sum(gate.by_allowance == ("UBEN",) and not gate.is_open for gate in gates) == started
    for gate in gates:
        if gate.is_open:
            assert await cast.approvals.approve(gate.id, BEN) is Verdict.BEGUN
    await each_is_begun_or_ended_once(db, [*gates, *await gates_of(db, begun)])


async def test_of_many_presses_to_allow_one_counts(db: Database, cast: Cast) -> None:
    made = [(await offered(db, number)).id for number in range(3)]
    for order_id in made:
        assert await cast.orders.confirm(order_id, "e1", ASKS) is Confirmation.WAITS
    gates = await gates_of(db, made)
    for at, gate in enumerate(gates, start=1):
        cast.now = NOW + at
        assert await cast.approvals.approve(gate.id, BEN) is Verdict.BEGUN

    verdicts = await at_once(*(cast.allowing.allow(gates[-1].id, PRICE, BEN) for _ in range(8)))

    assert verdicts == [Verdict.ALLOWED] * 8
    assert await log(db) == [Action.ALLOWANCE_GIVEN]
    async with db.read() as conn:
        assert len(await allowances.of_installation(conn, "T1")) == 1
