"""What approvers allow beforehand: when it counts as their yes, when it does not, and how it ends."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.app import services_of
from bot.asking.asks import Asker
from bot.asking.drafts import Script
from bot.services import Services
from bot.steps.approvers import Approvers
from bot.steps.needs import needs_of
from bot.steps.offered import Offered
from bot.teams.allowances import Allowable, Kind, allowable
from bot.teams.people import FRESH_S
from bot.teams.rules import Rules
from bot.use_cases import switching
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.verdict import Verdict
from storage import allowances, audit_check, card_store, gate_store, limits
from storage import audit as audit_store
from storage import ledger as ledger_store
from storage.allowances import Allowance
from storage.audit import Action
from storage.cards import Card
from storage.consents import Ground, Shown
from storage.gates import Gate, GateKind, GateState, card_id
from storage.limits import OverBudget
from storage.orders import Conversation, Order, OrderStatus, Part
from storage.pauses import Pause, Paused
from storage.schema import audit, cards, gates
from tests.integration.core.test_approvals import (
    ADA_ASKS,
    BEN_SAYS,
    CY,
    CY_SAYS,
    FROM_A_DOLLAR,
    TWO_YESES,
    booked,
    gate_of,
    offered,
    ruled,
)
from tests.integration.core.world import LINKS, World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS

S = OrderStatus
OTHER = "C0OTHER001"
FOUR = Decimal("4.20")
End = Callable[[World, Services], Awaitable[None]]


@pytest.fixture
def app(there: World) -> Services:
    ids = (f"new-{number}" for number in count(1))
    tools = replace(there.tools, new_id=lambda: next(ids))
    return services_of(tools, wake=lambda: None, public_url=None)


@pytest.fixture(autouse=True)
async def rules(there: World) -> None:
    users = there.slack.workspace(NORTH.id).users
    users.setdefault(CY, replace(users[BEN], id=CY, name="cy"))
    await ruled(there, FROM_A_DOLLAR)


async def confirmed(there: World, app: Services, usd: str | None = "4.20", **columns: Any) -> Order:
    """An order that Ada said yes to."""
    order = await offered(there, usd, **columns)
    await app.orders.confirm(order.id, "e1", ADA_ASKS)
    return await there.now(order)


async def approved(
    there: World, app: Services, usd: str | None = "4.20", by: Asker = BEN_SAYS, **columns: Any
) -> Order:
    """The same with an approver's yes, given by hand."""
    order = await confirmed(there, app, usd, **columns)
    assert order.status is S.AWAITING_APPROVAL
    assert await app.approvals.approve((await gate_of(there, order)).id, by) in {
        Verdict.BEGUN,
        Verdict.NOTED,
    }
    there.clock.pass_by(1)
    return await there.now(order)


async def may_allow(there: World, order: Order, who: str = BEN) -> Allowable | None:
    gate = await gate_of(there, order)
    async with there.db.read() as conn:
        return await allowable(conn, gate, order, who)


async def always(there: World, app: Services, usd: str = "4.20", by: Asker = BEN_SAYS) -> Allowance:
    """Somebody allows what Ada asks for, up to that price."""
    for _ in range(3):
        order = await approved(there, app, usd, by)
    gate = await gate_of(there, order)
    assert await app.allowing.allow(gate.id, Decimal(usd), by) is Verdict.ALLOWED
    there.clock.pass_by(1)
    (mine,) = [each for each in await kept(there) if each.user_id == by.user_id]
    return mine


def when_looked_at(
    app: Services, monkeypatch: pytest.MonkeyPatch, who: str, do: Callable[[], Awaitable[object]]
) -> None:
    """Do something in the moment in which Slack is asked who an approver is, after the rules were read."""
    people = app.orders._roles.people
    see = people.of

    async def do_meanwhile(owner: Any, user_id: str, **how_old: float) -> Any:
        if user_id == who:
            await do()
        return await see(owner, user_id, **how_old)

    monkeypatch.setattr(people, "of", do_meanwhile)


async def not_told() -> None:
    """Slack does not answer."""
    raise TimeoutError


async def given_to(there: World, whose: str, usd: str = "4.20") -> None:
    """What somebody allows, however it came there."""
    new = Allowance(
        id=f"of-{whose}",
        owner_id=NORTH.id,
        enterprise_id=None,
        team_id=NORTH.id,
        user_id=whose,
        channel_id=VIDEOS,
        model=LINKS.maker,
        most_usd=Decimal(usd),
        at=there.clock(),
    )
    async with there.db.write() as conn:
        await allowances.give(conn, new)


