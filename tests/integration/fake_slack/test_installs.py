"""Installing from a browser: the consent page, codes, tokens, rotation, and how an install ends."""

import pickle
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fake_slack.browser import REDIRECT, ask, consent_page, redeem, told
from tests.integration.fake_slack.harness import (
    ADA,
    NORTH,
    QUICK,
    SOUTH,
    Clock,
    Sandbox,
    manifest_with,
    sandbox,
)

CLEO = SOUTH.users[0]
NOT_INSTALLED = replace(SOUTH, bot_token="")
ADA_IN_NORTH, CLEO_IN_SOUTH = f"{NORTH.id}:{ADA}", f"{SOUTH.id}:{CLEO.id}"


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def box(tmp_path: Path, clock: Clock) -> AsyncIterator[Sandbox]:
    """The app stands in North; in South nobody has installed it yet."""
    changes = {"teams": (NORTH, NOT_INSTALLED), "redirect_urls": (REDIRECT,), "now": clock}
    async with sandbox(tmp_path, **changes) as started:
        yield started


async def installed(box: Sandbox, who: str = CLEO_IN_SOUTH, **query: str) -> dict[str, Any]:
    page = await consent_page(box, **query)
    return await redeem(box, await page.allow(who))


async def of(box: Sandbox, token: str) -> str:
    """What a token answers: the team, or Slack's error."""
    answer = (await box.page.post("/api/auth.test", headers={"Authorization": f"Bearer {token}"})).json()
    return str(answer["team_id"] if answer["ok"] else answer["error"])


# The page


async def test_the_page_says_what_is_asked_and_who_may_allow_it(box: Sandbox) -> None:
    page = await consent_page(box)
    assert "Lipsync is requesting permission" in page.shown.text
    assert "<code>chat:write</code>" in page.shown.text
    assert page.who["Cleo Lindqvist (Southpaw Films)"] == CLEO_IN_SOUTH
    assert page.who["Ada Moreau (Northwind Studio)"] == ADA_IN_NORTH


async def test_the_app_may_ask_for_one_workspace(box: Sandbox) -> None:
    page = await consent_page(box, team=SOUTH.id)
    assert set(page.who.values()) == {f"{SOUTH.id}:{user.id}" for user in SOUTH.users}


@pytest.mark.parametrize("role", ["guest", "single_channel_guest"])
async def test_guests_install_nothing(tmp_path: Path, role: Any) -> None:
    south = replace(NOT_INSTALLED, users=(replace(CLEO, role=role), SOUTH.users[1]))
    async with sandbox(tmp_path, teams=(NORTH, south), redirect_urls=(REDIRECT,)) as box:
        page = await consent_page(box)
        assert CLEO_IN_SOUTH not in page.who.values()
        assert (await page.decide("allow", CLEO_IN_SOUTH)).status_code == 403


async def test_cancel_goes_back_with_the_state(box: Sandbox) -> None:
    page = await consent_page(box)
    assert told(await page.decide("cancel")) == {"error": "access_denied", "state": "a-state"}
    assert (await page.decide("allow", CLEO_IN_SOUTH)).status_code == 400


async def test_allow_goes_back_with_a_code_and_the_state(box: Sandbox) -> None:
    back = told(await (await consent_page(box, state="a b&c")).decide("allow", CLEO_IN_SOUTH))
    assert back["state"] == "a b&c"
    assert back.keys() == {"code", "state"}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"redirect_uri": "https://elsewhere.example.com/slack/oauth_redirect"}, "bad_redirect_uri"),
        ({"redirect_uri": "http://lipsync.example.com/slack/oauth_redirect"}, "bad_redirect_uri"),
        ({"redirect_uri": f"{REDIRECT}_too"}, "bad_redirect_uri"),
    ],
)
async def test_a_wrong_link_sends_nobody_anywhere(box: Sandbox, query: dict[str, str], error: str) -> None:
    shown = (await consent_page(box, **query)).shown
    assert shown.status_code == 400
    assert error in shown.text


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"scope": "chat:write,chat:shout"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"user_scope": "chat:write"}, "invalid_scope"),
        ({"scope": "chat:write,emoji:read"}, "unapproved_scope"),
    ],
)
async def test_a_wrong_scope_is_told_to_the_app(box: Sandbox, query: dict[str, str], error: str) -> None:
    shown = (await consent_page(box, **query)).shown
    assert told(shown) == {"error": error, "state": "a-state"}


async def test_an_app_that_is_not_distributed_stays_at_home(tmp_path: Path) -> None:
    changes = {"teams": (NORTH, NOT_INSTALLED), "redirect_urls": (REDIRECT,), "is_distributed": False}
    async with sandbox(tmp_path, **changes) as box:
        page = await consent_page(box)
        back = told(await page.decide("allow", CLEO_IN_SOUTH))
        assert back["error"] == "invalid_team_for_non_distributed_app"


