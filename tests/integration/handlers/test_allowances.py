"""What an approver may always allow: on the record of their yes, in their Home, and to whoever asks."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.asking.asks import Asker
from bot.messages.ids import Action, button_value
from bot.teams.rules import Rules
from storage import allowances
from storage.allowances import Allowance
from storage.gates import Gate
from storage.orders import Order, OrderStatus
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front, Json
from tests.integration.handlers.test_approvals import (
    RULES,
    buttons,
    card_in,
    gate_of,
    offered,
    press,
    question,
    shown,
)
from tests.integration.handlers.test_rules import setting

LABEL = "Always allow up to $4.20"


async def approved(app: Front, usd: str = "4.20") -> tuple[Order, Gate]:
    """Ben has approved what Ada asked for."""
    order = await offered(app, usd)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    await shown(app)
    gate = await gate_of(app, order)
    assert await press(app, Action.APPROVE, gate.id, BEN) == ""
    await shown(app)
    return order, gate


async def three(app: Front) -> Gate:
    await setting(app, RULES)
    for _ in range(3):
        _, gate = await approved(app)
    return gate


async def allowing(app: Front) -> Gate:
    gate = await three(app)
    assert await press(app, Action.ALLOW, button_value(gate.id, "4200000"), BEN) == ""
    await shown(app)
    return gate


async def kept(app: Front) -> list[Allowance]:
    async with app.there.db.read() as conn:
        return await allowances.of_installation(conn, NORTH.id)


async def home(app: Front, person: str, *, page: bool = False) -> list[Json]:
    who = Asker(None, NORTH.id, person)
    await (app.services.homes.open_allowances(who) if page else app.services.homes.open(who))
    await shown(app)
    slack = app.there.slack
    blocks: list[Json] = slack.parts.modals.home(slack.workspace(NORTH.id), person).payload["blocks"]
    return blocks


def pressable(blocks: list[Json]) -> list[tuple[str, str, str]]:
    """Action, value and label of what can be pressed."""
    found: list[Any] = [each for block in blocks for each in block.get("elements", ())]
    found += [block["accessory"] for block in blocks if "accessory" in block]
    return [
        (each["action_id"], str(each.get("value")), each["text"]["text"])
        for each in found
        if each["type"] == "button"
    ]


async def test_the_record_of_the_third_yes_offers_it_with_its_price(app: Front) -> None:
    await setting(app, RULES)
    for _ in range(2):
        await approved(app)
        assert buttons(card_in(app, app.there.box.dm(BEN))) == []
    _, gate = await approved(app)

    card = card_in(app, app.there.box.dm(BEN))
    assert card.text.startswith(f"Approved by <@{BEN}>.")
    assert f"in <#{VIDEOS}>. From now on I can take your yes for granted there, up to $4.20" in card.text
    assert buttons(card) == [LABEL]
    assert "up to $4.20 each time without asking you" in question(card, LABEL)
    assert (await kept(app)) == []
    assert gate.approvers == (BEN,)


async def test_who_allows_it_reads_so_and_is_asked_no_more(app: Front) -> None:
    await allowing(app)
    card = card_in(app, app.there.box.dm(BEN))
    assert "You chose to always allow" in card.text
    assert "up to $4.20 each time. What you always allow stands on my Home" in card.text
    assert buttons(card) == []
    before = len(app.there.messages(app.there.box.dm(BEN)))

    order = await offered(app)
    offer = card_in(app, VIDEOS)
    assert "has to say yes as well" not in offer.text
    assert buttons(offer)[0].startswith("Generate")
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    await shown(app)

    assert (await app.there.now(order)).status is OrderStatus.RUNNING
    assert f"Allowed in advance by <@{BEN}>." in card_in(app, VIDEOS).text
    assert len(app.there.messages(app.there.box.dm(BEN))) == before
    await offered(app, "4.21")
    assert f"From $1.00 on <@{BEN}> has to say yes as well." in card_in(app, VIDEOS).text


async def test_a_press_on_what_holds_no_more_is_refused_kindly(app: Front) -> None:
    gate = await three(app)
    told = await press(app, Action.ALLOW, button_value(gate.id, "9000000"), BEN)
    assert "so I go on asking you" in told
    for value in (gate.id, f"{gate.id}:x", f"{gate.id}:-1", f"{gate.id}:²", f"{gate.id}:{'9' * 400}"):
        await press(app, Action.ALLOW, value, BEN)
    assert "you are not among them now" in await press(
        app, Action.ALLOW, button_value(gate.id, "4200000"), ADA
    )
    await setting(app, Rules(approval_from_usd=Decimal(1), approvers=(ADA,)))
    assert "you are not among them now" in await press(
        app, Action.ALLOW, button_value(gate.id, "4200000"), BEN
    )
    assert await kept(app) == []


async def test_it_is_listed_in_the_home_and_taken_back_there(app: Front) -> None:
    assert Action.HOME_ALLOWED not in str(await home(app, BEN))
    await allowing(app)
    (given,) = await kept(app)
    first = pressable(await home(app, BEN))
    assert (Action.HOME_ALLOWED, "allowed", "Always allowed (1)") in first
    assert Action.HOME_ALLOWED not in str(await home(app, ADA)), "who has allowed nothing, and is no admin"
    assert await press(app, Action.HOME_ALLOWED, "allowed", BEN) == ""
    await shown(app)

    page = await home(app, BEN, page=True)
    assert f"in <#{VIDEOS}>, up to $4.20 each time" in str(page)
    assert pressable(page) == [
        (Action.HOME_NEWEST, "newest", "Back"),
        (Action.TAKE_BACK, given.id, "Take back"),
    ]
    assert await press(app, Action.TAKE_BACK, given.id, BEN) == ""
    await shown(app)

    slack = app.there.slack
    now = slack.parts.modals.home(slack.workspace(NORTH.id), BEN).payload["blocks"]
    assert "Nothing is allowed in advance." in str(now)
    order = await offered(app)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL


async def test_admins_see_everybodys_and_end_them(app: Front) -> None:
    await allowing(app)
    (given,) = await kept(app)
    assert "up to $4.20" not in str(await home(app, ADA, page=True))
    await press(app, Action.TAKE_BACK, given.id, ADA)
    assert await kept(app) == [given]

    await setting(app, RULES.model_copy(update={"admins": (ADA,)}))

    assert (Action.HOME_ALLOWED, "allowed", "Always allowed (1)") in pressable(await home(app, ADA))
    assert f"<@{BEN}>: *" in str(await home(app, ADA, page=True))
    assert await press(app, Action.TAKE_BACK, given.id, ADA) == ""
    assert await kept(app) == []


async def test_where_others_have_to_say_yes_as_well_their_card_says_that_it_counts(app: Front) -> None:
    await allowing(app)
    cy = "U0CY"
    users = app.there.slack.workspace(NORTH.id).users
    users.setdefault(cy, replace(users[BEN], id=cy, name="cy"))
    await setting(app, RULES.model_copy(update={"approvers": (BEN, cy), "approvals_needed": 2}))

    order = await offered(app)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    await shown(app)

    card = card_in(app, app.there.box.dm(BEN))
    assert "You had allowed this in advance, so your yes counts." in card.text
    assert "Allowed in advance by" not in card.text, "which is the same once more"
    assert buttons(card) == ["Decline"]
    theirs = card_in(app, VIDEOS).text
    assert f"Yes from <@{BEN}>. 1 more is needed." in theirs
    assert f"Allowed in advance by <@{BEN}>." in theirs