async def card_of(there: World, gate: Gate, who: str = BEN) -> Card:
    async with there.db.read() as conn:
        found = await card_store.find(conn, card_id(gate.id, who))
    assert found is not None
    return found


async def kept(there: World) -> list[Allowance]:
    async with there.db.read() as conn:
        return await allowances.of_installation(conn, NORTH.id)


async def logged(there: World, *actions: Action) -> list[Any]:
    async with there.db.read() as conn:
        (chain,) = await audit_check.verify(conn, NORTH.id)
        assert chain.faults == []
        rows = await conn.execute(select(audit).where(audit.c.action.in_(actions)).order_by(audit.c.seq))
        return list(rows)


async def asked(there: World, order: Order) -> set[str]:
    """Whom a card asks."""
    async with there.db.read() as conn:
        query = select(cards.c.user_id).where(cards.c.order_id == order.id, cards.c.id != order.id)
        return set((await conn.execute(query)).scalars())


# --- what is offered ------------------------------------------------------------------------------------


async def test_after_three_of_a_kind_they_may_allow_up_to_the_dearest_of_these(
    there: World, app: Services
) -> None:
    assert await may_allow(there, await approved(there, app, "3.00")) is None
    assert await may_allow(there, await approved(there, app, "5.00")) is None
    third = await approved(there, app, "4.00")

    found = await may_allow(there, third)
    assert found == Allowable(Kind(VIDEOS, LINKS.maker), Decimal(5), is_given=False)
    assert await may_allow(there, third, CY) is None
    await approved(there, app, "9.00")
    assert await may_allow(there, third) == found, "what came later is no part of it"


@pytest.mark.parametrize(
    "other",
    [
        {"channel_id": OTHER},
        {"conversation": Conversation.GROUP_MESSAGE},
        {"draft": LINKS.model_copy(update={"model": "lipsync-2-pro"})},
        {"usd": None},
    ],
    ids=["another channel", "no channel", "another model", "no price"],
)
async def test_what_is_of_another_kind_does_not_count(
    there: World, app: Services, other: dict[str, Any]
) -> None:
    for _ in range(2):
        await approved(there, app)
    assert await may_allow(there, await approved(there, app, **other)) is None
    assert await may_allow(there, await approved(there, app)) is not None


async def test_another_approvers_yeses_do_not_count(there: World, app: Services) -> None:
    for by in (BEN_SAYS, CY_SAYS, BEN_SAYS):
        order = await approved(there, app, by=by)
    assert await may_allow(there, order) is None


async def test_only_yeses_by_hand_to_what_was_made_count(there: World, app: Services) -> None:
    await given_to(there, BEN)
    for _ in range(2):
        assert (await confirmed(there, app)).status is S.RUNNING
    there.clock.pass_by(1)
    assert await may_allow(there, await approved(there, app, "9.00")) is None

    await ruled(there, TWO_YESES)
    for _ in range(2):
        order = await approved(there, app, "9.00")
        assert await app.approvals.decline((await gate_of(there, order)).id, CY_SAYS, "No") is (
            Verdict.DECLINED
        )
    await ruled(there, FROM_A_DOLLAR)
    second = await approved(there, app, "9.00")
    assert await may_allow(there, second) is None
    third = await approved(there, app, "9.00")
    assert await may_allow(there, third) is not None
    async with there.db.write() as conn:
        await conn.execute(update(gates).where(gates.c.order_id == second.id).values(owner_id=SOUTH.id))
    assert await may_allow(there, third) is None, "another installation's rules had named them"


async def test_nothing_is_allowed_by_more_budget_that_was_given(there: World, app: Services) -> None:
    await ruled(there, Rules(approvers=(BEN,)))
    async with there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {"team": Decimal(1)}, by=ADA, now=there.clock())
    for _ in range(3):
        order = await offered(there)
        assert await app.orders.ask_for_more(order.id, "e1", ADA_ASKS) is Confirmation.WAITS
        gate = await gate_of(there, order)
        assert gate.kind is GateKind.BUDGET
        assert await app.approvals.approve(gate.id, BEN_SAYS) is Verdict.BEGUN

    assert await may_allow(there, await there.now(order)) is None
    await ruled(there, FROM_A_DOLLAR)
    async with there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {"team": None}, by=ADA, now=there.clock())
    there.clock.pass_by(1)
    assert await may_allow(there, await approved(there, app)) is None, "nor do those yeses count"


