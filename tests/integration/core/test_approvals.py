"""A yes that others have to give: each press that counts, each that does not, and every end of the wait."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import services_of
from bot.asking.asks import Asker
from bot.messages.approval_card import approval_card
from bot.messages.catalogue import ENGLISH
from bot.services import Services
from bot.steps import approvers
from bot.steps.approvers import Approvers
from bot.steps.offered import Offered
from bot.steps.removals import Removals
from bot.teams.people import FRESH_S
from bot.teams.rights import Rule, RuledOut
from bot.teams.rules import Rules
from bot.use_cases.approvals import Approvals
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from bot.use_cases.verdict import Verdict
from storage import audit as audit_store
from storage import audit_check, card_store, gate_store, job_store, order_store, rules
from storage import ledger as ledger_store
from storage.audit import Action
from storage.cards import CardKind
from storage.errors import Undecryptable
from storage.gates import DECLINED, Gate, GateKind, GateState
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from storage.people import Membership
from storage.schema import answers, audit, cards, ledger
from tests.integration.core.world import LINKS, World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH
from tests.integration.storage import books

CY = "U0CY"
ADA_ASKS, BEN_SAYS, CY_SAYS = (Asker(None, NORTH.id, user) for user in (ADA, BEN, CY))
FROM_A_DOLLAR = Rules(approval_from_usd=Decimal(1), approvers=(BEN, CY))
TWO_YESES = FROM_A_DOLLAR.model_copy(update={"approvals_needed": 2})
WAITS, S = OrderStatus.AWAITING_APPROVAL, OrderStatus


@pytest.fixture
def services(there: World) -> Services:
    ids = (f"new-{number}" for number in count(1))
    tools = replace(there.tools, new_id=lambda: next(ids))
    return services_of(tools, wake=lambda: there.woken.append(there.clock()), public_url=None)


@pytest.fixture
def orders(services: Services) -> Orders:
    return services.orders


@pytest.fixture
def approvals(services: Services) -> Approvals:
    return services.approvals


@pytest.fixture(autouse=True)
def people(there: World) -> None:
    users = there.slack.workspace(NORTH.id).users
    for each, name in ((CY, "cy"), ("U0NEW", "new")):
        users.setdefault(each, replace(users[BEN], id=each, name=name))


async def ruled(there: World, by: Rules) -> None:
    """Rules that another process has just stored: this one remembers those before."""
    await there.tools.roles.rulebook.of(ADA_ASKS)
    async with there.db.write() as conn:
        stored = await rules.find(conn, NORTH.id)
        seen = 0 if stored is None else stored.revision
        await rules.change(conn, NORTH.id, by.model_dump_json(), seen=seen, by=ADA)


async def offered(there: World, usd: str | None = "4.20", **columns: Any) -> Order:
    usual: dict[str, Any] = {"offer_id": "e1", "expires_at": there.clock() + 60, "draft": LINKS}
    price = None if usd is None else Decimal(usd)
    return await there.order(S.OFFERED, **usual | {"estimate_usd": price, "card_revision": 1} | columns)


async def waiting(there: World, orders: Orders, by: Rules = FROM_A_DOLLAR, **columns: Any) -> Order:
    """An order that Ada said yes to, and that waits."""
    await ruled(there, by)
    order = await offered(there, **columns)
    assert await orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.WAITS
    return await there.now(order)


async def gate_of(there: World, order: Order) -> Gate:
    async with there.db.read() as conn:
        return (await gate_store.of_orders(conn, [order.id]))[order.id]


async def asking_cards(there: World, order: Order) -> dict[str, Any]:
    """The cards that ask approvers, by person."""
    async with there.db.read() as conn:
        query = select(cards).where(cards.c.order_id == order.id, cards.c.kind == CardKind.APPROVAL)
        return {row.user_id: row for row in await conn.execute(query)}


async def booked(there: World, order: Order) -> list[tuple[str, int]]:
    async with there.db.read() as conn:
        query = select(ledger.c.kind, ledger.c.held_delta).where(ledger.c.order_id == order.id)
        assert await books.budgeted(conn) == await books.booked(conn)
        return [(row.kind, row.held_delta) for row in await conn.execute(query)]


async def told(there: World) -> list[str]:
    """What the askers are told in their direct messages, and the log of what was done."""
    async with there.db.read() as conn:
        return [row.text for row in await conn.execute(select(answers.c.text))]


async def logged(there: World) -> list[str]:
    async with there.db.read() as conn:
        (chain,) = await audit_check.verify(conn, NORTH.id)
        assert chain.faults == []
        query = select(audit.c.action).where(audit.c.action.startswith("order.")).order_by(audit.c.seq)
        return list((await conn.execute(query)).scalars())


async def test_a_yes_from_the_threshold_on_waits_and_holds_nothing(there: World, orders: Orders) -> None:
    order = await waiting(there, orders)

    assert (order.status, order.confirmed_by, order.due_at) == (WAITS, ADA, there.clock() + 72 * 3600)
    gate = await gate_of(there, order)
    assert (gate.kind, gate.state, gate.approvers) == (GateKind.APPROVAL, GateState.OPEN, (BEN, CY))
    assert {user: card.due_at for user, card in (await asking_cards(there, order)).items()} == {
        BEN: there.clock(),
        CY: there.clock(),
    }
    assert await booked(there, order) == []
    assert (await there.state(order)).jobs == ()
    assert await orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.ALREADY_DONE
    assert await logged(there) == [Action.CONFIRMED]


@pytest.mark.parametrize(("usd", "waits"), [("0.99", False), ("1.00", True), (None, True)])
async def test_the_threshold_counts_itself_and_what_has_no_price(
    there: World, orders: Orders, usd: str | None, *, waits: bool
) -> None:
    await ruled(there, FROM_A_DOLLAR)
    order = await offered(there, usd)

    outcome = await orders.confirm(order.id, "e1", ADA_ASKS)

    assert outcome is (Confirmation.WAITS if waits else Confirmation.ACCEPTED)


async def test_the_last_yes_begins_it_and_holds_the_money(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)
    there.clock.pass_by(3599)
    early = await there.run(Offered(there.tools), order)
    assert (early.status, early.due_at) == (WAITS, gate.ends_at)
    there.clock.pass_by(1)

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.BEGUN

    now = await there.state(order)
    assert (now.order.status, [job.status for job in now.jobs]) == (S.RUNNING, [JobStatus.QUEUED])
    assert now.jobs[0].idempotency_key == f"lipsync-{now.jobs[0].id}-e1"
    assert await booked(there, order) == [("hold", 4_200_000)]
    closed = await gate_of(there, order)
    assert (closed.state, closed.approved_by) == (GateState.APPROVED, (BEN,))
    assert {card.revision for card in (await asking_cards(there, order)).values()} == {2}
    assert await logged(there) == [Action.CONFIRMED, Action.APPROVED]
    assert there.woken


async def test_two_different_people_have_to_say_yes(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders, TWO_YESES)
    gate = await gate_of(there, order)

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.NOTED
    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.SAID_ALREADY
    assert (await there.now(order)).status is WAITS
    assert await booked(there, order) == []

    assert await approvals.approve(gate.id, CY_SAYS) is Verdict.BEGUN
    assert await booked(there, order) == [("hold", 4_200_000)]
    assert await logged(there) == [Action.CONFIRMED, Action.APPROVED, Action.APPROVED]


async def test_of_many_last_yeses_at_once_one_begins_it(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)

    presses = [approvals.approve(gate.id, who) for who in (BEN_SAYS, CY_SAYS) * 4]
    verdicts = await asyncio.gather(*presses)

    assert verdicts.count(Verdict.BEGUN) == 1
    assert verdicts.count(Verdict.TOO_LATE) == 7
    assert await booked(there, order) == [("hold", 4_200_000)]


async def test_a_last_yes_that_is_cut_before_its_end_has_done_nothing(
    there: World, orders: Orders, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each place where something is stored: all of it is one transaction."""
    order = await waiting(there, orders)
    gate = await gate_of(there, order)
    stored = (
        (gate_store, "approve"),
        (order_store, "move"),
        (job_store, "bear"),
        (ledger_store, "hold"),
        (card_store, "show"),
        (gate_store, "show"),
        (audit_store, "append"),
    )
    for module, name in stored:
        with monkeypatch.context() as cut:
            cut.setattr(module, name, _dying(getattr(module, name)))
            with pytest.raises(_Death):
                await approvals.approve(gate.id, BEN_SAYS)
        assert (await there.now(order)).status is WAITS, name
        assert await gate_of(there, order) == gate, name
        assert await booked(there, order) == [], name

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.BEGUN


