"""Who and where: auth.test, conversations.*, users.info, team.info, bots.info, reactions.*."""

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.records import Channel, Json, Message
from bot.sandbox.fake_slack.refusals import Refusal

_EMOJI_NAME = 100


async def auth_test(call: ApiCall) -> Json:
    """auth.test: whose token this is."""
    team = call.workspace.config
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": call.workspace.bot_name,
        "team_id": team.id,
        "user_id": team.bot_user_id,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


async def conversations_info(call: ApiCall) -> Json:
    """conversations.info."""
    return {"channel": _channel_json(call, call.workspace.channel(call.required("channel")))}


async def conversations_open(call: ApiCall) -> Json:
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


async def conversations_members(call: ApiCall) -> Json:
    """conversations.members, all on one page."""
    channel = call.workspace.channel(call.required("channel"))
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


async def conversations_join(call: ApiCall) -> Json:
    """conversations.join of a public channel."""
    channel = call.workspace.channel(call.required("channel"))
    if channel.kind == "im":
        raise Refusal("method_not_supported_for_channel_type")
    if call.workspace.add_bot(channel):
        call.parts.announcer.bot_joined(call.workspace, channel, call.workspace.config.bot_user_id)
    return {"channel": _channel_json(call, channel)}


_HISTORY = {"im": "im:history", "channel": "channels:history"}
_MOST_REPLIES = 1_000


async def conversations_replies(call: ApiCall) -> Json:
    """conversations.replies: the first message of a thread and its replies, oldest first.

    Any one scope opens the method, but each kind of conversation needs its own, and the app must be in it.
    """
    channel = call.workspace.channel(call.required("channel"))
    needed, granted = _HISTORY[channel.kind], call.parts.manifest.scopes
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


async def users_info(call: ApiCall) -> Json:
    """users.info."""
    user = call.workspace.user(call.required("user"))
    profile = {"real_name": user.real_name, "display_name": user.name, "team": call.workspace.id}
    return {
        "user": {
            "id": user.id,
            "team_id": call.workspace.id,
            "name": user.name,
            "real_name": user.real_name,
            "deleted": False,
            "is_bot": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "tz": "Etc/UTC",
            "tz_offset": 0,
            "locale": "en-US",
            "profile": profile,
        }
    }


async def team_info(call: ApiCall) -> Json:
    """team.info."""
    team = call.workspace.config
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}


async def bots_info(call: ApiCall) -> Json:
    """bots.info of the app's own bot."""
    team = call.workspace.config
    if (call.text("bot") or team.bot_id) != team.bot_id:
        raise Refusal("bot_not_found")
    return {
        "bot": {
            "id": team.bot_id,
            "deleted": False,
            "name": call.workspace.bot_name,
            "updated": 0,
            "app_id": call.parts.config.app_id,
            "user_id": team.bot_user_id,
            "icons": {},
        }
    }


async def reactions_add(call: ApiCall) -> Json:
    """reactions.add."""
    name, message = _reaction(call)
    if name in message.reactions:
        raise Refusal("already_reacted")
    message.reactions.append(name)
    call.parts.announcer.refresh(call.workspace, message)
    return {}


async def reactions_remove(call: ApiCall) -> Json:
    """reactions.remove."""
    name, message = _reaction(call)
    if name not in message.reactions:
        raise Refusal("no_reaction")
    message.reactions.remove(name)
    call.parts.announcer.refresh(call.workspace, message)
    return {}


def _reaction(call: ApiCall) -> tuple[str, Message]:
    name = call.required("name")
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum() or len(name) > _EMOJI_NAME:
        raise Refusal("invalid_name")
    channel, timestamp = call.text("channel"), call.text("timestamp")
    if channel is None or timestamp is None:
        raise Refusal("no_item_specified")
    return name, call.workspace.message(channel, timestamp)
