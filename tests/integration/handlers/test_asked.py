"""Nobody waits unsaid for an approver who never hears of it, or who is none any more."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.asking.asks import Asker
from bot.messages.ids import Action, button_value
from bot.steps.offered import Offered
from bot.teams import rulebook as rulebook_module
from bot.teams.rules import Rules
from storage import rules as rules_store
from storage.audit import Action as Audited
from storage.audit_check import read
from storage.orders import Order, OrderStatus
from storage.schema import answers
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front
from tests.integration.handlers.test_approvals import (
    RULES,
    buttons,
    card_in,
    gate_of,
    offered,
    press,
    shown,
    waiting,
)
from tests.integration.handlers.test_rules import AMY, EVE, everybody, meet, setting

__all__ = ["everybody"]

AMY_SAYS = RULES.model_copy(update={"approvers": (AMY,)})
TWO = RULES.model_copy(update={"approvers": (BEN, AMY), "approvals_needed": 2})


@pytest.fixture(autouse=True)
async def known(app: Front) -> None:
    await meet(app, AMY)


def mine(app: Front) -> str:
    """The asker's card."""
    return str(card_in(app, VIDEOS).text)


def asking(app: Front, person: str) -> Any:
    """The card that asks an approver, or did."""
    return card_in(app, app.there.box.dm(person))


async def looked(app: Front, order: Order) -> Order:
    """What became of it once those who are asked were looked at, which is at once."""
    now = await app.there.now(order)
    assert now.due_at is not None
    assert now.due_at <= app.there.clock()
    looked_at = await app.there.run(Offered(app.there.tools), now)
    await shown(app)
    return looked_at


async def told(app: Front) -> list[tuple[str, str]]:
    """Whom the app tells what, beside the cards."""
    async with app.there.db.read() as conn:
        rows = await conn.execute(select(answers.c.user_id, answers.c.text).order_by(answers.c.user_id))
        return [(row.user_id, row.text) for row in rows if "yes" in row.text]


async def logged(app: Front) -> list[str]:
    async with app.there.db.read() as conn:
        return [row.personal or "" async for row in read(conn, NORTH.id) if row.action == Audited.NOT_REACHED]


def unreachable(app: Front, why: str) -> None:
    """Have Slack take nothing for Ben."""
    if why == "left":
        users = app.there.slack.workspace(NORTH.id).users
        users[BEN] = replace(users[BEN], deleted=True)
    else:
        closed = {"method": "chat.postMessage", "error": "messages_tab_disabled", "times": 1}
        app.there.slack.faults.set("api_error", closed)


async def asked_in_vain(app: Front, why: str, rules: Rules = RULES) -> Order:
    """Ada has said yes, and Ben cannot be written to."""
    await setting(app, rules)
    order = await offered(app)
    unreachable(app, why)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    for _ in range(2):
        await shown(app)
    return order


@pytest.mark.parametrize("why", ["left", "closed"])
async def test_an_approver_who_cannot_be_written_to_is_said_wherever_it_helps(app: Front, why: str) -> None:
    await asked_in_vain(app, why)

    assert "Nobody is left who has heard of it and could say yes. An admin can name others" in mine(app)
    assert f"I cannot write to <@{BEN}>: the answer can still be given on my Home." in mine(app)
    assert "Nothing is charged yet." in mine(app)
    (asker, to_asker), (admin, to_admin) = await told(app)
    assert (asker, admin) == (ADA, AMY)
    assert f"I cannot write to <@{BEN}>" in to_admin
    assert "Nobody is left who has heard of it and could say yes. Nothing was charged." in to_asker
    assert await logged(app) == [f'{{"approver":"{BEN}"}}']


async def test_it_is_said_once_and_taken_back_when_the_card_stands(app: Front) -> None:
    order = await asked_in_vain(app, "left")
    for _ in range(2):
        app.there.clock.pass_by(3600)
        await shown(app)
    assert len(await logged(app)) == 1
    assert len(await told(app)) == 2

    users = app.there.slack.workspace(NORTH.id).users
    users[BEN] = replace(users[BEN], deleted=False)
    app.there.clock.pass_by(3600)
    await shown(app)
    await shown(app)

    assert buttons(asking(app, BEN)) == ["Approve $4.20", "Decline"]
    assert f"I have asked <@{BEN}>" in mine(app)
    assert "I cannot write to" not in mine(app)
    assert (await gate_of(app, order)).unreached == ()


