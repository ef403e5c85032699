"""chat.* methods: messages of the bot."""

from typing import Any

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.block_kit.blocks import check_blocks
from bot.sandbox.fake_slack.records import Channel, Json, Message
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import NewMessage

_MAX_UPDATE_TEXT = 4000
_MAX_EPHEMERAL_TEXT = 40_000
_MAX_MARKDOWN = 12_000
_MAX_ATTACHMENTS = 100


async def post_message(call: ApiCall) -> Json:
    """chat.postMessage. A user id as channel opens that person's DM; the answer names the D id."""
    channel = _conversation(call, call.required("channel"))
    new = _content(call)
    new.thread_ts = call.text("thread_ts")
    new.metadata = _metadata(call)
    bot = call.workspace.config.bot_user_id
    message = call.parts.announcer.post(call.workspace, channel, bot, new)
    shown = call.parts.render.message(message, call.workspace)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _conversation(call: ApiCall, channel_id: str) -> Channel:
    if channel_id in call.workspace.users:
        if not call.parts.manifest.messages_tab_enabled:
            raise Refusal("messages_tab_disabled")
        return call.workspace.direct_message(channel_id)
    channel = call.workspace.open_channel(channel_id)
    if not channel.is_open_to_the_bot:
        raise Refusal("channel_not_found")
    if not channel.bot_is_member and "chat:write.public" not in call.workspace.scopes:
        raise Refusal("not_in_channel")
    return channel


def _content(call: ApiCall) -> NewMessage:
    """Text, blocks and attachments of a message, checked as Slack checks them."""
    blocks = check_message_blocks(call.structure("blocks", "invalid_blocks_format"))
    attachments = call.structure("attachments")
    text, markdown = call.text("text"), call.text("markdown_text")
    if markdown is not None and (text is not None or blocks):
        raise Refusal("markdown_text_conflict")
    if markdown is not None and len(markdown) > _MAX_MARKDOWN:
        raise Refusal("msg_too_long")
    if not (text or markdown or blocks or attachments):
        raise Refusal("no_text")
    if isinstance(attachments, list) and len(attachments) > _MAX_ATTACHMENTS:
        raise Refusal("too_many_attachments")
    return NewMessage(text=text or markdown or "", blocks=blocks, attachments=attachments)


def check_message_blocks(blocks: Any) -> list[Json] | None:
    """The blocks of a message if Slack would take them.

    Raises:
        Refusal: invalid_blocks_format, invalid_blocks.
    """
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    problems = check_blocks(blocks, "message")
    if problems:
        raise Refusal("invalid_blocks", messages=tuple(problems))
    return blocks


def _metadata(call: ApiCall) -> Json | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not {"event_type", "event_payload"} <= metadata.keys():
        raise Refusal("invalid_metadata_format")
    return metadata


async def update(call: ApiCall) -> Json:
    """chat.update. Text without blocks removes the blocks; text over 4,000 characters is refused."""
    if call.workspace.channel(call.required("channel")).archived:
        raise Refusal("is_inactive")
    message = _own_message(call, call.required("ts"), "cant_update_message")
    new = _content_or_files(call)
    if len(new.text) > _MAX_UPDATE_TEXT:
        raise Refusal("msg_too_long")
    previous = call.parts.render.message(message, call.workspace)
    message.text = new.text
    message.blocks = call.workspace.with_ids(new.blocks or [])
    message.attachments = new.attachments or []
    if not message.blocks:
        message.edited_ts = call.parts.ids.ts()
    file_ids = call.text("file_ids")
    if file_ids:
        message.files = [call.parts.files.visible_to_app(i, call.workspace) for i in file_ids.split(",")]
    call.parts.announcer.changed(call.workspace, message, previous)
    shown = call.parts.render.message(message, call.workspace)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


def _content_or_files(call: ApiCall) -> NewMessage:
    try:
        return _content(call)
    except Refusal as refusal:
        if refusal.error == "no_text" and call.text("file_ids"):
            return NewMessage()
        raise


def _own_message(call: ApiCall, ts: str, not_own: str) -> Message:
    """A message of the bot. Ephemeral ones are not found: no method changes them."""
    message = call.workspace.message(call.required("channel"), ts)
    if not message.by_bot or message.subtype == "tombstone":
        raise Refusal(not_own)
    return message


async def delete(call: ApiCall) -> Json:
    """chat.delete, of the bot's own messages."""
    message = _own_message(call, call.required("ts"), "cant_delete_message")
    previous = call.parts.render.message(message, call.workspace)
    call.workspace.remove(message)
    call.parts.announcer.deleted(call.workspace, message, previous)
    return {"channel": message.channel, "ts": message.ts}


async def post_ephemeral(call: ApiCall) -> Json:
    """chat.postEphemeral, to somebody who is in a channel in which the bot is."""
    channel = call.workspace.open_channel(call.required("channel"))
    user = call.required("user")
    if not channel.is_open_to_the_bot:
        raise Refusal("channel_not_found")
    if not channel.bot_is_member:
        raise Refusal("not_in_channel")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    new = _content(call)
    if len(new.text) > _MAX_EPHEMERAL_TEXT:
        raise Refusal("msg_too_long")
    new.thread_ts = call.text("thread_ts")
    call.workspace.check_thread(channel, new.thread_ts)
    ephemeral = call.parts.announcer.whisper(call.workspace, channel, user, new)
    return {"message_ts": ephemeral.id}


async def get_permalink(call: ApiCall) -> Json:
    """chat.getPermalink."""
    message = call.workspace.message(call.required("channel"), call.required("message_ts"))
    link = f"https://{call.workspace.config.domain}.slack.com/archives/{message.channel}"
    link += f"/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={message.channel}"
    return {"channel": message.channel, "permalink": link}
