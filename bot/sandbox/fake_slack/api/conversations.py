"""conversations.*: where things are said, who is there, and what stands in a thread."""

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.records import Channel, Json
from bot.sandbox.fake_slack.refusals import Refusal


async def info(call: ApiCall) -> Json:
    """conversations.info."""
    return {"channel": _channel_json(call, call.workspace.channel(call.required("channel")))}


async def open_one(call: ApiCall) -> Json:
    """conversations.open with one person: the DM."""
    users = [name for name in (call.text("users") or "").split(",") if name]
    if not users:
        raise Refusal("users_list_not_supplied")
    if len(users) > 1:
        raise Refusal("method_not_supported_for_channel_type")
    call.workspace.user(users[0])
    return {
        "no_op": True,
        "already_open": True,
        "channel": {"id": call.workspace.direct_message(users[0]).id},
    }


async def members(call: ApiCall) -> Json:
    """conversations.members, all on one page."""
    channel = call.workspace.channel(call.required("channel"))
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


async def join(call: ApiCall) -> Json:
    """conversations.join of a public channel."""
    channel = call.workspace.channel(call.required("channel"))
    if channel.kind == "im":
        raise Refusal("method_not_supported_for_channel_type")
    if call.workspace.add_bot(channel):
        call.parts.announcer.bot_joined(call.workspace, channel, call.workspace.config.bot_user_id)
    return {"channel": _channel_json(call, channel)}


_HISTORY = {"im": "im:history", "channel": "channels:history"}
_MOST_REPLIES = 1_000


async def replies(call: ApiCall) -> Json:
    """conversations.replies: the first message of a thread and its replies, oldest first.

    Any one scope opens the method, but each kind of conversation needs its own, and the app must be in it.
    """
    channel = call.workspace.channel(call.required("channel"))
    needed, granted = _HISTORY[channel.kind], call.workspace.scopes
    if needed not in granted:
        raise Refusal("missing_scope", needed=needed, provided=",".join(granted))
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


def _channel_json(call: ApiCall, channel: Channel) -> Json:
    is_im = channel.kind == "im"
    body: Json = {
        "id": channel.id,
        "created": 0,
        "is_archived": channel.archived,
        "is_channel": not is_im,
        "is_group": False,
        "is_im": is_im,
        "is_mpim": False,
        "is_private": is_im,
        "is_org_shared": False,
        "context_team_id": call.workspace.id,
    }
    if is_im:
        return body | {"user": channel.user, "is_open": True}
    member = {"name": channel.name, "name_normalized": channel.name, "is_member": channel.bot_is_member}
    return body | member | {"is_general": False, "is_shared": False, "is_ext_shared": False}
