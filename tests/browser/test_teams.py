"""Installs, private conversations and forwarded messages on the page, and Slack's consent page itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.sandbox.fake_slack import ChannelConfig, FakeSlackConfig, UserConfig
from bot.sandbox.ports import free_ports
from tests.browser.conftest import World, serving_slack, slack_config
from tests.browser.stub_app import SlackApi, StubApp, served
from tests.browser.test_accessibility import looked_at
from tests.integration.fake_slack.harness import NORTH, SOUTH, manifest_with

ADA, BEN = NORTH.users
GIL = UserConfig("U0NORTHGIL", "gil", "Gil Novak", "#4d7c0f", role="guest")
ODA = UserConfig("U0PARTNER1", "oda", "Oda Lind", "#9f1239", home_team="T0PARTNER1")
BOARD = ChannelConfig("C0BOARD001", "board", kind="private", members=(ADA.id,))
PAIR = ChannelConfig("D0ADABEN01", "ada and ben", bot_is_member=False, kind="im", members=(ADA.id, BEN.id))


def config_of(folder: Path, app_port: int, slack_port: int) -> FakeSlackConfig:
    """North has two private conversations; in South nobody has installed the app."""
    config = slack_config(folder, slack_port, request_url=f"http://127.0.0.1:{app_port}/slack/events")
    north = replace(NORTH, channels=(*NORTH.channels, BOARD, PAIR), users=(*NORTH.users, GIL, ODA))
    redirect = f"http://127.0.0.1:{app_port}/slack/oauth_redirect"
    manifest = manifest_with(folder, bot_events=["app_uninstalled", "tokens_revoked"])
    teams = (north, replace(SOUTH, bot_token=""))
    install_url = f"http://127.0.0.1:{app_port}/slack/install"
    return replace(config, teams=teams, redirect_urls=(redirect,), manifest=manifest, install_url=install_url)


@pytest.fixture
def world(page: Page, tmp_path: Path) -> Iterator[World]:
    app, (app_port, slack_port) = StubApp(), free_ports(2)
    config = config_of(tmp_path, app_port, slack_port)
    with served(app.asgi, app_port), serving_slack(config, slack_port):
        page.goto(config.base_url)
        expect(page.locator("body")).to_have_attribute("data-ready", "true")
        api = SlackApi(config.base_url, config.teams[0].bot_token)
        yield World(config.base_url, page, app, api, config.teams)
        page.goto("about:blank")


def sidebar(world: World) -> Locator:
    return world.page.get_by_role("navigation", name="Channels")


def be(world: World, name: str) -> None:
    world.page.get_by_role("button", name="Switch person").click()
    world.page.get_by_role("menuitemradio", name=name).click()


def asked(world: World) -> str:
    """The address to which the app's install link leads."""
    config = {"client_id": "1111111111111.2222222222222", "scope": "chat:write,commands", "state": "a-state"}
    return f"{world.url}/oauth/v2/authorize?{urlencode(config)}"


def told_at_the_app(world: World) -> dict[str, list[str]]:
    """What the person brings back to the app's redirect address."""
    world.page.wait_for_url("**/slack/oauth_redirect?*")
    return parse_qs(urlsplit(world.page.url).query)


def test_what_is_private_is_seen_by_its_members(world: World) -> None:
    expect(sidebar(world).get_by_role("button", name="board")).to_be_visible()
    expect(sidebar(world).get_by_role("button", name="ada and ben")).to_be_visible()
    be(world, "Ben Okafor")
    expect(sidebar(world).get_by_role("button", name="ada and ben")).to_be_visible()
    expect(sidebar(world).get_by_role("button", name="board")).to_have_count(0)


def test_the_page_says_what_somebody_is(world: World) -> None:
    world.page.get_by_role("button", name="Switch person").click()
    expect(world.page.get_by_role("menuitemradio", name="Gil Novak")).to_contain_text("Guest")
    expect(world.page.get_by_role("menuitemradio", name="Oda Lind")).to_contain_text("From another company")


