"""Somebody at the consent page, without a browser."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.integration.fake_slack.harness import Sandbox

REDIRECT = "https://lipsync.example.com/slack/oauth_redirect"
_REQUEST = re.compile(r'name="request" value="([^"]+)"')
_WHO = re.compile(r'<option value="([^"]+)">([^<]+)</option>')
_OPTIONAL = re.compile(r'name="optional" value="([^"]+)"')


@dataclass
class ConsentPage:
    """A page that asks somebody."""

    box: Sandbox
    shown: httpx.Response

    @property
    def who(self) -> dict[str, str]:
        """Who may be chosen, by the words that are shown."""
        return {unescape(words): value for value, words in _WHO.findall(self.shown.text)}

    @property
    def optional(self) -> list[str]:
        """The scopes that may be left out."""
        return _OPTIONAL.findall(self.shown.text)

    async def decide(self, decision: str, who: str = "", **more: Any) -> httpx.Response:
        """Press a button."""
        request = _REQUEST.search(self.shown.text)
        assert request is not None
        form = {"request": request[1], "who": who, "decision": decision, "optional": self.optional, **more}
        return await self.box.page.post("/oauth/v2/authorize", data=form)

    async def allow(self, who: str, **more: Any) -> str:
        """Allow it; returns the code."""
        return told(await self.decide("allow", who, **more))["code"]


async def consent_page(box: Sandbox, **query: str) -> ConsentPage:
    """Open the page as the app's install link does."""
    asked = {
        "client_id": box.slack.parts.config.client_id,
        "scope": ",".join(box.slack.parts.manifest.scopes),
        "state": "a-state",
        "redirect_uri": REDIRECT,
    }
    given = {name: value for name, value in {**asked, **query}.items() if value}
    return ConsentPage(box, await box.page.get("/oauth/v2/authorize", params=given))


def told(sent_back: httpx.Response) -> dict[str, str]:
    """What the app is told at its redirect address."""
    assert sent_back.status_code == 302, sent_back.text
    address = urlsplit(sent_back.headers["location"])
    assert address._replace(query="").geturl() == REDIRECT
    return {name: values[0] for name, values in parse_qs(address.query).items()}


async def ask(box: Sandbox, method: str, **args: Any) -> dict[str, Any]:
    """Call a method with the app's own id and secret, as arguments unless they are given otherwise."""
    config = box.slack.parts.config
    known = {"client_id": config.client_id, "client_secret": config.client_secret}
    given = {name: value for name, value in {**known, **args}.items() if value is not None}
    answer = await box.page.post(f"/api/{method}", data=given)
    body: dict[str, Any] = answer.json()
    return body


async def redeem(box: Sandbox, code: str, **args: Any) -> dict[str, Any]:
    """Exchange a code for a token."""
    return await ask(box, "oauth.v2.access", code=code, redirect_uri=REDIRECT, **args)
