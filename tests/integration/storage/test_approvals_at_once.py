"""Approvers who press in the same moment as each other, as the asker's Cancel, or as the end of the wait."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from bot.asking.addresses import stored
from bot.asking.asks import Asker, Births
from bot.messages.catalogue import ENGLISH
from bot.patience import Patience
from bot.roles import Roles
from bot.steps.expire import Expire
from bot.teams.rulebook import Book
from bot.teams.rules import Rules
from bot.use_cases import switching
from bot.use_cases.allowing import Allowing
from bot.use_cases.approvals import Approvals
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from bot.use_cases.verdict import Verdict
from storage import claims, gate_store, job_store, limits, order_store
from storage import rules as rules_store
from storage.audit import OPERATOR
from storage.database import Database
from storage.gates import Gate, GateState
from storage.orders import NewOrder, OrderStatus, Part
from storage.pauses import ALL, Pause, Paused
from storage.people import Membership, Profile
from storage.schema import ledger
from tests.integration.core.rows import change
from tests.integration.core.world import CIPHER, LINKS, PREPARED
from tests.integration.storage import books
from tests.integration.storage.builders import NOW, ask

ORDERS = 12
PRICE = Decimal("0.43")
ASKS, BEN, CY = (Asker(None, "T1", user) for user in ("U1", "UBEN", "UCY"))
LATE = NOW + 72 * 3600 + 1


class _Rules:
    """A team whose rules want so many yeses, until others are stored, of colleagues who are known to be."""

    def __init__(self, db: Database, needed: int, from_usd: Decimal | None) -> None:
        self.rules = Rules(approval_from_usd=from_usd, approvers=("UBEN", "UCY"), approvals_needed=needed)
        self._db = db

    async def at_press(self, *_: Any) -> None:
        pass

    async def of(self, _owner: Any, user_id: str, **_how_old: float) -> Profile:
        return Profile("T1", user_id, Membership.MEMBER, NOW)

    async def latest(self, _owner: Any) -> Book:
        async with self._db.read() as conn:
            stored = await rules_store.find(conn, "T1")
        if stored is None:
            return Book("T1", self.rules, 0, None, ())
        return Book("T1", Rules.model_validate_json(stored.rules), stored.revision, None, ())


class Cast:
    """The use cases and the step that meet, over one database."""

    def __init__(self, db: Database, needed: int, *, from_usd: Decimal | None = Decimal(0)) -> None:
        rules: Any = _Rules(db, needed, from_usd)
        roles = Roles(people=rules, rulebook=rules, groups=rules, gate=rules)
        numbers = count()
        new_id = lambda: f"new-{next(numbers)}"  # noqa: E731 - as it is handed in
        self.now = NOW
        teams: Any = None  # nobody but people of the team acts
        common: dict[str, Any] = {"clock": lambda: self.now, "new_id": new_id, "patience": Patience()}
        tools: Any = SimpleNamespace(
            database=db,
            cipher=CIPHER,
            teams=teams,
            roles=roles,
            words=ENGLISH,
            accounts=SimpleNamespace(key_of_team=_account_key),
            tell_slow=_nothing,
            **common,
        )
        self.orders = Orders(
            db, CIPHER, teams, roles, **common, wake=_wake, account_key=_account_key, public_url=None
        )
        self.approvals = Approvals(tools, Births(CIPHER, new_id, None), wake=_wake)
        self.allowing = Allowing(tools, self.approvals, wake=_wake)
        self.rules: Rules = rules.rules
        self.expire = Expire(tools)


async def _account_key(_enterprise_id: str | None, _team_id: str, _believed: str | None) -> str:
    return "account-1"


async def _nothing(_held: Any) -> None:
    pass


def _wake() -> None:
    pass


async def waiting(db: Database, cast: Cast) -> list[Gate]:
    """Orders that their asker said yes to, at their gates."""
    made = [await offered(db, number) for number in range(ORDERS)]
    for new in made:
        assert await cast.orders.confirm(new.id, "e1", ASKS) is Confirmation.WAITS
    async with db.read() as conn:
        return list((await gate_store.of_orders(conn, [new.id for new in made])).values())


async def offered(db: Database, number: int) -> NewOrder:
    order_id = f"gated{number}"
    words = stored(LINKS, CIPHER, order_id, given_by="U1")
    new = ask(id=order_id, **words, prepared=PREPARED.at("account-1").model_dump_json())
    async with db.write() as conn:
        await order_store.insert(conn, new, now=NOW)
        parts = (Part(usd=PRICE, length_s=1.0),)
        offer = {"parts": parts, "offer_id": "e1", "offer_usd": PRICE, "expires_at": NOW + 60}
        await change(conn, new.id, {"status": OrderStatus.OFFERED, **offer})
    return new


async def at_once(*doing: Awaitable[Any]) -> list[Any]:
    shuffled = list(doing)
    random.Random(7).shuffle(shuffled)
    return list(await asyncio.gather(*shuffled))


async def each_is_begun_or_ended_once(db: Database, gates: list[Gate]) -> dict[str, int]:
    """Jobs and holds are as the gates say, and the sums of all budgets are exact. Returns how many began."""
    ids = [gate.order_id for gate in gates]
    async with db.read() as conn:
        closed = await gate_store.of_orders(conn, ids)
        jobs = {job.order_id for job in await job_store.of_orders(conn, ids)}
        holds = select(ledger.c.order_id).where(ledger.c.kind == "hold")
        held = list((await conn.execute(holds)).scalars())
        assert await books.budgeted(conn) == await books.booked(conn)
    begun = {order_id for order_id, gate in closed.items() if gate.state is GateState.APPROVED}
    assert jobs == begun
    assert sorted(held) == sorted(begun)
    assert not [gate for gate in closed.values() if gate.is_open]
    return {"begun": len(begun)}


@pytest.mark.parametrize("needed", [1, 2])
async def test_of_two_who_say_yes_at_once_one_is_the_last(db: Database, needed: int) -> None:
    cast = Cast(db, needed)
    gates = await waiting(db, cast)

    verdicts = await at_once(
        *(cast.approvals.approve(gate.id, who) for gate in gates for who in (BEN, CY, BEN, CY))
    )

    assert verdicts.count(Verdict.BEGUN) == ORDERS
    assert verdicts.count(Verdict.NOTED) == ORDERS * (needed - 1)
    assert await each_is_begun_or_ended_once(db, gates) == {"begun": ORDERS}


async def test_a_yes_a_no_and_a_cancel_at_once_leave_one_of_them(db: Database) -> None:
    cast = Cast(db, 1)
    gates = await waiting(db, cast)

    await at_once(
        *(cast.approvals.approve(gate.id, BEN) for gate in gates),
        *(cast.approvals.decline(gate.id, CY, "Too dear") for gate in gates[::2]),
        *(cast.orders.cancel(gate.order_id, ASKS) for gate in gates[1::2]),
    )

    await each_is_begun_or_ended_once(db, gates)


async def test_the_end_of_the_wait_meets_a_yes(db: Database) -> None:
    """By whichever clock: the step's says that it is over, the approver's that it is not."""
    cast, late = Cast(db, 1), Cast(db, 1)
    gates = await waiting(db, cast)
    late.now = LATE
    async with db.write() as conn:
        due = {"now": LATE, "lease_s": 90.0, "token": "t", "statuses": [OrderStatus.AWAITING_APPROVAL]}
        held = await claims.claim_orders(conn, **due)  # type: ignore[arg-type]
    assert len(held) == ORDERS

    await at_once(late.expire(held), *(cast.approvals.approve(gate.id, BEN) for gate in gates))

    await each_is_begun_or_ended_once(db, gates)
    assert [await late.approvals.approve(gate.id, CY) for gate in gates] == [Verdict.TOO_LATE] * ORDERS


async def rules_are(db: Database, **changed: Any) -> None:
    """Stored by another process, in this moment."""
    async with db.write() as conn:
        stored = await rules_store.find(conn, "T1")
        now = Rules.model_validate_json(stored.rules) if stored else Rules()
        new, seen = now.model_copy(update=changed), stored.revision if stored else 0
        assert await rules_store.change(conn, "T1", new.model_dump_json(), seen=seen, by="UBEN")


def once_looked_at(
    monkeypatch: pytest.MonkeyPatch, of: Any, name: str, do: Callable[[], Awaitable[None]]
) -> None:
    """Do something after the rules were read, and before what is done by them is stored."""
    look, left = getattr(of, name), [do]

    async def look_and_do(*given: Any, **named: Any) -> Any:
        found = await look(*given, **named)
        while left:
            await left.pop()()
        return found

    monkeypatch.setattr(of, name, look_and_do)


async def stored_rules(db: Database, cast: Cast) -> None:
    await rules_are(db, **{name: getattr(cast.rules, name) for name in cast.rules.model_fields_set})


async def test_who_is_taken_out_of_the_rules_in_that_moment_says_no_yes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = Cast(db, 1)
    await stored_rules(db, cast)
    gate = (await waiting(db, cast))[0]
    accounts = cast.approvals._tools.accounts
    once_looked_at(monkeypatch, accounts, "key_of_team", lambda: rules_are(db, approvers=("UCY",)))

    assert await cast.approvals.approve(gate.id, BEN) is Verdict.NOT_ASKED

    async with db.read() as conn:
        assert (await gate_store.get(conn, gate.id)) == gate
        assert await books.booked(conn) == {}
    assert await cast.approvals.approve(gate.id, CY) is Verdict.BEGUN


async def test_a_threshold_that_comes_in_that_moment_has_others_asked(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = Cast(db, 1, from_usd=None)
    await stored_rules(db, cast)
    made = await offered(db, 0)
    once_looked_at(
        monkeypatch, cast.orders, "_account_key", lambda: rules_are(db, approval_from_usd=Decimal(0))
    )

    assert await cast.orders.confirm(made.id, "e1", ASKS) is Confirmation.WAITS

    async with db.read() as conn:
        assert await books.booked(conn) == {}


async def test_those_are_asked_whom_the_rules_name_when_the_yes_is_stored(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody would look at it anew: it did not wait yet when they changed."""
    cast = Cast(db, 1)
    await stored_rules(db, cast)
    made = await offered(db, 0)
    once_looked_at(monkeypatch, cast.orders, "_account_key", lambda: rules_are(db, approvers=("UCY",)))

    assert await cast.orders.confirm(made.id, "e1", ASKS) is Confirmation.WAITS

    async with db.read() as conn:
        (gate,) = (await gate_store.of_orders(conn, [made.id])).values()
    assert gate.approvers == ("UCY",)


