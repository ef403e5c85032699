"""Bolt is built from our settings alone: no variable of the environment switches its modes."""

import os

import pytest

from bot.app import create_bolt
from bot.slack.authorization import Authorize
from tests.integration.core.world import World
from tests.integration.handlers.front import front

BOLTS_OWN = {
    "SLACK_BOT_TOKEN": "xoxb-from-the-environment",
    "SLACK_SIGNING_SECRET": "from-the-environment",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "hush",
    "SLACK_SCOPES": "chat:write",
    "SLACK_VERIFICATION_TOKEN": "old",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BOLTS_OWN.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
async def test_no_variable_makes_bolt_install_sign_or_speak_by_itself(there: World) -> None:
    async with front(there) as app:
        bolt = create_bolt(app.services)

    assert bolt.oauth_flow is None
    assert bolt._token is None
    assert isinstance(bolt._async_authorize, Authorize)
    assert {name: os.environ[name] for name in BOLTS_OWN} == BOLTS_OWN  # others may read them


@pytest.mark.usefixtures("environment")
async def test_the_app_works_the_same_with_them_set(there: World) -> None:
    async with front(there) as app:
        helped = await app.command("help")

    assert helped.status_code == 200
    assert "/lipsync" in helped.json()["text"]
