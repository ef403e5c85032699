"""The settings: admins alone see and save them, what is wrong is said at its field, nobody is overwritten."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.messages.ids import Action, Callback, Page, Setting
from bot.sandbox.fake_slack import UserConfig
from bot.teams.rules import Notice, Rules, Who
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import GROUPS_URL, Front, Json, alert_in, block_action, view_payload
from tests.integration.handlers.test_rules import AMY, GUS, everybody, setting

__all__ = ["everybody"]

HER = Asker(None, NORTH.id, AMY)


@pytest.fixture(autouse=True)
def account(app: Front) -> None:
    sync = app.there.sync
    sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}, {"id": "v-2", "name": "Adam"}])
    sync.get("/v2/models").respond(json=[{"name": "sync-3"}, {"name": "lipsync-2"}])


async def trigger(app: Front, person: str, **of: Any) -> str:
    """A press as Slack counts it: what it names is good for three seconds."""
    slack = app.there.slack
    ticket: str = slack.parts.triggers.mint(NORTH.id, person, **of)
    return ticket


async def pressed(app: Front, person: str, action: str, value: str = "settings", **changes: Any) -> None:
    is_over = action == Action.SETTINGS_PAGE
    ticket = await trigger(app, person, **({"view_id": "V1"} if is_over else {}))
    body = block_action(action, value, user={"id": person, "team_id": NORTH.id}, trigger_id=ticket)
    pressed_in = {"view": shown(app, person)} if is_over else {}
    assert (await app.interaction({**body, **pressed_in, **changes})).status_code == 200
    await app.settled()


def shown(app: Front, person: str) -> Json:
    """The view on top of what the person sees."""
    stack = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), person)
    view: Json = app.there.slack.parts.modals.as_json(stack[-1], app.there.slack.workspace(NORTH.id))
    return view


def texts(view: Json) -> str:
    return str(view["blocks"])


async def opened(app: Front, page: Page, person: str = AMY) -> Json:
    await pressed(app, person, Action.SETTINGS)
    await pressed(app, person, Action.SETTINGS_PAGE, page)
    return shown(app, person)


def filled(view: Json, **fields: Any) -> Json:
    """The page as somebody sends it who has changed these fields."""
    values = {name: dict(state) for name, state in view["state"]["values"].items()}
    for name, value in fields.items():
        field = Setting[name]
        element = values[field][field]
        key = next(key for key in element if key != "type")
        values[field] = {field: {**element, key: value}}
    return {**view, "state": {"values": values}}


def choice(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value, "emoji": False}, "value": value}


async def sent(app: Front, view: Json, person: str = AMY) -> Json:
    payload = view_payload("view_submission", view, user={"id": person, "team_id": NORTH.id})
    response = await app.interaction(payload)
    await app.settled()
    assert response.status_code == 200
    answer: Json = response.json() if response.content else {}
    return answer


async def rules(app: Front) -> Rules:
    return (await app.services.roles.rulebook.latest(HER)).rules


async def test_an_admin_sees_what_holds_with_a_button_for_each_page(app: Front) -> None:
    await pressed(app, AMY, Action.SETTINGS)

    view = shown(app, AMY)
    assert view["callback_id"] == Callback.SETTINGS
    assert view["submit"] is None
    assert "Everybody of this workspace." in texts(view)
    buttons = [block["accessory"]["value"] for block in view["blocks"] if "accessory" in block]
    assert buttons == list(Page)


@pytest.mark.parametrize("person", [ADA, GUS])
async def test_nobody_else_sees_or_saves_anything(app: Front, person: str) -> None:
    await pressed(app, person, Action.SETTINGS)
    assert "Only admins of this workspace" in texts(shown(app, person))
    page = await opened(app, Page.PEOPLE)
    app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), person).clear()

    answer = await sent(app, filled(page, OTHERS=[choice("guests")]), person)

    assert answer["response_action"] == "update"
    assert "Only admins of this workspace" in texts(answer["view"])
    assert await rules(app) == Rules()


async def test_a_page_is_not_opened_for_somebody_who_pressed_as_an_admin_once(app: Front) -> None:
    await pressed(app, AMY, Action.SETTINGS)
    workspace = app.there.slack.workspace(NORTH.id)
    workspace.users[AMY] = UserConfig(AMY, "amy", "Amy", "#fff")
    app.there.clock.pass_by(61)

    await pressed(app, AMY, Action.SETTINGS_PAGE, Page.PEOPLE)

    assert "Only admins of this workspace" in texts(shown(app, AMY))


async def test_a_page_that_was_open_when_its_admin_became_none_saves_nothing(app: Front) -> None:
    page = await opened(app, Page.PEOPLE)
    workspace = app.there.slack.workspace(NORTH.id)
    workspace.users[AMY] = UserConfig(AMY, "amy", "Amy", "#fff")
    app.there.clock.pass_by(61)

    answer = await sent(app, filled(page, OTHERS=[choice("guests")]))

    assert "Only admins of this workspace" in texts(answer["view"])
    assert await rules(app) == Rules()


async def test_a_page_that_home_opened_has_nothing_below_it_to_show_anew(app: Front) -> None:
    ticket, user = await trigger(app, AMY), {"id": AMY, "team_id": NORTH.id}
    await app.interaction(block_action(Action.SETTINGS_PAGE, Page.PEOPLE, user=user, trigger_id=ticket))
    await app.settled()
    page = shown(app, AMY)
    assert page["root_view_id"] == page["id"]

    assert await sent(app, filled(page, OTHERS=[choice("guests")])) == {}

    assert (await rules(app)).guests
    assert app.there.calls("views.update") == []


async def test_whom_the_admins_named_may_do_the_same(app: Front) -> None:
    await setting(app, Rules(admins=(BEN,)))

    page = await opened(app, Page.AFTER, BEN)
    assert await sent(app, filled(page, DAYS=choice("3")), BEN) == {}

    assert await rules(app) == Rules(admins=(BEN,), inputs_kept_days=3)


async def test_a_channel_for_the_weekly_figures_is_chosen(app: Front) -> None:
    assert await sent(app, filled(await opened(app, Page.AFTER), DIGEST=VIDEOS)) == {}

    assert await rules(app) == Rules(digest_channel=VIDEOS)
    app.there.slack.parts.modals.close_top(app.there.slack.workspace(NORTH.id), AMY)
    assert f"Every Monday I post in <#{VIDEOS}> what was spent in the week before." in texts(shown(app, AMY))


async def test_it_stays_where_the_page_is_saved_as_it_is_and_may_be_given_up(app: Front) -> None:
    await setting(app, Rules(digest_channel=VIDEOS))
    page = await opened(app, Page.AFTER)

    assert await sent(app, filled(page, DAYS=choice("3"))) == {}
    assert await rules(app) == Rules(digest_channel=VIDEOS, inputs_kept_days=3)
    revision = (await app.services.roles.rulebook.latest(HER)).revision
    page["private_metadata"] = json.dumps({"page": Page.AFTER, "revision": revision})
    assert await sent(app, filled(page, DIGEST=None)) == {}
    assert await rules(app) == Rules()


async def test_what_is_saved_holds_and_is_shown_below_the_page(app: Front) -> None:
    page = await opened(app, Page.PEOPLE)
    wish = {
        "WHO": choice("named"),
        "PEOPLE": [ADA, BEN],
        "OTHERS": [choice("guests"), choice("outsiders")],
        "BLOCKED": [GUS],
        "CHANNELS": [VIDEOS],
    }
    app.there.slack.parts.modals.close_top(app.there.slack.workspace(NORTH.id), AMY)

    assert await sent(app, filled(page, **wish)) == {}

    assert await rules(app) == Rules(
        who=Who.NAMED,
        people=(ADA, BEN),
        guests=True,
        outsiders=True,
        blocked_people=(GUS,),
        channels=(VIDEOS,),
    )
    below = texts(shown(app, AMY))
    assert f"These people: <@{ADA}>, <@{BEN}>." in below
    assert f"Kept out: <@{GUS}>." in below


async def test_each_page_changes_what_it_shows_and_leaves_the_rest(app: Front) -> None:
    await setting(app, Rules(guests=True, inputs_kept_days=3, blocked_people=(BEN,)))
    page = await opened(app, Page.MAKING)

    answer = await sent(
        app,
        filled(
            page,
            MODELS=[choice("lipsync-2"), choice("sync-3")],
            MODEL=choice("lipsync-2"),
            VOICE=choice("v-2"),
            SYNC_MODE=choice("loop"),
            WORDS=" Acme \n\ntop secret\nAcme",
        ),
    )

    assert answer == {}
    assert await rules(app) == Rules(
        guests=True,
        inputs_kept_days=3,
        blocked_people=(BEN,),
        models=("lipsync-2", "sync-3"),
        model="lipsync-2",
        voice_id="v-2",
        sync_mode="loop",
        blocked_words=("Acme", "top secret"),
    )


async def test_a_rule_on_approvals_says_whom_it_leaves_alone_when_it_is_saved(app: Front) -> None:
    page = await opened(app, Page.APPROVALS)
    app.there.slack.parts.modals.close_top(app.there.slack.workspace(NORTH.id), AMY)
    filled_in = filled(page, APPROVAL_FROM="5.5", APPROVERS=[BEN], APPROVAL_HOURS=choice("24"))

    assert await sent(app, filled_in) == {}

    assert await rules(app) == Rules(approval_from_usd=Decimal("5.50"), approvers=(BEN,), approval_hours=24)
    below = texts(shown(app, AMY))
    assert f"From $5.50 on, and without a known price: a yes from <@{BEN}>." in below
    assert f"too few others to approve what <@{BEN}> asks for" in below


@pytest.mark.parametrize("page", Page)
async def test_a_page_that_is_sent_as_it_was_opened_changes_nothing(app: Front, page: Page) -> None:
    kept = Rules(
        who=Who.NAMED,
        people=(ADA,),
        outsiders=True,
        models=("lipsync-2",),
        model="lipsync-2",
        voice_id="v-2",
        sync_mode="remap",
        blocked_words=("a", "b"),
        channels=(VIDEOS,),
        inputs_kept_days=14,
        notice=Notice.QUIET,
        admins=(BEN,),
        approval_from_usd=Decimal("2.50"),
        approvers=(ADA, BEN),
        approvals_needed=2,
        may_approve_own=True,
        approval_hours=30,
    )
    await setting(app, kept)

    assert await sent(app, await opened(app, page)) == {}

    book = await app.services.roles.rulebook.latest(HER)
    assert (book.rules, book.revision) == (kept, 1)


@pytest.mark.parametrize(
    ("page", "fields", "field", "words"),
    [
        (Page.PEOPLE, {"WHO": choice("named")}, Setting.PEOPLE, "Name at least one person"),
        (
            Page.MAKING,
            {"MODELS": [choice("lipsync-2")], "MODEL": choice("sync-3")},
            Setting.MODEL,
            "not among those that you allow",
        ),
        (Page.MAKING, {"WORDS": "\n".join(map(str, range(101)))}, Setting.WORDS, "too many words"),
        (Page.MAKING, {"WORDS": "w" * 151}, Setting.WORDS, "too many words"),
        (
            Page.APPROVALS,
            {"APPROVAL_FROM": "5", "APPROVERS": [BEN], "APPROVALS": choice("2")},
            Setting.APPROVERS,
            "as many people as have to say yes",
        ),
        (Page.APPROVALS, {"APPROVERS": [GUS]}, Setting.APPROVERS, "Only members of this workspace"),
        (Page.AFTER, {"ADMINS": [GUS]}, Setting.ADMINS, "Only members of this workspace"),
        (Page.AFTER, {"ADMINS": [BEN, "U0NOBODY"]}, Setting.ADMINS, "Only members of this workspace"),
    ],
)
async def test_what_cannot_hold_is_said_at_its_field_and_nothing_is_stored(
    app: Front, page: Page, fields: Json, field: Setting, words: str
) -> None:
    answer = await sent(app, filled(await opened(app, page), **fields))

    assert answer["response_action"] == "errors"
    assert set(answer["errors"]) == {field}
    assert words in answer["errors"][field]
    assert await rules(app) == Rules()


@pytest.mark.parametrize(
    ("stored", "page", "fields", "field"),
    [
        (Rules(approvers=(BEN,)), Page.PEOPLE, {"BLOCKED": [BEN]}, Setting.BLOCKED),
        (Rules(blocked_people=(BEN,)), Page.APPROVALS, {"APPROVERS": [BEN]}, Setting.APPROVERS),
    ],
)
async def test_nobody_is_kept_out_and_an_approver(
    app: Front, stored: Rules, page: Page, fields: Json, field: Setting
) -> None:
    await setting(app, stored)

    answer = await sent(app, filled(await opened(app, page), **fields))

    assert answer["errors"] == {
        field: "Nobody can be kept out and be an approver. Take them out of one of the two."
    }
    assert await rules(app) == stored


async def test_the_later_of_two_admins_is_told_of_the_first_and_keeps_what_they_typed(app: Front) -> None:
    await setting(app, Rules(admins=(BEN,)))
    hers, his = await opened(app, Page.AFTER), await opened(app, Page.PEOPLE, BEN)
    assert await sent(app, filled(hers, DAYS=choice("30"))) == {}

    wish = filled(his, OTHERS=[choice("guests")])
    answer = await sent(app, wish, BEN)

    assert f"<@{AMY}> has changed these settings since you opened them" in alert_in(answer)
    assert not (await rules(app)).guests
    again = {**wish, "private_metadata": answer["view"]["private_metadata"]}
    assert await sent(app, again, BEN) == {}
    assert await rules(app) == Rules(admins=(BEN,), inputs_kept_days=30, guests=True)


async def test_without_the_permission_no_user_group_is_offered_and_it_is_said_why(app: Front) -> None:
    view = await opened(app, Page.PEOPLE)

    assert Setting.GROUP not in view["state"]["values"]
    assert f"`usergroups:read`: <{GROUPS_URL}|install me again with it>" in texts(view)
    answer = await sent(app, filled(view, WHO=choice("group")))
    assert "Choose the user group" in alert_in(answer)
    assert await rules(app) == Rules()


async def test_a_group_that_nobody_can_be_told_to_be_in_is_not_saved(app: Front) -> None:
    """The permission may be gone by the time that the page is sent."""
    await setting(app, Rules(who=Who.GROUP, group="S1"))
    view = await opened(app, Page.PEOPLE)

    answer = await sent(app, filled(view, OTHERS=[choice("guests")]))

    words = alert_in(answer)
    assert "I lack the permission usergroups:read" in words
    assert f"Install me again at {GROUPS_URL}" in words


async def test_a_slack_that_does_not_answer_leaves_an_admin_as_unknown(app: Front) -> None:
    fault = {"name": "api_error", "params": {"method": "users.info", "error": "fatal_error", "times": 0}}
    await app.there.box.page.post("/ui/faults", json=fault)

    await pressed(app, AMY, Action.SETTINGS)

    assert "Slack does not tell me so just now" in texts(shown(app, AMY))


async def test_what_was_filled_in_is_kept_where_slack_does_not_say_who_sends_it(app: Front) -> None:
    page = await opened(app, Page.PEOPLE)
    fault = {"name": "api_error", "params": {"method": "users.info", "error": "fatal_error", "times": 0}}
    await app.there.box.page.post("/ui/faults", json=fault)
    app.there.clock.pass_by(16 * 60)

    answer = await sent(app, filled(page, OTHERS=[choice("guests")]))

    assert "Save it once more" in alert_in(answer)
    assert answer["view"]["private_metadata"] == page["private_metadata"]
    assert await rules(app) == Rules()

    twice = await sent(app, filled({**page, "blocks": answer["view"]["blocks"]}, OTHERS=[choice("guests")]))
    assert alert_in(twice) == alert_in(answer)


async def test_another_workspace_has_rules_of_its_own(app: Front) -> None:
    page = await opened(app, Page.PEOPLE)
    await sent(app, filled(page, OTHERS=[choice("guests")]))

    elsewhere = await app.services.roles.rulebook.latest(Asker(None, SOUTH.id, AMY))
    assert elsewhere.rules == Rules()


@pytest.mark.parametrize("metadata", ["", "{}", '{"page": "other", "revision": 0}', '{"page": "people"}'])
async def test_what_is_no_page_of_ours_is_refused(app: Front, metadata: str) -> None:
    page = await opened(app, Page.PEOPLE)
    payload = view_payload(
        "view_submission", {**page, "private_metadata": metadata}, user={"id": AMY, "team_id": NORTH.id}
    )

    assert (await app.interaction(payload)).status_code == 400
