"""What one person does in the workspace: say, type a command, click, fill in a form, use a shortcut."""

import re
from dataclasses import dataclass
from typing import Literal

from bot.sandbox.fake_slack.block_kit.blocks import elements
from bot.sandbox.fake_slack.block_kit.elements import options_of
from bot.sandbox.fake_slack.block_kit.state import complaints, filled, initial_state, value_key
from bot.sandbox.fake_slack.config import UserConfig
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.people.acks import Acks
from bot.sandbox.fake_slack.people.channel_settings import CHANNEL_COMMANDS, ChannelSettings
from bot.sandbox.fake_slack.people.text import command_text, marked_up, rich_text
from bot.sandbox.fake_slack.records import Channel, File, Json, Message, Notice, View
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import NewMessage, Workspace

_COMMAND = re.compile(r"(/[^\s/]+)(?:\s+(.*))?", re.DOTALL)
State = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Click:
    """An action as the page sends it. The place is a message, an ephemeral message or a view."""

    block_id: str
    action_id: str
    value: Json
    state: State
    channel: str | None = None
    ts: str | None = None
    ephemeral_id: str | None = None
    view_id: str | None = None


class Person:
    """One person of one team at the keyboard."""

    def __init__(self, parts: Parts, workspace: Workspace, user: UserConfig) -> None:
        self._parts = parts
        self._workspace = workspace
        self._user = user
        self._acks = Acks(parts)

    async def say(
        self, channel_id: str, text: str, *, thread_ts: str | None = None, file_ids: tuple[str, ...] = ()
    ) -> Message | None:
        """Send what is in the composer; None where it was a command.

        Raises:
            Refusal: Nothing to send, or no such conversation, thread or file.
        """
        command = _COMMAND.fullmatch(text.strip())
        if command and not file_ids:
            await self._command(channel_id, command[1], (command[2] or "").strip(), thread_ts)
            return None
        return self._post(channel_id, text, thread_ts, file_ids)

    def _post(self, channel_id: str, text: str, thread_ts: str | None, file_ids: tuple[str, ...]) -> Message:
        channel = self._channel(channel_id)
        if channel.archived:
            raise Refusal("is_archived", status=400)
        files = tuple(self._own_file(file_id) for file_id in file_ids)
        if not text.strip() and not files:
            raise Refusal("no_text", status=400)
        new = NewMessage(
            text=marked_up(text, self._workspace),
            blocks=rich_text(text, self._workspace, self._parts.ids.short()),
            files=files,
            thread_ts=thread_ts,
            subtype="file_share" if files else None,
        )
        return self._parts.sharing.share(self._workspace, channel, self._user.id, new)

    def _own_file(self, file_id: str) -> File:
        file = self._parts.files.find(file_id, self._workspace.id)
        if file.user != self._user.id or file.deleted:
            raise Refusal("file_not_found", status=404)
        return file

    def _channel(self, channel_id: str) -> Channel:
        channel = self._workspace.channel(channel_id)
        if self._user.id not in channel.members:
            raise Refusal("channel_not_found", status=404)
        return channel

    async def _command(self, channel_id: str, word: str, text: str, thread_ts: str | None) -> None:
        if any(word == own.command for own in CHANNEL_COMMANDS):
            self._settings().change(self._channel(channel_id), word, text)
            return
        command = self._parts.manifest.command(word)
        if command is None or not self._may_use_the_app():
            self._tell(
                f"{word} is not a valid command. In Slack, all messages that start with “/” are commands."
            )
        elif thread_ts is not None:
            self._tell(f"{word} is not supported in threads. Sorry!")
        else:
            escaped = command_text(text, self._workspace, should_escape=command.should_escape)
            await self._run_command(channel_id, word, escaped)

    def _may_use_the_app(self) -> bool:
        """Whether commands and shortcuts are there for this person (Slack: Slack Connect).

        They work for members of the installing workspace, or organisation, alone.
        """
        install, user = self._workspace.install, self._user
        if install is None or not user.home_team:
            return install is not None
        return install.is_enterprise and self._workspace.is_sister(user)

    async def _run_command(self, channel_id: str, word: str, text: str) -> None:
        channel = self._channel(channel_id)
        where = (self._workspace.id, self._user.id)
        tickets = (
            self._parts.triggers.mint(*where),
            self._parts.response_urls.for_command(*where, channel.id),
        )
        payload = self._parts.payloads.slash_command(
            self._workspace, self._user, channel, word, text, tickets
        )
        answer = await self._parts.courier.deliver("slash_commands", payload)
        self._acks.after_command(self._workspace, channel, self._user.id, word, answer)

    def invite(self, channel_id: str) -> None:
        """Add the bot to a channel."""
        self._settings().invite(self._channel(channel_id))

    def _settings(self) -> ChannelSettings:
        return ChannelSettings(self._parts, self._workspace, self._user.id, self._tell)

    def _tell(self, text: str) -> None:
        self._parts.announcer.notice(Notice(self._workspace.id, self._user.id, text, "warning"))

    def open_home(self, tab: Literal["home", "messages"] = "home") -> None:
        """Click into the app's Home, or its messages.

        Raises:
            Refusal: The app has no such tab.
        """
        manifest = self._parts.manifest
        enabled = manifest.home_tab_enabled if tab == "home" else manifest.messages_tab_enabled
        if not enabled:
            raise Refusal("not_enabled", status=400)
        view = self._parts.modals.home(self._workspace, self._user.id) if tab == "home" else None
        shown = self._parts.modals.as_json(view, self._workspace) if view else None
        self._parts.announcer.home_opened(self._workspace, self._user.id, tab, shown)

    async def click(self, click: Click) -> None:
        """Press a button or change a live element.

        Raises:
            Refusal: There is no such element, or the choice is none of its options.
        """
        payload = self._view_click(click) if click.view_id else self._message_click(click)
        answer = await self._parts.courier.deliver("interactive", payload)
        self._acks.after_click(self._workspace, self._user.id, answer)

    def _message_click(self, click: Click) -> Json:
        ephemeral = click.ephemeral_id is not None
        message = self._clicked_message(click)
        channel = self._channel(message.channel)
        action = self._action(message.blocks, click)
        where = (self._workspace.id, self._user.id)
        shown = self._parts.render.message(message, self._workspace)
        minted = {
            "action": action,
            "is_ephemeral": ephemeral,
            "trigger_id": self._parts.triggers.mint(*where),
            "response_url": self._parts.response_urls.for_message(
                *where, channel.id, message.ts, ephemeral=ephemeral
            ),
        }
        state = filled(message.blocks, click.state)
        return self._parts.payloads.message_action(self._workspace, self._user, channel, shown, state, minted)

    def _clicked_message(self, click: Click) -> Message:
        if click.ephemeral_id is not None:
            ephemeral = self._workspace.ephemerals.get(click.ephemeral_id)
            if ephemeral is None or ephemeral.user != self._user.id:
                raise Refusal("message_not_found", status=404)
            return ephemeral.message
        message = self._workspace.message(click.channel or "", click.ts or "")
        if not message.by_bot:
            raise Refusal("message_not_found", status=404)
        return message

    def _view_click(self, click: Click) -> Json:
        view = self._parts.modals.view_of(self._workspace, self._user.id, click.view_id or "")
        blocks = view.payload["blocks"]
        action = self._action(blocks, click)
        self._fill(view, click.state)
        trigger_id = self._parts.triggers.mint(self._workspace.id, self._user.id, view.id)
        shown = self._told(view)
        return self._parts.payloads.view_action(self._workspace, self._user, shown, action, trigger_id)

    def _told(self, view: View) -> Json:
        """The view as a payload carries it.

        Where two workspaces of an organisation have the app, it may name either (bolt-python issue 1229).
        """
        shown = self._parts.modals.as_json(view, self._workspace)
        organisation = self._workspace.organisation
        if organisation is None or self._parts.faults.take("sister_view") is None:
            return shown
        sisters = (self._parts.workspaces[team] for team in organisation.config.teams)
        others = [each.id for each in sisters if each is not self._workspace and each.install]
        return {**shown, "app_installed_team_id": others[0]} if others else shown

    def _action(self, blocks: list[Json], click: Click) -> Json:
        """The action of a payload: what the element is, from its own definition, and what was chosen."""
        for block, element in elements(blocks):
            if (block["block_id"], element["action_id"]) == (click.block_id, click.action_id):
                return self._chosen(block, element, click)
        raise Refusal("no such element", status=404)

    def _chosen(self, block: Json, element: Json, click: Click) -> Json:
        kind = element["type"]
        action = {
            "type": kind,
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": self._parts.ids.ts(),
        }
        if kind == "button":
            own = {key: element[key] for key in ("text", "value", "url", "style") if key in element}
            return action | own
        key = "selected_option" if kind == "overflow" else value_key(kind)
        chosen = click.value.get(key)
        known = options_of(element)
        for option in chosen if isinstance(chosen, list) else [chosen]:
            if known and option is not None and option not in known:
                raise Refusal("no such option", status=400)
        if block["type"] != "actions" and kind != "overflow":
            click.state.setdefault(block["block_id"], {})[element["action_id"]] = {"type": kind, key: chosen}
        return action | {key: chosen}

    def _fill(self, view: View, state: State) -> None:
        """Take over what the page says is filled in; files are looked up, never believed."""
        blocks = view.payload["blocks"]
        for block, element in elements(blocks):
            if element["type"] == "file_input":
                given = state.get(block["block_id"], {}).get(element["action_id"], initial_state(element))
                files = [self._form_file(str(file["id"])) for file in given.get("files") or []]
                state.setdefault(block["block_id"], {})[element["action_id"]] = {
                    "type": "file_input",
                    "files": files,
                }
        view.state = filled(blocks, {**view.state, **state})

    def _form_file(self, file_id: str) -> Json:
        return self._parts.files.as_json(self._own_file(file_id), self._workspace)

    async def submit(self, view_id: str, state: State) -> dict[str, str]:
        """Send the form on top; returns the words shown at its fields, none if it went.

        Raises:
            Refusal: The view is not open.
        """
        view = self._parts.modals.view_of(self._workspace, self._user.id, view_id)
        self._fill(view, state)
        errors = complaints(view.payload["blocks"], view.state)
        if errors:
            return self._acks.show_errors(self._workspace, view, errors)
        self._give_files(view)
        trigger_id = self._parts.triggers.mint(self._workspace.id, self._user.id, view.id)
        shown = self._told(view)
        payload = self._parts.payloads.view_submission(self._workspace, self._user, shown, trigger_id)
        answer = await self._parts.courier.deliver("interactive", payload)
        return self._acks.after_submission(self._workspace, view, answer)

    def _give_files(self, view: View) -> None:
        """Files of a sent form become visible to the app."""
        for states in view.state.values():
            for state in states.values():
                for file in state.get("files") or []:
                    self._own_file(file["id"]).given_in_form = True

    async def close(self, view_id: str, *, clear: bool) -> None:
        """Close the view on top, or with `clear` (and `clear_on_close`) all of them.

        Raises:
            Refusal: The view is not open.
        """
        modals = self._parts.modals
        view = modals.view_of(self._workspace, self._user.id, view_id)
        cleared = clear or view.payload.get("clear_on_close", False)
        top = None if cleared else modals.close_top(self._workspace, self._user.id)
        closed = modals.clear(self._workspace, self._user.id) if cleared else [top] if top else []
        for gone in closed:
            if gone.payload.get("notify_on_close"):
                shown = self._told(gone)
                payload = self._parts.payloads.view_closed(
                    self._workspace, self._user, shown, is_cleared=cleared
                )
                await self._parts.courier.deliver("interactive", payload)

    async def use_shortcut(
        self, callback_id: str, channel_id: str | None = None, ts: str | None = None
    ) -> None:
        """Use a global shortcut, or one on a message.

        Raises:
            Refusal: No such shortcut, or it is of the other kind.
        """
        shortcut = self._parts.manifest.shortcut(callback_id)
        on_message = channel_id is not None and ts is not None
        fits = shortcut is not None and (shortcut.type == "message") == on_message
        if not fits or not self._may_use_the_app():
            raise Refusal("no such shortcut", status=404)
        where = (self._workspace.id, self._user.id)
        trigger_id = self._parts.triggers.mint(*where)
        if channel_id is None or ts is None:
            payload = self._parts.payloads.global_shortcut(
                self._workspace, self._user, callback_id, trigger_id
            )
        else:
            channel = self._channel(channel_id)
            message = self._workspace.message(channel_id, ts)
            response_url = self._parts.response_urls.for_message(*where, channel_id, ts, ephemeral=False)
            payload = self._parts.payloads.message_shortcut(
                self._workspace,
                self._user,
                channel,
                self._parts.render.message(message, self._workspace),
                {"callback_id": callback_id, "trigger_id": trigger_id, "response_url": response_url},
            )
        answer = await self._parts.courier.deliver("interactive", payload)
        self._acks.after_click(self._workspace, self._user.id, answer)
