"""Connecting sync.so on the page: who gets a link, what a look at it does, and which browser goes on."""

import re
from collections.abc import AsyncIterator, Mapping
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text

from bot.asking.asks import Asker
from bot.background import Background
from bot.messages.catalogue import ENGLISH
from bot.steps.forgetting import Forgetting
from bot.use_cases.answering import Answering
from bot.use_cases.connecting import LINK_LIFE_S, SESSION_LIFE_S, Connecting, NoLink
from bot.web.connect import connect_pages
from bot.web.routes import create_web
from bot.web.webhooks import Webhooks
from storage import card_store, homes
from storage.cards import Card
from storage.schema import connect_sessions, connect_tokens, sync_keys
from storage.sync_keys import NewKey
from tests.integration.core.world import SOUTH_KEY, World, installation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

HERE = "https://lipsync.example"
CLEO = SOUTH.users[0].id
CLEO_ASKS = Asker(None, SOUTH.id, CLEO)
ORGANISATIONS = {
    "sk-new-0123456789abcd": "org_new",
    "sk-same-0123456789abc": "org_south",
    "sk-short": "org_new",
}
NEW, SAME, SHORT = ORGANISATIONS


@pytest.fixture
def admins() -> set[str]:
    """Who is one just now."""
    return {CLEO, ADA}


@pytest.fixture
def connecting(there: World, admins: set[str]) -> Connecting:
    async def may_administer(asker: Asker) -> bool:
        return asker.user_id in admins

    tools = there.tools
    return Connecting(
        there.db,
        tools.teams,
        tools.accounts,
        tools.slack,
        ENGLISH,
        may_administer=may_administer,
        public_url=HERE,
        clock=there.clock,
    )


@pytest.fixture
def web(there: World, connecting: Connecting) -> httpx.ASGITransport:
    def account(request: httpx.Request) -> httpx.Response:
        organisation = ORGANISATIONS.get(request.headers["x-api-key"])
        if organisation is None:
            return httpx.Response(401, json={"message": "Invalid key", "statusCode": 401})
        return httpx.Response(200, json={"organization": {"id": organisation, "name": "New & <Old>"}})

    there.sync.get("/v2/account").mock(side_effect=account)
    webhooks = Webhooks(there.db, there.tools.accounts, secret=None, clock=there.clock, wake=lambda: None)

    async def ready() -> Mapping[str, bool]:
        return {}

    pages = connect_pages(connecting, ENGLISH, HERE)
    return httpx.ASGITransport(create_web(None, webhooks, ready=ready, pages=pages))


@pytest.fixture
async def browser(web: httpx.ASGITransport) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=web, base_url=HERE) as client:
        yield client


@pytest.fixture
async def other(web: httpx.ASGITransport) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody else's browser."""
    async with httpx.AsyncClient(transport=web, base_url=HERE) as client:
        yield client


async def link(connecting: Connecting, asker: Asker = CLEO_ASKS) -> str:
    made = await connecting.link_for(asker)
    assert not isinstance(made, NoLink)
    return made


async def opened(browser: httpx.AsyncClient, address: str) -> httpx.Response:
    """Press the link's button, and follow where it leads."""
    sent = await browser.post(address)
    assert (sent.status_code, sent.headers["location"]) == (303, "/connect")
    return await browser.get("/connect")


async def given(browser: httpx.AsyncClient, api_key: str) -> httpx.Response:
    return await browser.post("/connect", data={"do": "connect", "api_key": api_key})


