"""Installing in a real browser: the app as it is served, its pages by keyboard and for a screen reader."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.sandbox.ports import free_ports
from tests.browser.conftest import serving_slack, slack_config
from tests.browser.real_app import serving_app
from tests.browser.test_accessibility import looked_at
from tests.integration.fake_slack.cast import NORTH, SOUTH

CLEO = "Cleo Lindqvist (Southpaw Films)"


@dataclass(frozen=True)
class Installer:
    """Somebody with a browser, an app that is served, and a Slack that nobody has installed it in."""

    page: Page
    app_url: str
    log: Path

    def at(self, path: str) -> None:
        self.page.goto(f"{self.app_url}{path}")


@pytest.fixture
def installer(page: Page, tmp_path: Path) -> Iterator[Installer]:
    app_port, slack_port = free_ports(2)
    app_url = f"http://127.0.0.1:{app_port}"
    config = replace(
        slack_config(tmp_path, slack_port, request_url=f"{app_url}/slack/events"),
        teams=(replace(NORTH, bot_token=""), replace(SOUTH, bot_token="")),
        redirect_urls=(f"{app_url}/slack/oauth_redirect",),
    )
    with serving_slack(config, slack_port), serving_app(config, app_port, tmp_path) as log:
        yield Installer(page, app_url, log)
        page.goto("about:blank")


def test_a_person_installs_it_by_keyboard_alone(installer: Installer) -> None:
    page = installer.page
    installer.at("/slack/install?page")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add Lipsync to Slack")
    looked_at(page)
    page.emulate_media(color_scheme="dark")
    looked_at(page)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Add to Slack")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Who installs it, and where").select_option(label=CLEO)
    page.get_by_role("button", name="Allow").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Lipsync is installed in Southpaw Films")
    expect(page.get_by_role("link", name="Open Slack")).to_be_visible()
    looked_at(page)
    page.reload()  # the same way back a second time
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing to finish here")
    looked_at(page)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You did not allow it")
    looked_at(page)
    assert "xoxb-" not in installer.log.read_text()


def test_a_narrow_window_and_large_letters_cut_nothing_off(installer: Installer) -> None:
    """WCAG 1.4.10: 320 CSS pixels, which is what 400 % leave of a usual window."""
    installer.page.set_viewport_size({"width": 320, "height": 640})
    installer.at("/slack/install?page")

    width = installer.page.evaluate("document.documentElement.scrollWidth")

    assert width <= 320
