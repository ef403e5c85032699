"""An organisation with two workspaces: one install for all of it, or one in each."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.fake_slack import OrganisationConfig, TeamConfig, UserConfig
from tests.integration.fake_slack.browser import REDIRECT, consent_page, redeem
from tests.integration.fake_slack.harness import (
    ACTIONS,
    ADA,
    BEN,
    NORTH,
    PLAIN_FORM,
    SOUTH,
    Heard,
    Sandbox,
    error,
    manifest_with,
    over_socket,
    sandbox,
)

CLEO = SOUTH.users[0]
CLEO_IN_NORTH = replace(CLEO, home_team=SOUTH.id)
OUTSIDER = UserConfig("U0OUTSIDER", "zoe", "Zoe Other", "#000000", home_team="T0ELSEWHERE")
VIDEOS, CUTTING = NORTH.channels[0].id, SOUTH.channels[0].id
SCOPES = ["chat:write", "users:read", "usergroups:read", "files:write", "files:read", "commands"]
EVENTS = [
    *("app_home_opened", "message.channels", "app_uninstalled", "tokens_revoked"),
    *("team_access_granted", "team_access_revoked"),
]
COMPASS = OrganisationConfig("E0COMPASS1", "Compass Group", "compass", (NORTH.id, SOUTH.id), (ADA,))
ORG_TOKEN = "xoxb-compass-sandbox-token"


def bot(team: TeamConfig, **changes: Any) -> TeamConfig:
    """A workspace of the organisation: the app's bot is the same in all of them."""
    return replace(team, bot_id=NORTH.bot_id, bot_user_id=NORTH.bot_user_id, **changes)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    switches = {"org_deploy_enabled": True, "home_tab_enabled": True}
    return manifest_with(tmp_path, scopes=[*SCOPES, "channels:history"], bot_events=EVENTS, **switches)


@pytest.fixture
async def box(tmp_path: Path, manifest: Path) -> AsyncIterator[Sandbox]:
    """Installed for the whole organisation, and added to North alone."""
    north = bot(NORTH, bot_token="", users=(*NORTH.users, CLEO_IN_NORTH))
    org = replace(COMPASS, bot_token=ORG_TOKEN, added_to=(NORTH.id,))
    changes = {"teams": (north, bot(SOUTH, bot_token="")), "organisations": (org,)}
    async with sandbox(tmp_path, manifest=manifest, redirect_urls=(REDIRECT,), **changes) as started:
        yield started


@pytest.fixture
def org(box: Sandbox) -> AsyncWebClient:
    return box.client(ORG_TOKEN)


async def last_event(box: Sandbox) -> dict[str, Any]:
    await box.slack.settled()
    payload: dict[str, Any] = box.slack.records().deliveries[-1].payload
    return payload


# Installing


async def test_an_install_for_all_names_no_team_and_is_in_no_workspace(
    tmp_path: Path, manifest: Path
) -> None:
    teams = (bot(NORTH, bot_token=""), bot(SOUTH, bot_token=""))
    changes = {"teams": teams, "organisations": (COMPASS,), "redirect_urls": (REDIRECT,)}
    async with sandbox(tmp_path, manifest=manifest, **changes) as box:
        page = await consent_page(box)
        answer = await redeem(box, await page.allow(page.who["Ada Moreau (Compass Group)"]))
        assert answer["team"] is None
        assert answer["enterprise"] == {"id": COMPASS.id, "name": COMPASS.name}
        assert answer["is_enterprise_install"] is True
        assert answer["authed_user"] == {"id": ADA}
        client = box.client(answer["access_token"])
        assert (await client.auth_test())["team_id"] == COMPASS.id
        assert await error(client.chat_postMessage(channel=VIDEOS, text="hi")) == "team_access_not_granted"
        box.slack.admins.add_to(NORTH.id)
        assert (await client.chat_postMessage(channel=VIDEOS, text="hi"))["ok"]
        assert await error(client.chat_postMessage(channel=CUTTING, text="hi")) == "team_access_not_granted"


async def test_only_its_own_admins_install_for_an_organisation(box: Sandbox) -> None:
    page = await consent_page(box)
    of_org = [value for value in page.who.values() if value.startswith(COMPASS.id)]
    assert of_org == [f"{COMPASS.id}:{ADA}"]
    assert (await page.decide("allow", f"{COMPASS.id}:{BEN}")).status_code == 403


async def test_an_organisation_can_be_asked_for_by_its_id(box: Sandbox) -> None:
    page = await consent_page(box, team=COMPASS.id)
    places = {value.partition(":")[0] for value in page.who.values()}
    assert places == {COMPASS.id, NORTH.id, SOUTH.id}


async def test_an_app_that_is_not_meant_for_organisations_is_not_offered_to_one(tmp_path: Path) -> None:
    changes = {"organisations": (COMPASS,), "redirect_urls": (REDIRECT,)}
    async with sandbox(tmp_path, **changes) as box:
        page = await consent_page(box)
        assert not [value for value in page.who.values() if value.startswith("E")]


