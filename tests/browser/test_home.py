"""The app's Home on the page: a tab beside its messages, drawn from what the app publishes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.sandbox.ports import free_ports
from tests.browser.canned import button, form, mrkdwn, plain
from tests.browser.conftest import World, serving_slack, slack_config
from tests.browser.stub_app import SlackApi, StubApp, served
from tests.browser.test_accessibility import looked_at
from tests.integration.fake_slack.harness import manifest_with

MENU: dict[str, Any] = {
    "type": "static_select",
    "action_id": "model",
    "placeholder": plain("Model"),
    "options": [{"text": plain(name), "value": name} for name in ("lipsync-2", "sync-3")],
}


def home(*blocks: dict[str, Any]) -> dict[str, Any]:
    first = {"type": "header", "text": plain("Your videos")}
    row = {"type": "actions", "block_id": "row", "elements": [button("start", "Make a video"), MENU]}
    return {"type": "home", "blocks": [first, row, *blocks]}


@pytest.fixture
def world(page: Page, tmp_path: Path) -> Iterator[World]:
    """An app with a Home, that hears when it is opened."""
    app, (app_port, slack_port) = StubApp(), free_ports(2)
    config = slack_config(tmp_path, slack_port, request_url=f"http://127.0.0.1:{app_port}/slack/events")
    manifest = manifest_with(tmp_path, home_tab_enabled=True, bot_events=["app_home_opened"])
    config = replace(config, manifest=manifest)
    with served(app.asgi, app_port), serving_slack(config, slack_port):
        page.goto(config.base_url)
        expect(page.locator("body")).to_have_attribute("data-ready", "true")
        api = SlackApi(config.base_url, config.teams[0].bot_token)
        yield World(config.base_url, page, app, api, config.teams)
        page.goto("about:blank")


@pytest.fixture
def ada(world: World) -> str:
    return world.teams[0].users[0].id


def tab(world: World, name: str) -> Locator:
    return world.page.get_by_role("tab", name=name)


def opened(world: World) -> list[str]:
    """The tabs that the app was told of."""
    events = [each["event"] for each in world.app.payloads if each["type"] == "event_callback"]
    return [event["tab"] for event in events if event["type"] == "app_home_opened"]


def go_to_the_app(world: World) -> None:
    world.page.get_by_role("navigation", name="Channels").get_by_role("button", name="Lipsync").click()
    expect(tab(world, "Messages")).to_have_attribute("aria-selected", "true")


def shown(world: World) -> Locator:
    return world.page.get_by_role("tabpanel", name="Home")


def test_a_channel_has_no_home(world: World) -> None:
    expect(tab(world, "Home")).to_be_hidden()
    go_to_the_app(world)
    expect(tab(world, "Home")).to_be_visible()


def test_the_app_hears_each_tab_that_is_opened(world: World) -> None:
    go_to_the_app(world)
    tab(world, "Home").click()
    world.app.wait_for("event_callback", count=2)
    assert opened(world) == ["messages", "home"]


def test_what_is_published_shows_at_once_and_changes_in_place(world: World, ada: str) -> None:
    go_to_the_app(world)
    tab(world, "Home").click()
    expect(shown(world)).to_contain_text("published no Home")
    expect(world.composer).to_be_hidden()
    world.api("views.publish", user_id=ada, view=home())
    expect(shown(world)).to_contain_text("Your videos")
    start = shown(world).get_by_role("button", name="Make a video")
    start.focus()
    note = {"type": "section", "text": mrkdwn("One is *running*")}
    world.api("views.publish", user_id=ada, view=home(note))
    expect(shown(world)).to_contain_text("One is running")
    expect(start).to_be_focused()


def test_a_button_in_it_opens_a_form(world: World, ada: str) -> None:
    world.api("views.publish", user_id=ada, view=home())
    go_to_the_app(world)
    tab(world, "Home").click()

    def started(asked: dict[str, Any]) -> None:
        world.api("views.open", trigger_id=asked["trigger_id"], view=form())

    world.app.on["block_actions"] = started
    shown(world).get_by_role("button", name="Make a video").click()
    expect(world.modal).to_be_visible()
    asked = world.app.wait_for("block_actions")
    assert asked["view"]["type"] == "home"
    assert asked["actions"][0]["action_id"] == "start"


def test_a_choice_in_it_reaches_the_app(world: World, ada: str) -> None:
    world.api("views.publish", user_id=ada, view=home())
    go_to_the_app(world)
    tab(world, "Home").click()
    shown(world).get_by_role("combobox").select_option("sync-3")
    chosen = world.app.wait_for("block_actions")["actions"][0]
    assert chosen["selected_option"]["value"] == "sync-3"


def test_a_table_is_turned_page_by_page(world: World, ada: str) -> None:
    rows = [[{"type": "raw_text", "text": f"{what} {at}"} for what in ("Who", "What")] for at in range(8)]
    table = {"type": "data_table", "caption": "What was done", "page_size": 5, "rows": rows}
    world.api("views.publish", user_id=ada, view=home(table))
    go_to_the_app(world)
    tab(world, "Home").click()
    drawn = shown(world).get_by_role("table", name="What was done")
    expect(drawn.get_by_role("rowheader")).to_have_count(5)
    shown(world).get_by_role("button", name="Next page").click()
    expect(drawn.get_by_role("rowheader", name="Who 7")).to_be_visible()
    expect(shown(world).get_by_text("Page 2 of 2")).to_be_visible()
    expect(shown(world).get_by_role("button", name="Next page")).to_be_disabled()
    looked_at(world.page)


def test_it_is_the_persons_own_and_survives_a_reload(world: World, ada: str) -> None:
    world.api("views.publish", user_id=ada, view=home())
    go_to_the_app(world)
    world.page.reload()
    tab(world, "Home").click()
    expect(shown(world)).to_contain_text("Your videos")
    world.page.get_by_role("button", name="Switch person").click()
    world.page.get_by_role("menuitemradio", name="Ben Okafor").click()
    expect(shown(world)).to_contain_text("published no Home for Ben Okafor")


def test_the_tabs_are_used_by_keyboard(world: World, ada: str) -> None:
    world.api("views.publish", user_id=ada, view=home())
    go_to_the_app(world)
    tab(world, "Messages").focus()
    world.page.keyboard.press("ArrowLeft")
    expect(tab(world, "Home")).to_be_focused()
    expect(tab(world, "Home")).to_have_attribute("aria-selected", "true")
    world.page.keyboard.press("Tab")
    expect(shown(world).get_by_role("button", name="Make a video")).to_be_focused()


@pytest.mark.parametrize("light", ["light", "dark"])
def test_nobody_stumbles_over_it(world: World, ada: str, light: Any) -> None:
    world.page.emulate_media(color_scheme=light, reduced_motion="reduce")
    go_to_the_app(world)
    tab(world, "Home").click()
    looked_at(world.page)
    world.api("views.publish", user_id=ada, view=home())
    expect(shown(world)).to_contain_text("Your videos")
    looked_at(world.page)