async def test_one_of_two_who_can_be_asked_is_enough(app: Front) -> None:
    await asked_in_vain(app, "left", RULES.model_copy(update={"approvers": (BEN, AMY)}))

    assert f"I have asked <@{BEN}>, <@{AMY}>." in mine(app)
    assert f"I cannot write to <@{BEN}>" in mine(app)
    assert [who for who, _ in await told(app)] == [AMY]


async def test_whom_the_rules_name_later_is_asked_and_begins_it(app: Front) -> None:
    order, gate = await waiting(app)
    await setting(app, AMY_SAYS)

    waits = await looked(app, order)

    assert (waits.status, waits.due_at) == (OrderStatus.AWAITING_APPROVAL, gate.ends_at)
    assert f"I have asked <@{AMY}>." in mine(app)
    assert buttons(asking(app, AMY)) == ["Approve $4.20", "Decline"]
    assert asking(app, BEN).text.startswith("Others are asked now. video.mp4")
    assert buttons(asking(app, BEN)) == []
    await press(app, Action.APPROVE, gate.id, BEN)
    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL
    assert await press(app, Action.APPROVE, gate.id, AMY) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


async def test_a_yes_that_was_given_stays_where_its_approver_is_none_any_more(app: Front) -> None:
    order, gate = await waiting(app, TWO)
    assert await press(app, Action.APPROVE, gate.id, BEN) == ""
    await setting(app, TWO.model_copy(update={"approvers": (AMY, EVE)}))

    await looked(app, order)

    assert (await gate_of(app, order)).approvers == (BEN, AMY, EVE)
    assert f"Yes from <@{BEN}>. 1 more is needed." in mine(app)
    assert await press(app, Action.APPROVE, gate.id, AMY) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


async def test_where_the_rules_leave_nobody_its_asker_is_told(app: Front) -> None:
    order, gate = await waiting(app)
    await setting(app, RULES.model_copy(update={"approvers": (ADA,)}))

    await looked(app, order)

    assert "Nobody is left who has heard of it and could say yes." in mine(app)
    assert buttons(card_in(app, VIDEOS)) == ["Cancel", "Say who is shown"]
    assert [who for who, _ in await told(app)] == [ADA]
    await setting(app, AMY_SAYS)
    await looked(app, order)
    assert await press(app, Action.APPROVE, gate.id, AMY) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


async def test_rules_that_change_while_they_are_looked_at_are_looked_at_once_more(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, gate = await waiting(app)
    await setting(app, RULES.model_copy(update={"approvers": (EVE,)}))
    latest = rulebook_module.Rulebook.latest

    async def overtaken(self: Any, owner: Any) -> Any:
        book = await latest(self, owner)
        async with app.there.db.write() as conn:
            assert await rules_store.change(
                conn, NORTH.id, AMY_SAYS.model_dump_json(), seen=book.revision, by=AMY
            )
        return book

    with monkeypatch.context() as patched:
        patched.setattr(rulebook_module.Rulebook, "latest", overtaken)
        await looked(app, order)
    assert (await gate_of(app, order)).approvers == gate.approvers

    await looked(app, order)
    assert (await gate_of(app, order)).approvers == (AMY,)


async def test_rules_that_name_nobody_else_leave_what_waits_alone(app: Front) -> None:
    order, gate = await waiting(app)
    await setting(app, RULES.model_copy(update={"approval_hours": 5}))
    assert (await app.there.now(order)).due_at == gate.ends_at


async def test_another_teams_rules_change_nothing(app: Front) -> None:
    order, gate = await waiting(app)
    rulebook, south = app.services.roles.rulebook, Asker(None, "T0SOUTH001", AMY)
    assert await rulebook.change(await rulebook.of(south), AMY_SAYS, by=AMY)
    assert (await app.there.now(order)).due_at == gate.ends_at
