"""What people do to a channel itself: Slack's own commands, and the deletion that its settings offer."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Channel
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import NewMessage, Workspace


@dataclass(frozen=True, slots=True)
class ChannelCommand:
    """A command that Slack itself carries out."""

    command: str
    description: str
    usage_hint: str = ""


CHANNEL_COMMANDS = (
    ChannelCommand("/invite", "Add the app to this channel", "@app"),
    ChannelCommand("/remove", "Remove the app from this channel", "@app"),
    ChannelCommand("/rename", "Give this channel another name", "new-name"),
    ChannelCommand("/archive", "Archive this channel: nobody can write here any more"),
    ChannelCommand("/delete-channel", "Delete this channel (in Slack: in its settings)"),
)


class ChannelSettings:
    """Changes one channel for one person."""

    def __init__(self, parts: Parts, workspace: Workspace, user_id: str, tell: Callable[[str], None]) -> None:
        self._parts = parts
        self._workspace = workspace
        self._user_id = user_id
        self._tell = tell

    def change(self, channel: Channel, command: str, text: str) -> None:
        """Carry out one of `CHANNEL_COMMANDS`.

        Raises:
            Refusal: A direct message is none of these things.
        """
        if channel.kind in {"im", "mpim"} and command != "/invite":
            raise Refusal("method_not_supported_for_channel_type", status=400)
        match command:
            case "/invite":
                self.invite(channel)
            case "/remove":
                self._remove_app(channel)
            case "/rename":
                self._rename(channel, text)
            case "/archive":
                self._say(channel, "archived the channel", "channel_archive")
                channel.archived = True
            case "/delete-channel":
                self._tell(f"#{channel.name} was deleted.")
                self._workspace.delete(channel)

    def invite(self, channel: Channel) -> None:
        """Add the app."""
        if self._workspace.add_bot(channel):
            self._parts.announcer.bot_joined(self._workspace, channel, self._user_id)
        else:
            self._tell(f"{self._workspace.bot_name} is already in this conversation.")

    def _remove_app(self, channel: Channel) -> None:
        if self._workspace.remove_bot(channel):
            self._parts.announcer.bot_left(self._workspace, channel, self._user_id)
        else:
            self._tell(f"{self._workspace.bot_name} is not in this conversation.")

    def _rename(self, channel: Channel, name: str) -> None:
        if not name:
            self._tell("Type the new name after /rename.")
            return
        words = f'has renamed the channel from "{channel.name}" to "{name}"'
        channel.name = name
        self._say(channel, words, "channel_name")

    def _say(self, channel: Channel, words: str, subtype: str) -> None:
        """The line with which Slack tells of it, in the person's name."""
        new = NewMessage(text=f"<@{self._user_id}> {words}", subtype=subtype)
        self._parts.announcer.post(self._workspace, channel, self._user_id, new)