class _Death(Exception):
    """The process dies here."""


def _dying(store: Any) -> Any:
    async def store_and_die(*given: Any, **named: Any) -> None:
        await store(*given, **named)
        raise _Death

    return store_and_die


async def test_nobody_approves_what_they_asked_for_unless_the_rule_says_so(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    with_ada = FROM_A_DOLLAR.model_copy(update={"approvers": (ADA, BEN)})
    order = await waiting(there, orders, with_ada)
    gate = await gate_of(there, order)
    assert gate.approvers == (BEN,)
    assert await approvals.approve(gate.id, ADA_ASKS) is Verdict.OWN
    assert await approvals.decline(gate.id, ADA_ASKS, "no") is Verdict.OWN

    order = await waiting(there, orders, with_ada.model_copy(update={"may_approve_own": True}))
    assert await approvals.approve((await gate_of(there, order)).id, ADA_ASKS) is Verdict.BEGUN


async def test_where_nobody_is_left_to_approve_the_offer_stays_good(there: World, orders: Orders) -> None:
    await ruled(there, FROM_A_DOLLAR.model_copy(update={"approvers": (ADA,)}))
    order = await offered(there)

    assert await orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.NOBODY_APPROVES
    assert (await there.now(order)).status is S.OFFERED


@pytest.mark.parametrize("changed", [(CY,), (CY, "U0NEW")], ids=["taken out", "another in their place"])
async def test_who_is_no_approver_any_more_says_neither_yes_nor_no(
    there: World, orders: Orders, approvals: Approvals, changed: tuple[str, ...]
) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)
    await ruled(there, FROM_A_DOLLAR.model_copy(update={"approvers": changed}))

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.NOT_ASKED
    assert await approvals.decline(gate.id, BEN_SAYS, "no") is Verdict.NOT_ASKED
    assert await approvals.approve(gate.id, Asker(None, NORTH.id, "U0NEW")) is Verdict.NOT_ASKED
    assert (await there.now(order)).status is WAITS


