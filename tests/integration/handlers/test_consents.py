"""Who is shown: asked once for a video, told on cards, and said before the yes where the team wants it."""

import json
from typing import Any

from bot.asking.asks import Asker, changed_by_form
from bot.asking.drafts import Draft, Link
from bot.asking.plan import with_only
from bot.asking.wanted import source_of
from bot.messages.fields import GROUND_MISSING, NAME_MISSING
from bot.messages.ids import Action, Callback, Field, OfPerson, Source, button_value, person_field
from bot.teams.consents import recall
from bot.teams.rules import Rules
from bot.use_cases.consents import told_apart
from storage import consent_store, gate_store
from storage.audit_check import read
from storage.consents import Consent, Ground, Shown
from storage.gates import Gate
from storage.orders import Order, OrderStatus
from tests.integration.core.world import LINKS
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import Front, Json, view_payload
from tests.integration.handlers.test_approvals import RULES, buttons, card_in, gate_of, offered, press, shown
from tests.integration.handlers.test_rules import setting

REQUIRED = Rules(consent_required=True)
UNSAID = "Nobody has said yet who is shown, and on what ground."
RELEASE = Shown(Ground.RELEASE, name="Eve Li")


async def said(app: Front, order: Order) -> list[Shown]:
    async with app.there.db.read() as conn:
        found = await consent_store.of_orders(conn, [order.id])
    return [consent.shown for consent in found.get(order.id, ())]


async def say(app: Front, order: Order, *people: Shown, person: str = ADA) -> bool:
    asker, consents = Asker(None, NORTH.id, person), app.services.consents
    asked = await consents.ask(order.id, asker)
    return asked is not None and await consents.say(order.id, asker, people or [RELEASE], videos=asked.videos)


def _videos(draft: Draft) -> str:
    return told_apart({source_of(video) for video in draft.videos})


def filled(view: Json, *people: Json, person: str = ADA) -> Json:
    """The form as somebody sends it; of each person the fields that they filled in."""
    values = {
        person_field(OfPerson(field), at): {_action(field, at): value}
        for at, of_one in enumerate(people)
        for field, value in of_one.items()
    }
    user = {"id": person, "team_id": NORTH.id}
    return view_payload("view_submission", {**view, "state": {"values": values}}, user=user)


def _action(field: str, at: int) -> str:
    return Action.CONSENT_GROUND if field == OfPerson.GROUND else person_field(OfPerson(field), at)


def option(value: str) -> Json:
    return {"value": value, "text": {"type": "plain_text", "text": value}}


def ground(which: Ground) -> Json:
    return {OfPerson.GROUND: {"selected_option": option(which)}}


def modal(app: Front, person: str = ADA) -> Json:
    """The form that somebody sees."""
    modals, workspace = app.there.slack.parts.modals, app.there.slack.workspace(NORTH.id)
    view: Json = modals.as_json(modals.stack(workspace, person)[-1], workspace)
    return view


async def opened(app: Front, order: Order) -> Json:
    trigger = app.there.slack.parts.triggers.mint(NORTH.id, ADA)
    assert await press(app, Action.CONSENT, order.id, ADA, trigger_id=trigger) == ""
    return modal(app)


async def changing(app: Front, action: str, *people: Json) -> Json:
    """Press something in the open form, filled in so far, and give what it is then."""
    view, sent = modal(app), filled(modal(app), *people)
    change = {"type": "block_actions", "actions": [{"action_id": action, "block_id": "b"}]}
    container = {"type": "view", "view_id": view["id"]}
    await app.interaction({**sent, **change, "trigger_id": "1.2", "container": container})
    await app.settled()
    return modal(app)


def fields_of(view: Json) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


async def test_a_card_asks_who_is_shown_and_then_tells_it(app: Front) -> None:
    order = await offered(app)
    card = card_in(app, VIDEOS)
    assert UNSAID in card.text
    assert "Say who is shown" in buttons(card)

    view = await opened(app, order)
    assert "Whose face and voice are used in video.mp4 from example.com?" in str(view["blocks"])
    sent = await app.interaction(filled(view, ground(Ground.OWN)))
    assert (sent.status_code, sent.content) == (200, b"")
    await shown(app)

    card = card_in(app, VIDEOS)
    assert f"Shown: <@{ADA}> (own face and voice)" in card.text
    assert "Change who is shown" in buttons(card)
    async with app.there.db.read() as conn:
        logged = [row async for row in read(conn, NORTH.id)]
    assert (logged[-1].action, json.loads(logged[-1].details)) == ("order.consent_said", {"grounds": ["own"]})


