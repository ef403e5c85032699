"""Who somebody is: roles, guests, outsiders, languages, and user groups."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.fake_slack import UserConfig, UsergroupConfig
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, Sandbox, manifest_with, sandbox

READING = ["chat:write", "users:read", "usergroups:read"]
FLAGS = ("is_primary_owner", "is_owner", "is_admin", "is_restricted", "is_ultra_restricted")


def with_people(*users: UserConfig, **changes: Any) -> tuple[Any, ...]:
    return (replace(NORTH, users=(*NORTH.users, *users), **changes), SOUTH)


async def user(box: Sandbox, user_id: str, **more: Any) -> dict[str, Any]:
    answer = await box.api.users_info(user=user_id, **more)
    shown: dict[str, Any] = answer["user"]
    return shown


@pytest.mark.parametrize(
    ("role", "flags"),
    [
        ("primary_owner", (True, True, True, False, False)),
        ("owner", (False, True, True, False, False)),
        ("admin", (False, False, True, False, False)),
        ("member", (False, False, False, False, False)),
        ("guest", (False, False, False, True, False)),
        ("single_channel_guest", (False, False, False, True, True)),
    ],
)
async def test_roles(tmp_path: Path, role: Any, flags: tuple[bool, ...]) -> None:
    teams = with_people(UserConfig("U0NORTHEVE", "eve", "Eve Sato", "#000000", role=role))
    manifest = manifest_with(tmp_path, scopes=READING)
    async with sandbox(tmp_path, teams=teams, manifest=manifest) as box:
        eve = await user(box, "U0NORTHEVE")
        assert tuple(eve[flag] for flag in FLAGS) == flags
        assert eve["team_id"] == eve["profile"]["team"] == NORTH.id


async def test_the_language_is_told_where_it_is_asked_for(tmp_path: Path) -> None:
    eve = UserConfig("U0NORTHEVE", "eve", "Eve Sato", "#000000", tz="Asia/Tokyo", locale="ja-JP")
    manifest = manifest_with(tmp_path, scopes=READING)
    async with sandbox(tmp_path, teams=with_people(eve), manifest=manifest) as box:
        bare = await user(box, eve.id)
        assert (bare["tz"], bare["tz_offset"]) == ("Asia/Tokyo", 32_400)
        assert "locale" not in bare
        assert (await user(box, eve.id, include_locale=True))["locale"] == "ja-JP"


async def test_somebody_of_another_company_has_no_rights_here(tmp_path: Path) -> None:
    outsider = UserConfig("U0OUTSIDER", "zoe", "Zoe Other", "#000000", role="owner", home_team="T0ELSEWHERE")
    manifest = manifest_with(tmp_path, scopes=READING)
    async with sandbox(tmp_path, teams=with_people(outsider), manifest=manifest) as box:
        shown = await user(box, outsider.id)
        assert shown["team_id"] == "T0ELSEWHERE"
        assert shown["is_stranger"] is False  # met in a channel that the app is in
        assert not set(FLAGS) & shown.keys()
        box.slack.workspace(NORTH.id).channels[NORTH.channels[0].id].members.discard(outsider.id)
        assert (await user(box, outsider.id))["is_stranger"] is True


async def test_a_deactivated_account_has_no_rights(tmp_path: Path) -> None:
    gone = UserConfig("U0NORTHEVE", "eve", "Eve Sato", "#000000", role="admin", deleted=True)
    manifest = manifest_with(tmp_path, scopes=READING)
    async with sandbox(tmp_path, teams=with_people(gone), manifest=manifest) as box:
        shown = await user(box, gone.id)
        assert shown["deleted"] is True
        assert not set(FLAGS) & shown.keys()


async def test_the_bot_is_a_user_too_and_nobody_else_is(tmp_path: Path) -> None:
    async with sandbox(tmp_path, manifest=manifest_with(tmp_path, scopes=READING)) as box:
        assert (await user(box, NORTH.bot_user_id))["is_bot"] is True
        for unknown in ("U0NOBODY00", SOUTH.users[0].id):
            with pytest.raises(Exception, match="user_not_found"):
                await user(box, unknown)


async def test_who_is_in_a_user_group(tmp_path: Path) -> None:
    groups = (
        UsergroupConfig("S0EDITORS1", "editors", (ADA, BEN)),
        UsergroupConfig("S0PAST0001", "past", (BEN,), disabled=True),
    )
    manifest = manifest_with(tmp_path, scopes=READING)
    async with sandbox(tmp_path, teams=with_people(usergroups=groups), manifest=manifest) as box:
        assert (await box.api.usergroups_users_list(usergroup="S0EDITORS1"))["users"] == [ADA, BEN]
        past = await box.api.usergroups_users_list(usergroup="S0PAST0001", include_disabled=True)
        assert past["users"] == [BEN]
        for unknown in ("S0PAST0001", "S0NOBODY01"):
            with pytest.raises(Exception, match="no_such_subteam"):
                await box.api.usergroups_users_list(usergroup=unknown)


async def test_which_user_groups_there_are(tmp_path: Path) -> None:
    groups = (
        UsergroupConfig("S0EDITORS1", "editors", (ADA, BEN)),
        UsergroupConfig("S0PAST0001", "past", (BEN,), disabled=True),
    )
    manifest = manifest_with(tmp_path, scopes=READING)
    async with sandbox(tmp_path, teams=with_people(usergroups=groups), manifest=manifest) as box:
        (editors,) = (await box.api.usergroups_list())["usergroups"]
        assert (editors["id"], editors["handle"], editors["team_id"]) == ("S0EDITORS1", "editors", NORTH.id)
        assert not {"users", "user_count"} & editors.keys()
        everything = box.api.usergroups_list(include_users=True, include_count=True, include_disabled=True)
        shown = (await everything)["usergroups"]
        told = [(each["users"], each["user_count"], bool(each["date_delete"])) for each in shown]
        assert told == [([ADA, BEN], "2", False), ([BEN], "1", True)]
        assert (await box.clients[SOUTH.id].usergroups_list())["usergroups"] == []


async def test_nothing_of_it_without_its_scope(tmp_path: Path) -> None:
    async with sandbox(tmp_path, manifest=manifest_with(tmp_path, scopes=["chat:write"])) as box:
        for call in (
            box.api.users_info(user=ADA),
            box.api.usergroups_list(),
            box.api.usergroups_users_list(usergroup="S0EDITORS1"),
        ):
            with pytest.raises(Exception, match="missing_scope"):
                await call