async def test_where_the_organisation_has_it_no_workspace_installs_it_too(box: Sandbox) -> None:
    page = await consent_page(box)
    answer = await redeem(box, await page.allow(f"{NORTH.id}:{ADA}"))
    assert answer["error"] == "cannot_install_an_org_installed_app"


async def test_two_workspaces_install_it_side_by_side(tmp_path: Path, manifest: Path) -> None:
    teams = (bot(NORTH), bot(SOUTH, bot_token=""))
    changes = {"teams": teams, "organisations": (COMPASS,), "redirect_urls": (REDIRECT,)}
    async with sandbox(tmp_path, manifest=manifest, **changes) as box:
        page = await consent_page(box)
        answer = await redeem(box, await page.allow(f"{SOUTH.id}:{CLEO.id}"))
        assert answer["team"]["id"] == SOUTH.id
        assert answer["enterprise"]["id"] == COMPASS.id
        assert answer["is_enterprise_install"] is False
        south = box.client(answer["access_token"])
        assert await error(south.chat_postMessage(channel=VIDEOS, text="hi")) == "channel_not_found"
        tested = await south.auth_test()
        assert (tested["team_id"], tested["enterprise_id"]) == (SOUTH.id, COMPASS.id)


# Calling


async def test_the_token_of_an_organisation_says_so(org: AsyncWebClient) -> None:
    tested = await org.auth_test()
    assert tested["is_enterprise_install"] is True
    assert tested["team_id"] == tested["enterprise_id"] == COMPASS.id
    assert tested["team"] == COMPASS.name


async def test_some_methods_want_to_be_told_the_workspace(org: AsyncWebClient) -> None:
    assert await error(org.bots_info(bot=NORTH.bot_id)) == "missing_argument"
    assert (await org.bots_info(bot=NORTH.bot_id, team_id=NORTH.id))["ok"]
    assert await error(org.bots_info(bot=NORTH.bot_id, team_id=SOUTH.id)) == "team_access_not_granted"
    assert await error(org.bots_info(bot=NORTH.bot_id, team_id="T0NOWHERE1")) == "team_not_found"


async def test_people_are_found_in_their_workspace(org: AsyncWebClient) -> None:
    ben = (await org.users_info(user=BEN))["user"]
    assert ben["team_id"] == NORTH.id
    assert ben["enterprise_user"]["enterprise_id"] == COMPASS.id
    assert (await org.users_info(user=ADA))["user"]["enterprise_user"]["is_admin"] is True
    cleo = (await org.users_info(user=CLEO.id))["user"]
    assert (cleo["team_id"], cleo["is_admin"]) == (SOUTH.id, False)
    assert await error(org.users_info(user=SOUTH.users[1].id)) == "team_access_not_granted"


async def test_people_are_opened_in_their_workspace(tmp_path: Path) -> None:
    scopes = ["chat:write", "im:write", "mpim:write"]
    manifest = manifest_with(tmp_path, scopes=scopes, org_deploy_enabled=True)
    org = replace(COMPASS, bot_token=ORG_TOKEN, added_to=(NORTH.id, SOUTH.id))
    teams = (bot(NORTH, bot_token=""), bot(SOUTH, bot_token=""))
    async with sandbox(tmp_path, manifest=manifest, teams=teams, organisations=(org,)) as box:
        client = box.client(ORG_TOKEN)
        south = box.slack.workspace(SOUTH.id)
        alone = (await client.conversations_open(users=CLEO.id))["channel"]["id"]
        assert alone == south.direct_message(CLEO.id).id
        both = ",".join(user.id for user in SOUTH.users)
        assert (await client.conversations_open(users=both))["channel"]["id"] in south.channels


async def test_a_file_goes_where_its_channel_is(box: Sandbox, org: AsyncWebClient) -> None:
    announced = await org.files_getUploadURLExternal(filename="a.txt", length=5)
    await box.page.post(announced["upload_url"], content=b"12345")
    files: list[dict[str, str | None]] = [{"id": announced["file_id"]}]
    await org.files_completeUploadExternal(files=files, channel_id=VIDEOS)
    await box.slack.settled()
    file = (await org.files_info(file=announced["file_id"]))["file"]
    assert file["user_team"] == NORTH.id
    headers = {"Authorization": f"Bearer {ORG_TOKEN}"}
    assert (await box.page.get(file["url_private_download"], headers=headers)).content == b"12345"


# Being told


async def test_events_say_that_the_organisation_is_meant(box: Sandbox) -> None:
    await box.as_ada("/ui/message", channel=VIDEOS, text="hello")
    payload = await last_event(box)
    assert (payload["team_id"], payload["enterprise_id"]) == (NORTH.id, COMPASS.id)
    (authorization,) = payload["authorizations"]
    assert authorization["is_enterprise_install"] is True
    assert (authorization["enterprise_id"], authorization["team_id"]) == (COMPASS.id, None)