async def test_several_people_have_a_ground_each(app: Front) -> None:
    order = await offered(app)
    assert fields_of(await opened(app, order)) == ["consent_ground:0"]

    me, colleague, signed = ground(Ground.OWN), ground(Ground.COLLEAGUE), ground(Ground.RELEASE)
    await changing(app, Action.CONSENT_MORE, me)
    await changing(app, Action.CONSENT_MORE, me, colleague)
    view = await changing(app, Action.CONSENT_GROUND, me, colleague, signed)
    asked = ["consent_ground:0", "consent_ground:1", "consent_user:1", "consent_ground:2", "consent_name:2"]
    assert fields_of(view) == asked

    wrong = await app.interaction(filled(view, {}, colleague, signed))
    assert list(wrong.json()["errors"]) == ["consent_ground:0", "consent_user:1", "consent_name:2"]
    assert wrong.json()["errors"]["consent_ground:0"] == GROUND_MISSING
    assert wrong.json()["errors"]["consent_name:2"] == NAME_MISSING
    assert await said(app, order) == []

    colleague |= {OfPerson.USER: {"selected_user": BEN}}
    signed |= {OfPerson.NAME: {"value": " Eve\n Li "}}
    assert (await app.interaction(filled(view, me, colleague, signed))).content == b""
    assert await said(app, order) == [Shown(Ground.OWN, ADA), Shown(Ground.COLLEAGUE, BEN), RELEASE]
    await shown(app)
    told = f"Shown: <@{ADA}> (own face and voice), <@{BEN}> (said to have agreed), Eve Li (signed release)"
    assert told in card_in(app, VIDEOS).text

    view = await opened(app, order)
    assert fields_of(view) == asked
    assert fields_of(await changing(app, Action.CONSENT_FEWER, me, colleague, signed)) == asked[:3]


async def test_without_the_rule_it_need_not_be_said(app: Front) -> None:
    order = await offered(app)

    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


async def test_with_the_rule_nothing_is_paid_before_it_is_said(app: Front) -> None:
    await setting(app, REQUIRED)
    order = await offered(app)

    told = await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)
    assert "Nothing was charged, and your offer stays good" in told
    assert buttons(card_in(app, app.there.box.dm(ADA))) == ["Say who is shown"]
    await press(app, Action.ASK_FOR_MORE, button_value(order.id, "e1"), ADA)
    assert (await app.there.now(order)).status is OrderStatus.OFFERED

    assert await say(app, order)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""
    assert (await app.there.now(order)).status is OrderStatus.RUNNING
    assert not await say(app, order, Shown(Ground.NOT_REAL))
    assert await said(app, order) == [RELEASE]


async def test_with_the_rule_what_was_said_of_another_video_does_not_count(app: Front) -> None:
    await setting(app, REQUIRED)
    assert await say(app, await offered(app))
    other = LINKS.model_copy(update={"video": LINKS.speech})
    order = await offered(app, draft=other)

    assert "before it is made" in await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)
    assert (await app.there.now(order)).status is OrderStatus.OFFERED


async def test_what_was_said_of_a_video_holds_for_its_next_order_in_the_team_alone(app: Front) -> None:
    await setting(app, REQUIRED)
    first = await offered(app)
    assert await say(app, first)

    bens = await offered(app, user_id=BEN)
    assert await press(app, Action.GENERATE, button_value(bens.id, "e1"), BEN) == ""
    assert (await app.there.now(bens)).status is OrderStatus.RUNNING
    async with app.there.db.read() as conn:
        kept = (await consent_store.of_orders(conn, [bens.id]))[bens.id]
        sources = await consent_store.videos_of(conn, first.id)
        assert await consent_store.remembered(conn, SOUTH.id, sources) == ()
    assert kept == (Consent(RELEASE, ADA, app.there.clock() - 5),)


