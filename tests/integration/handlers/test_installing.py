"""Installing from a browser, against Slack's consent page: who may finish it, and what they are told."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from bot.background import Background
from bot.messages.catalogue import ENGLISH
from bot.sandbox.fake_slack import OrganisationConfig
from bot.sandbox.fake_slack.manifest import read_manifest
from bot.slack.oauth import App, OAuth
from bot.slack.scopes import BOT_SCOPES, GROUPS_SCOPE, HELLO_SCOPES
from bot.steps.forgetting import Forgetting
from bot.teams.accounts import OwnKey
from bot.use_cases.answering import Answering
from bot.use_cases.installing import STATE_LIFE_S, Installing
from bot.web.install import InstallPages
from bot.web.routes import create_web
from bot.web.webhooks import Webhooks
from storage import install_states as states
from storage.errors import StorageBusy
from storage.installations import Installation, Installations
from storage.schema import answers, install_states
from tests.integration.core.world import CIPHER, KEY, World
from tests.integration.fake_slack.browser import REDIRECT, ConsentPage
from tests.integration.fake_slack.harness import (
    ADA,
    NORTH,
    SOUTH,
    Sandbox,
    manifest_with,
    sandbox,
)

CLEO = SOUTH.users[0].id
HERE = REDIRECT.removesuffix("/slack/oauth_redirect")
CLEO_IN_SOUTH = f"{SOUTH.id}:{CLEO}"
COMPASS = OrganisationConfig("E0COMPASS1", "Compass <Group>", "compass", (NORTH.id, SOUTH.id), (ADA,))
ADA_IN_COMPASS = f"{COMPASS.id}:{ADA}"


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """The app stands in North; nobody has installed it in South or in their organisation yet."""
    south = replace(SOUTH, bot_token="", bot_id=NORTH.bot_id, bot_user_id=NORTH.bot_user_id)
    manifest = manifest_with(tmp_path, org_deploy_enabled=True)
    changes = {"teams": (NORTH, south), "organisations": (COMPASS,), "redirect_urls": (REDIRECT,)}
    async with sandbox(tmp_path, manifest=manifest, **changes) as started:
        yield started


@pytest.fixture
async def web(there: World, box: Sandbox) -> httpx.ASGITransport:
    await there.uninstall(SOUTH.id)
    config, tools = box.slack.parts.config, there.tools
    oauth = OAuth(tools.slack, App(config.client_id, config.client_secret))
    installing = Installing(
        there.db,
        tools.teams,
        tools.accounts,
        oauth,
        ENGLISH,
        public_url=HERE,
        clock=there.clock,
    )
    webhooks = Webhooks(there.db, tools.accounts, secret=None, clock=there.clock, wake=lambda: None)

    async def ready() -> Mapping[str, bool]:
        return {}

    pages = InstallPages(installing, ENGLISH, over_tls=True).routes()
    return httpx.ASGITransport(create_web(None, webhooks, ready=ready, pages=pages))


class Browser:
    """Somebody's browser, which keeps cookies."""

    def __init__(self, web: httpx.ASGITransport, box: Sandbox) -> None:
        self.http = httpx.AsyncClient(transport=web, base_url=HERE)
        self.box = box

    async def begin(self, query: str = "") -> ConsentPage:
        """Follow the install link to Slack."""
        sent = await self.http.get(f"/slack/install{query}")
        assert sent.status_code == 302
        address = urlsplit(sent.headers["location"])
        return ConsentPage(self.box, await self.box.page.get(f"{address.path}?{address.query}"))

    async def come_back(self, decided: httpx.Response) -> httpx.Response:
        """Be sent back by Slack."""
        assert decided.status_code == 302, decided.text
        return await self.http.get(decided.headers["location"])

    async def install(self, who: str = CLEO_IN_SOUTH) -> httpx.Response:
        return await self.come_back(await (await self.begin()).decide("allow", who))


@pytest.fixture
async def browser(web: httpx.ASGITransport, box: Sandbox) -> AsyncIterator[Browser]:
    opened = Browser(web, box)
    async with opened.http:
        yield opened


@pytest.fixture
async def another(web: httpx.ASGITransport, box: Sandbox) -> AsyncIterator[Browser]:
    opened = Browser(web, box)
    async with opened.http:
        yield opened