async def test_what_they_read_is_what_counts_to_the_cent(there: World, app: Services) -> None:
    for _ in range(3):
        order = await approved(there, app, "4.2011")
    found = await may_allow(there, order)
    assert found is not None
    assert str(found.most_usd) == "4.21"
    assert await app.allowing.allow((await gate_of(there, order)).id, found.most_usd, BEN_SAYS) is (
        Verdict.ALLOWED
    )
    assert (await confirmed(there, app, "4.21")).status is S.RUNNING
    assert (await confirmed(there, app, "4.2101")).status is S.AWAITING_APPROVAL


async def test_of_several_videos_the_sum_counts(there: World, app: Services) -> None:
    """Each would be within it."""
    await always(there, app)
    parts = (Part(usd=Decimal(4), length_s=1.0), Part(usd=Decimal("0.21"), length_s=1.0))
    two = LINKS.model_copy(update={"more_scripts": (Script(text="So", voice_id="v", voice_name="V"),)})

    order = await confirmed(there, app, draft=two, parts=parts, offer_usd=Decimal("4.21"))
    assert order.status is S.AWAITING_APPROVAL

    parts = (Part(usd=Decimal(4), length_s=1.0), Part(usd=Decimal("0.20"), length_s=1.0))
    order = await confirmed(there, app, draft=two, parts=parts, offer_usd=Decimal("4.20"))
    assert order.status is S.RUNNING
    assert sum(held for _, held in await booked(there, order)) == 4_200_000

    parts = (Part(usd=Decimal(1), length_s=1.0), Part(usd=None, length_s=None))
    order = await confirmed(there, app, draft=two, parts=parts, offer_usd=None)
    assert order.status is S.AWAITING_APPROVAL, "of one no price is known"


# --- what is given --------------------------------------------------------------------------------------


async def test_what_is_allowed_begins_with_its_askers_yes_and_holds_the_money(
    there: World, app: Services
) -> None:
    given = await always(there, app)

    order = await confirmed(there, app)

    assert order.status is S.RUNNING
    gate = await gate_of(there, order)
    assert (gate.state, gate.approved_by, gate.by_allowance) == (GateState.APPROVED, (BEN,), (BEN,))
    assert await booked(there, order) == [("hold", 4_200_000)]
    assert await asked(there, order) == set()
    assert (await there.state(order)).jobs[0].idempotency_key.endswith("-e1")
    (said,) = await logged(there, Action.ALLOWANCE_GIVEN)
    assert (said.subject, given.model in said.details, '"4.200000"' in said.details) == (given.id, True, True)
    assert f'"channel":"{VIDEOS}"' in said.personal
    last = (await logged(there, Action.APPROVED))[-1]
    assert f'"allowance":"{given.id}"' in last.details
    assert '"is_last":true' in last.details
    assert f'"actor":"{BEN}"' in last.personal
    assert await may_allow(there, order) is None, "they were not asked"


async def test_a_press_twice_gives_one_and_is_told_once(there: World, app: Services) -> None:
    await always(there, app)
    gate = await gate_of(there, (await there.orders_of(ADA_ASKS))[0])

    assert await app.allowing.allow(gate.id, FOUR, BEN_SAYS) is Verdict.ALLOWED

    assert len(await kept(there)) == 1
    assert len(await logged(there, Action.ALLOWANCE_GIVEN)) == 1


async def test_the_press_on_an_older_record_has_it_shown_there_as_well(there: World, app: Services) -> None:
    await always(there, app, "9.00")
    for _ in range(3):
        order = await approved(there, app, "9.01")
    gate = await gate_of(there, order)
    assert await app.allowing.allow(gate.id, Decimal("9.01"), BEN_SAYS) is Verdict.ALLOWED
    older = await gate_of(there, (await there.orders_of(ADA_ASKS))[1])
    before = await card_of(there, older)

    assert await app.allowing.allow(older.id, Decimal("9.01"), BEN_SAYS) is Verdict.ALLOWED

    assert (await card_of(there, older)).revision == before.revision + 1
    assert len(await logged(there, Action.ALLOWANCE_GIVEN)) == 2


async def test_who_was_not_asked_gets_no_card_by_a_press(there: World, app: Services) -> None:
    await ruled(there, FROM_A_DOLLAR.model_copy(update={"approvers": (BEN,)}))
    for _ in range(3):
        order = await approved(there, app)
    await ruled(there, FROM_A_DOLLAR)

    verdict = await app.allowing.allow((await gate_of(there, order)).id, FOUR, CY_SAYS)

    assert verdict is Verdict.NOT_ALLOWABLE
    assert await asked(there, order) == {BEN}
    assert await kept(there) == []