async def recalled(app: Front, draft: Draft) -> set[Shown]:
    """What is known of who is shown when that is offered."""
    order = await offered(app, draft=draft)
    async with app.there.db.write() as conn:
        await recall(conn, order, draft, now=app.there.clock())
    return set(await said(app, order))


async def test_what_was_said_of_several_videos_holds_for_these_together(app: Front) -> None:
    """All people with it; one of the videos is asked about by itself, for who is in which was not said."""
    await setting(app, REQUIRED)
    one, two = (Link(url=f"https://example.com/{name}.mp4") for name in ("one", "two"))
    together = Draft(video=one, more_videos=(two,), speech=LINKS.speech)
    alone = Draft(video=two, speech=LINKS.speech)
    people = {RELEASE, Shown(Ground.COLLEAGUE, BEN)}
    assert await say(app, await offered(app, draft=together), *people)

    assert await recalled(app, together) == people
    assert await recalled(app, alone) == set()
    order = await offered(app, draft=alone)
    assert "before it is made" in await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)


async def test_what_was_said_of_each_of_several_videos_holds_for_these_together(app: Front) -> None:
    one, two = (Link(url=f"https://example.com/{name}.mp4") for name in ("one", "two"))
    for video, people in {
        one: (RELEASE, Shown(Ground.NOT_REAL)),
        two: (Shown(Ground.COLLEAGUE, BEN),),
    }.items():
        assert await say(app, await offered(app, draft=Draft(video=video, speech=LINKS.speech)), *people)

    both = await recalled(app, Draft(video=one, more_videos=(two,), speech=LINKS.speech))
    assert both == {RELEASE, Shown(Ground.NOT_REAL), Shown(Ground.COLLEAGUE, BEN)}


async def test_whoever_asks_again_does_not_say_what_another_has_said_of_themselves(app: Front) -> None:
    wish = LINKS.model_copy(update={"shown": Shown(Ground.OWN)})
    adas = await app.there.order(OrderStatus.FAILED, draft=wish, failure_code="draft_incomplete")
    ben = Asker(None, NORTH.id, BEN)

    assert await app.services.orders.rerun(await app.there.state(adas), ben, request_key="again")

    (bens,) = await app.there.orders_of(ben)
    assert Draft.model_validate_json(bens.draft).shown is None


async def test_nobody_else_says_who_is_shown(app: Front) -> None:
    order = await offered(app)

    told = await press(app, Action.CONSENT, order.id, BEN)
    assert f"Only <@{ADA}> can do that" in told
    view = {
        "callback_id": Callback.CONSENT,
        "private_metadata": json.dumps({"order": order.id, "videos": _videos(LINKS), "after_form": False}),
        "blocks": [{"type": "input", "block_id": person_field(OfPerson.GROUND, 0)}],
    }
    sent = await app.interaction(filled(view, ground(Ground.OWN), person=BEN))
    assert "can no longer be said" in str(sent.json()["view"])
    assert await said(app, order) == []


async def waiting(app: Front) -> tuple[Order, Gate]:
    """Ada has said yes, without who is shown, and Ben is asked."""
    await setting(app, RULES)
    order = await offered(app)
    await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA)
    await shown(app)
    return order, await gate_of(app, order)


async def test_approvers_see_it_and_what_they_have_seen_is_not_changed(app: Front) -> None:
    order, _ = await waiting(app)
    assert UNSAID in card_in(app, app.there.box.dm(BEN)).text
    await app.services.homes.open(Asker(None, NORTH.id, BEN))
    await shown(app)
    home = app.there.slack.parts.modals.home(app.there.slack.workspace(NORTH.id), BEN).payload
    assert UNSAID in json.dumps(home["blocks"])
    assert "Say who is shown" in buttons(card_in(app, VIDEOS))

    assert await say(app, order)
    await shown(app)
    assert "Shown: Eve Li (signed release)" in card_in(app, app.there.box.dm(BEN)).text
    assert buttons(card_in(app, VIDEOS)) == ["Cancel"]
    assert not await say(app, order, Shown(Ground.NOT_REAL))
    assert "This has moved on" in await press(app, Action.CONSENT, order.id, ADA)
    assert await said(app, order) == [RELEASE]