async def installed(
    there: World, team_id: str | None = SOUTH.id, org: str | None = None
) -> Installation | None:
    return (await Installations(there.db, CIPHER).serving(enterprise_id=org, team_id=team_id)).installation


async def greeted(there: World) -> list[str]:
    """Who got a first message from the app, by the time everything that is stored is said."""
    background = Background()
    answering = Answering(there.db, there.tools.teams, there.tools.slack, background, clock=there.clock)
    while await answering.turn():
        pass
    await background.drain(within_s=5)
    async with there.db.read() as conn:
        return list((await conn.execute(select(answers.c.user_id))).scalars())


# --- the way through -------------------------------------------------------------------------------------


async def test_a_direct_install_is_one_redirect_to_slack(browser: Browser) -> None:
    sent = await browser.http.get(f"/slack/install?team={SOUTH.id}")

    address = urlsplit(sent.headers["location"])
    asked = parse_qs(address.query)
    assert (sent.status_code, sent.content) == (302, b"")
    assert (address.path, asked["redirect_uri"], asked["team"]) == (
        "/oauth/v2/authorize",
        [REDIRECT],
        [SOUTH.id],
    )
    cookie = sent.headers["set-cookie"]
    assert cookie.startswith("__Host-lipsync-install=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_whoever_wants_to_read_first_gets_a_page_with_a_button(browser: Browser) -> None:
    page = await browser.http.get("/slack/install?page")

    assert page.status_code == 200
    assert "Add Lipsync to Slack</h1>" in page.text
    assert '<a class="act" href="/slack/install">Add to Slack</a>' in page.text
    assert "set-cookie" not in page.headers


async def test_the_permission_for_user_groups_is_asked_for_where_a_rule_needs_it_and_can_be_left_out(
    there: World, tmp_path: Path, box: Sandbox, browser: Browser
) -> None:
    asked = [*BOT_SCOPES, GROUPS_SCOPE]
    manifest = manifest_with(tmp_path, scopes=asked, bot_optional=[GROUPS_SCOPE])
    object.__setattr__(box.slack.parts, "manifest", read_manifest(manifest))
    assert (await browser.begin()).optional == []

    page = await browser.begin("?groups")
    assert page.optional == [GROUPS_SCOPE]
    await browser.come_back(await page.decide("allow", CLEO_IN_SOUTH, optional=[]))
    assert await scopes(there) == list(BOT_SCOPES)

    await browser.come_back(await (await browser.begin("?groups")).decide("allow", CLEO_IN_SOUTH))
    assert await scopes(there) == asked


async def test_a_hello_in_channels_is_asked_for_alone_or_beside_user_groups(
    tmp_path: Path, box: Sandbox, browser: Browser
) -> None:
    more = [GROUPS_SCOPE, *HELLO_SCOPES]
    manifest = manifest_with(tmp_path, scopes=[*BOT_SCOPES, *more], bot_optional=more)
    object.__setattr__(box.slack.parts, "manifest", read_manifest(manifest))

    assert (await browser.begin("?hello")).optional == list(HELLO_SCOPES)
    assert (await browser.begin("?hello&groups")).optional == more
    page = await browser.http.get("/slack/install?page&hello&groups&else")
    assert '<a class="act" href="/slack/install?groups&amp;hello">Add to Slack</a>' in page.text


async def test_whoever_reads_first_still_asks_for_user_groups(browser: Browser) -> None:
    page = await browser.http.get("/slack/install?page&groups")

    assert '<a class="act" href="/slack/install?groups">Add to Slack</a>' in page.text


async def scopes(there: World) -> list[str]:
    found = await installed(there)
    return [] if found is None else list(found.scopes)


async def test_a_team_is_installed_and_its_installer_alone_is_greeted(
    there: World, browser: Browser, box: Sandbox
) -> None:
    page = await browser.install()

    assert (page.status_code, f"Lipsync is installed in {SOUTH.name}</h1>" in page.text) == (200, True)
    assert f'href="{box.slack.parts.config.base_url}/app_redirect?' in page.text
    found = await installed(there)
    assert found is not None
    assert (found.team_id, found.enterprise_id, found.installed_by) == (SOUTH.id, COMPASS.id, CLEO)
    assert (found.bot_id, found.bot_user_id) == (NORTH.bot_id, NORTH.bot_user_id)
    assert set(found.scopes) == set(box.slack.parts.manifest.scopes)
    assert await greeted(there) == [CLEO]
    said = box.slack.workspace(SOUTH.id).messages(box.slack.workspace(SOUTH.id).direct_message(CLEO).id)
    assert "Your next step" in said[-1].text
    assert len(said) == 1


async def test_where_nobody_pays_yet_the_next_step_is_to_connect_an_account(
    there: World, browser: Browser
) -> None:
    accounts = there.tools.accounts
    accounts._own = OwnKey(KEY, NORTH.id, for_all=False)
    await accounts.keys.take_away(SOUTH.id, by=None, now=there.clock())

    page = await browser.install()

    async with there.db.read() as conn:
        [said] = (await conn.execute(select(answers.c.text))).scalars()
    assert "Connect sync.so" in said
    assert "presses Connect sync.so" in unescape(page.text)
    assert "can use it now" not in page.text


async def test_an_organisation_is_installed_and_is_told_to_choose_workspaces(
    there: World, browser: Browser
) -> None:
    page = await browser.install(ADA_IN_COMPASS)

    assert "Compass &lt;Group&gt; allows Lipsync</h1>" in page.text
    assert f"https://app.slack.com/manage/{COMPASS.id}/integrations/profile/" in page.text
    found = await installed(there, None, COMPASS.id)
    assert found is not None
    assert (found.id, found.team_id, found.enterprise_id) == (COMPASS.id, None, COMPASS.id)
    serving = await there.tools.teams.need(COMPASS.id, SOUTH.id)
    assert serving.id == COMPASS.id
    assert (await there.tools.teams.need(COMPASS.id, NORTH.id)).id == NORTH.id


async def test_installing_again_renews_it_and_greets_nobody_twice(there: World, browser: Browser) -> None:
    await browser.install()
    there.clock.pass_by(100)

    page = await browser.install()

    assert page.status_code == 200
    again = await installed(there)
    assert again is not None
    assert again.installed_at == there.clock()
    assert await greeted(there) == [CLEO]


async def test_scopes_that_were_added_to_the_app_come_with_the_next_install(
    there: World, browser: Browser, box: Sandbox
) -> None:
    before = box.slack.parts.manifest
    object.__setattr__(before, "scopes", tuple(each for each in before.scopes if each != "im:history"))
    refused = await browser.begin()
    assert "unapproved_scope" in refused.shown.headers["location"]
    page = await browser.come_back(refused.shown)
    assert "Your workspace has to allow this app first</h1>" in page.text

    object.__setattr__(before, "scopes", (*before.scopes, "im:history"))
    await browser.install()

    found = await installed(there)
    assert found is not None
    assert "im:history" in found.scopes


# --- who may not -----------------------------------------------------------------------------------------


async def test_whoever_says_no_is_told_that_nothing_happened(there: World, browser: Browser) -> None:
    page = await browser.come_back(await (await browser.begin()).decide("cancel"))

    assert (page.status_code, "You did not allow it</h1>" in page.text) == (400, True)
    assert '<a class="act" href="/slack/install">Try again</a>' in page.text
    assert await installed(there) is None


async def test_what_one_browser_began_no_other_finishes(
    there: World, browser: Browser, another: Browser
) -> None:
    decided = await (await browser.begin()).decide("allow", CLEO_IN_SOUTH)
    await another.begin()

    stolen = await another.come_back(decided)

    assert (stolen.status_code, "nothing to finish here</h1>" in stolen.text) == (400, True)
    assert await installed(there) is None
    assert (await browser.come_back(decided)).status_code == 200


async def test_a_way_back_is_good_once(browser: Browser) -> None:
    decided = await (await browser.begin()).decide("allow", CLEO_IN_SOUTH)
    assert (await browser.come_back(decided)).status_code == 200

    assert (await browser.come_back(decided)).status_code == 400


async def test_what_began_too_long_ago_is_over(there: World, browser: Browser) -> None:
    decided = await (await browser.begin()).decide("allow", CLEO_IN_SOUTH)
    there.clock.pass_by(STATE_LIFE_S)

    assert (await browser.come_back(decided)).status_code == 400


@pytest.mark.parametrize("query", ["", "?code=1", "?code=1&state=", "?code=1&state=guessed", "?state=x"])
async def test_what_did_not_begin_here_is_sent_to_the_beginning(browser: Browser, query: str) -> None:
    """Slack's own install link, for one, brings a code and no state."""
    await browser.begin()

    page = await browser.http.get(f"/slack/oauth_redirect{query}")

    assert (page.status_code, "nothing to finish here</h1>" in page.text) == (400, True)
    assert '<a class="act" href="/slack/install">Try again</a>' in page.text


async def test_two_tabs_of_a_browser_finish_both(there: World, browser: Browser) -> None:
    first, second = await browser.begin(), await browser.begin()

    for tab in (first, second):
        assert (await browser.come_back(await tab.decide("allow", CLEO_IN_SOUTH))).status_code == 200

    assert await installed(there) is not None


async def test_a_code_that_slack_does_not_take_is_no_install(there: World, browser: Browser) -> None:
    decided = await (await browser.begin()).decide("allow", CLEO_IN_SOUTH)
    address = decided.headers["location"].replace("code=", "code=x")

    page = await browser.http.get(address)

    assert page.status_code == 400
    assert await installed(there) is None


@pytest.mark.parametrize("fault", ["server_error", "lose_reply"])
async def test_a_slack_that_does_not_answer_may_have_installed_it(
    there: World, browser: Browser, box: Sandbox, fault: str
) -> None:
    decided = await (await browser.begin()).decide("allow", CLEO_IN_SOUTH)
    box.slack.faults.set(fault, {"times": 1})

    page = await browser.come_back(decided)

    assert (page.status_code, "Slack may list Lipsync as installed already" in page.text) == (503, True)
    assert await installed(there) is None
    box.slack.faults.reset()
    assert (await browser.install()).status_code == 200


async def test_where_it_cannot_begin_slack_was_asked_for_nothing(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any, **__: Any) -> None:
        raise StorageBusy("locked")

    monkeypatch.setattr(states, "begin", breaks)

    page = await browser.http.get("/slack/install")

    assert page.status_code == 503
    assert "Lipsync cannot begin just now</h1>" in page.text
    assert "may list" not in page.text


# --- what the pages and the database give away -------------------------------------------------------------


async def test_every_page_is_plain_and_closed(browser: Browser) -> None:
    pages = [
        await browser.http.get("/slack/install?page"),
        await browser.http.get("/slack/oauth_redirect"),
        await browser.install(),
    ]
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert '<html lang="en">' in page.text
        assert page.text.count("<h1>") == 1
        assert "<script" not in page.text


async def test_what_comes_in_the_query_is_not_on_the_page(browser: Browser) -> None:
    await browser.begin()
    page = await browser.http.get("/slack/oauth_redirect?error=<script>alert(1)</script>&state=x")

    assert "alert" not in unescape(page.text)


async def test_the_database_holds_no_state_and_no_token_in_clear(there: World, browser: Browser) -> None:
    sent = await browser.http.get("/slack/install")
    [state] = parse_qs(urlsplit(sent.headers["location"]).query)["state"]
    cookie = browser.http.cookies["__Host-lipsync-install"]

    async with there.db.read() as conn:
        [row] = (await conn.execute(select(install_states))).all()

    assert not {state, cookie} & set(map(str, row))
    await browser.install()
    async with there.db.read() as conn:
        assert len((await conn.execute(select(install_states))).all()) == 1  # the one that was begun first


async def begun(there: World) -> int:
    async with there.db.read() as conn:
        return len((await conn.execute(select(install_states))).all())


async def test_who_only_asks_what_is_there_begins_nothing(there: World, browser: Browser) -> None:
    assert (await browser.http.head("/slack/install")).status_code == 200
    assert await begun(there) == 0


async def test_only_so_many_are_begun_at_a_time_and_the_old_ones_make_room(
    there: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.install_states.MOST_OPEN", 2)
    for status in (302, 302, 503):
        assert (await browser.http.get("/slack/install")).status_code == status
    assert await begun(there) == 2
    there.clock.pass_by(STATE_LIFE_S)
    assert (await browser.http.get("/slack/install")).status_code == 302
    await Forgetting(there.db, clock=there.clock).turn()
    assert await begun(there) == 1
