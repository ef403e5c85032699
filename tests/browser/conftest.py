"""A browser, and a fake Slack with a stub app in it, for each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from bot.sandbox.fake_slack import FakeSlackConfig, TeamConfig, create_fake_slack
from bot.sandbox.ports import free_ports
from tests.browser.chromium import LAUNCH_ARGS, executable
from tests.browser.stub_app import SlackApi, StubApp, served
from tests.integration.fake_slack.cast import NORTH, SOUTH

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class World:
    """The fake workspace, the stub app, and a page that shows them."""

    url: str
    page: Page
    app: StubApp
    api: SlackApi
    teams: tuple[TeamConfig, ...]

    @property
    def channel(self) -> str:
        """The first team's channel in which the app is."""
        return next(channel.id for channel in self.teams[0].channels if channel.bot_is_member)

    def post(self, text: str, **more: object) -> str:
        """Let the app say something in the channel; returns the ts."""
        return str(self.api("chat.postMessage", channel=self.channel, text=text, **more)["ts"])

    def message(self, text: str) -> Locator:
        """The message of the channel that shows a text."""
        return self.page.locator("#scroller .message", has_text=text)

    @property
    def composer(self) -> Locator:
        """The box to write in."""
        return self.page.locator("#composer textarea")

    @property
    def modal(self) -> Locator:
        """The open form."""
        return self.page.locator("dialog.modal[open]")

    def command(self, text: str = "/lipsync") -> None:
        """Type a command and send it."""
        self.composer.fill(text)
        self.composer.press("Enter")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with its file: while Playwright's own loop runs in a thread, no test there can run another."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(LAUNCH_ARGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test on any error of a script."""
    context = browser.new_context(viewport={"width": 1360, "height": 860}, reduced_motion="reduce")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def world(page: Page, tmp_path: Path) -> Iterator[World]:
    app, (app_port, slack_port) = StubApp(), free_ports(2)
    config = slack_config(tmp_path, slack_port, request_url=f"http://127.0.0.1:{app_port}/slack/events")
    url = config.base_url
    with served(app.asgi, app_port), serving_slack(config, slack_port):
        page.goto(url)
        expect(page.locator("body")).to_have_attribute("data-ready", "true")
        yield World(url, page, app, SlackApi(url, config.teams[0].bot_token), config.teams)
        page.goto("about:blank")  # ends the live stream, so that the server can stop


def slack_config(folder: Path, port: int, *, request_url: str) -> FakeSlackConfig:
    """A fake Slack on a port that serves the page and tells an app behind HTTP."""
    return FakeSlackConfig(
        manifest=_ROOT / "manifest.yml",
        base_url=f"http://127.0.0.1:{port}",
        data=folder / "slack",
        teams=(NORTH, SOUTH),
        delivery="http",
        request_url=request_url,
        page=_ROOT / "bot" / "sandbox" / "page",
    )


@contextmanager
def serving_slack(config: FakeSlackConfig, port: int) -> Iterator[None]:
    """A fresh fake Slack until the block ends."""
    slack = create_fake_slack(config)
    with served(slack.asgi, port, close=slack.close):
        yield
