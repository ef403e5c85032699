"""The Home over signed requests: opening it makes it due, its buttons do what they say, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.messages.ids import Action, Page, button_value
from storage import card_store
from storage.cards import Card
from storage.homes import AUDIT, USAGE
from storage.jobs import JobStatus
from storage.orders import Conversation, Forgotten, OrderStatus
from storage.schema import cards
from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH
from tests.integration.handlers.front import Front, Json, block_action

OPENED: Json = {"type": "app_home_opened", "user": ADA, "channel": "D1", "tab": "home", "event_ts": "1.1"}
ON_HOME: Json = {
    "channel": None,
    "container": {"type": "view", "view_id": "V0HOME"},
    "view": {"id": "V0HOME", "type": "home", "callback_id": "lipsync_home", "hash": "1.a", "blocks": []},
}


@pytest.fixture(autouse=True)
def sync(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(json=[])
    app.there.sync.get("/v2/models").respond(json=[])


async def press(app: Front, action: Action, value: str = "", **changes: Any) -> int:
    payload = block_action(action, value, **ON_HOME, **changes)
    payload["trigger_id"] = app.there.slack.parts.triggers.mint(NORTH.id, ADA)
    response = await app.interaction(payload)
    await app.settled()
    return response.status_code


async def the_home(app: Front, of: str = f"{NORTH.id}:{ADA}") -> Card | None:
    async with app.there.db.read() as conn:
        return await card_store.find(conn, f"home:{of}")


async def test_opening_it_makes_it_due_and_wakes_the_worker(app: Front) -> None:
    response = await app.event(OPENED)

    home = await the_home(app)
    assert (response.status_code, response.content) == (200, b"")
    assert home is not None
    assert (home.due_at, home.opened_at, home.page) == (app.there.clock(),) * 2 + (None,)
    assert app.there.woken == [app.there.clock()]


async def test_an_event_that_comes_twice_is_one_home(app: Front) -> None:
    for _ in range(2):
        await app.event(OPENED, event_id="Ev1")

    async with app.there.db.read() as conn:
        assert (await conn.execute(select(func.count()).select_from(cards))).scalar_one() == 1


@pytest.mark.parametrize("tab", ["messages", "about", None])
async def test_another_tab_needs_nothing(app: Front, tab: str | None) -> None:
    assert (await app.event(OPENED | {"tab": tab})).status_code == 200

    assert await the_home(app) is None


async def test_an_event_that_names_nobody_is_refused(app: Front) -> None:
    nobody = {name: value for name, value in OPENED.items() if name != "user"}

    assert (await app.event(nobody)).status_code == 400


async def test_the_start_button_opens_an_empty_form_whose_card_comes_to_the_direct_message(
    app: Front,
) -> None:
    assert await press(app, Action.HOME_START) == 200

    (order,) = await app.orders()
    assert (order.status, order.channel_id, order.conversation) == (
        OrderStatus.DRAFT,
        ADA,
        Conversation.NONE,
    )
    (form,) = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), ADA)
    assert form.payload["callback_id"] == "lipsync_form"


async def test_another_version_opens_the_form_as_it_does_from_a_card(app: Front) -> None:
    done = await app.there.done_order(JobStatus.DELIVERED, card_revision=1)

    assert await press(app, Action.ANOTHER, button_value(done.id)) == 200

    (form,) = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), ADA)
    assert form.payload["callback_id"] == "lipsync_form"
    assert "example.com" in str(form.payload)


async def test_a_price_that_is_said_yes_to_there_is_spent_as_on_its_card(app: Front) -> None:
    order = await app.there.order(OrderStatus.OFFERED, card_revision=1, offer_id="e1", expires_at=None)

    assert await press(app, Action.GENERATE, button_value(order.id, "e1")) == 200

    assert (await app.there.now(order)).status is not OrderStatus.OFFERED
    assert app.there.calls("chat.postMessage") == []


async def test_a_price_that_has_changed_since_is_refused_in_the_direct_message(app: Front) -> None:
    order = await app.there.order(OrderStatus.OFFERED, card_revision=1, offer_id="e2", expires_at=None)

    assert await press(app, Action.GENERATE, button_value(order.id, "e1")) == 200

    assert (await app.there.now(order)).status is OrderStatus.OFFERED
    (told,) = app.there.calls("chat.postMessage")
    assert told.args["channel"] == ADA


async def test_run_again_asks_for_a_new_price_and_pays_nothing(app: Front) -> None:
    done = await app.there.done_order(JobStatus.DELIVERED, card_revision=1)

    assert await press(app, Action.RERUN, button_value(done.id)) == 200

    again, _ = await app.orders()
    assert (again.status, again.draft) == (OrderStatus.PREPARING, done.draft)


async def test_a_download_link_comes_in_the_direct_message(app: Front) -> None:
    job = await app.there.job(JobStatus.DELIVERED, card_revision=1, generation_id="gen-1")
    app.there.sync.get("/v2/generations/gen-1/download").respond(text="https://media.example.com/out.mp4")

    assert await press(app, Action.DOWNLOAD, button_value(job.order_id, job.id)) == 200

    (told,) = app.there.calls("chat.postMessage")
    assert (told.args["channel"], "media.example.com/out.mp4" in str(told.args)) == (ADA, True)


async def test_what_is_deleted_from_there_says_nothing_any_more(app: Front) -> None:
    done = await app.there.done_order(JobStatus.DELIVERED, card_revision=1)
    done = await app.there.change(done, status=OrderStatus.ENDED, ended_at=1.0)

    assert await press(app, Action.DELETE, button_value(done.id)) == 200

    assert (await app.there.now(done)).draft == "{}"
    (told,) = app.there.calls("chat.postMessage")
    assert (told.args["channel"], str(told.args["text"]).startswith("Deleted")) == (ADA, True)


async def test_an_old_cards_button_leads_to_what_can_still_be_deleted(app: Front) -> None:
    done = await app.there.done_order(JobStatus.DELIVERED, card_revision=1)
    await app.there.change(done, status=OrderStatus.ENDED, ended_at=1.0, forgotten=Forgotten.OLD)

    assert await press(app, Action.RERUN, button_value(done.id)) == 200
    (told,) = app.there.calls("chat.postMessage")
    assert button_value(done.id) in str(told.args["blocks"])

    assert await press(app, Action.DELETE, button_value(done.id)) == 200
    assert (await app.there.now(done)).forgotten is Forgotten.DELETED


async def test_what_still_goes_on_is_not_deleted_from_there(app: Front) -> None:
    runs = await app.there.done_order(JobStatus.PROCESSING, card_revision=1)

    assert await press(app, Action.DELETE, button_value(runs.id)) == 200

    assert (await app.there.now(runs)).draft == runs.draft
    assert len(app.there.calls("chat.postMessage")) == 1


async def test_a_colleagues_video_is_not_deleted(app: Front) -> None:
    done = await app.there.done_order(JobStatus.DELIVERED, card_revision=1, user_id=BEN)
    done = await app.there.change(done, status=OrderStatus.ENDED, ended_at=1.0)

    assert await press(app, Action.DELETE, button_value(done.id)) == 200

    assert (await app.there.now(done)).draft == done.draft
    assert "Only" in str(app.there.calls("chat.postMessage")[0].args["text"])


async def test_help_opens_beside_it(app: Front) -> None:
    assert await press(app, Action.HOME_HELP) == 200

    (shown,) = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), ADA)
    assert "/lipsync list" in str(shown.payload)


def modal(app: Front, of: str = ADA) -> str:
    """The one that stands over a person's Home."""
    (shown,) = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), of)
    return str(shown.payload["blocks"])