async def test_rules_that_change_while_a_last_yes_is_stored_come_after_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has taken an approver out knows that nothing more begins by their yes."""
    cast = Cast(db, 1)
    await stored_rules(db, cast)
    gate = (await waiting(db, cast))[0]
    stored, approve = asyncio.Event(), gate_store.approve

    async def linger(*given: Any, **named: Any) -> Gate:
        stored.set()
        await asyncio.sleep(0.2)
        return await approve(*given, **named)

    monkeypatch.setattr(gate_store, "approve", linger)

    async def change_rules() -> GateState | None:
        await stored.wait()
        await rules_are(db, approvers=("UCY",))
        async with db.read() as conn:
            found = await gate_store.get(conn, gate.id)
        return found.state if found else None

    verdict, seen = await asyncio.gather(cast.approvals.approve(gate.id, BEN), change_rules())

    assert (verdict, seen) == (Verdict.BEGUN, GateState.APPROVED)


async def test_yeses_cancels_a_pause_and_new_rules_at_once_begin_nothing_by_halves(db: Database) -> None:
    """Whichever is first: what begins has all its yeses, its hold and its job, and all else has none."""
    cast = Cast(db, 2)
    await stored_rules(db, cast)
    gates = await waiting(db, cast)

    async def yes(gate: Gate, who: Asker) -> Verdict | None:
        try:
            return await cast.approvals.approve(gate.id, who)
        except Paused:
            return None

    async def pause() -> None:
        await asyncio.sleep(0.02)
        await switching.pause(db, Pause(ALL, OPERATOR, NOW, None))

    async def change_rules() -> None:
        await asyncio.sleep(0.01)
        await rules_are(db, approvers=("UCY", "UDAN"))

    verdicts = await at_once(
        *(yes(gate, who) for gate in gates for who in (BEN, CY)),
        *(cast.orders.cancel(gate.order_id, ASKS) for gate in gates[::3]),
        change_rules(),
        pause(),
    )

    async with db.read() as conn:
        after = list((await gate_store.of_orders(conn, [gate.order_id for gate in gates])).values())
    begun = [gate for gate in after if gate.state is GateState.APPROVED]
    assert len(begun) == verdicts.count(Verdict.BEGUN)
    assert all(len(gate.approved_by) >= 2 for gate in begun)
    assert all(len(gate.approved_by) < 2 for gate in after if gate.is_open)
    waits = [gate for gate in after if gate.is_open]
    for gate in waits:
        assert await yes(gate, CY) is None, "paused"
        assert await cast.orders.cancel(gate.order_id, ASKS)
    await each_is_begun_or_ended_once(db, gates)


async def test_budgets_that_are_raised_at_once_are_raised_by_what_is_lacking(db: Database) -> None:
    """One of them is covered by what there is: for each of the others just its price is added."""
    cast = Cast(db, 1, from_usd=None)
    async with db.write() as conn:
        await limits.set_many(conn, "T1", {"team": PRICE, "user:U1": PRICE * 2}, by="UBEN", now=NOW)
    made = [await offered(db, number) for number in range(ORDERS)]
    outcomes = [await cast.orders.ask_for_more(new.id, "e1", ASKS) for new in made]
    assert outcomes == [Confirmation.ACCEPTED] + [Confirmation.WAITS] * (ORDERS - 1)
    async with db.read() as conn:
        gates = list((await gate_store.of_orders(conn, [new.id for new in made])).values())

    verdicts = await at_once(*(cast.approvals.approve(gate.id, who) for gate in gates for who in (BEN, CY)))

    assert verdicts.count(Verdict.BEGUN) == ORDERS - 1
    async with db.read() as conn:
        assert await books.budgeted(conn) == await books.booked(conn)
        team, person = await limits.standing(conn, "T1", "1970-01")
    assert (team.held_usd, team.raised_usd) == (PRICE * ORDERS, PRICE * (ORDERS - 1))
    assert (person.held_usd, person.raised_usd) == (PRICE * ORDERS, PRICE * (ORDERS - 2))

    await at_once(*(cast.orders.cancel(new.id, ASKS) for new in made))

    async with db.read() as conn:
        assert await books.budgeted(conn) == await books.booked(conn) == {}
        assert [each.raised_usd for each in await limits.standing(conn, "T1", "1970-01")] == [0, 0]