async def test_optional_scopes_can_be_left_out(tmp_path: Path) -> None:
    manifest = manifest_with(tmp_path, scopes=["chat:write", "team:read"], bot_optional=["team:read"])
    changes = {"teams": (NORTH, NOT_INSTALLED), "redirect_urls": (REDIRECT,), "manifest": manifest}
    async with sandbox(tmp_path, **changes) as box:
        page = await consent_page(box)
        assert page.optional == ["team:read"]
        granted = await redeem(box, await page.allow(CLEO_IN_SOUTH, optional=[]))
        assert granted["scope"] == "chat:write"
        with pytest.raises(Exception, match="missing_scope"):
            await box.client(granted["access_token"]).team_info()
        again = await redeem(box, await (await consent_page(box)).allow(CLEO_IN_SOUTH))
        assert again["scope"] == "chat:write,team:read"
        assert (await box.client(granted["access_token"]).team_info())["ok"]


# The code


async def test_a_code_gives_a_token_once(box: Sandbox) -> None:
    code = await (await consent_page(box)).allow(CLEO_IN_SOUTH)
    answer = await redeem(box, code)
    token = answer.pop("access_token")
    assert token.startswith("xoxb-")
    assert answer == {
        "ok": True,
        "token_type": "bot",
        "scope": ",".join(box.slack.parts.manifest.scopes),
        "bot_user_id": SOUTH.bot_user_id,
        "app_id": "A0LIPSYNC1",
        "team": {"id": SOUTH.id, "name": SOUTH.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": CLEO.id},
    }
    assert await of(box, token) == SOUTH.id
    assert (await redeem(box, code))["error"] == "invalid_code"


async def test_a_code_lives_ten_minutes(box: Sandbox, clock: Clock) -> None:
    codes = [await (await consent_page(box)).allow(CLEO_IN_SOUTH) for _ in range(2)]
    clock.time += 600
    assert (await redeem(box, codes[0]))["ok"]
    clock.time += 1
    assert (await redeem(box, codes[1]))["error"] == "invalid_code"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"client_secret": "guess"}, "bad_client_secret"),
        ({"client_secret": None}, "bad_client_secret"),
        ({"code": "guess"}, "invalid_code"),
        ({"redirect_uri": f"{REDIRECT}/other"}, "bad_redirect_uri"),
        ({"redirect_uri": None}, "bad_redirect_uri"),
        ({"grant_type": "password"}, "invalid_grant_type"),
    ],
)
async def test_what_does_not_fit_gives_no_token(box: Sandbox, args: dict[str, Any], error: str) -> None:
    code = await (await consent_page(box)).allow(CLEO_IN_SOUTH)
    asked = {"code": code, "redirect_uri": REDIRECT, **args}
    assert (await ask(box, "oauth.v2.access", **asked))["error"] == error
    assert (await redeem(box, code))["ok"]


async def test_an_address_that_was_not_named_must_not_be_named_later(box: Sandbox) -> None:
    code = await (await consent_page(box, redirect_uri="")).allow(CLEO_IN_SOUTH)
    assert (await redeem(box, code))["error"] == "bad_redirect_uri"
    assert (await ask(box, "oauth.v2.access", code=code))["ok"]


async def test_id_and_secret_may_come_by_basic_authentication(box: Sandbox) -> None:
    config = box.slack.parts.config
    code = await (await consent_page(box)).allow(CLEO_IN_SOUTH)
    form = {"code": code, "redirect_uri": REDIRECT}
    wrong = await box.page.post("/api/oauth.v2.access", data=form, auth=(config.client_id, "guess"))
    assert wrong.json()["error"] == "bad_client_secret"
    right = await box.page.post(
        "/api/oauth.v2.access", data=form, auth=(config.client_id, config.client_secret)
    )
    assert right.json()["team"]["id"] == SOUTH.id


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")
async def test_the_official_client_installs(box: Sandbox) -> None:
    config = box.slack.parts.config
    code = await (await consent_page(box)).allow(CLEO_IN_SOUTH)
    answer = await box.client(None).oauth_v2_access(
        client_id=config.client_id, client_secret=config.client_secret, code=code, redirect_uri=REDIRECT
    )
    assert answer["authed_user"]["id"] == CLEO.id


async def test_no_secret_is_written_down(box: Sandbox) -> None:
    answer = await installed(box)
    config = box.slack.parts.config
    wire = (await box.page.get("/ui/wire")).text
    assert "oauth.v2.access" in wire
    for secret in (answer["access_token"], config.client_secret):
        assert secret not in wire
        assert secret not in str(box.slack.records().calls)