async def test_an_approver_who_has_left_the_workspace_says_nothing(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)
    users = there.slack.workspace(NORTH.id).users
    users[BEN] = replace(users[BEN], role="guest")
    there.clock.pass_by(90)

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.NOT_ASKED


async def test_an_approver_who_leaves_once_asked_is_noticed_once(there: World, orders: Orders) -> None:
    order = await waiting(there, orders)
    users = there.slack.workspace(NORTH.id).users
    await Approvers(there.tools).turn()
    assert (await gate_of(there, order)).unreached == ()

    users[BEN] = replace(users[BEN], deleted=True)
    there.clock.pass_by(FRESH_S + 1)
    for _ in range(2):
        await Approvers(there.tools).turn()

    assert (await gate_of(there, order)).unreached == (BEN,)
    async with there.db.read() as conn:
        log = [row.action async for row in audit_check.read(conn, NORTH.id)]
    assert log.count(Action.NOT_REACHED) == 1


async def test_all_that_waits_is_looked_at_a_page_at_a_time(
    there: World, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvers, "AT_ONCE", 2)
    made = [await waiting(there, orders) for _ in range(5)]
    users = there.slack.workspace(NORTH.id).users
    users[BEN] = replace(users[BEN], deleted=True)
    there.clock.pass_by(FRESH_S + 1)

    looks = Approvers(there.tools)
    assert [await looks.turn() for _ in range(3)] == [True, True, False]

    assert {(await gate_of(there, order)).unreached for order in made} == {(BEN,)}
    assert await looks.turn(), "then from the first on"