async def owned(app: Front) -> None:
    workspace = app.there.slack.workspace(NORTH.id)
    workspace.users[ADA] = replace(workspace.users[ADA], role="owner")


async def test_the_way_to_connect_opens_over_it_and_is_no_message_that_stays(app: Front) -> None:
    await owned(app)

    assert await press(app, Action.HOME_CONNECT) == 200

    assert "https://app.test/connect/" in modal(app)
    assert app.there.calls("chat.postMessage") == []


async def test_where_it_comes_too_late_for_a_modal_it_comes_as_a_message(app: Front) -> None:
    await owned(app)

    await app.interaction(block_action(Action.HOME_CONNECT, "x", **ON_HOME))
    await app.settled()

    (call,) = app.there.calls("chat.postMessage")
    assert call.args["channel"] == ADA
    assert "https://app.test/connect/" in str(call.args["blocks"])


async def test_who_is_no_admin_is_told_so_over_it(app: Front) -> None:
    assert await press(app, Action.HOME_CONNECT) == 200

    assert "Only admins of this workspace" in modal(app)


@pytest.mark.parametrize(("value", "page"), [("12.5:J1", "12.5:J1"), ("nonsense", None), ("nan:J1", None)])
async def test_a_page_is_kept_until_it_is_opened_again(app: Front, value: str, page: str | None) -> None:
    await app.event(OPENED)
    await press(app, Action.HOME_OLDER, value)
    turned = await the_home(app)
    await press(app, Action.HOME_NEWEST)

    again = await the_home(app)
    assert turned is not None
    assert again is not None
    assert (turned.page, again.page) == (page, None)