# Again


async def test_installed_again_the_token_stays_and_scopes_add_up(box: Sandbox) -> None:
    first = await installed(box, scope="chat:write")
    assert first["scope"] == "chat:write"
    second = await installed(box, f"{SOUTH.id}:{SOUTH.users[1].id}", scope="commands")
    assert second["access_token"] == first["access_token"]
    assert second["scope"] == "chat:write,commands"
    assert second["authed_user"]["id"] == SOUTH.users[1].id


async def test_what_was_granted_at_the_start_may_be_less_than_the_manifest(tmp_path: Path) -> None:
    north = replace(NORTH, scopes=("commands",))
    async with sandbox(tmp_path, teams=(north, SOUTH)) as box:
        with pytest.raises(Exception, match="missing_scope") as refused:
            await box.api.chat_postMessage(channel=NORTH.channels[0].id, text="hi")
        assert refused.value.response["provided"] == "commands"  # type: ignore[attr-defined]
        said = await box.clients[SOUTH.id].chat_postMessage(channel=SOUTH.channels[0].id, text="hi")
        assert "chat:write" in said.headers["x-oauth-scopes"]


@pytest.mark.parametrize("answers", ["account_inactive", "token_revoked", "invalid_auth"])
async def test_removed_and_installed_again(box: Sandbox, answers: Any) -> None:
    first = await installed(box)
    box.slack.admins.remove(SOUTH.id, answers=answers)
    assert await of(box, first["access_token"]) == answers
    second = await installed(box)
    assert second["access_token"] != first["access_token"]
    assert await of(box, first["access_token"]) == answers
    assert await of(box, second["access_token"]) == SOUTH.id


@pytest.mark.parametrize(
    "words", [("tokens_revoked", "app_uninstalled"), ("app_uninstalled", "tokens_revoked")]
)
async def test_the_app_is_told_of_its_end_in_either_order(tmp_path: Path, words: Any) -> None:
    async with sandbox(tmp_path, timings=replace(QUICK, event_retries_s=())) as box:
        box.slack.admins.remove(NORTH.id, words=words)
        await box.slack.settled()
        sent = [record.payload for record in box.slack.records().deliveries]
        assert tuple(payload["event"]["type"] for payload in sent) == words
        assert {payload["team_id"] for payload in sent} == {NORTH.id}
        revoked = sent[words.index("tokens_revoked")]["event"]
        assert revoked["tokens"] == {"oauth": [], "bot": [NORTH.bot_user_id]}


async def test_a_sandbox_that_is_taken_up_again_knows_its_tokens(tmp_path: Path) -> None:
    changes = {"teams": (NORTH, NOT_INSTALLED), "redirect_urls": (REDIRECT,)}
    async with sandbox(tmp_path, **changes) as box:
        token = (await installed(box))["access_token"]
        box.slack.admins.remove(NORTH.id)
        kept = pickle.loads(pickle.dumps(box.slack.kept()))
    async with sandbox(tmp_path, **changes) as box:
        box.slack.recall(kept)
        assert await of(box, token) == SOUTH.id
        assert await of(box, NORTH.bot_token) == "account_inactive"
        assert (await installed(box))["access_token"] == token
        box.slack.admins.remove(SOUTH.id)
        assert await of(box, token) == "account_inactive"


async def test_a_token_is_taken_back(box: Sandbox) -> None:
    tried = await box.page.post("/api/auth.revoke", data={"token": NORTH.bot_token, "test": "1"})
    assert tried.json() == {"ok": True, "revoked": False}
    assert await of(box, NORTH.bot_token) == NORTH.id
    assert (await box.api.auth_revoke())["revoked"]
    assert await of(box, NORTH.bot_token) == "token_revoked"
    await box.slack.settled()
    told_of = {record.payload["event"]["type"] for record in box.slack.records().deliveries}
    assert told_of == {"tokens_revoked"}


async def test_where_it_is_not_installed_nothing_reaches_it(box: Sandbox) -> None:
    body = {"team": SOUTH.id, "user": CLEO.id, "channel": SOUTH.channels[0].id}
    await box.page.post("/ui/message", json={**body, "text": "/lipsync"})
    await box.page.post("/ui/message", json={**body, "text": f"<@{SOUTH.bot_user_id}> hello"})
    await box.slack.settled()
    assert not box.slack.records().deliveries
    assert "/lipsync is not a valid command" in box.notices()[0]


# Rotation