async def rows(there: World) -> tuple[int, int]:
    """Links and browsers that are known."""
    async with there.db.read() as conn:
        counted = [
            (await conn.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (connect_tokens, connect_sessions)
        ]
    return counted[0], counted[1]


async def key_of_south(there: World) -> str:
    return (await there.tools.accounts.of_team(None, SOUTH.id)).key


async def told(there: World) -> list[str]:
    """What the app has said to people in the South."""
    answering = Answering(
        there.db, there.tools.teams, there.tools.slack, background := Background(), clock=there.clock
    )
    await answering.turn()
    await background.drain(within_s=10)
    return [call.args["text"] for call in there.calls("chat.postMessage")]


async def test_only_an_admin_gets_a_link(connecting: Connecting, admins: set[str]) -> None:
    admins.clear()

    assert await connecting.link_for(CLEO_ASKS) is NoLink.NOT_ADMIN


async def test_a_link_says_who_connects_which_workspace_and_looking_at_it_spends_nothing(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    address = await link(connecting)

    for _ in range(3):
        page = await browser.get(address)
        assert page.status_code == 200
    words = unescape(page.text)
    assert SOUTH.name in words
    assert SOUTH.users[0].real_name in words
    assert page.text.count("<button") == 1
    assert await rows(there) == (1, 0)
    assert "set-cookie" not in page.headers


async def test_the_button_spends_the_link_and_ties_the_rest_to_the_browser(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    sent = await browser.post(await link(connecting))

    cookie = sent.headers["set-cookie"].lower()
    assert cookie.startswith("__host-")
    assert all(part in cookie for part in ("secure", "httponly", "samesite=strict", "path=/"))
    assert await rows(there) == (0, 1)


async def test_a_second_press_is_refused_and_the_admin_hears_when(
    there: World, connecting: Connecting, browser: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    address = await link(connecting)
    await opened(browser, address)
    there.clock.pass_by(60)

    for another in (other, browser, other):
        assert (await another.post(address)).status_code == 410
        assert (await another.get(address)).status_code == 410

    assert (await other.get("/connect")).status_code == 410
    (words,) = await told(there)
    assert "a second time" in words
    assert f"<!date^{int(there.clock())}^" in words
    assert f"<!date^{int(there.clock() - 60)}^" in words


async def test_another_browser_cannot_go_on(
    there: World, connecting: Connecting, browser: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    await opened(browser, await link(connecting))

    assert (await given(other, NEW)).status_code == 410

    assert await key_of_south(there) == "org:org_south"


async def test_a_form_that_another_site_sends_is_refused(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    address, elsewhere = await link(connecting), {"sec-fetch-site": "cross-site"}
    assert (await browser.post(address, headers=elsewhere)).status_code == 410
    assert await rows(there) == (1, 0)

    await opened(browser, address)
    sent = await browser.post("/connect", data={"do": "remove"}, headers=elsewhere)

    assert sent.status_code == 410
    assert await key_of_south(there) == "org:org_south"


async def test_a_link_lives_ten_minutes_and_its_browser_half_an_hour(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    late, in_time = await link(connecting), await link(connecting)
    there.clock.pass_by(LINK_LIFE_S - 1)
    await opened(browser, in_time)
    there.clock.pass_by(1)
    assert (await browser.get(late)).status_code == 410
    assert (await browser.post(late)).status_code == 410

    there.clock.pass_by(SESSION_LIFE_S)
    assert (await browser.get("/connect")).status_code == 410
    await Forgetting(there.db, clock=there.clock).turn()
    assert await rows(there) == (0, 0)


async def test_who_is_no_admin_any_more_cannot_go_on(
    there: World, connecting: Connecting, browser: httpx.AsyncClient, admins: set[str]
) -> None:
    await opened(browser, await link(connecting))
    admins.clear()

    assert (await given(browser, NEW)).status_code == 410
    assert await key_of_south(there) == "org:org_south"


async def test_whose_installation_has_ended_has_no_key_changed_by_a_workspace_with_another(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    teams, now = there.tools.teams, there.clock()
    await teams.save(installation(id="E1", enterprise_id="E1", team_id=None, installed_at=now))
    await there.connect(SAME, "org_e1", "E1")
    await opened(browser, await link(connecting, Asker("E1", "T2", CLEO)))
    await teams.remove("E1", at=now, now=now)
    await teams.save(installation(id="T2", enterprise_id="E1", team_id="T2", installed_at=now))

    assert (await browser.post("/connect", data={"do": "remove"})).status_code == 410
    assert (await given(browser, NEW)).status_code == 410

    kept = await there.keys.in_use(("E1",))
    assert kept is not None
    assert kept.account_key == "org:org_e1"


async def test_a_key_is_checked_kept_and_shown_by_its_last_characters(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    await opened(browser, await link(connecting))

    sent = await given(browser, f"  {NEW}\n")
    page = await browser.get("/connect")

    assert (sent.status_code, sent.headers["location"]) == (303, "/connect")
    assert await key_of_south(there) == "org:org_new"
    assert NEW[-4:] in page.text
    assert NEW not in page.text
    assert "New &amp; &lt;Old&gt;" in page.text
    async with there.db.read() as conn:
        kept = (await conn.execute(select(sync_keys).where(sync_keys.c.account_key == "org:org_new"))).one()
    assert (kept.owner_id, kept.last_four) == (SOUTH.id, NEW[-4:])


@pytest.mark.parametrize(
    ("api_key", "words"),
    [
        ("sk-nobody-0123456789", "does not accept"),
        ("two words", "not an API key"),
        ("", "not an API key"),
        ("sk-" + "x" * 5_000, "not an API key"),
    ],
)
async def test_a_key_that_is_not_good_changes_nothing_and_is_not_shown(
    there: World, connecting: Connecting, browser: httpx.AsyncClient, api_key: str, words: str
) -> None:
    await opened(browser, await link(connecting))

    page = await given(browser, api_key)

    assert page.status_code == 422
    assert words in unescape(page.text)
    assert 'role="alert"' in page.text
    assert not api_key or api_key not in page.text
    assert await key_of_south(there) == "org:org_south"


async def test_the_home_from_which_the_admin_came_shows_what_is_connected(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    async def home() -> Card | None:
        async with there.db.read() as conn:
            return await card_store.find(conn, f"home:{SOUTH.id}:{CLEO}")

    async with there.db.write() as conn:
        await homes.opened(conn, CLEO_ASKS, SOUTH.id, page=None, now=there.clock())
    before = await home()
    await opened(browser, await link(connecting))
    await given(browser, NEW)
    connected = await home()
    await browser.post("/connect", data={"do": "remove"})
    removed = await home()

    assert before is not None
    assert connected is not None
    assert removed is not None
    assert before.revision < connected.revision < removed.revision


async def test_of_a_short_key_no_end_is_shown(connecting: Connecting, browser: httpx.AsyncClient) -> None:
    await opened(browser, await link(connecting))
    await given(browser, SHORT)

    page = (await browser.get("/connect")).text

    assert "A key was connected on" in page
    assert "The key ends in" not in page
    assert SHORT[-4:] not in page


async def test_a_key_that_another_admin_takes_away_at_once_leads_to_the_page_as_it_is(
    there: World, connecting: Connecting, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(browser, await link(connecting))
    keys, put = there.tools.accounts.keys, there.tools.accounts.keys.put

    async def put_and_lose(owner_id: str, *given: Any, by: str | None, now: float) -> NewKey:
        new = await put(owner_id, *given, by=by, now=now)
        await keys.take_away(owner_id, by=ADA, now=now)
        return new

    monkeypatch.setattr(keys, "put", put_and_lose)
    sent = await given(browser, NEW)

    assert (sent.status_code, sent.headers["location"]) == (303, "/connect")
    assert "Check and connect" in (await browser.get("/connect")).text


async def test_while_sync_so_is_away_nothing_is_changed(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    await opened(browser, await link(connecting))
    there.sync.get("/v2/account").mock(side_effect=None, return_value=httpx.Response(503))

    page = await given(browser, NEW)

    assert page.status_code == 422
    assert "try again in a minute" in page.text
    assert await key_of_south(there) == "org:org_south"


async def test_a_key_is_removed_there(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    await opened(browser, await link(connecting))

    page = await browser.post("/connect", data={"do": "remove"})

    assert page.status_code == 200
    assert "New videos are paid by the account of whoever runs Lipsync" in page.text
    assert (await there.tools.accounts.of_team(None, SOUTH.id)).is_apps_own, "the settings serve all here"
    assert "Remove the key" not in (await browser.get("/connect")).text


async def test_what_an_admin_does_stands_in_the_audit_log(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    await opened(browser, await link(connecting))
    await given(browser, NEW)
    await browser.post("/connect", data={"do": "remove"})

    async with there.db.read() as conn:
        logged = (
            await conn.execute(
                text("SELECT action, details, personal FROM audit WHERE team_id = :t ORDER BY seq"),
                {"t": SOUTH.id},
            )
        ).all()
    assert [row.action for row in logged][-2:] == ["sync_key.replaced", "sync_key.removed"]
    assert CLEO in str(logged[-1].personal)
    assert not any(NEW in str(part) or SOUTH_KEY in str(part) for row in logged for part in row)


async def test_pages_are_kept_framed_and_told_nowhere(
    connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    address = await link(connecting)
    pages = [await browser.get(address), await opened(browser, address), await browser.get("/connect/none")]

    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "<script" not in page.text


async def test_no_table_has_a_link_or_a_cookie(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    waiting, used = await link(connecting), await link(connecting)
    await opened(browser, used)
    secrets = [address.rpartition("/")[2] for address in (waiting, used)]
    secrets += [str(cookie.value) for cookie in browser.cookies.jar]

    async with there.db.read() as conn:
        stored = str([(await conn.execute(select(t))).all() for t in (connect_tokens, connect_sessions)])

    assert len(secrets) == 3
    assert all(re.fullmatch(r"[\w-]{43}", secret) and secret not in stored for secret in secrets)


async def test_an_admin_of_one_workspace_connects_no_other(
    there: World, connecting: Connecting, browser: httpx.AsyncClient
) -> None:
    await opened(browser, await link(connecting, Asker(None, NORTH.id, ADA)))

    await given(browser, NEW)

    assert await key_of_south(there) == "org:org_south"
    assert (await there.tools.accounts.of_team(None, NORTH.id)).key == "org:org_new"
