"""Private channels, groups, direct messages of two people, and channels shared with other companies."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.fake_slack import ChannelConfig, UserConfig
from tests.integration.fake_slack.harness import (
    ADA,
    BEN,
    NORTH,
    SOUTH,
    VIDEOS,
    Heard,
    Sandbox,
    error,
    manifest_with,
    sandbox,
)

OUTSIDER = UserConfig("U0OUTSIDER", "zoe", "Zoe Other", "#000000", home_team="T0ELSEWHERE")
BOARD = ChannelConfig("C0BOARD001", "board", kind="private", members=(ADA,))
SECRET = ChannelConfig("C0SECRET01", "secret", bot_is_member=False, kind="private", members=(ADA,))
GROUP = ChannelConfig("C0GROUP001", "mpdm-ada--ben--lipsync-1", kind="mpim", members=(ADA, BEN))
TWO = ChannelConfig("D0ADABEN01", "ada and ben", bot_is_member=False, kind="im", members=(ADA, BEN))
PRIVATE = (BOARD, SECRET, GROUP, TWO)
READING = ["chat:write", "commands", "files:read", "files:write", "im:write", "mpim:write"]
READING += [
    f"{kind}:{right}" for kind in ("channels", "groups", "im", "mpim") for right in ("read", "history")
]
EVENTS = ["message.channels", "message.groups", "message.im", "message.mpim", "member_joined_channel"]


@pytest.fixture
def teams() -> tuple[Any, ...]:
    north = replace(NORTH, channels=(*NORTH.channels, *PRIVATE), users=(*NORTH.users, OUTSIDER))
    return (north, SOUTH)


@pytest.fixture
async def box(tmp_path: Path, teams: tuple[Any, ...]) -> AsyncIterator[Sandbox]:
    manifest = manifest_with(tmp_path, scopes=READING, bot_events=EVENTS)
    async with sandbox(tmp_path, teams=teams, manifest=manifest) as started:
        yield started


async def events(box: Sandbox) -> list[dict[str, Any]]:
    await box.slack.settled()
    sent = box.slack.records().deliveries
    return [record.payload["event"] for record in sent if record.kind == "events_api"]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("channel", "kind"), [(VIDEOS, "channel"), (BOARD.id, "group"), (GROUP.id, "mpim"), (None, "im")]
)
async def test_a_message_says_in_what_kind_of_conversation(
    box: Sandbox, channel: str | None, kind: str
) -> None:
    await box.as_ada("/ui/message", channel=channel or box.dm(), text="hello")
    (event,) = await events(box)
    assert event["channel_type"] == kind


@pytest.mark.parametrize("channel", [SECRET.id, TWO.id])
async def test_where_the_app_is_not_it_hears_and_knows_nothing(box: Sandbox, channel: str) -> None:
    await box.as_ada("/ui/message", channel=channel, text="hello")
    assert await events(box) == []
    for call in (
        box.api.conversations_info(channel=channel),
        box.api.conversations_members(channel=channel),
        box.api.conversations_replies(channel=channel, ts="1.0"),
        box.api.chat_postMessage(channel=channel, text="hi"),
        box.api.chat_postEphemeral(channel=channel, user=ADA, text="hi"),
    ):
        assert await error(call) == "channel_not_found"


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        (VIDEOS, "videos"),
        (BOARD.id, "privategroup"),
        (GROUP.id, GROUP.name),
        (TWO.id, "directmessage"),
    ],
)
async def test_commands_work_everywhere_and_name_nothing_private(
    box: Sandbox, heard: Heard, channel: str, name: str
) -> None:
    await box.as_ada("/ui/message", channel=channel, text="/lipsync help")
    assert heard.payloads[0]["channel_name"] == name


@pytest.mark.parametrize(
    ("channel", "flags"),
    [
        (VIDEOS, {"is_channel": True, "is_private": False, "is_mpim": False, "is_im": False}),
        (BOARD.id, {"is_channel": True, "is_private": True, "is_mpim": False, "is_im": False}),
        (GROUP.id, {"is_channel": False, "is_private": True, "is_mpim": True, "is_im": False}),
    ],
)
async def test_what_a_conversation_is(box: Sandbox, channel: str, flags: dict[str, bool]) -> None:
    shown = (await box.api.conversations_info(channel=channel))["channel"]
    assert {flag: shown[flag] for flag in flags} == flags


async def test_a_channel_with_somebody_of_another_company_is_shared(box: Sandbox) -> None:
    shown = (await box.api.conversations_info(channel=VIDEOS))["channel"]
    assert (shown["is_ext_shared"], shown["is_org_shared"]) == (True, False)
    board = (await box.api.conversations_info(channel=BOARD.id))["channel"]
    assert board["is_ext_shared"] is False


async def test_each_kind_is_read_by_its_own_scope(tmp_path: Path, teams: tuple[Any, ...]) -> None:
    manifest = manifest_with(tmp_path, scopes=["channels:read", "chat:write", "mpim:write"])
    async with sandbox(tmp_path, teams=teams, manifest=manifest) as box:
        assert (await box.api.conversations_info(channel=VIDEOS))["ok"]
        for channel in (BOARD.id, GROUP.id, box.dm()):
            assert await error(box.api.conversations_info(channel=channel)) == "missing_scope"
        assert await error(box.api.conversations_open(users=ADA)) == "missing_scope"
        assert (await box.api.conversations_open(users=f"{ADA},{BEN}"))["ok"]


async def test_a_group_is_opened_with_several_people_and_found_again(box: Sandbox) -> None:
    opened = (await box.api.conversations_open(users=f"{BEN},{ADA}"))["channel"]["id"]
    assert opened == GROUP.id
    trio = f"{ADA},{BEN},{OUTSIDER.id}"
    new = (await box.api.conversations_open(users=trio))["channel"]["id"]
    assert new != GROUP.id
    assert (await box.api.conversations_open(users=trio))["channel"]["id"] == new
    assert (await box.api.chat_postMessage(channel=new, text="hi"))["ok"]


async def test_whom_the_app_cannot_open(box: Sandbox) -> None:
    assert await error(box.api.conversations_open(users="U0NOBODY00")) == "user_not_found"
    assert await error(box.api.conversations_open(users=OUTSIDER.id)) == "user_not_visible"
    assert await error(box.api.conversations_open(users=",".join([ADA] * 9))) == "too_many_users"


async def test_joining_is_for_public_channels(tmp_path: Path, teams: tuple[Any, ...]) -> None:
    manifest = manifest_with(tmp_path, scopes=["channels:join"])
    async with sandbox(tmp_path, teams=teams, manifest=manifest) as box:
        assert await error(box.api.conversations_join(channel=SECRET.id)) == "channel_not_found"
        refused = box.api.conversations_join(channel=BOARD.id)
        assert await error(refused) == "method_not_supported_for_channel_type"


async def test_a_file_says_where_it_is_shared(box: Sandbox) -> None:
    for channel, places in (
        (VIDEOS, ("channels", "public")),
        (BOARD.id, ("groups", "private")),
        (GROUP.id, ("groups", "private")),
        (box.dm(), ("ims", "private")),
    ):
        file = await box.upload(b"12345")
        await box.as_ada("/ui/message", channel=channel, text="", file_ids=[file["id"]])
        shown = (await box.api.files_info(file=file["id"]))["file"]
        assert shown[places[0]] == [channel]
        assert list(shown["shares"]) == [places[1]]
        assert shown["is_public"] is (places[1] == "public")


@pytest.mark.usefixtures("heard")
async def test_invited_to_a_private_channel(box: Sandbox) -> None:
    await box.as_ada("/ui/invite", channel=SECRET.id)
    (joined,) = [event for event in await events(box) if event["type"] == "member_joined_channel"]
    assert joined["channel_type"] == "G"
    assert (await box.api.chat_postMessage(channel=SECRET.id, text="hi"))["ok"]


async def test_the_page_shows_what_is_private_to_its_members_alone(box: Sandbox) -> None:
    await box.as_ada("/ui/message", channel=BOARD.id, text="for the board")
    for user, sees in ((ADA, True), (BEN, False)):
        state = (await box.page.get("/ui/state", params={"team": NORTH.id, "user": user})).json()
        assert (BOARD.id in state["channels"]) is sees
    (team, _) = (await box.page.get("/ui/bootstrap")).json()["teams"]
    members = {channel["id"]: channel.get("members") for channel in team["channels"]}
    assert members[BOARD.id] == sorted([ADA, NORTH.bot_user_id])
    assert members[VIDEOS] is None
    with pytest.raises(TimeoutError):
        await next_event(box, BEN)
    assert (await next_event(box, ADA))["message"]["text"] == "for the board"


async def next_event(box: Sandbox, user: str) -> dict[str, Any]:
    """What the page of a person would be sent first."""
    listening = box.slack.parts.hub.listen(NORTH.id, user, 0, heartbeat_s=5)
    async with asyncio.timeout(0.5):
        async for event in listening:
            if event is not None and event.body["type"] == "message":
                return event.body
    raise AssertionError


@pytest.mark.parametrize("command", ["/remove", "/archive"])
async def test_a_group_is_no_channel_to_be_changed(box: Sandbox, command: str) -> None:
    answer = await box.as_ada("/ui/message", channel=GROUP.id, text=command)
    assert answer.json()["error"] == "method_not_supported_for_channel_type"