async def test_a_rule_that_came_since_holds_for_the_approvers_yes(app: Front) -> None:
    order, gate = await waiting(app)
    await setting(app, RULES.model_copy(update={"consent_required": True}))

    told = await press(app, Action.APPROVE, gate.id, BEN)
    assert f"<@{ADA}> has not said it yet" in told
    async with app.there.db.read() as conn:
        stored = (await gate_store.of_orders(conn, [order.id]))[order.id]
    assert (stored.is_open, stored.approved_by) == (True, ())

    assert await say(app, order)
    await press(app, Action.APPROVE, gate.id, BEN)
    assert (await app.there.now(order)).status is OrderStatus.RUNNING


def the_form(order: Order, link: str) -> Json:
    """The form for a video, as it is sent."""
    values: dict[Field, Any] = {
        Field.VIDEO: {"selected_option": option(Source.LINK)},
        Field.VIDEO_LINK: {"value": link},
        Field.SPEECH: {"selected_option": option(Source.SCRIPT)},
        Field.SCRIPT: {"value": "Hello"},
    }
    view = {
        "callback_id": Callback.FORM,
        "private_metadata": json.dumps({"order": order.id}),
        "blocks": [],
        "state": {"values": {str(field): {str(field): value} for field, value in values.items()}},
    }
    return view_payload("view_submission", view)


async def test_the_form_asks_in_a_second_step_once_for_each_video(app: Front) -> None:
    order = await app.there.order(OrderStatus.DRAFT)

    sent = await app.interaction(the_form(order, "https://example.com/one.mp4"))
    step = sent.json()
    assert step["response_action"] == "update"
    assert step["view"]["callback_id"] == Callback.CONSENT
    assert "The price is on its way" in str(step["view"]["blocks"])
    assert (await app.there.now(order)).status is OrderStatus.PREPARING
    assert (await app.interaction(filled(step["view"], ground(Ground.NOT_REAL)))).content == b""
    assert await said(app, order) == [Shown(Ground.NOT_REAL)]

    again = await app.there.order(OrderStatus.DRAFT)
    assert (await app.interaction(the_form(again, "https://example.com/one.mp4"))).content == b""
    assert await said(app, again) == [Shown(Ground.NOT_REAL)]


async def test_what_a_line_without_a_video_says_is_not_asked_again_in_the_form(app: Front) -> None:
    for path in ("/v2/voices", "/v2/models"):
        app.there.sync.get(path).respond(json=[])
    assert (await app.command('say "Hello" shown own')).content == b""
    (order,) = await app.orders()

    assert (await app.interaction(the_form(order, "https://example.com/one.mp4"))).content == b""

    sent = Draft.model_validate_json((await app.there.now(order)).draft)
    assert sent.shown == Shown(Ground.OWN)
    other = Draft(video=Link(url="https://example.com/other.mp4"))
    assert changed_by_form(sent, other).shown is None  # it was said of the one before


async def test_what_was_answered_of_one_video_is_not_kept_of_the_one_that_took_its_place(app: Front) -> None:
    order = await offered(app)
    view = await opened(app, order)
    await app.interaction(the_form(order, "https://example.com/other.mp4"))

    late = await app.interaction(filled(view, ground(Ground.NOT_REAL)))

    assert "Look at the card again" in str(late.json()["view"])
    assert await said(app, order) == []


async def test_it_is_asked_of_those_videos_that_are_meant(app: Front) -> None:
    one, two, three = (Link(url=f"https://example.com/{name}.mp4") for name in ("one", "two", "three"))
    draft = Draft(video=one, more_videos=(two, three), speech=LINKS.speech)

    view = await opened(app, await offered(app, draft=with_only(draft, [2])))

    assert "Whose face and voice are used in three.mp4 from example.com?" in str(view["blocks"])


async def test_another_video_in_the_form_is_asked_for_anew(app: Front) -> None:
    order = await offered(app)
    assert await say(app, order)

    sent = await app.interaction(the_form(order, "https://example.com/other.mp4"))
    assert sent.json()["view"]["callback_id"] == Callback.CONSENT
    assert await said(app, order) == []
    async with app.there.db.read() as conn:
        assert await consent_store.videos_of(conn, order.id) == set()
