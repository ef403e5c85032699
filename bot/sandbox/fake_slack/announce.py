"""Tells the page (live) and the app (Events API) what changed in a workspace."""

from typing import Any, Literal

from bot.sandbox.fake_slack.delivery.courier import Courier
from bot.sandbox.fake_slack.delivery.payloads import Payloads
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.installs.records import Install
from bot.sandbox.fake_slack.journal import Records
from bot.sandbox.fake_slack.manifest import AppManifest
from bot.sandbox.fake_slack.message_json import MessageJson
from bot.sandbox.fake_slack.page.hub import Hub
from bot.sandbox.fake_slack.records import Channel, ChannelKind, Ephemeral, Json, Message, Notice
from bot.sandbox.fake_slack.workspace import NewMessage, Workspace

LastWord = Literal["app_uninstalled", "tokens_revoked"]
LAST_WORDS: tuple[LastWord, ...] = ("tokens_revoked", "app_uninstalled")
"""What an app hears when it is removed, in no fixed order (bolt-js issue 673)."""
# What an app must have been granted to hear of it (Slack: the events' own pages).
_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}
_MESSAGE_EVENTS: dict[ChannelKind, str] = {
    "channel": "message.channels",
    "private": "message.groups",
    "mpim": "message.mpim",
    "im": "message.im",
}
# `member_joined_channel` comes for each kind of conversation by the scope of its own.
_JOINS: dict[ChannelKind, tuple[str, str]] = {
    "channel": ("C", "channels:read"),
    "private": ("G", "groups:read"),
    "mpim": ("G", "mpim:read"),
}