@pytest.fixture
async def rotating(tmp_path: Path, clock: Clock) -> AsyncIterator[Sandbox]:
    changes = {
        "teams": (NORTH, NOT_INSTALLED),
        "redirect_urls": (REDIRECT,),
        "now": clock,
        "manifest": manifest_with(tmp_path, token_rotation_enabled=True),
    }
    async with sandbox(tmp_path, **changes) as started:
        yield started


async def refreshed(box: Sandbox, refresh_token: str) -> dict[str, Any]:
    return await ask(box, "oauth.v2.access", grant_type="refresh_token", refresh_token=refresh_token)


async def test_a_token_that_rotates_lives_twelve_hours(rotating: Sandbox, clock: Clock) -> None:
    pair = await installed(rotating)
    assert pair["access_token"].startswith("xoxe.xoxb-")
    assert pair["refresh_token"].startswith("xoxe-")
    assert pair["expires_in"] == 43_200
    clock.time += 43_199
    assert await of(rotating, pair["access_token"]) == SOUTH.id
    clock.time += 1
    assert await of(rotating, pair["access_token"]) == "token_expired"
    fresh = await refreshed(rotating, pair["refresh_token"])
    assert await of(rotating, fresh["access_token"]) == SOUTH.id
    assert fresh["scope"] == pair["scope"]
    assert "authed_user" not in fresh


async def test_a_refresh_token_works_once(rotating: Sandbox) -> None:
    pair = await installed(rotating)
    assert (await refreshed(rotating, pair["refresh_token"]))["ok"]
    assert (await refreshed(rotating, pair["refresh_token"]))["error"] == "invalid_refresh_token"
    assert (await refreshed(rotating, "xoxe-1-guess"))["error"] == "invalid_refresh_token"


async def test_a_grace_can_be_left(tmp_path: Path, clock: Clock) -> None:
    changes = {
        "teams": (NORTH, NOT_INSTALLED),
        "redirect_urls": (REDIRECT,),
        "now": clock,
        "manifest": manifest_with(tmp_path, token_rotation_enabled=True),
        "timings": replace(QUICK, refresh_grace_s=10.0),
    }
    async with sandbox(tmp_path, **changes) as box:
        pair = await installed(box)
        assert (await refreshed(box, pair["refresh_token"]))["ok"]
        clock.time += 9
        assert (await refreshed(box, pair["refresh_token"]))["ok"]
        clock.time += 1
        assert (await refreshed(box, pair["refresh_token"]))["error"] == "invalid_refresh_token"


async def test_two_tokens_are_alive_at_most(rotating: Sandbox) -> None:
    first = await installed(rotating)
    second = await refreshed(rotating, first["refresh_token"])
    assert await of(rotating, first["access_token"]) == SOUTH.id
    third = await refreshed(rotating, second["refresh_token"])
    answers = [await of(rotating, each["access_token"]) for each in (first, second, third)]
    assert answers == ["token_revoked", SOUTH.id, SOUTH.id]


async def test_a_long_lived_token_is_exchanged_once(rotating: Sandbox) -> None:
    pair = await ask(rotating, "oauth.v2.exchange", token=NORTH.bot_token)
    assert pair["expires_in"] == 43_200
    assert pair["team"] == {"id": NORTH.id, "name": NORTH.name}
    assert await of(rotating, pair["access_token"]) == NORTH.id
    for token, error in (
        (NORTH.bot_token, "token_already_exchanged"),
        (pair["access_token"], "invalid_token"),
        ("xoxb-nobody", "invalid_token"),
    ):
        assert (await ask(rotating, "oauth.v2.exchange", token=token))["error"] == error


async def test_a_long_lived_token_ends_with_the_first_refresh_of_its_pair(rotating: Sandbox) -> None:
    pair = await ask(rotating, "oauth.v2.exchange", token=NORTH.bot_token)
    assert await of(rotating, NORTH.bot_token) == NORTH.id

    await refreshed(rotating, pair["refresh_token"])

    assert await of(rotating, NORTH.bot_token) == "token_revoked"


async def test_without_rotation_there_is_nothing_to_exchange(box: Sandbox) -> None:
    answer = await ask(box, "oauth.v2.exchange", token=NORTH.bot_token)
    assert answer["error"] == "token_rotation_not_enabled"


async def test_no_pair_outlives_the_app(rotating: Sandbox) -> None:
    pair = await installed(rotating)
    rotating.slack.admins.remove(SOUTH.id)
    assert await of(rotating, pair["access_token"]) == "account_inactive"
    assert (await refreshed(rotating, pair["refresh_token"]))["error"] == "invalid_refresh_token"
    rotating.slack.admins.remove(NORTH.id)
    gone = await ask(rotating, "oauth.v2.exchange", token=NORTH.bot_token)
    assert gone["error"] == "authorization_not_found"
