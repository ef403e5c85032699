"""Puts files into conversations: a person's at once, the app's a little later, as Slack does."""

import asyncio
from collections.abc import Callable

from bot.sandbox.fake_slack.announce import Announcer
from bot.sandbox.fake_slack.delivery.courier import Tasks
from bot.sandbox.fake_slack.faults import Faults
from bot.sandbox.fake_slack.files.store import FileStore
from bot.sandbox.fake_slack.journal import FileShare, Records
from bot.sandbox.fake_slack.records import Channel, File, Json, Message
from bot.sandbox.fake_slack.workspace import NewMessage, Workspace


class Sharing:
    """Shares files and keeps `shares` and the journal right."""

    def __init__(
        self,
        announcer: Announcer,
        files: FileStore,
        faults: Faults,
        records: Records,
        tasks: Tasks,
        *,
        share_s: float,
        now: Callable[[], float],
    ) -> None:
        self._announcer = announcer
        self._files = files
        self._faults = faults
        self._records = records
        self._tasks = tasks
        self._share_s = share_s
        self._now = now

    def share(self, workspace: Workspace, channel: Channel, user: str, new: NewMessage) -> Message:
        """Post a message with files, now."""
        for file in new.files:
            file.shares.setdefault(channel.id, [])
        message = self._announcer.post(workspace, channel, user, new)
        for file in new.files:
            file.shares[channel.id].append(_share(channel, workspace, user, message))
            record = FileShare(file, channel.id, message.thread_ts, message.ts, message.by_bot, self._now())
            self._records.shares.append(record)
        return message

    def delete_file(self, workspace: Workspace, file: File) -> None:
        """Delete a file; the messages that hold it show a tombstone."""
        self._files.delete(file)
        for channel_id, entries in file.shares.items():
            for entry in entries:
                message = workspace.find_message(channel_id, entry["ts"])
                if message is not None:
                    self._announcer.refresh(workspace, message)

    def share_later(self, workspace: Workspace, channels: list[Channel], new: NewMessage) -> None:
        """Share the bot's files once Slack has processed them; until then `shares` is empty.

        A video with `alt_txt` is silently never shared (python-slack-sdk issue 1818).
        """
        doomed = any(
            file.alt_txt is not None and not file.mimetype.startswith("image/") for file in new.files
        )
        if doomed or self._faults.take("never_shared") is not None:
            return
        self._tasks.start(self._process(workspace, channels, new))

    async def _process(self, workspace: Workspace, channels: list[Channel], new: NewMessage) -> None:
        for file in new.files:
            await self._files.learn(file)
        await asyncio.sleep(self._share_s)
        for channel in channels:
            if _takes(workspace, channel, new.thread_ts):
                self.share(workspace, channel, workspace.config.bot_user_id, new)


def _takes(workspace: Workspace, channel: Channel, thread_ts: str | None) -> bool:
    """Whether the place is still there that the upload was completed for."""
    if not channel.bot_is_member or channel.archived or channel.id not in workspace.channels:
        return False
    return thread_ts is None or workspace.find_message(channel.id, thread_ts) is not None


def _share(channel: Channel, workspace: Workspace, user: str, message: Message) -> Json:
    entry: Json = {
        "reply_users": [],
        "reply_users_count": 0,
        "reply_count": 0,
        "ts": message.ts,
        "channel_name": channel.name,
        "team_id": workspace.id,
        "share_user_id": user,
        "source": "UNKNOWN",
    }
    return entry | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