class Announcer:
    """Changes messages and lets everybody know who may."""

    def __init__(
        self,
        manifest: AppManifest,
        hub: Hub,
        courier: Courier,
        records: Records,
        render: MessageJson,
        payloads: Payloads,
        ids: Ids,
    ) -> None:
        self._manifest = manifest
        self._hub = hub
        self._courier = courier
        self._records = records
        self._render = render
        self._payloads = payloads
        self._ids = ids

    def post(self, workspace: Workspace, channel: Channel, user: str, new: NewMessage) -> Message:
        """Add a message, show it, and send the app its event."""
        message = workspace.post(channel, user, new)
        self._records.messages.append(message)
        self._publish(workspace, channel, "message", message=self._render.for_page(message, workspace))
        if message.is_reply and message.thread_ts is not None:
            self._refresh(workspace, workspace.message(channel.id, message.thread_ts))
        told = self._render.told(message, workspace)
        self._message_event(workspace, channel, told)
        self._mention_event(workspace, channel, message, told)
        return message

    def _mention_event(self, workspace: Workspace, channel: Channel, message: Message, told: Json) -> None:
        """Tell the app of a mention, where it is in the conversation.

        In a direct message it hears only of the message (Slack: app_mention event).
        """
        is_mentioned = f"<@{workspace.config.bot_user_id}>" in message.text
        if is_mentioned and not message.by_bot and channel.bot_is_member and channel.kind != "im":
            mention = {**told, "type": "app_mention", "channel": channel.id, "event_ts": message.ts}
            self._event(workspace, "app_mention", mention)

    def changed(self, workspace: Workspace, message: Message, previous: Json) -> None:
        """A message was edited; `previous` is its JSON before that."""
        self._refresh(workspace, message)
        current = self._render.message(message, workspace)
        change = {
            "subtype": "message_changed",
            "hidden": True,
            "message": current,
            "previous_message": previous,
        }
        channel = workspace.channel(message.channel)
        self._message_event(workspace, channel, {"type": "message", "ts": self._ids.ts(), **change})

    def deleted(self, workspace: Workspace, message: Message, previous: Json) -> None:
        """A message was removed from its conversation, or became a tombstone."""
        channel = workspace.channel(message.channel)
        if message.subtype == "tombstone":
            self._refresh(workspace, message)
        else:
            self._publish(workspace, channel, "message_deleted", ts=message.ts)
            if message.is_reply and message.thread_ts is not None:
                self._refresh(workspace, workspace.message(channel.id, message.thread_ts))
        change = {
            "subtype": "message_deleted",
            "hidden": True,
            "deleted_ts": message.ts,
            "previous_message": previous,
        }
        self._message_event(workspace, channel, {"type": "message", "ts": self._ids.ts(), **change})

    def refresh(self, workspace: Workspace, message: Message) -> None:
        """Show a message again on the page; the app hears nothing (a reaction, a file's length)."""
        self._refresh(workspace, message)

    def _refresh(self, workspace: Workspace, message: Message) -> None:
        channel = workspace.channel(message.channel)
        self._publish(
            workspace, channel, "message_changed", message=self._render.for_page(message, workspace)
        )

    def whisper(self, workspace: Workspace, channel: Channel, user: str, new: NewMessage) -> Ephemeral:
        """Show one person a message of the bot."""
        ephemeral = workspace.whisper(channel, user, new)
        self._records.ephemerals.append(ephemeral)
        self.show_ephemeral(workspace, ephemeral)
        return ephemeral

    def show_ephemeral(self, workspace: Workspace, ephemeral: Ephemeral) -> None:
        """Show it, or show it again after a change."""
        body = self._render.ephemeral_for_page(ephemeral, workspace)
        self._hub.publish("ephemeral", team=workspace.id, user=ephemeral.user, **body)

    def hide_ephemeral(self, workspace: Workspace, ephemeral: Ephemeral) -> None:
        """Take it away."""
        workspace.ephemerals.pop(ephemeral.id, None)
        gone: Json = {"channel": ephemeral.message.channel, "id": ephemeral.id}
        self._hub.publish("ephemeral_deleted", team=workspace.id, user=ephemeral.user, **gone)

    def notice(self, notice: Notice) -> None:
        """A line from Slack itself to one person."""
        self._records.notices.append(notice)
        self._hub.publish("notice", team=notice.team, user=notice.user, text=notice.text, level=notice.level)

    def bot_joined(self, workspace: Workspace, channel: Channel, inviter: str) -> None:
        """The bot was invited: a line in the channel and its events."""
        bot = workspace.config.bot_user_id
        text = f"<@{bot}> has joined the channel"
        self.post(workspace, channel, bot, NewMessage(text=text, subtype="channel_join"))
        self._hub.publish("channel", team=workspace.id, channel=channel.id, bot_is_member=True)
        letter, scope = _JOINS[channel.kind]
        joined = {
            "type": "member_joined_channel",
            "user": bot,
            "channel": channel.id,
            "channel_type": letter,
            "team": workspace.id,
            "inviter": inviter,
            "event_ts": self._ids.ts(),
        }
        self._event(workspace, "member_joined_channel", joined, scope)

    def bot_left(self, workspace: Workspace, channel: Channel, remover: str) -> None:
        """The bot was removed from a channel; it hears no more of it."""
        text = f"<@{remover}> removed <@{workspace.config.bot_user_id}> from the channel"
        self.post(workspace, channel, remover, NewMessage(text=text, subtype="channel_leave"))
        self._hub.publish("channel", team=workspace.id, channel=channel.id, bot_is_member=False)

    def home_opened(
        self, workspace: Workspace, user: str, tab: Literal["home", "messages"], view: Json | None
    ) -> None:
        """A person opened the app's Home, or its messages; `view` is the Home they see, if there is one."""
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": workspace.direct_message(user).id,
            "tab": tab,
            "event_ts": self._ids.ts(),
        }
        self._event(workspace, "app_home_opened", event | ({"view": view} if view else {}))

    def ended(self, install: Install, words: tuple[LastWord, ...]) -> None:
        """Tell the app that it was removed, or that its token was revoked."""
        tokens = {"oauth": [], "bot": [install.bot_user_id]}
        more: dict[LastWord, Json] = {"tokens_revoked": {"tokens": tokens}, "app_uninstalled": {}}
        for word in words:
            self._install_event(install, {"type": word, **more[word]})

    def access_changed(
        self,
        install: Install,
        change: Literal["team_access_granted", "team_access_revoked"],
        teams: list[str],
    ) -> None:
        """An organisation's admin added the app to workspaces, or took it out of some."""
        event = {"type": change, "team_ids": teams, "event_ts": self._ids.ts()}
        self._install_event(install, event)

    def _install_event(self, install: Install, event: Json) -> None:
        if event["type"] in self._manifest.bot_events:
            self._courier.emit(self._payloads.install_event(install, event))

    def _publish(self, workspace: Workspace, channel: Channel, kind: str, **body: Any) -> None:
        seen_by = None if channel.kind == "channel" else frozenset(channel.members)
        self._hub.publish(kind, team=workspace.id, users=seen_by, channel=channel.id, **body)

    def _message_event(self, workspace: Workspace, channel: Channel, message: Json) -> None:
        if not channel.bot_is_member:
            return
        name = _MESSAGE_EVENTS[channel.kind]
        where = {"channel": channel.id, "channel_type": channel.event_type, "event_ts": message["ts"]}
        self._event(workspace, name, {**message, **where})

    def _event(self, workspace: Workspace, name: str, event: Json, scope: str | None = None) -> None:
        """Send an event if the manifest subscribes to it, and the app is installed here to hear it."""
        install, scope = workspace.install, scope or _SCOPES.get(name)
        granted = install is not None and (scope is None or scope in install.scopes)
        if install is not None and granted and name in self._manifest.bot_events:
            self._courier.emit(self._payloads.event(workspace, event, install))