async def test_an_admin_adds_the_app_to_a_workspace_and_takes_it_out(
    box: Sandbox, org: AsyncWebClient
) -> None:
    box.slack.admins.add_to(SOUTH.id)
    granted = await last_event(box)
    assert granted["event"]["type"] == "team_access_granted"
    assert granted["event"]["team_ids"] == [SOUTH.id]
    assert granted["enterprise_id"] == COMPASS.id
    assert "team_id" not in granted
    assert (await org.chat_postMessage(channel=CUTTING, text="hi"))["ok"]
    box.slack.admins.take_from(SOUTH.id)
    assert (await last_event(box))["event"]["type"] == "team_access_revoked"
    assert await error(org.chat_postMessage(channel=CUTTING, text="hi")) == "team_access_not_granted"


async def test_the_page_does_what_an_admin_does(box: Sandbox, org: AsyncWebClient) -> None:
    async def shown() -> dict[str, Any]:
        teams = (await box.page.get("/ui/bootstrap")).json()["teams"]
        return {team["id"]: (team["is_installed"], team["organisation"]["is_installed"]) for team in teams}

    assert await shown() == {NORTH.id: (True, True), SOUTH.id: (False, True)}
    await box.page.post("/ui/app/add", json={"team": SOUTH.id})
    await box.page.post("/ui/app/take", json={"team": NORTH.id})
    assert await shown() == {NORTH.id: (False, True), SOUTH.id: (True, True)}
    await box.page.post("/ui/app/remove", json={"place": COMPASS.id, "uninstalled_first": True})
    assert await shown() == {NORTH.id: (False, False), SOUTH.id: (False, False)}
    await box.slack.settled()
    sent = [record.payload["event"]["type"] for record in box.slack.records().deliveries]
    assert list(dict.fromkeys(sent)) == [
        *("team_access_granted", "team_access_revoked", "app_uninstalled", "tokens_revoked"),
    ]
    assert await error(org.auth_test()) == "account_inactive"
    again = await box.page.post("/ui/app/remove", json={"place": COMPASS.id})
    assert (again.status_code, again.json()["error"]) == (404, "app_not_installed")


async def test_removed_from_the_organisation_the_app_is_told_no_team(
    box: Sandbox, org: AsyncWebClient
) -> None:
    box.slack.admins.remove(COMPASS.id)
    payload = await last_event(box)
    assert payload["enterprise_id"] == COMPASS.id
    assert "team_id" not in payload
    assert await error(org.auth_test()) == "account_inactive"


async def test_a_form_of_an_organisation_wide_app_names_no_team(box: Sandbox, heard: Heard) -> None:
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync")
    command = heard.payloads[0]
    assert (command["team_id"], command["enterprise_id"]) == (NORTH.id, COMPASS.id)
    assert command["is_enterprise_install"] == "true"


async def test_a_sister_presses_in_her_own_name(box: Sandbox, org: AsyncWebClient, heard: Heard) -> None:
    said = await org.chat_postMessage(channel=VIDEOS, text="Ready?", blocks=ACTIONS)
    click = {"block_id": "row", "action_id": "go", "value": {}, "state": {}}
    where = {"team": NORTH.id, "user": CLEO.id, "message": {"channel": VIDEOS, "ts": said["ts"]}}
    await box.page.post("/ui/action", json={**where, **click})
    payload = heard.of("block_actions")[0]
    assert payload["team"] is None
    assert payload["enterprise"]["id"] == COMPASS.id
    assert payload["user"]["team_id"] == SOUTH.id
    modal = {**PLAIN_FORM, "blocks": ACTIONS}
    view = (await org.views_open(trigger_id=payload["trigger_id"], view=modal))["view"]
    await box.page.post(
        "/ui/action", json={"team": NORTH.id, "user": CLEO.id, "view_id": view["id"], **click}
    )
    shown = heard.of("block_actions")[1]["view"]
    assert (shown["team_id"], shown["app_installed_team_id"]) == (SOUTH.id, NORTH.id)


async def test_an_outsider_presses_in_a_shared_channel(tmp_path: Path, manifest: Path) -> None:
    north = replace(NORTH, users=(*NORTH.users, OUTSIDER))
    async with sandbox(tmp_path, teams=(north, SOUTH), manifest=manifest) as box, over_socket(box) as heard:
        said = await box.api.chat_postMessage(channel=VIDEOS, text="Ready?", blocks=ACTIONS)
        who = {"team": NORTH.id, "user": OUTSIDER.id}
        click = {"block_id": "row", "action_id": "go", "value": {}, "state": {}}
        await box.page.post(
            "/ui/action", json={**who, **click, "message": {"channel": VIDEOS, "ts": said["ts"]}}
        )
        payload = heard.of("block_actions")[0]
        assert payload["team"]["id"] == NORTH.id
        assert payload["user"]["team_id"] == "T0ELSEWHERE"
        await box.page.post("/ui/message", json={**who, "channel": VIDEOS, "text": "nice"})
        event = (await last_event(box))["event"]
        assert event["user_team"] == event["source_team"] == "T0ELSEWHERE"
        await box.page.post("/ui/message", json={**who, "channel": VIDEOS, "text": "/lipsync"})
        assert "not a valid command" in box.notices()[-1]
        assert not [payload for payload in heard.payloads if "command" in payload]
        assert (await box.page.post("/ui/home", json=who)).status_code == 400
