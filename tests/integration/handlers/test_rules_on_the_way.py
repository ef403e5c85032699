"""The team's rules for what was begun before they were: every further step towards a video is held against
them as the first one is."""

from typing import Any

import pytest

import handlers
from bot.asking.drafts import Draft, Script
from bot.messages.catalogue import ENGLISH
from bot.messages.form import FormState, form
from bot.messages.ids import Action, Callback, button_value
from bot.slack import SlackTeam
from bot.teams.rights import Rule
from bot.teams.rules import Rules
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.world import LINKS, SCRIPT
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front, Json, message_event, view_payload
from tests.integration.handlers.test_rules import (
    AMY,
    AT_THE_YES,
    CLIP,
    NEW_ASKS,
    ROLES,
    everybody,
    meet,
    of,
    press,
    setting,
    told,
    values,
    words_of,
)
from tests.integration.isolation.doors import Door, of_slack

__all__ = ["everybody"]
HELLO = Script(text="Hello there", voice_id=None)
OTHER = Script(text="Good morning", voice_id=None)
ASKING = {
    **ROLES,
    "channel": (ADA, Rules(channels=("C0OTHER",)), Rule.CHANNELS),
    "words": (ADA, Rules(blocked_words=("hello",)), Rule.WORDS),
}
RULED = pytest.mark.parametrize(("person", "rules", "rule"), ASKING.values(), ids=ASKING)


async def ruled(app: Front, person: str, rules: Rules) -> None:
    await setting(app, rules)
    await meet(app, AMY, person)
    app.there.clock.pass_by(31)


@RULED
async def test_a_form_that_is_sent_stays_open_and_says_why(
    app: Front, person: str, rules: Rules, rule: Rule
) -> None:
    app.there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    app.there.sync.get("/v2/models").respond(json=[])
    order = await app.there.order(OrderStatus.DRAFT, draft=SCRIPT, user_id=person)
    view = form(ENGLISH, FormState(order.id, SCRIPT))
    await ruled(app, person, rules)

    sent = view_payload("view_submission", {**view, "state": {"values": values(view)}}, user=of(person))
    answer = (await app.interaction(sent)).json()

    words = str(answer.get("errors") or answer["view"]["blocks"][0])
    assert answer["response_action"] == ("errors" if rule is Rule.WORDS else "update")
    assert words_of(rule) in words
    assert (f"<@{AMY}>" in words or "An admin of" in words) is (rule is not Rule.GONE)
    assert (await app.there.now(order)).draft == order.draft


@RULED
async def test_a_choice_that_is_pressed_settles_nothing(
    app: Front, person: str, rules: Rules, rule: Rule
) -> None:
    draft = Draft(video=CLIP, choices=(OTHER, HELLO))
    order = await app.there.order(OrderStatus.DRAFT, draft=draft, user_id=person)
    await ruled(app, person, rules)

    await press(app, person, Action.PICK, button_value(order.id, "1"))
    await app.settled()

    assert words_of(rule) in told(app, person)
    assert await app.there.now(order) == order


@RULED
async def test_words_in_the_thread_of_a_card_complete_nothing(
    app: Front, person: str, rules: Rules, rule: Rule
) -> None:
    root = await app.there.box.api.chat_postMessage(channel=VIDEOS, text="root")
    where: dict[str, Any] = {"thread_ts": root["ts"], "card_revision": 1}
    order = await app.there.order(OrderStatus.DRAFT, draft=Draft(video=CLIP), user_id=person, **where)
    await ruled(app, person, rules)

    said = message_event(f'<@{NORTH.bot_user_id}> say "Hello there"', channel=VIDEOS, user=person)
    said |= {"type": "app_mention", "thread_ts": root["ts"]}
    del said["channel_type"]
    await app.event(said)
    await app.settled()

    assert words_of(rule) in told(app, person)
    assert await app.there.now(order) == order


BY_PERSON = {name: case for name, case in ASKING.items() if name != "words"}


@pytest.mark.parametrize("action", [Action.CHANGE, Action.CHOOSE_SPEECH])
@pytest.mark.parametrize(("person", "rules", "rule"), BY_PERSON.values(), ids=BY_PERSON)
async def test_change_opens_no_form_for_whom_it_is_not(
    app: Front, monkeypatch: pytest.MonkeyPatch, action: Action, person: str, rules: Rules, rule: Rule
) -> None:
    shown: list[str] = []

    async def open_view(_slack: SlackTeam, _trigger_id: str, view: Json) -> Json:
        shown.append(str(view))
        return {"id": "V1"}

    monkeypatch.setattr(SlackTeam, "open_view", open_view)
    order = await offered(app, person)
    await ruled(app, person, rules)

    await press(app, person, action, button_value(order.id))
    await app.settled(looks=False)

    (view,) = shown
    assert words_of(rule) in view
    assert "'input'" not in view
    assert await app.there.now(order) == order