async def test_nothing_is_allowed_but_what_they_were_shown(there: World, app: Services) -> None:
    for _ in range(2):
        await approved(there, app)
    gate = await gate_of(there, await approved(there, app))
    for usd in ("4.21", "0", "999"):
        assert await app.allowing.allow(gate.id, Decimal(usd), BEN_SAYS) is Verdict.NOT_ALLOWABLE
    assert await app.allowing.allow(gate.id, None, BEN_SAYS) is Verdict.NOT_ALLOWABLE
    assert await app.allowing.allow(gate.id, FOUR, CY_SAYS) is Verdict.NOT_ALLOWABLE
    assert await app.allowing.allow(gate.id, FOUR, ADA_ASKS) is Verdict.NOT_ASKED
    assert await app.allowing.allow(gate.id, FOUR, Asker(None, SOUTH.id, BEN)) is Verdict.UNKNOWN
    assert await app.allowing.allow("no-such-gate", FOUR, BEN_SAYS) is Verdict.UNKNOWN

    assert await kept(there) == []
    assert await logged(there, Action.ALLOWANCE_GIVEN) == []


async def test_who_is_no_approver_any_more_allows_nothing(there: World, app: Services) -> None:
    for _ in range(3):
        order = await approved(there, app)
    await ruled(there, FROM_A_DOLLAR.model_copy(update={"approvers": (CY,)}))

    assert await app.allowing.allow((await gate_of(there, order)).id, FOUR, BEN_SAYS) is Verdict.NOT_ASKED
    assert await kept(there) == []


async def test_who_is_taken_out_of_the_rules_in_that_moment_allows_nothing(
    there: World, app: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        order = await approved(there, app)
    without_ben = FROM_A_DOLLAR.model_copy(update={"approvers": (CY,)})
    when_looked_at(app, monkeypatch, BEN, lambda: ruled(there, without_ben))

    verdict = await app.allowing.allow((await gate_of(there, order)).id, FOUR, BEN_SAYS)

    assert verdict is Verdict.NOT_ALLOWABLE
    assert await kept(there) == []


async def test_dearer_ones_are_asked_for_and_may_be_allowed_in_its_place(there: World, app: Services) -> None:
    first = await always(there, app)
    for _ in range(3):
        order = await approved(there, app, "9.00")
    found = await may_allow(there, order)
    assert found == Allowable(Kind(VIDEOS, LINKS.maker), Decimal(9), is_given=False)

    assert await app.allowing.allow((await gate_of(there, order)).id, Decimal(9), BEN_SAYS) is Verdict.ALLOWED

    assert [(each.id, each.most_usd) for each in await kept(there)] == [(first.id, Decimal(9))]
    assert (await confirmed(there, app, "9.00")).status is S.RUNNING


# --- what is asked for as before ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"usd": "4.21"},
        {"usd": None},
        {"channel_id": OTHER},
        {"conversation": Conversation.GROUP_MESSAGE},
        {"draft": LINKS.model_copy(update={"model": "lipsync-2-pro"})},
    ],
    ids=["dearer", "no price", "another channel", "no channel", "another model"],
)
async def test_all_else_is_asked_for_as_before(there: World, app: Services, other: dict[str, Any]) -> None:
    await always(there, app)

    order = await confirmed(there, app, **other)

    assert order.status is S.AWAITING_APPROVAL
    assert (await gate_of(there, order)).approved_by == ()
    assert await asked(there, order) == {BEN, CY}
    assert await booked(there, order) == []


async def test_a_price_raised_since_the_offer_is_asked_for(there: World, app: Services) -> None:
    """What is offered anew is another order with another price: its yes looks at that."""
    await always(there, app)
    order = await confirmed(there, app, "4.50", accepted_usd=FOUR)
    assert order.status is S.AWAITING_APPROVAL


async def test_of_several_yeses_it_counts_as_one_persons(there: World, app: Services) -> None:
    await always(there, app)
    await ruled(there, TWO_YESES)

    order = await confirmed(there, app)

    assert order.status is S.AWAITING_APPROVAL
    gate = await gate_of(there, order)
    assert (gate.approved_by, gate.by_allowance) == ((BEN,), (BEN,))
    assert await asked(there, order) == {BEN, CY}
    assert await booked(there, order) == []
    assert await app.approvals.approve(gate.id, BEN_SAYS) is Verdict.SAID_ALREADY
    assert await app.approvals.approve(gate.id, CY_SAYS) is Verdict.BEGUN
    assert await booked(there, order) == [("hold", 4_200_000)]
    assert ['"is_last":true' in row.details for row in (await logged(there, Action.APPROVED))[-2:]] == [
        False,
        True,
    ]


