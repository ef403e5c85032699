"""Approvers' cards and presses: what they read first, what their buttons do, and what becomes of the card."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.lanes import card_lane
from bot.messages.ids import Action, Callback, Reply, button_value
from bot.teams.rules import Rules
from storage import card_store, gate_store, limits
from storage.gates import Gate, GateKind, GateState
from storage.leases import LEASE_S
from storage.orders import Order, OrderStatus
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front, Json, block_action, view_payload
from tests.integration.handlers.test_rules import setting

RULES = Rules(approval_from_usd=Decimal(1), approvers=(BEN,))
MONTH = "2026-09"


async def shown(app: Front) -> None:
    """Have every card shown that is due."""
    there = app.there
    there.clock.pass_by(5)  # Slack's paces, and the pause between two edits
    async with there.db.write() as conn:
        due = {"now": there.clock(), "lease_s": LEASE_S, "token": "t", "limit": 100}
        held = await card_store.claim_cards(conn, **due)  # type: ignore[arg-type]
    await card_lane(there.tools, ask_again_from_usd=Decimal(50)).step(held)


async def offered(app: Front, usd: str = "4.20", **columns: Any) -> Order:
    offer: dict[str, Any] = {"offer_id": "e1", "expires_at": app.there.clock() + 600}
    price: dict[str, Any] = {"estimate_usd": Decimal(usd), "length_s": 6.0, "card_due_at": app.there.clock()}
    order = await app.there.order(OrderStatus.OFFERED, card_revision=1, **offer, **price, **columns)
    await shown(app)
    return order


async def press(app: Front, action: str, value: str, person: str, **changes: Any) -> str:
    """Press a button, and give what only the presser is told."""
    channel = app.there.box.dm(person)
    before = {message.ts for message in app.there.messages(channel)}
    user = {"id": person, "team_id": NORTH.id}
    body = block_action(action, value, user=user, **changes)
    assert (await app.interaction(body)).status_code == 200
    await app.settled()
    return " ".join(each.text for each in app.there.messages(channel) if each.ts not in before)


async def waiting(app: Front, rules: Rules = RULES, **columns: Any) -> tuple[Order, Gate]:
    """Ada has said yes, and Ben sees the card that asks him."""
    await setting(app, rules)
    order = await offered(app, **columns)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    await shown(app)
    return order, await gate_of(app, order)


async def gate_of(app: Front, order: Order) -> Gate:
    async with app.there.db.read() as conn:
        return (await gate_store.of_orders(conn, [order.id]))[order.id]


def card_in(app: Front, channel: str) -> Any:
    return app.there.messages(channel)[-1]


def question(message: Any, label: str) -> str:
    """What Slack asks before it sends the press on a button."""
    rows: Sequence[Json] = [block for block in message.blocks if block["type"] == "actions"]
    (asked,) = [
        element["confirm"]["text"]["text"]
        for row in rows
        for element in row["elements"]
        if element["text"]["text"] == label
    ]
    return str(asked)


def buttons(message: Any) -> list[str]:
    rows: Sequence[Json] = [block for block in message.blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row["elements"]]


async def test_an_offer_says_beforehand_whose_yes_it_needs(app: Front) -> None:
    await setting(app, RULES)
    await offered(app)

    card = card_in(app, VIDEOS)
    assert f"From $1.00 on <@{BEN}> has to say yes as well." in card.text
    assert buttons(card)[0] == "Ask for approval"


async def test_an_offer_says_where_nobody_is_left_to_approve_it(app: Front) -> None:
    await setting(app, RULES.model_copy(update={"approvers": (ADA,)}))
    order = await offered(app)

    assert "nobody is left who could give it" in card_in(app, VIDEOS).text
    told = await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)
    assert "your offer stays good" in told
    assert (await app.there.now(order)).status is OrderStatus.OFFERED

    await setting(app, RULES.model_copy(update={"approvers": (ADA,), "admins": (ADA,)}))
    told = await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)
    assert told.endswith("You can change that on my Home, under Settings; then press the button once more.")


async def test_the_approver_reads_first_what_is_made_and_what_it_costs(app: Front) -> None:
    await waiting(app)

    card = card_in(app, app.there.box.dm(BEN))
    first, second, *_ = card.text.split("\n")
    assert first.startswith("video.mp4 from example.com")
    assert first.endswith("about $4.20")
    assert second == f"<@{ADA}> asks for it in <#{VIDEOS}>."
    assert buttons(card) == ["Approve $4.20", "Decline"]
    mine = card_in(app, VIDEOS)
    assert mine.text.startswith("Waiting for approval")
    assert f"I have asked <@{BEN}>" in mine.text
    assert buttons(mine) == ["Cancel", "Say who is shown"]


async def test_a_yes_makes_the_card_a_record_and_begins_it(app: Front) -> None:
    order, gate = await waiting(app)

    assert await press(app, Action.APPROVE, gate.id, BEN) == ""
    await shown(app)

    card = card_in(app, app.there.box.dm(BEN))
    assert card.text.startswith(f"Approved by <@{BEN}>. video.mp4")
    assert buttons(card) == []
    assert (await app.there.now(order)).status is OrderStatus.RUNNING
    assert "approved already" in await press(app, Action.APPROVE, gate.id, BEN)
    assert "approved already" in await press(app, Action.DECLINE, gate.id, BEN)


def declining(view: Json, why: str) -> Json:
    values = {Reply.REASON: {Reply.REASON: {"type": "plain_text_input", "value": why}}}
    user = {"id": BEN, "team_id": NORTH.id}
    return view_payload("view_submission", {**view, "state": {"values": values}}, user=user)


async def test_a_no_asks_why_and_its_asker_is_told(app: Front) -> None:
    order, gate = await waiting(app)
    slack = app.there.slack
    trigger = slack.parts.triggers.mint(NORTH.id, BEN)
    await press(app, Action.DECLINE, gate.id, BEN, trigger_id=trigger)
    form = slack.parts.modals.stack(slack.workspace(NORTH.id), BEN)[-1]
    view = slack.parts.modals.as_json(form, slack.workspace(NORTH.id))
    assert view["callback_id"] == Callback.DECLINE

    nothing = await app.interaction(declining(view, " \n "))
    assert list(nothing.json()["errors"]) == [Reply.REASON]
    assert (await gate_of(app, order)).is_open
    sent = await app.interaction(declining(view, " Use lipsync-2, please. "))
    assert (sent.status_code, sent.content) == (200, b"")
    await app.settled()
    await shown(app)
    await app.services.answering.turn()
    await app.settled()

    assert (await gate_of(app, order)).reason == "Use lipsync-2, please."
    mine = card_in(app, VIDEOS)
    assert mine.text.startswith("Not approved")
    assert f"<@{BEN}> declined it: “Use lipsync-2, please.”" in mine.text
    assert "declined it: “Use lipsync-2, please.”" in card_in(app, app.there.box.dm(ADA)).text
    record = card_in(app, app.there.box.dm(BEN))
    assert record.text.startswith(f"Declined by <@{BEN}>.")
    assert buttons(record) == []


async def test_an_old_press_is_refused_kindly(app: Front) -> None:
    order, gate = await waiting(app)
    assert await press(app, Action.CANCEL, order.id, ADA) == ""
    await shown(app)

    assert card_in(app, app.there.box.dm(BEN)).text.startswith("No answer needed any more.")
    assert "needs no answer any more" in await press(app, Action.APPROVE, gate.id, BEN)
    assert (await gate_of(app, order)).state is GateState.STOPPED


async def test_nobody_else_approves_it(app: Front) -> None:
    order, gate = await waiting(app)

    assert "want somebody else's yes" in await press(app, Action.APPROVE, gate.id, ADA)
    await setting(app, RULES.model_copy(update={"approvers": (ADA,)}))
    assert "you are not among them now" in await press(app, Action.APPROVE, gate.id, BEN)
    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL


async def test_it_waits_in_the_approvers_home_with_its_buttons(app: Front) -> None:
    _, gate = await waiting(app)
    await app.services.homes.open(Asker(None, NORTH.id, BEN))
    await shown(app)

    home = app.there.slack.parts.modals.home(app.there.slack.workspace(NORTH.id), BEN).payload
    assert "Waits for your approval" in str(home["blocks"])
    pressed = [each for block in home["blocks"] for each in block.get("elements", ())]
    assert (Action.APPROVE, gate.id) in {(each.get("action_id"), each.get("value")) for each in pressed}

    await press(app, Action.APPROVE, gate.id, BEN)
    await shown(app)
    await shown(app)
    home = app.there.slack.parts.modals.home(app.there.slack.workspace(NORTH.id), BEN).payload
    assert "Waits for your approval" not in str(home["blocks"])


# --- more budget ----------------------------------------------------------------------------------------


async def limited(app: Front, usd: str) -> None:
    async with app.there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {"team": Decimal(usd)}, by=ADA, now=app.there.clock())


async def left(app: Front) -> limits.Standing:
    async with app.there.db.read() as conn:
        (standing,) = await limits.standing(conn, NORTH.id, MONTH)
    return standing


async def test_more_is_asked_for_and_given_for_this_month_alone(app: Front) -> None:
    await setting(app, Rules(approvers=(BEN,)))
    await limited(app, "3.00")
    order = await offered(app)
    value = button_value(order.id, "e1")
    assert "$3.00 left of $3.00" in await press(app, Action.GENERATE, value, ADA)

    assert await press(app, Action.ASK_FOR_MORE, value, ADA) == ""
    await shown(app)
    gate = await gate_of(app, order)
    assert gate.kind is GateKind.BUDGET
    assert card_in(app, VIDEOS).text.startswith("Waiting for more budget")
    asks = card_in(app, app.there.box.dm(BEN)).text
    assert "for this month alone" in asks
    assert "$3.00 left of $3.00" in asks
    assert "The team's budget is raised by $1.20.\nWhat is not used of that is taken back." in asks
    asked = question(card_in(app, app.there.box.dm(BEN)), "Approve $4.20")
    assert asked.startswith("This raises a budget by $1.20, for this month alone.")
    await app.services.homes.open(Asker(None, NORTH.id, BEN))
    await shown(app)
    home = app.there.slack.parts.modals.home(app.there.slack.workspace(NORTH.id), BEN).payload
    assert "The team's budget is raised by $1.20." in str(home["blocks"])
    assert "This raises a budget by $1.20, for this month alone." in str(home["blocks"])
    assert "More was asked for already" in await press(app, Action.ASK_FOR_MORE, value, ADA)

    assert await press(app, Action.APPROVE, gate.id, BEN) == ""

    assert (await app.there.now(order)).status is OrderStatus.RUNNING
    now = await left(app)
    assert (now.limit_usd, now.raised_usd, now.held_usd) == (Decimal(3), Decimal("1.20"), Decimal("4.20"))


async def test_an_admin_who_is_none_any_more_raises_no_budget(app: Front) -> None:
    await setting(app, Rules(admins=(BEN,)))
    await limited(app, "3.00")
    order = await offered(app)
    assert await press(app, Action.ASK_FOR_MORE, button_value(order.id, "e1"), ADA) == ""
    gate = await gate_of(app, order)
    assert gate.approvers == (BEN,)
    await setting(app, Rules())

    assert "you are not among them now" in await press(app, Action.APPROVE, gate.id, BEN)

    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL
    assert (await left(app)).raised_usd == 0


async def test_a_budget_that_is_overspent_is_raised_by_that_as_well(app: Front) -> None:
    await setting(app, Rules(approvers=(BEN,)))
    before = await offered(app, "2.00")
    assert await press(app, Action.GENERATE, button_value(before.id, "e1"), ADA) == ""
    await limited(app, "1.50")
    order = await offered(app)
    value = button_value(order.id, "e1")
    assert "left of $1.50" in await press(app, Action.GENERATE, value, ADA)
    assert await press(app, Action.ASK_FOR_MORE, value, ADA) == ""

    assert await press(app, Action.APPROVE, (await gate_of(app, order)).id, BEN) == ""

    assert (await app.there.now(order)).status is OrderStatus.RUNNING
    now = await left(app)
    assert (now.raised_usd, now.held_usd, now.left_usd) == (Decimal("4.70"), Decimal("6.20"), Decimal(0))


async def test_what_a_budget_was_raised_by_goes_when_it_is_not_used(app: Front) -> None:
    await setting(app, Rules(approvers=(BEN,)))
    await limited(app, "3.00")
    order = await offered(app)
    assert await press(app, Action.ASK_FOR_MORE, button_value(order.id, "e1"), ADA) == ""
    assert await press(app, Action.APPROVE, (await gate_of(app, order)).id, BEN) == ""
    assert (await left(app)).raised_usd == Decimal("1.20")

    assert await press(app, Action.CANCEL, order.id, ADA) == ""

    now = await left(app)
    assert (now.raised_usd, now.held_usd, now.left_usd) == (Decimal(0), Decimal(0), Decimal(3))
    order = await offered(app, "3.01")
    assert "left of $3.00" in await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)


async def test_what_a_budget_covers_by_now_begins_without_asking(app: Front) -> None:
    await limited(app, "3.00")
    order = await offered(app)
    value = button_value(order.id, "e1")
    await press(app, Action.GENERATE, value, ADA)
    await limited(app, "5.00")

    assert await press(app, Action.ASK_FOR_MORE, value, ADA) == ""

    assert (await app.there.now(order)).status is OrderStatus.RUNNING


async def test_nobody_is_asked_to_approve_what_a_budget_does_not_cover(app: Front) -> None:
    await setting(app, RULES)
    await limited(app, "3.00")
    order = await offered(app)
    value = button_value(order.id, "e1")

    assert "$3.00 left of $3.00" in await press(app, Action.GENERATE, value, ADA)

    assert (await app.there.now(order)).status is OrderStatus.OFFERED
    assert await press(app, Action.ASK_FOR_MORE, value, ADA) == ""
    gate = await gate_of(app, order)
    assert gate.kind is GateKind.BUDGET
    assert await press(app, Action.APPROVE, gate.id, BEN) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


async def test_a_budget_that_covers_it_no_more_is_told_at_the_last_yes(app: Front) -> None:
    order, gate = await waiting(app)
    await limited(app, "3.00")

    told = await press(app, Action.APPROVE, gate.id, BEN)
    assert "$3.00 left of $3.00" in told
    assert "goes on waiting" in told
    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL
    assert (await gate_of(app, order)).approved_by == ()

    await limited(app, "5.00")
    assert await press(app, Action.APPROVE, gate.id, BEN) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


@pytest.mark.parametrize("approvers", [(), (ADA,)], ids=["no admin is known", "the asker alone"])
async def test_where_nobody_can_raise_it_the_offer_stays_good(app: Front, approvers: tuple[str, ...]) -> None:
    await setting(app, Rules(approvers=approvers))
    await limited(app, "3.00")
    order = await offered(app)
    value = button_value(order.id, "e1")
    await press(app, Action.GENERATE, value, ADA)

    told = await press(app, Action.ASK_FOR_MORE, value, ADA)
    assert "your offer stays good. An admin of your workspace can raise the budget" in told
    assert (await app.there.now(order)).status is OrderStatus.OFFERED


async def test_the_only_admin_is_told_where_to_raise_it_themselves(app: Front) -> None:
    await setting(app, Rules(admins=(ADA,)))
    await limited(app, "3.00")
    order = await offered(app)

    told = await press(app, Action.ASK_FOR_MORE, button_value(order.id, "e1"), ADA)

    assert "You can raise the budget on my Home, under Settings; then press Generate once more." in told
    assert f"<@{ADA}>" not in told
    assert (await app.there.now(order)).status is OrderStatus.OFFERED
