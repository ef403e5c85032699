"""One team's people, conversations and messages. Pure state; telling others is `announce`'s work."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.fake_slack.block_kit.blocks import elements
from bot.sandbox.fake_slack.config import TeamConfig, UserConfig
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.installs.records import Install, Organisation
from bot.sandbox.fake_slack.records import Channel, Ephemeral, File, Json, Message
from bot.sandbox.fake_slack.refusals import Refusal

_MAX_MESSAGE_TEXT = 40_000


@dataclass(slots=True, kw_only=True)
class NewMessage:
    """What a person or the app says."""

    text: str = ""
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    files: tuple[File, ...] = ()
    thread_ts: str | None = None
    subtype: str | None = None
    metadata: Json | None = None


class Workspace:
    """A team. `own_install` is None where the app was not installed in it, or was removed."""

    def __init__(
        self, config: TeamConfig, ids: Ids, bot_name: str, organisation: Organisation | None = None
    ) -> None:
        self.config = config
        self.id = config.id
        self.bot_name = bot_name
        self.organisation = organisation
        self.own_install: Install | None = None
        self.users = {user.id: user for user in config.users}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: dict[str, Ephemeral] = {}
        self._ids = ids
        self._messages: dict[str, dict[str, Message]] = {}
        for channel in config.channels:
            members = set(self.users if channel.members is None else channel.members)
            members |= {config.bot_user_id} if channel.bot_is_member else set()
            self._add(Channel(channel.id, channel.name, channel.kind, channel.bot_is_member, members))
        for user in filter(self.talks_to_apps, config.users):
            self._add(
                Channel(ids.object_id("D"), bot_name, "im", True, {user.id, config.bot_user_id}, user.id)
            )

    def kept(self) -> object:
        """Its conversations and what was said in them."""
        return self.own_install, self.channels, self.ephemerals, self._messages

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        self.own_install, self.channels, self.ephemerals, self._messages = kept

    @property
    def install(self) -> Install | None:
        """By which the app works here: its own, else the organisation's where an admin added the app."""
        if self.own_install is not None or self.organisation is None:
            return self.own_install
        return self.organisation.install_for(self.id)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the app may do here."""
        install = self.install
        return install.scopes if install else ()

    def _add(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self._messages[channel.id] = {}

    def user(self, user_id: str) -> UserConfig:
        """A person of this team.

        Raises:
            Refusal: user_not_found.
        """
        if user_id not in self.users:
            raise Refusal("user_not_found")
        return self.users[user_id]

    def talks_to_apps(self, user: UserConfig) -> bool:
        """Whether a person has direct messages with the app: not people of other organisations."""
        return not user.home_team or self.is_sister(user)

    def is_sister(self, user: UserConfig) -> bool:
        """Whether a person belongs to another workspace of the same organisation."""
        return self.organisation is not None and user.home_team in self.organisation.config.teams

    def channel(self, channel_id: str) -> Channel:
        """A conversation by its id.

        Raises:
            Refusal: channel_not_found.
        """
        if channel_id not in self.channels:
            raise Refusal("channel_not_found")
        return self.channels[channel_id]

    def open_channel(self, channel_id: str) -> Channel:
        """A conversation that takes messages.

        Raises:
            Refusal: channel_not_found, is_archived.
        """
        channel = self.channel(channel_id)
        if channel.archived:
            raise Refusal("is_archived")
        return channel

    def direct_message(self, user_id: str) -> Channel:
        """The conversation of a person with the app.

        Raises:
            Refusal: channel_not_found: people of other organisations have none.
        """
        for channel in self.channels.values():
            if channel.user == user_id:
                return channel
        raise Refusal("channel_not_found")

    def open_group(self, user_ids: Iterable[str]) -> Channel:
        """The group of direct messages of the app with these people; made where there is none."""
        members = {*user_ids, self.config.bot_user_id}
        for channel in self.channels.values():
            if channel.kind == "mpim" and channel.members == members:
                return channel
        names = sorted(self.users[user].name for user in members - {self.config.bot_user_id})
        name = f"mpdm-{'--'.join([*names, self.bot_name])}-1"
        group = Channel(self._ids.object_id("C"), name, "mpim", True, members)
        self._add(group)
        return group

    def messages(self, channel_id: str) -> list[Message]:
        """All messages of a conversation, thread replies too, oldest first."""
        return list(self._messages[channel_id].values())

    def message(self, channel_id: str, ts: str) -> Message:
        """One message.

        Raises:
            Refusal: channel_not_found, message_not_found.
        """
        self.channel(channel_id)
        message = self.find_message(channel_id, ts)
        if message is None:
            raise Refusal("message_not_found")
        return message

    def find_message(self, channel_id: str, ts: str) -> Message | None:
        """One message; None where it, or its conversation, was deleted."""
        return self._messages.get(channel_id, {}).get(ts)

    def post(self, channel: Channel, user: str, new: NewMessage) -> Message:
        """Add a message; a reply also counts at its parent.

        Raises:
            Refusal: The thread does not exist, or `thread_ts` is that of a reply.
        """
        parent = None if new.thread_ts is None else self._parent(channel, new.thread_ts)
        message = self._build(channel, user, new)
        self._messages[channel.id][message.ts] = message
        if parent is not None:
            parent.thread_ts = parent.ts
            parent.reply_count += 1
            parent.latest_reply = message.ts
            if user not in parent.reply_users:
                parent.reply_users.append(user)
        return message

    def check_thread(self, channel: Channel, thread_ts: str | None) -> None:
        """Refuse a thread that one cannot reply in, before anything is done."""
        if thread_ts is not None:
            self._parent(channel, thread_ts)

    def _parent(self, channel: Channel, thread_ts: str) -> Message:
        parent = self._messages[channel.id].get(thread_ts)
        if parent is None:
            raise Refusal("invalid_thread_ts")
        if parent.is_reply:
            # A reply's ts is never a thread (Slack: files.completeUploadExternal, thread_ts).
            raise Refusal("cannot_reply_to_message")
        return parent

    def whisper(self, channel: Channel, user: str, new: NewMessage) -> Ephemeral:
        """Add a message from the bot that only `user` sees. It has no place in the conversation."""
        message = self._build(channel, self.config.bot_user_id, new)
        ephemeral = Ephemeral(message.ts, user, message)
        self.ephemerals[ephemeral.id] = ephemeral
        return ephemeral

    def _build(self, channel: Channel, user: str, new: NewMessage) -> Message:
        return Message(
            ts=self._ids.ts(),
            channel=channel.id,
            user=user,
            by_bot=user == self.config.bot_user_id,
            text=new.text[:_MAX_MESSAGE_TEXT],
            blocks=self.with_ids(new.blocks or []),
            attachments=new.attachments or [],
            files=list(new.files),
            thread_ts=new.thread_ts,
            subtype=new.subtype,
            metadata=new.metadata,
        )

    def with_ids(self, blocks: Iterable[Json]) -> list[Json]:
        """Give every block a block_id and every element an action_id, as Slack does."""
        named = [{**block, "block_id": block.get("block_id") or self._ids.short()} for block in blocks]
        for _, element in elements(named):
            if not element.get("action_id"):
                element["action_id"] = self._ids.short()
        return named

    def remove(self, message: Message) -> None:
        """Take a message away; the head of a thread leaves a tombstone."""
        if message.reply_count:
            message.subtype = "tombstone"
            message.text = "This message was deleted."
            message.blocks, message.files, message.attachments = [], [], []
            return
        del self._messages[message.channel][message.ts]
        if message.is_reply and message.thread_ts in self._messages[message.channel]:
            parent = self._messages[message.channel][message.thread_ts]
            parent.reply_count -= 1

    def add_bot(self, channel: Channel) -> bool:
        """Invite the bot; False where it was in already."""
        if channel.bot_is_member:
            return False
        channel.bot_is_member = True
        channel.members.add(self.config.bot_user_id)
        return True

    def remove_bot(self, channel: Channel) -> bool:
        """Put the bot out; False where it was not in."""
        if not channel.bot_is_member:
            return False
        channel.bot_is_member = False
        channel.members.discard(self.config.bot_user_id)
        return True

    def delete(self, channel: Channel) -> None:
        """Delete a channel with all that was said in it; files outlive it, but are shared nowhere there."""
        del self.channels[channel.id]
        del self._messages[channel.id]
