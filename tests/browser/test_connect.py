"""Connecting sync.so in a real browser: from the Home through the page of the app's own, and back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.sandbox.fake_sync import FakeSyncConfig, Org, create_fake_sync
from bot.sandbox.ports import free_ports
from tests.browser.conftest import serving_slack, slack_config
from tests.browser.real_app import serving_app
from tests.browser.stub_app import served
from tests.browser.test_accessibility import looked_at
from tests.integration.fake_slack.cast import NORTH, SOUTH

CLEO, DAN = SOUTH.users
TEAM = replace(SOUTH, bot_token="", users=(replace(CLEO, role="owner"), DAN))
KEY = "sk-southpaw-0123456789"
WAIT_MS = 60_000.0


@pytest.fixture
def slack_page(page: Page, tmp_path: Path) -> Iterator[Page]:
    """Cleo has just installed the app in a real browser, and has gone back to Slack."""
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    app_port, slack_port, sync_port = free_ports(3)
    app_url, sync_url = (f"http://127.0.0.1:{port}" for port in (app_port, sync_port))
    slack = replace(
        slack_config(tmp_path, slack_port, request_url=f"{app_url}/slack/events"),
        teams=(replace(NORTH, bot_token=""), TEAM),
        redirect_urls=(f"{app_url}/slack/oauth_redirect",),
    )
    sync = FakeSyncConfig(sync_url, tmp_path / "sync", {KEY: Org("org_southpaw", "Southpaw Films")})
    with (
        served(create_fake_sync(sync).asgi, sync_port),
        serving_slack(slack, slack_port),
        serving_app(slack, app_port, tmp_path, sync_url=sync_url),
    ):
        page.goto(f"{app_url}/slack/install")
        page.get_by_label("Who installs it, and where").select_option(f"{TEAM.id}:{CLEO.id}")
        page.get_by_role("button", name="Allow").click()
        page.get_by_role("link", name="Open Slack").click()
        yield page
        page.goto("about:blank")
        expect.set_options(timeout=5_000)


def link_of(page: Page) -> Page:
    """The page to which the button in the Home leads, in a tab of its own."""
    page.get_by_role("navigation", name="Channels").get_by_role("button", name="Lipsync").click()
    page.get_by_role("tab", name="Home").click()
    page.get_by_role("tabpanel", name="Home").get_by_role("button", name="Connect sync.so").click()
    way = page.locator("dialog.modal[open]").get_by_text("Open the page")
    with page.expect_popup() as opened:
        way.click()
    opened.value.set_default_timeout(WAIT_MS)
    return opened.value


def fits(page: Page) -> None:
    """Nothing is cut off in 320 CSS pixels (WCAG 1.4.10), and nothing to stumble over, also in the dark."""
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for light in ("light", "dark"):
        page.emulate_media(color_scheme=light)
        looked_at(page)


def test_an_owner_connects_a_key_and_removes_it_by_keyboard_alone(slack_page: Page) -> None:
    page = link_of(slack_page)
    address = page.url
    title, field = page.get_by_role("heading", level=1), page.get_by_label("sync.so API key")
    expect(title).to_have_text("Connect sync.so to Southpaw Films")
    expect(page.get_by_text("Cleo Lindqvist asked for this link")).to_be_visible()
    fits(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Go on in this browser")).to_be_focused()
    page.keyboard.press("Enter")

    expect(field).to_be_visible()
    fits(page)
    page.keyboard.press("Tab")
    page.keyboard.type("sk-nobody-knows-it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("sync.so does not accept this key")
    expect(field).to_have_accessible_description(page.get_by_role("alert").inner_text())
    expect(field).to_have_value("")
    fits(page)

    field.fill(KEY)
    field.press("Enter")
    expect(title).to_have_text("Southpaw Films is connected to sync.so")
    expect(page.get_by_text("The key ends in 6789")).to_be_visible()
    fits(page)
    expect(slack_page.get_by_role("tabpanel", name="Home")).to_contain_text("A sync.so account is connected")

    page.get_by_role("button", name="Remove the key").press("Enter")
    expect(title).to_have_text("Southpaw Films has no sync.so key of its own any more")
    fits(page)
    expect(slack_page.get_by_role("tabpanel", name="Home")).to_contain_text("One step is left")

    page.goto(address)
    expect(title).to_have_text("This link does not work any more")
    fits(page)
