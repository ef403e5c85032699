"""conversations.*: where things are said, who is there, and what stands in a thread."""

from typing import Literal

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.records import Channel, ChannelKind, Json
from bot.sandbox.fake_slack.refusals import Refusal

_MOST_PEOPLE = 8
_MOST_REPLIES = 1_000
_FAMILY: dict[ChannelKind, str] = {"channel": "channels", "private": "groups", "mpim": "mpim", "im": "im"}


async def info(call: ApiCall) -> Json:
    """conversations.info."""
    return {"channel": _channel_json(call, _seen(call, "read"))}


async def open_one(call: ApiCall) -> Json:
    """conversations.open: the direct message with one person, or the group with several.

    Raises:
        Refusal: users_list_not_supplied, too_many_users, user_not_found, user_not_visible, missing_scope.
    """
    users = [name for name in (call.text("users") or "").split(",") if name]
    if not users:
        raise Refusal("users_list_not_supplied")
    if len(users) > _MOST_PEOPLE:
        raise Refusal("too_many_users")
    for user in users:
        call.workspace.user(user)
    _check_scope(call, "im:write" if len(users) == 1 else "mpim:write")
    if len(users) > 1:
        return {"channel": {"id": call.workspace.open_group(users).id}}
    if not call.workspace.talks_to_apps(call.workspace.user(users[0])):
        raise Refusal("user_not_visible")
    direct = call.workspace.direct_message(users[0])
    return {"no_op": True, "already_open": True, "channel": {"id": direct.id}}


async def members(call: ApiCall) -> Json:
    """conversations.members, all on one page."""
    return {"members": sorted(_seen(call, "read").members), "response_metadata": {"next_cursor": ""}}


async def join(call: ApiCall) -> Json:
    """conversations.join of a public channel."""
    channel = call.workspace.channel(call.required("channel"))
    if not channel.is_open_to_the_bot:
        raise Refusal("channel_not_found")
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if call.workspace.add_bot(channel):
        call.parts.announcer.bot_joined(call.workspace, channel, call.workspace.config.bot_user_id)
    return {"channel": _channel_json(call, channel)}


async def replies(call: ApiCall) -> Json:
    """conversations.replies: the first message of a thread and its replies, oldest first.

    Any one scope opens the method, but each kind of conversation needs its own, and the app must be in it.
    """
    channel = _seen(call, "history")
    if not channel.bot_is_member:
        raise Refusal("not_in_channel")
    root = call.workspace.find_message(channel.id, call.required("ts"))
    if root is None:
        raise Refusal("thread_not_found")
    limit = min(int(call.text("limit") or _MOST_REPLIES), _MOST_REPLIES)
    said = call.workspace.messages(channel.id)
    replies = [message for message in said if message.is_reply and message.thread_ts == root.ts]
    shown = [call.parts.render.message(message, call.workspace) for message in (root, *replies)]
    return {"messages": shown[:limit], "has_more": len(shown) > limit}


def _seen(call: ApiCall, right: Literal["read", "history"]) -> Channel:
    """A conversation that the app may know of, with the scope of its own kind.

    Raises:
        Refusal: channel_not_found (also for private ones that the app is not in), missing_scope.
    """
    channel = call.workspace.channel(call.required("channel"))
    if not channel.is_open_to_the_bot:
        raise Refusal("channel_not_found")
    _check_scope(call, f"{_FAMILY[channel.kind]}:{right}")
    return channel


def _check_scope(call: ApiCall, needed: str) -> None:
    if needed not in call.install.scopes:
        raise Refusal("missing_scope", needed=needed, provided=",".join(call.install.scopes))


def _channel_json(call: ApiCall, channel: Channel) -> Json:
    """The conversation object. `is_group` is of the past: private channels are channels (Slack: its page)."""
    workspace = call.workspace
    homes = [workspace.users[user] for user in channel.members if user in workspace.users]
    sisters = any(workspace.is_sister(user) for user in homes)
    others = any(user.home_team and not workspace.is_sister(user) for user in homes)
    body: Json = {
        "id": channel.id,
        "created": 0,
        "is_archived": channel.archived,
        "is_channel": channel.kind in {"channel", "private"},
        "is_group": False,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_org_shared": sisters,
        "context_team_id": workspace.id,
    }
    if channel.kind == "im":
        return body | {"user": channel.user, "is_open": True}
    member = {"name": channel.name, "name_normalized": channel.name, "is_member": channel.bot_is_member}
    return body | member | {"is_general": False, "is_shared": sisters or others, "is_ext_shared": others}