@pytest.mark.parametrize(("person", "rules", "rule"), AT_THE_YES.values(), ids=AT_THE_YES)
async def test_no_more_is_asked_for_of_what_a_rule_stands_against(
    app: Front, person: str, rules: Rules, rule: Rule
) -> None:
    order = await offered(app, person, SCRIPT.model_copy(update={"model": "sync-3"}))
    await ruled(app, person, rules)

    await press(app, person, Action.ASK_FOR_MORE, button_value(order.id, "e1"))
    await app.settled()

    assert words_of(rule) in told(app, person)
    assert await app.there.now(order) == order


@pytest.mark.parametrize(("person", "rules", "rule"), ROLES.values(), ids=ROLES)
async def test_a_colleague_who_may_not_use_the_app_gets_no_link_to_what_others_made(
    app: Front, person: str, rules: Rules, rule: Rule
) -> None:
    made: dict[str, Any] = {"generation_id": "gen-1", "generation_status": "COMPLETED", "user_id": BEN}
    job = await app.there.job(JobStatus.DELIVERED, **made)
    await ruled(app, person, rules)

    await press(app, person, Action.DOWNLOAD, button_value(job.order_id, job.id))
    await app.settled()

    assert words_of(rule) in told(app, person)
    assert app.there.sync.calls.call_count == 0


async def offered(app: Front, person: str, draft: Draft = LINKS) -> Order:
    ends = app.there.clock() + 3_600
    return await app.there.order(
        OrderStatus.OFFERED, draft=draft, user_id=person, offer_id="e1", expires_at=ends
    )


# --- which doors lead to a video ------------------------------------------------------------------------

NEW = {
    Door("commands", "/lipsync"),
    Door("shortcuts", Callback.MESSAGE_SHORTCUT),
    Door("shortcuts", Callback.GLOBAL_SHORTCUT),
    Door("events", "message"),
    Door("events", "app_mention"),
    Door("actions", Action.RERUN),
    Door("actions", Action.ANOTHER),
    Door("actions", Action.PART),
    Door("actions", Action.HOME_START),
}
"""Each is one or two of `NEW_ASKS`."""
ON_THE_WAY = {
    Door("submissions", Callback.FORM),
    Door("actions", Action.PICK),
    Door("actions", Action.CHANGE),
    Door("actions", Action.CHOOSE_SPEECH),
    Door("actions", Action.GENERATE),
    Door("actions", Action.ASK_FOR_MORE),
    Door("actions", Action.APPROVE),
    Door("actions", Action.DOWNLOAD),
}
"""Tried here; Generate in `test_rules`, Approve in `core/test_approvals`."""
LEADS_TO_NONE = {
    # Leave the order as it stands, end it, or tell of it.
    *(Action.CANCEL, Action.CHECK, Action.GIVE_UP, Action.DELETE, Action.DECLINE, Action.LIST_OLDER),
    # Fill in what is checked when it is sent, and who is shown.
    *(Action.FORM_VIDEO, Action.FORM_SPEECH, Action.FORM_MORE, Action.FORM_TRY_AGAIN, Callback.FORM_OPTIONS),
    *(Action.CONSENT, Action.CONSENT_GROUND, Action.CONSENT_MORE, Action.CONSENT_FEWER, Callback.CONSENT),
    *(Action.OBJECT, Action.WITHDRAW_OBJECTION, Callback.DECLINE),
    # Are for approvers and admins, whoever else may use the app.
    *(Action.ALLOW, Action.TAKE_BACK, Action.SETTINGS, Action.SETTINGS_PAGE, Action.LEDGER, Action.PAUSE),
    *(Action.RESUME, Action.CLOSE_DIFFERENCE, Action.FORGET_PERSON, Action.HOME_CONNECT),
    *(Callback.SETTINGS_PAGE, Callback.CLOSE_DIFFERENCE),
    # Show what is one's own, or have it deleted.
    *(Action.FORGET_ME, Action.HOME_HELP, Action.HOME_NEWEST, Action.HOME_OLDER, Action.HOME_USAGE),
    *(Action.HOME_AUDIT, Action.HOME_AS_MEMBER, Action.HOME_AS_ADMIN, Action.HOME_ALLOWED, Action.USAGE_CSV),
    *("app_home_opened", "member_joined_channel"),
    *("app_uninstalled", "tokens_revoked", "team_access_granted", "team_access_revoked"),
}
"""By their names."""


async def test_every_door_is_one_that_the_rules_are_tried_at_or_leads_to_no_video(app: Front) -> None:
    doors = {door for door in of_slack(handlers.routes(app.services)) if door.kind != "closings"}
    others = doors - NEW - ON_THE_WAY
    assert (NEW | ON_THE_WAY) - doors == set()
    assert {door.name for door in others} ^ {str(name) for name in LEADS_TO_NONE} == set()
    assert len(NEW_ASKS) >= len(NEW)
