"""I object, in the message that says that somebody is named; its withdrawal there and in a Home."""

import json
from typing import Any

from bot.asking.asks import Asker
from bot.messages.fields import NOT_A_COLLEAGUE
from bot.messages.ids import Action, OfPerson, button_value
from storage import deletions
from storage.consents import Ground, Shown
from storage.orders import Forgotten, Order, OrderStatus
from tests.integration.core.world import SCRIPT
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front, alert_in
from tests.integration.handlers.test_approvals import buttons, card_in, offered, press, shown, waiting
from tests.integration.handlers.test_consents import changing, filled, ground, modal, opened, say
from tests.integration.handlers.test_home import ON_HOME

BOT = NORTH.bot_user_id
BEN_IS_SHOWN = Shown(Ground.COLLEAGUE, BEN)


async def named(app: Front) -> Order:
    """An order of Ada's, of which Ben has heard that he is shown in it."""
    order = await offered(app)
    assert await say(app, order, BEN_IS_SHOWN)
    await said(app)
    return order


async def said(app: Front) -> None:
    """What is to be told in direct messages."""
    await app.services.answering.turn()
    await app.settled()


def message(app: Front, person: str = BEN) -> Any:
    return card_in(app, app.there.box.dm(person))


async def pressed(app: Front, action: Action, order: Order) -> Any:
    """Ben presses a button of that message, and what it is then."""
    channel, ts = app.there.box.dm(BEN), message(app).ts
    url = app.there.slack.parts.response_urls.for_message(NORTH.id, BEN, channel, ts, ephemeral=False)
    where = {"type": "message", "channel_id": channel, "message_ts": ts}
    assert await press(app, action, button_value(order.id), BEN, container=where, response_url=url) == ""
    return message(app)


async def home_of(app: Front, person: str) -> str:
    await shown(app)
    view = app.there.slack.parts.modals.home(app.there.slack.workspace(NORTH.id), person).payload
    return json.dumps(view["blocks"])


async def test_the_message_objects_and_withdraws_as_often_as_it_is_pressed(app: Front) -> None:
    order = await named(app)
    assert f"<@{ADA}> asks me for a video with your face and voice" in message(app).text
    assert buttons(message(app)) == ["I object"]

    for _ in range(2):
        now = await pressed(app, Action.OBJECT, order)
        assert "You object to being shown" in str(now.blocks)
        assert "I know this video by its file in Slack or its link" in str(now.blocks)
        assert buttons(now) == ["Withdraw my objection"]
        told = await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)
        assert f"<@{BEN}> objects to being shown in videos here." in told
        assert "your offer stays good" in told
        assert (await app.there.now(order)).status is OrderStatus.OFFERED
        assert buttons(await pressed(app, Action.WITHDRAW_OBJECTION, order)) == ["I object"]

    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


async def test_cards_tell_who_objects(app: Front) -> None:
    order = await named(app)
    await pressed(app, Action.OBJECT, order)
    await shown(app)
    assert f"Shown: <@{BEN}> (objects)" in card_in(app, VIDEOS).text

    await pressed(app, Action.WITHDRAW_OBJECTION, order)
    await shown(app)
    assert f"Shown: <@{BEN}> (said to have agreed)" in card_in(app, VIDEOS).text


async def test_the_asker_is_told_and_the_card_of_what_was_stopped_says_why(app: Front) -> None:
    order = await named(app)
    await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)
    await pressed(app, Action.OBJECT, order)
    await said(app)
    await shown(app)

    assert f"<@{BEN}> objects to being shown in *" in message(app, ADA).text
    card = card_in(app, VIDEOS)
    assert "Not made: somebody objects to being shown" in card.text
    assert "Nothing was charged." in card.text
    assert buttons(card) == []


async def test_an_approver_hears_who_objects(app: Front) -> None:
    order, gate = await waiting(app)
    assert await say(app, order, BEN_IS_SHOWN)
    await said(app)
    await pressed(app, Action.OBJECT, order)

    told = await press(app, Action.APPROVE, gate.id, BEN)

    assert f"<@{BEN}> objects to being shown in videos here." in told
    assert f"<@{ADA}> has to settle it with them." in told
    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL


async def test_who_names_nobody_for_the_same_video_hears_who_is_to_be_asked(app: Front) -> None:
    """At Generate, and where an approver says yes."""
    order, gate = await waiting(app)
    named_before = await named(app)
    await pressed(app, Action.OBJECT, named_before)
    assert await app.services.orders.cancel(named_before.id, Asker(None, NORTH.id, ADA))
    again = await offered(app)
    assert await say(app, again, Shown(Ground.NOT_REAL))

    for told in (
        await press(app, Action.GENERATE, button_value(again.id, "e1"), ADA),
        await press(app, Action.APPROVE, gate.id, BEN),
    ):
        assert f"<@{BEN}> objects to being shown in videos here." in told
        assert "Whoever was named as shown when the same video was asked for before counts" in told
    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL


async def test_a_home_shows_what_stands_and_withdraws_it(app: Front) -> None:
    asker = Asker(None, NORTH.id, BEN)
    await app.services.homes.open(asker)
    assert "You object" not in await home_of(app, BEN)
    order = await named(app)
    await pressed(app, Action.OBJECT, order)
    assert "You object to being shown" in await home_of(app, BEN)

    await press(app, Action.WITHDRAW_OBJECTION, "home", BEN, **ON_HOME)

    assert "You object" not in await home_of(app, BEN)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""


async def test_the_form_keeps_whoever_objects(app: Front) -> None:
    order = await named(app)
    await pressed(app, Action.OBJECT, order)

    sent = await app.interaction(filled(await opened(app, order), ground(Ground.NOT_REAL)))

    told = alert_in(sent.json())
    assert f"<@{BEN}> objects to being shown in videos here." in told
    assert "So what was said of them stays" in told


async def test_the_form_takes_no_app_for_a_colleague(app: Front) -> None:
    order = await offered(app)
    await opened(app, order)
    await changing(app, Action.CONSENT_GROUND, ground(Ground.COLLEAGUE))

    sent = await app.interaction(
        filled(modal(app), ground(Ground.COLLEAGUE) | {OfPerson.USER: {"selected_user": BOT}})
    )

    assert sent.json()["errors"] == {"consent_user:0": NOT_A_COLLEAGUE}


async def test_whoever_objects_and_is_named_again_hears_that_it_still_stands(app: Front) -> None:
    order = await named(app)
    await pressed(app, Action.OBJECT, order)
    assert await say(app, await offered(app), BEN_IS_SHOWN)
    await said(app)

    assert buttons(message(app)) == ["Withdraw my objection"]


async def test_the_button_of_a_deleted_video_still_objects(app: Front) -> None:
    """And its withdrawal there says that it is settled."""
    order = await named(app)
    await press(app, Action.CANCEL, button_value(order.id), ADA)
    await app.services.deleting.delete_order(Asker(None, NORTH.id, ADA), order.id)

    now = await pressed(app, Action.OBJECT, order)
    assert "You object to being shown" in now.text
    assert "there was nothing to cancel" in now.text
    assert buttons(now) == ["Withdraw my objection"]

    later = await offered(app)
    assert await say(app, later, BEN_IS_SHOWN)
    told = await press(app, Action.GENERATE, button_value(later.id, "e1"), ADA)
    assert f"<@{BEN}> objects to being shown in videos here." in told


async def test_pressed_when_its_words_went_by_age_the_message_has_them_no_more(app: Front) -> None:
    order = await offered(app, draft=SCRIPT)
    assert await say(app, order, BEN_IS_SHOWN)
    await said(app)
    assert "begins: “Hello everybody”" in message(app).text
    await press(app, Action.CANCEL, button_value(order.id), ADA)
    async with app.there.db.write() as conn:
        await deletions.forget_words(conn, [order.id], Forgotten.OLD, now=app.there.clock())

    for action in (Action.OBJECT, Action.WITHDRAW_OBJECTION):
        now = await pressed(app, action, order)
        assert "Hello everybody" not in str(now.blocks)
        assert f"<@{ADA}>" in str(now.blocks)
        assert len(buttons(now)) == 1


async def test_the_button_of_what_was_deleted_withdraws_too(app: Front) -> None:
    order = await named(app)
    await pressed(app, Action.OBJECT, order)
    await press(app, Action.CANCEL, button_value(order.id), ADA)
    await app.services.deleting.delete_order(Asker(None, NORTH.id, ADA), order.id)

    now = await pressed(app, Action.WITHDRAW_OBJECTION, order)

    assert "You do not object to being shown any more." in now.text
    assert buttons(now) == []
