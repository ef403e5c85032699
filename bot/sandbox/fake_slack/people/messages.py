"""What a person does with messages that stand already: edit, forward, delete."""

from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.people.text import marked_up, rich_text
from bot.sandbox.fake_slack.records import Channel, Json, Message
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import NewMessage, Workspace

_BAD, _MISSING = 400, 404


class MessageCare:
    """One person's messages, and for deletion everybody's: the people of the sandbox are admins."""

    def __init__(self, parts: Parts, workspace: Workspace, user_id: str) -> None:
        self._parts = parts
        self._workspace = workspace
        self._user_id = user_id

    def edit(self, channel_id: str, ts: str, text: str) -> None:
        """Change one's own words; files and replies stay.

        Raises:
            Refusal: No such conversation, or no such message of this person.
        """
        message = self._message(channel_id, ts)
        if message.user != self._user_id:
            raise Refusal("cant_update_message", status=_BAD)
        previous = self._parts.render.message(message, self._workspace)
        message.text = marked_up(text, self._workspace)
        message.blocks = rich_text(text, self._workspace, self._parts.ids.short())
        message.edited_ts = self._parts.ids.ts()
        self._parts.announcer.changed(self._workspace, message, previous)

    def forward(self, channel_id: str, ts: str, to_channel_id: str, text: str = "") -> Message:
        """Share a message elsewhere: an attachment that holds it, with its files (as recorded).

        Raises:
            Refusal: No such conversation or message.
        """
        message = self._message(channel_id, ts)
        target = self._channel(to_channel_id)
        if target.archived:
            raise Refusal("is_archived", status=_BAD)
        new = NewMessage(
            text=marked_up(text, self._workspace),
            blocks=rich_text(text, self._workspace, self._parts.ids.short()),
            attachments=[self._share(message)],
        )
        return self._parts.announcer.post(self._workspace, target, self._user_id, new)

    def _share(self, message: Message) -> Json:
        workspace = self._workspace
        shown = self._parts.render.message(message, workspace)
        link = f"https://{workspace.config.domain}.slack.com/archives/{message.channel}"
        link += f"/p{message.ts.replace('.', '')}"
        inside = {"team": workspace.id, "channel": message.channel, "ts": message.ts}
        body: Json = {
            "id": 1,
            "ts": message.ts,
            "author_id": message.user,
            "channel_id": message.channel,
            "channel_team": workspace.id,
            "is_msg_unfurl": True,
            "is_share": True,
            "text": message.text,
            "fallback": message.text,
            "message_blocks": [{**inside, "message": {"blocks": shown.get("blocks", [])}}],
            "from_url": link,
            "original_url": link,
            "mrkdwn_in": ["text"],
        }
        return body | ({"files": shown["files"]} if "files" in shown else {})

    def delete(self, channel_id: str, ts: str) -> None:
        """Delete a message, the app's too.

        Raises:
            Refusal: No such conversation or message.
        """
        message = self._message(channel_id, ts)
        previous = self._parts.render.message(message, self._workspace)
        self._workspace.remove(message)
        self._parts.announcer.deleted(self._workspace, message, previous)

    def _message(self, channel_id: str, ts: str) -> Message:
        return self._workspace.message(self._channel(channel_id).id, ts)

    def _channel(self, channel_id: str) -> Channel:
        channel = self._workspace.channel(channel_id)
        if self._user_id not in channel.members:
            raise Refusal("channel_not_found", status=_MISSING)
        return channel