async def test_a_team_that_slack_cannot_be_asked_of_keeps_no_other_waiting(
    there: World, orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token was sealed with a key that is gone."""
    sealed, other = await waiting(there, orders), await waiting(there, orders)
    people, of_gate = there.tools.roles.people, (await gate_of(there, sealed)).id

    async def of(owner: Any, user_id: str) -> Any:
        if owner.id == of_gate:
            raise Undecryptable("sealed")
        return replace(await tell(owner, user_id), membership=Membership.GONE)

    tell = people.of
    monkeypatch.setattr(people, "of", of)
    await Approvers(there.tools).turn()

    assert (await gate_of(there, sealed)).unreached == ()
    assert BEN in (await gate_of(there, other)).unreached


async def test_another_teams_gate_is_none(there: World, orders: Orders, approvals: Approvals) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)
    stranger = Asker(None, SOUTH.id, BEN)

    assert await approvals.approve(gate.id, stranger) is Verdict.UNKNOWN
    assert await approvals.decline(gate.id, stranger, "no") is Verdict.UNKNOWN
    assert await approvals.approve("no-such-gate", BEN_SAYS) is Verdict.UNKNOWN
    assert await gate_of(there, order) == gate


async def test_a_no_ends_it_and_tells_its_asker_why(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)

    assert await approvals.decline(gate.id, BEN_SAYS, "Use the *cheaper* model") is Verdict.DECLINED

    now = await there.now(order)
    assert (now.status, now.failure_code) == (S.CANCELLED, DECLINED)
    closed = await gate_of(there, order)
    assert (closed.state, closed.closed_by, closed.reason) == (
        GateState.DECLINED,
        BEN,
        "Use the *cheaper* model",
    )
    (words,) = await told(there)
    assert f"<@{BEN}> declined it: “Use the" in words
    assert "Nothing was charged" in words
    assert {card.revision for card in (await asking_cards(there, order)).values()} == {2}
    assert await logged(there) == [Action.CONFIRMED, Action.DECLINED]
    assert await booked(there, order) == []


async def test_what_has_ended_takes_no_answer(there: World, orders: Orders, approvals: Approvals) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)
    assert await orders.cancel(order.id, ADA_ASKS)

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.TOO_LATE
    assert await approvals.decline(gate.id, CY_SAYS, "no") is Verdict.TOO_LATE
    assert (await gate_of(there, order)).state is GateState.STOPPED
    assert {card.revision for card in (await asking_cards(there, order)).values()} == {2}
    assert await booked(there, order) == []


async def test_a_yes_is_to_the_offer_that_it_was_asked_for_alone(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)
    await there.change(order, offer_id="another")

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.TOO_LATE
    assert await approvals.decline(gate.id, BEN_SAYS, "no") is Verdict.TOO_LATE
    assert (await there.now(order)).status is WAITS


async def test_what_has_begun_takes_no_cancel_of_the_wait(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    gate = await gate_of(there, order)

    verdict, _ = await asyncio.gather(approvals.approve(gate.id, BEN_SAYS), orders.cancel(order.id, ADA_ASKS))

    closed, now = await gate_of(there, order), await there.state(order)
    if verdict is Verdict.BEGUN:  # then the cancel came to a queued job, whose hold is released
        assert (closed.state, now.order.status) == (GateState.APPROVED, S.RUNNING)
    else:
        assert (verdict, closed.state, now.jobs) == (Verdict.TOO_LATE, GateState.STOPPED, ())
    assert sum(held for _, held in await booked(there, order)) == 0


async def test_the_wait_has_an_end_of_its_own(there: World, orders: Orders, approvals: Approvals) -> None:
    short = FROM_A_DOLLAR.model_copy(update={"approval_hours": 1})
    order = await waiting(there, orders, short)
    gate = await gate_of(there, order)
    there.clock.pass_by(3599)
    early = await there.run(Offered(there.tools), order)
    assert (early.status, early.due_at) == (WAITS, gate.ends_at)
    there.clock.pass_by(1)

    assert await approvals.approve(gate.id, BEN_SAYS) is Verdict.TOO_LATE
    await there.run(Offered(there.tools), order)

    assert (await there.now(order)).status is S.EXPIRED
    assert (await gate_of(there, order)).state is GateState.TIMED_OUT
    assert "Nobody approved" in (await told(there))[0]
    assert {card.revision for card in (await asking_cards(there, order)).values()} == {2}


async def test_an_end_of_the_wait_that_comes_late_changes_nothing(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    held = await there.claim(order)
    assert await approvals.approve((await gate_of(there, order)).id, BEN_SAYS) is Verdict.BEGUN
    there.clock.pass_by(73 * 3600)

    await Offered(there.tools)(held)

    assert (await there.now(order)).status is S.RUNNING
    assert await told(there) == []


async def test_what_waits_is_offered_anew_where_another_account_pays(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    await there.connect("sk-other-0123456789", "another-organisation")

    assert await approvals.approve((await gate_of(there, order)).id, BEN_SAYS) is Verdict.ACCOUNT_CHANGED

    assert (await there.now(order)).status is S.CANCELLED
    assert (await gate_of(there, order)).state is GateState.STOPPED
    anew = [each for each in await there.orders_of(ADA_ASKS) if each.id != order.id]
    assert [each.status for each in anew] == [S.PREPARING]
    assert await booked(there, order) == []


async def test_a_rule_that_came_meanwhile_stands_against_a_yes(
    there: World, orders: Orders, approvals: Approvals
) -> None:
    order = await waiting(there, orders)
    await ruled(there, FROM_A_DOLLAR.model_copy(update={"blocked_people": (ADA,)}))

    with pytest.raises(RuledOut) as refused:
        await approvals.approve((await gate_of(there, order)).id, BEN_SAYS)
    assert refused.value.rule is Rule.BLOCKED
    assert (await there.now(order)).status is WAITS
    assert (await gate_of(there, order)).approved_by == ()


async def test_an_uninstall_ends_the_wait(there: World, orders: Orders) -> None:
    order = await waiting(there, orders)
    await there.uninstall(NORTH.id)

    await Removals(there.tools).turn()

    assert (await there.now(order)).status is S.FAILED
    assert (await gate_of(there, order)).state is GateState.STOPPED


# --- what its approvers read where it was stopped -------------------------------------------------------


async def cancelled(_there: World, services: Services, order: Order) -> None:
    assert await services.orders.cancel(order.id, ADA_ASKS)


async def paid_by_another(there: World, services: Services, order: Order) -> None:
    await there.connect("sk-other-0123456789", "another-organisation")
    gate = await gate_of(there, order)
    assert await services.approvals.approve(gate.id, CY_SAYS) is Verdict.ACCOUNT_CHANGED


async def uninstalled(there: World, _services: Services, _order: Order) -> None:
    await there.uninstall(NORTH.id)
    await Removals(there.tools).turn()


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        (cancelled, f"<@{ADA}> cancelled it."),
        (paid_by_another, f"Another sync.so account pays here now. <@{ADA}> gets a new offer."),
        (uninstalled, "I was removed from this workspace"),
    ],
)
async def test_where_it_was_stopped_its_approvers_have_a_record_that_says_by_whom(
    there: World, services: Services, stop: Any, said: str
) -> None:
    order = await waiting(there, services.orders, TWO_YESES)
    assert await services.approvals.approve((await gate_of(there, order)).id, BEN_SAYS) is Verdict.NOTED
    before = await asking_cards(there, order)

    await stop(there, services, order)

    gate, state = await gate_of(there, order), await there.state(order)
    after = await asking_cards(there, order)
    assert {who: card.revision - before[who].revision for who, card in after.items()} == {BEN: 1, CY: 1}
    for viewer in (BEN, CY):
        card = approval_card(ENGLISH, state, gate, viewer=viewer)
        assert said in card.text
        assert "Nothing was charged." in card.text
        assert "No answer needed any more" in card.text
        assert [block for block in card.blocks if block["type"] == "actions"] == []
    assert await booked(there, order) == []