async def test_two_people_who_allow_it_are_two_yeses(there: World, app: Services) -> None:
    await always(there, app)
    await ruled(there, TWO_YESES)
    for _ in range(3):
        order = await approved(there, app, by=CY_SAYS)
    assert await app.allowing.allow((await gate_of(there, order)).id, FOUR, CY_SAYS) is Verdict.ALLOWED

    order = await confirmed(there, app)

    assert order.status is S.RUNNING
    assert set((await gate_of(there, order)).by_allowance) == {BEN, CY}
    assert [('"is_last":true' in row.details) for row in (await logged(there, Action.APPROVED))[-2:]] == [
        False,
        True,
    ]


async def test_no_more_yeses_are_counted_than_it_takes(there: World, app: Services) -> None:
    await always(there, app)
    await given_to(there, CY)

    assert (await gate_of(there, await confirmed(there, app))).approved_by == (BEN,)


async def test_nobodys_own_begins_by_it_unless_the_rule_says_so(there: World, app: Services) -> None:
    with_ada = FROM_A_DOLLAR.model_copy(update={"approvers": (ADA, BEN)})
    await ruled(there, with_ada.model_copy(update={"may_approve_own": True}))
    await always(there, app, by=ADA_ASKS)
    assert (await confirmed(there, app)).status is S.RUNNING

    await ruled(there, with_ada)

    order = await confirmed(there, app)
    assert order.status is S.AWAITING_APPROVAL
    assert (await gate_of(there, order)).approved_by == ()


async def test_more_budget_is_asked_for_each_time(there: World, app: Services) -> None:
    await always(there, app)
    async with there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {"team": Decimal("12.60")}, by=ADA, now=there.clock())
    order = await offered(there)

    with pytest.raises(OverBudget):
        await app.orders.confirm(order.id, "e1", ADA_ASKS)
    assert (await there.now(order)).status is S.OFFERED
    assert await app.orders.ask_for_more(order.id, "e1", ADA_ASKS) is Confirmation.WAITS
    gate = await gate_of(there, order)
    assert (gate.kind, gate.approved_by) == (GateKind.BUDGET, ())


async def test_nothing_begins_before_it_is_said_who_is_shown(there: World, app: Services) -> None:
    await always(there, app)
    await ruled(there, FROM_A_DOLLAR.model_copy(update={"consent_required": True}))
    order = await offered(there)

    assert await app.orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.CONSENT_UNSAID

    assert (await there.now(order)).status is S.OFFERED
    assert await booked(there, order) == []
    asks = await app.consents.ask(order.id, ADA_ASKS)
    assert asks is not None
    await app.consents.say(order.id, ADA_ASKS, [Shown(Ground.OWN)], videos=asks.videos)
    assert await app.orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED


async def test_nothing_begins_while_spending_is_paused(there: World, app: Services) -> None:
    await always(there, app)
    await switching.pause(there.db, Pause(NORTH.id, BEN, there.clock(), None))
    order = await offered(there)

    with pytest.raises(Paused):
        await app.orders.confirm(order.id, "e1", ADA_ASKS)

    assert (await there.now(order)).status is S.OFFERED
    assert await booked(there, order) == []
    await switching.resume(there.db, NORTH.id, by=BEN, now=there.clock())
    assert await app.orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED


@pytest.mark.parametrize("role", ["guest", None])
async def test_what_an_approver_allowed_ends_when_they_leave(
    there: World, app: Services, role: str | None
) -> None:
    await always(there, app)
    users = there.slack.workspace(NORTH.id).users
    if role is None:
        del users[BEN]
    else:
        users[BEN] = replace(users[BEN], role=role)
    there.clock.pass_by(90)

    assert (await confirmed(there, app)).status is S.AWAITING_APPROVAL

    assert await kept(there) == []
    (ended,) = await logged(there, Action.ALLOWANCE_ENDED)
    assert '"actor"' not in ended.personal
    assert f'"approver":"{BEN}"' in ended.personal


