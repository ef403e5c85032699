"""files.* methods: the three-step upload, reading and deleting."""

from typing import Any

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.api.chat import check_message_blocks
from bot.sandbox.fake_slack.files.store import untold
from bot.sandbox.fake_slack.records import Channel, File, Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import NewMessage

_MEGABYTE = 1024**2
_MAX_FILE_BYTES = 1024 * _MEGABYTE
_MAX_ALT_TEXT = 1000
_MAX_CHANNELS = 100


async def info(call: ApiCall) -> Json:
    """files.info, of files that the bot may see."""
    file = call.parts.files.visible_to_app(call.required("file"), call.workspace)
    shown = call.parts.files.as_json(file, call.workspace)
    late = call.parts.faults.take("file_untold")
    if late is not None:
        shown = untold(shown, stub=bool(late["stub"]))
    return {"file": shown, "comments": [], "response_metadata": {"next_cursor": ""}}


async def get_upload_url(call: ApiCall) -> Json:
    """files.getUploadURLExternal: the length must be exact, and not 0."""
    name = call.required("filename", "missing_argument")
    length = call.required("length", "missing_argument")
    alt_txt = call.text("alt_txt")
    if not length.isdigit() or int(length) == 0:
        raise Refusal(
            "invalid_arguments", messages=("[ERROR] must be a positive number [json-pointer:/length]",)
        )
    _check_rules(call, int(length))
    if alt_txt is not None and len(alt_txt) > _MAX_ALT_TEXT:
        raise Refusal("alt_txt_too_large")
    file = call.parts.files.new_file(call.workspace.id, call.workspace.config.bot_user_id, name)
    file.by_bot = True
    file.alt_txt = alt_txt
    return {"upload_url": call.parts.files.open_upload(file, int(length)), "file_id": file.id}


def _check_rules(call: ApiCall, length: int) -> None:
    """What this workspace lets apps upload, by its admins' settings and its plan."""
    faults = call.parts.faults
    if faults.take("uploads_off") is not None:
        raise Refusal("file_uploads_disabled")
    if faults.take("storage_full") is not None:
        raise Refusal("storage_limit_reached")
    limit = faults.take("upload_limit")
    if length > (float(limit["megabytes"]) * _MEGABYTE if limit else _MAX_FILE_BYTES):
        raise Refusal("file_upload_size_restricted")


async def complete_upload(call: ApiCall) -> Json:
    """files.completeUploadExternal: once for each upload; the files appear a little later.

    Everything is checked before the upload is spent, so that a refused call can be tried again.
    """
    wanted = _wanted(call.structure("files"))
    files = [call.parts.files.received(item["id"], call.teams) for item in wanted]
    channels = _channels(call)
    new = _message(call, channels, tuple(files))
    for item, file in zip(wanted, files, strict=True):
        file.title = str(item.get("title") or file.name)
        call.parts.files.complete(file, call.workspace.id)
    if channels:
        call.parts.sharing.share_later(call.workspace, channels, new)
    return {"files": [call.parts.files.as_json(file, call.workspace, bare=True) for file in files]}


def _wanted(files: Any) -> list[Json]:
    ok = isinstance(files, list) and files and all(isinstance(f, dict) and f.get("id") for f in files)
    if not ok:
        raise Refusal("invalid_arguments", messages=("[ERROR] missing required field: files",))
    return list(files)


def _channels(call: ApiCall) -> list[Channel]:
    """Where to share. `channel_id` must be a conversation; `channels` may name people too."""
    listed = [name.strip() for name in (call.text("channels") or "").split(",") if name.strip()]
    if len(listed) > _MAX_CHANNELS:
        raise Refusal("channels_limit_exceeded")
    single = call.text("channel_id")
    channels = [call.workspace.channel(single)] if single else []
    for name in listed:
        person = name in call.workspace.users
        channels.append(call.workspace.direct_message(name) if person else call.workspace.channel(name))
    if not all(channel.bot_is_member for channel in channels):
        # Membership is a must here even with chat:write.public (Slack: files.completeUploadExternal).
        raise Refusal("not_in_channel")
    if any(channel.archived for channel in channels):
        raise Refusal("posting_to_channel_denied")
    return channels


def _message(call: ApiCall, channels: list[Channel], files: tuple[File, ...]) -> NewMessage:
    thread_ts = call.text("thread_ts")
    if thread_ts is not None:
        if len(channels) != 1:
            raise Refusal("invalid_arguments", messages=("[ERROR] thread_ts needs exactly one channel",))
        call.workspace.check_thread(channels[0], thread_ts)
    comment = call.text("initial_comment")
    blocks = None if comment else check_message_blocks(call.structure("blocks", "invalid_blocks"))
    if any(block["type"] == "markdown" for block in blocks or []):
        # As Slack's servers do (python-slack-sdk issue 1756).
        raise Refusal("internal_error")
    return NewMessage(
        text=comment or "", blocks=blocks, files=files, thread_ts=thread_ts, subtype="file_share"
    )


async def delete(call: ApiCall) -> Json:
    """files.delete, of the bot's own files; the messages that held them show a tombstone."""
    file = call.parts.files.visible_to_app(call.required("file"), call.workspace)
    if not file.by_bot:
        raise Refusal("cant_delete_file")
    call.parts.sharing.delete_file(call.workspace, file)
    return {}
