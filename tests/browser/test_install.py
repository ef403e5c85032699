"""Installing in a real browser: the app as it is served, its pages by keyboard and for a screen reader."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from bot.sandbox.fake_slack import FakeSlackConfig
from bot.sandbox.ports import free_ports
from storage.encryption import new_key
from tests.browser.conftest import serving_slack, slack_config
from tests.browser.test_accessibility import looked_at
from tests.integration.fake_slack.cast import NORTH, SOUTH

_START_WITHIN_S = 60.0
CLEO = "Cleo Lindqvist (Southpaw Films)"


@dataclass(frozen=True)
class Installer:
    """Somebody with a browser, an app that is served, and a Slack that nobody has installed it in."""

    page: Page
    app_url: str
    log: Path

    def at(self, path: str) -> None:
        self.page.goto(f"{self.app_url}{path}")


@contextmanager
def serving_app(slack: FakeSlackConfig, port: int, folder: Path) -> Iterator[Path]:
    """`lipsync-bot serve`, without any bot token."""
    settings = {
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": f"{slack.base_url}/api/",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SYNC_API_KEY": "sk-nobody-0123456789",
        "SYNC_API_URL": "http://127.0.0.1:9",
        "DATABASE_URL": f"sqlite:///{folder / 'data' / 'lipsync.db'}",
        "ENCRYPTION_KEYS": new_key(),
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    log = folder / "app.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "bot", "serve"]
        app = subprocess.Popen(command, cwd=folder, env=kept | settings, stdout=out, stderr=out)
        try:
            _await(f"http://127.0.0.1:{port}/readyz", app)
            yield log
        finally:
            app.terminate()
            app.wait(30)


def _await(url: str, app: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_WITHIN_S
    while time.monotonic() < until and app.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the app did not start: exit code {app.poll()}")


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
