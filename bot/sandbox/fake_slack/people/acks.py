"""What Slack does with the app's answer to a command, a click or a form."""

from typing import Any

from bot.sandbox.fake_slack.block_kit.blocks import check_blocks
from bot.sandbox.fake_slack.delivery.ways import Answer
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Channel, Json, Notice, View
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import NewMessage, Workspace

_FORM_TROUBLE = "We had some trouble connecting. Try again?"


class Acks:
    """Applies acks; where there was none, tells the person what Slack would tell."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def after_command(
        self, workspace: Workspace, channel: Channel, user: str, command: str, answer: Answer
    ) -> None:
        """Show the answer to a slash command: to its user alone, or in the channel (`in_channel`)."""
        if answer.outcome != "ok":
            self.notice(workspace, user, f"{command} failed with the error “{answer.outcome}”")
            return
        body = answer.body or {}
        if not body.get("text") and not body.get("blocks"):
            return
        problems = check_blocks(body.get("blocks") or [], "message")
        if problems:
            self.notice(workspace, user, f"{command} failed with the error “invalid_blocks”")
            return
        new = NewMessage(text=str(body.get("text") or ""), blocks=body.get("blocks"))
        if body.get("response_type") == "in_channel":
            self._parts.announcer.post(workspace, channel, workspace.config.bot_user_id, new)
        else:
            self._parts.announcer.whisper(workspace, channel, user, new)

    def after_click(self, workspace: Workspace, user: str, answer: Answer) -> None:
        """A click or shortcut: nothing to show, unless the app did not answer."""
        if answer.outcome != "ok":
            name = self._parts.manifest.app_name
            words = f"That action failed because {name} did not respond ({answer.outcome})."
            self.notice(workspace, user, words)

    def after_submission(self, workspace: Workspace, view: View, answer: Answer) -> dict[str, str]:
        """Do what a form's answer asks: errors, update, push, clear, or close. Returns the errors shown."""
        user = view.user
        if answer.outcome != "ok":
            self.notice(workspace, user, _FORM_TROUBLE)
            return {}
        body = answer.body or {}
        try:
            return self._respond(workspace, view, body)
        except Refusal as refusal:
            why = " ".join((refusal.error, *refusal.messages))
            words = f"{_FORM_TROUBLE} (The app's answer was refused: {why})"
            self.notice(workspace, user, words)
            return {}

    def _respond(self, workspace: Workspace, view: View, body: Json) -> dict[str, str]:
        modals = self._parts.modals
        match body.get("response_action"):
            case None if not body:
                modals.close_top(workspace, view.user)
            case "clear":
                modals.clear(workspace, view.user)
            case "update":
                modals.update(workspace, body.get("view"), view_id=view.id)
            case "push":
                modals.push_on(workspace, view.user, body.get("view"))
            case "errors":
                return self.show_errors(workspace, view, body.get("errors"))
            case other:
                raise Refusal(f"invalid_response_action: {other}")
        return {}

    def show_errors(self, workspace: Workspace, view: View, errors: Any) -> dict[str, str]:
        """Show words at fields.

        Raises:
            Refusal: A key is not the block_id of an input block (Slack then shows its trouble line).
        """
        inputs = {block["block_id"] for block in view.payload["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
            raise Refusal("invalid_errors", messages=("errors must be keyed by block_ids of input blocks",))
        self._parts.hub.publish(
            "view_errors", team=workspace.id, user=view.user, view_id=view.id, errors=errors
        )
        return {str(key): str(words) for key, words in errors.items()}

    def notice(self, workspace: Workspace, user: str, text: str) -> None:
        """A line of Slack's own, as an error."""
        self._parts.announcer.notice(Notice(workspace.id, user, text, "error"))