async def test_a_press_turns_ones_own_page_and_nobody_elses(app: Front) -> None:
    await app.event(OPENED)

    await press(app, Action.HOME_OLDER, "12.5:J1", user={"id": BEN, "team_id": NORTH.id})

    mine, bens = await the_home(app), await the_home(app, f"{NORTH.id}:{BEN}")
    assert mine is not None
    assert bens is not None
    assert (mine.page, bens.page) == (None, "12.5:J1")


async def test_of_an_organisation_it_is_the_workspaces_own_where_the_app_was_installed_there(
    app: Front,
) -> None:
    for team in (NORTH, SOUTH):
        await app.there.tools.teams.save(installation(team, enterprise_id="E1"))

    for team in (NORTH, SOUTH):
        serves = {"enterprise_id": "E1", "team_id": team.id, "user_id": team.bot_user_id, "is_bot": True}
        await app.event(OPENED, team_id=team.id, enterprise_id="E1", authorizations=[serves])

    assert await the_home(app) is not None
    assert await the_home(app, f"{SOUTH.id}:{ADA}") is not None


@pytest.mark.parametrize(("action", "page"), [(Action.HOME_USAGE, USAGE), (Action.HOME_AUDIT, AUDIT)])
async def test_one_comes_back_from_a_page_of_its_own(app: Front, action: Action, page: str) -> None:
    await app.event(OPENED)
    for pressed, shown in ((action, page), (Action.HOME_NEWEST, None)):
        assert await press(app, pressed) == 200
        home = await the_home(app)
        assert home is not None
        assert home.page == shown


async def test_budgets_open_by_themselves_for_admins_alone(app: Front) -> None:
    assert await press(app, Action.SETTINGS_PAGE, Page.BUDGETS) == 200
    assert "Only" in modal(app)

    await owned(app)
    app.there.clock.pass_by(61)
    assert await press(app, Action.SETTINGS_PAGE, Page.BUDGETS, user={"id": ADA, "team_id": NORTH.id}) == 200
    assert "setting_limit" in str(
        app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), ADA)[-1].payload
    )


async def test_an_admin_sees_it_as_a_member_until_they_go_back_or_open_it_again(app: Front) -> None:
    async def seen_as_member() -> bool:
        home = await the_home(app)
        assert home is not None
        return bool(home.as_member)

    await app.event(OPENED)
    assert not await seen_as_member()
    for back in (lambda: press(app, Action.HOME_AS_ADMIN), lambda: app.event(OPENED)):
        assert await press(app, Action.HOME_AS_MEMBER) == 200
        for turned in (Action.HOME_USAGE, Action.HOME_OLDER, Action.HOME_NEWEST):
            await press(app, turned)
            assert await seen_as_member()
        await back()
        assert not await seen_as_member()
