"""Message JSON, as the Web API answers it, events carry it and the page shows it."""

from urllib.parse import quote

from bot.sandbox.fake_slack.faults import Faults
from bot.sandbox.fake_slack.files.store import FileStore, untold
from bot.sandbox.fake_slack.records import Ephemeral, File, Json, Message
from bot.sandbox.fake_slack.workspace import Workspace


class MessageJson:
    """Renders messages at the time of reading, so that a file's `shares` are as late as they are."""

    def __init__(self, files: FileStore, app_id: str, faults: Faults) -> None:
        self._files = files
        self._app_id = app_id
        self._faults = faults

    def message(self, message: Message, workspace: Workspace) -> Json:
        """The message object that the app sees."""
        body: Json = {
            "type": "message",
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "team": workspace.id,
            **_of_elsewhere(message, workspace),
            **self._optional(message),
        }
        if message.by_bot:
            body |= {
                "bot_id": workspace.config.bot_id,
                "app_id": self._app_id,
                "bot_profile": self._bot_profile(workspace),
            }
        if message.files:
            body |= {
                "files": [self._files.as_json(file, workspace) for file in message.files],
                "upload": False,
                "display_as_bot": False,
            }
        return body

    def told(self, message: Message, workspace: Workspace) -> Json:
        """The message object as its event carries it: of a person's files Slack may not know much yet."""
        shown = self.message(message, workspace)
        late = self._faults.take("file_untold") if message.files and not message.by_bot else None
        if late is None:
            return shown
        return {**shown, "files": [untold(file, stub=bool(late["stub"])) for file in shown["files"]]}

    def _optional(self, message: Message) -> Json:
        parts: Json = {
            "subtype": message.subtype,
            "blocks": message.blocks or None,
            "attachments": message.attachments or None,
            "thread_ts": message.thread_ts,
            "metadata": message.metadata,
            "edited": message.edited_ts and {"user": message.user, "ts": message.edited_ts},
            "reactions": message.reactions
            and [{"name": name, "count": 1, "users": [message.user]} for name in message.reactions],
        }
        if message.reply_count:
            parts |= {
                "reply_count": message.reply_count,
                "reply_users": list(message.reply_users),
                "reply_users_count": len(message.reply_users),
                "latest_reply": message.latest_reply,
            }
        return {key: value for key, value in parts.items() if value}

    def _bot_profile(self, workspace: Workspace) -> Json:
        return {
            "id": workspace.config.bot_id,
            "app_id": self._app_id,
            "team_id": workspace.id,
            "name": workspace.bot_name,
            "deleted": False,
            "updated": 0,
            "icons": {},
        }

    def for_page(self, message: Message, workspace: Workspace) -> Json:
        """The message object with each file's `ui_url`, from which a player may read without a token."""
        body = self.message(message, workspace)
        if message.files:
            body["files"] = [self.file_for_page(file, workspace) for file in message.files]
        if message.attachments:
            body["attachments"] = [_for_page(attachment) for attachment in message.attachments]
        return body

    def file_for_page(self, file: File, workspace: Workspace) -> Json:
        """A file object with its `ui_url`."""
        body = self._files.as_json(file, workspace)
        if file.deleted or file.path is None:
            return body
        return body | {"ui_url": f"/ui/file/{file.id}/{quote(file.name)}"}

    def ephemeral_for_page(self, ephemeral: Ephemeral, workspace: Workspace) -> Json:
        """`{id, channel, thread_ts?, message}`."""
        message = ephemeral.message
        body: Json = {
            "id": ephemeral.id,
            "channel": message.channel,
            "message": self.for_page(message, workspace),
        }
        return body | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def _for_page(attachment: Json) -> Json:
    """An attachment whose forwarded files can be played."""
    files = [
        {**file, "ui_url": f"/ui/file/{file['id']}/{quote(file['name'])}"}
        if file["mode"] == "hosted"
        else file
        for file in attachment.get("files", [])
    ]
    return {**attachment, "files": files} if files else attachment


def _of_elsewhere(message: Message, workspace: Workspace) -> Json:
    """Whose member wrote it, where that is another workspace (Slack: Slack Connect, message events)."""
    author = workspace.users.get(message.user)
    if author is None or not author.home_team:
        return {}
    return {"team": author.home_team, "user_team": author.home_team, "source_team": author.home_team}