async def test_an_approver_of_whom_slack_does_not_tell_is_asked_and_stays_one(
    there: World, app: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = await always(there, app)

    with monkeypatch.context() as silent:
        when_looked_at(app, silent, BEN, not_told)
        assert (await confirmed(there, app)).status is S.AWAITING_APPROVAL
        await given_to(there, CY)
        order = await confirmed(there, app)
        assert (await gate_of(there, order)).approved_by == (CY,)

    assert (await kept(there))[0] == given
    assert (await confirmed(there, app)).status is S.RUNNING


async def test_rules_that_change_in_the_moment_of_the_yes_have_everybody_asked(
    there: World, app: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await always(there, app)
    without_ben = FROM_A_DOLLAR.model_copy(update={"approvers": (CY,)})
    when_looked_at(app, monkeypatch, BEN, lambda: ruled(there, without_ben))

    order = await confirmed(there, app)

    assert order.status is S.AWAITING_APPROVAL
    assert (await gate_of(there, order)).approved_by == ()


# --- how it ends ----------------------------------------------------------------------------------------


async def test_what_was_taken_back_is_asked_for(there: World, app: Services) -> None:
    given = await always(there, app)

    assert await app.allowing.take_back(given.id, BEN_SAYS)
    assert not await app.allowing.take_back(given.id, BEN_SAYS)

    assert await kept(there) == []
    assert (await confirmed(there, app)).status is S.AWAITING_APPROVAL
    (ended,) = await logged(there, Action.ALLOWANCE_ENDED)
    assert ended.subject == given.id


async def test_it_is_taken_back_between_the_look_at_it_and_the_yes(
    there: World, app: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = await always(there, app)
    order = await offered(there)
    when_looked_at(app, monkeypatch, BEN, lambda: app.allowing.take_back(given.id, BEN_SAYS))
    assert await app.orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.WAITS
    assert await booked(there, order) == []
    assert await kept(there) == []


async def test_where_others_are_waited_for_it_counts_no_more_once_taken_back(
    there: World, app: Services
) -> None:
    given = await always(there, app)
    await ruled(there, TWO_YESES)
    order = await confirmed(there, app)
    assert (await gate_of(there, order)).approved_by == (BEN,)

    assert await app.allowing.take_back(given.id, BEN_SAYS)
    gate = await gate_of(there, order)
    assert await app.approvals.approve(gate.id, CY_SAYS) is Verdict.NOTED

    assert (await there.now(order)).status is S.AWAITING_APPROVAL
    assert await booked(there, order) == []
    gate = await gate_of(there, order)
    assert (gate.approved_by, gate.by_allowance) == ((CY,), ())
    assert await app.approvals.approve(gate.id, BEN_SAYS) is Verdict.BEGUN
    assert await booked(there, order) == [("hold", 4_200_000)]


async def taken_back(there: World, app: Services) -> None:
    (given,) = await kept(there)
    assert await app.allowing.take_back(given.id, BEN_SAYS)


async def named_no_more(_there: World, app: Services) -> None:
    """And named again at once, as nobody who allows anything."""
    for approvers in ((CY, ADA), (BEN, CY)):
        book = await app.roles.rulebook.latest(ADA_ASKS)
        assert await app.roles.rulebook.change(
            book, book.rules.model_copy(update={"approvers": approvers}), by=ADA
        )


async def data_deleted(_there: World, app: Services) -> None:
    await app.deleting.delete_person(BEN_SAYS)


async def gone(there: World, _app: Services) -> None:
    users = there.slack.workspace(NORTH.id).users
    users[BEN] = replace(users[BEN], deleted=True)
    there.clock.pass_by(FRESH_S + 1)
    await Approvers(there.tools).turn()


async def made_a_guest(there: World, _app: Services) -> None:
    users = there.slack.workspace(NORTH.id).users
    users[BEN] = replace(users[BEN], role="guest")
    there.clock.pass_by(FRESH_S + 1)
    await Approvers(there.tools).turn()


ENDS = [taken_back, named_no_more, data_deleted, gone, made_a_guest]


@pytest.mark.parametrize("end", ENDS)
async def test_however_it_ends_its_approver_is_asked_after_all(there: World, app: Services, end: End) -> None:
    await always(there, app)
    await ruled(there, TWO_YESES)
    order = await confirmed(there, app)
    before = await card_of(there, await gate_of(there, order))

    await end(there, app)

    assert (await there.now(order)).due_at == there.clock(), "the worker looks at it now"
    await there.run(Offered(there.tools), await there.now(order))
    gate = await gate_of(there, order)
    assert (gate.approved_by, gate.asked, gate.is_open) == ((), (BEN, CY), True)
    assert (await card_of(there, gate)).revision > before.revision
    assert await booked(there, order) == []


async def test_what_others_allow_stays_where_one_ends(there: World, app: Services) -> None:
    await always(there, app)
    await given_to(there, CY)
    three = TWO_YESES.model_copy(
        update={"approvals_needed": 3, "approvers": (ADA, BEN, CY), "may_approve_own": True}
    )
    await ruled(there, three)
    order = await confirmed(there, app)
    assert set((await gate_of(there, order)).approved_by) == {BEN, CY}

    assert await app.allowing.take_back("of-" + CY, CY_SAYS)
    await there.run(Offered(there.tools), await there.now(order))

    assert (await gate_of(there, order)).approved_by == (BEN,)


async def test_who_takes_it_back_may_say_yes_before_anything_was_looked_at(
    there: World, app: Services
) -> None:
    await always(there, app)
    await ruled(there, TWO_YESES)
    order = await confirmed(there, app)
    await taken_back(there, app)

    assert await app.approvals.approve((await gate_of(there, order)).id, BEN_SAYS) is Verdict.NOTED

    gate = await gate_of(there, order)
    assert (gate.approved_by, gate.by_allowance) == ((BEN,), ())


async def test_a_new_one_does_not_count_where_the_one_before_has_ended(there: World, app: Services) -> None:
    """Its approver was told that what waits asks them once more."""
    given = await always(there, app)
    await ruled(there, TWO_YESES)
    order = await confirmed(there, app)
    await taken_back(there, app)
    async with there.db.write() as conn:
        await allowances.give(conn, replace(given, id="anew", at=there.clock()))

    assert await app.approvals.approve((await gate_of(there, order)).id, CY_SAYS) is Verdict.NOTED

    assert (await gate_of(there, order)).approved_by == (CY,)
    assert await booked(there, order) == []


async def test_one_that_is_raised_is_the_same(there: World, app: Services) -> None:
    given = await always(there, app)
    await ruled(there, TWO_YESES)
    order = await confirmed(there, app)
    async with there.db.write() as conn:
        await allowances.give(conn, replace(given, id="dearer", most_usd=Decimal(9), at=there.clock()))

    assert await app.approvals.approve((await gate_of(there, order)).id, CY_SAYS) is Verdict.BEGUN


async def test_who_was_asked_before_they_allowed_it_answers_by_hand(there: World, app: Services) -> None:
    """What waits already counts what its approvers press, and no more."""
    waits = await confirmed(there, app)
    await always(there, app)
    await there.run(Offered(there.tools), await there.now(waits))

    gate = await gate_of(there, waits)
    assert (gate.approved_by, gate.asked, gate.is_open) == ((), (BEN, CY), True)
    assert await booked(there, waits) == []


@pytest.mark.parametrize("told", ["gone", "guest", None])
async def test_a_last_yes_asks_who_those_are_that_had_allowed_it(
    there: World, app: Services, monkeypatch: pytest.MonkeyPatch, told: str | None
) -> None:
    """Nobody has noticed before; who Slack tells nothing of is asked by hand, and still allows the next."""
    await always(there, app)
    await ruled(there, TWO_YESES)
    order = await confirmed(there, app)
    users = there.slack.workspace(NORTH.id).users
    if told is None:
        when_looked_at(app, monkeypatch, BEN, not_told)
    else:
        users[BEN] = replace(users[BEN], deleted=True) if told == "gone" else replace(users[BEN], role=told)
    there.clock.pass_by(90)

    assert await app.approvals.approve((await gate_of(there, order)).id, CY_SAYS) is Verdict.NOTED

    assert (await gate_of(there, order)).approved_by == (CY,)
    assert await booked(there, order) == []
    assert len(await kept(there)) == (told is None)


@pytest.mark.parametrize("end", ENDS)
async def test_what_it_has_begun_goes_on_when_it_ends(there: World, app: Services, end: End) -> None:
    """It counted when the last yes was said, like any other; from then on its asker alone ends it."""
    await always(there, app)
    await ruled(there, TWO_YESES)
    order = await confirmed(there, app)
    assert await app.approvals.approve((await gate_of(there, order)).id, CY_SAYS) is Verdict.BEGUN

    await end(there, app)

    gate = await gate_of(there, order)
    assert (gate.state, set(gate.approved_by)) == (GateState.APPROVED, {BEN, CY})
    assert (await there.now(order)).status is S.RUNNING
    assert await booked(there, order) == [("hold", 4_200_000)]


async def test_who_is_no_approver_any_more_has_said_no_yes_in_advance(there: World, app: Services) -> None:
    await always(there, app)
    three = TWO_YESES.model_copy(update={"approvers": (ADA, BEN, CY), "may_approve_own": True})
    await ruled(there, three)
    order = await confirmed(there, app)
    assert (await gate_of(there, order)).approved_by == (BEN,)
    await ruled(there, three.model_copy(update={"approvers": (ADA, CY)}))

    assert await app.approvals.approve((await gate_of(there, order)).id, CY_SAYS) is Verdict.NOTED
    assert await app.approvals.approve((await gate_of(there, order)).id, ADA_ASKS) is Verdict.BEGUN


async def test_only_they_and_admins_take_it_back(there: World, app: Services) -> None:
    given = await always(there, app)
    for who in (CY_SAYS, ADA_ASKS, Asker(None, SOUTH.id, BEN)):
        assert not await app.allowing.take_back(given.id, who)
    assert not await app.allowing.take_back("nothing", BEN_SAYS)
    assert await kept(there) == [given]

    await ruled(there, FROM_A_DOLLAR.model_copy(update={"admins": (CY,)}))
    app.roles.rulebook._books.forget(NORTH.id)
    assert await app.allowing.take_back(given.id, CY_SAYS)
    (ended,) = await logged(there, Action.ALLOWANCE_ENDED)
    assert f'"actor":"{CY}"' in ended.personal
    assert f'"approver":"{BEN}"' in ended.personal


@pytest.mark.parametrize("left", [(CY,), ()], ids=["another", "nobody"])
async def test_it_ends_with_the_rule_that_names_its_approver_no_more(
    there: World, app: Services, left: tuple[str, ...]
) -> None:
    await always(there, app)
    book = await app.roles.rulebook.latest(ADA_ASKS)

    assert await app.roles.rulebook.change(book, book.rules.model_copy(update={"approvers": left}), by=ADA)
    book = await app.roles.rulebook.latest(ADA_ASKS)
    assert await app.roles.rulebook.change(book, FROM_A_DOLLAR, by=ADA)

    assert await kept(there) == []
    assert (await confirmed(there, app)).status is S.AWAITING_APPROVAL
    (ended,) = await logged(there, Action.ALLOWANCE_ENDED)
    assert f'"actor":"{ADA}"' in ended.personal


async def test_it_ends_at_once_with_their_data(there: World, app: Services) -> None:
    await always(there, app)
    await given_to(there, CY)

    await app.deleting.delete_person(BEN_SAYS)

    assert [each.user_id for each in await kept(there)] == [CY]
    (ended,) = await logged(there, Action.ALLOWANCE_ENDED)
    assert f'"actor":"{BEN}"' in ended.personal


# --- all or nothing -------------------------------------------------------------------------------------


class _Death(Exception):
    """The process dies here."""


def _dying(store: Any) -> Any:
    async def store_and_die(*given: Any, **named: Any) -> None:
        await store(*given, **named)
        raise _Death

    return store_and_die


async def test_a_yes_that_is_cut_before_its_end_has_done_nothing(
    there: World, app: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await always(there, app)
    order = await offered(there)
    for module, name in (
        (gate_store, "open_gate"),
        (gate_store, "approve"),
        (ledger_store, "hold"),
        (audit_store, "append"),
    ):
        with monkeypatch.context() as cut:
            cut.setattr(module, name, _dying(getattr(module, name)))
            with pytest.raises(_Death):
                await app.orders.confirm(order.id, "e1", ADA_ASKS)
        assert (await there.now(order)).status is S.OFFERED, name
        assert await booked(there, order) == [], name
        async with there.db.read() as conn:
            assert await gate_store.of_orders(conn, [order.id]) == {}, name

    assert await app.orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED


async def test_what_is_allowed_needs_no_words_about_approval(there: World, app: Services) -> None:
    order = await offered(there)
    tools = there.tools
    tools.roles.rulebook._books.forget(NORTH.id)
    assert await needs_of(tools, order) is not None

    await always(there, app)

    assert await needs_of(tools, order) is None
    assert await needs_of(tools, await offered(there, "4.21")) is not None
    await ruled(there, TWO_YESES)
    tools.roles.rulebook._books.forget(NORTH.id)
    assert await needs_of(tools, order) is not None