def test_somebody_of_another_company_has_no_messages_with_the_app(world: World) -> None:
    sidebar(world).get_by_role("button", name="Lipsync").click()
    be(world, "Oda Lind")
    expect(sidebar(world).get_by_role("button", name="Lipsync")).to_have_count(0)
    expect(world.page.get_by_role("heading", name="videos", exact=True)).to_be_visible()
    world.command()
    expect(world.page.get_by_text("/lipsync is not a valid command")).to_be_visible()


def test_a_message_is_forwarded_to_the_app(world: World) -> None:
    world.composer.fill("Look at this one")
    world.composer.press("Enter")
    message = world.message("Look at this one")
    message.hover()
    message.get_by_role("button", name="More actions").click()
    world.page.get_by_role("menuitem", name="Forward to Lipsync").click()
    sidebar(world).get_by_role("button", name="Lipsync").click()
    forwarded = world.page.locator("#scroller .message-share")
    expect(forwarded).to_contain_text("Ada Moreau")
    expect(forwarded).to_contain_text("Look at this one")
    looked_at(world.page)


def test_the_app_is_removed_from_the_page(world: World) -> None:
    sidebar(world).get_by_role("button", name="Lipsync").click()
    manage = world.page.get_by_role("button", name="Manage app")
    manage.click()
    looked_at(world.page)
    world.page.get_by_role("menuitem", name="It hears of that before").click()
    manage.click()  # perhaps before the page has heard of it: what is open is drawn anew then
    expect(world.page.get_by_text("Lipsync is not installed here")).to_be_visible()
    expect(world.page.get_by_role("menuitem", name="Install it in Northwind Studio")).to_be_visible()
    world.app.wait_for("event_callback", count=2)
    events = [each["event"]["type"] for each in world.app.payloads if each["type"] == "event_callback"]
    assert sorted(events) == ["app_uninstalled", "tokens_revoked"]  # Slack promises no order


def test_a_menu_that_is_open_hears_of_what_happens_elsewhere(world: World) -> None:
    sidebar(world).get_by_role("button", name="Lipsync").click()
    world.page.get_by_role("button", name="Manage app").click()
    expect(world.page.get_by_text("Lipsync is installed here")).to_be_visible()

    world.api("auth.revoke")

    expect(world.page.get_by_text("Lipsync is not installed here")).to_be_visible()
    expect(world.page.get_by_role("menuitem", name="Install it in Northwind Studio")).to_be_focused()


def test_somebody_allows_the_app_by_keyboard(world: World) -> None:
    world.page.goto(asked(world))
    expect(world.page.get_by_role("heading", name="Lipsync is requesting permission")).to_be_visible()
    expect(world.page.get_by_text("Send messages as itself")).to_be_visible()
    looked_at(world.page)
    world.page.keyboard.press("Tab")
    expect(world.page.get_by_label("Who installs it, and where")).to_be_focused()
    world.page.get_by_label("Who installs it, and where").select_option(
        label="Cleo Lindqvist (Southpaw Films)"
    )
    world.page.keyboard.press("Tab")
    world.page.keyboard.press("Tab")
    world.page.keyboard.press("Enter")
    told = told_at_the_app(world)
    assert told.keys() == {"code", "state"}
    assert told["state"] == ["a-state"]


def test_somebody_does_not(world: World) -> None:
    world.page.goto(asked(world))
    world.page.get_by_role("button", name="Cancel").click()
    assert told_at_the_app(world) == {"error": ["access_denied"], "state": ["a-state"]}


def test_a_wrong_link_says_what_is_wrong(world: World) -> None:
    world.page.goto(asked(world).replace("1111111111111", "9"))
    expect(world.page.get_by_role("heading", name="Something went wrong")).to_be_visible()
    expect(world.page.get_by_text("invalid_client_id")).to_be_visible()
    looked_at(world.page)
