"""The modals that are open, one stack of up to three for each person, and Home views."""

from typing import Any, Literal

from bot.sandbox.fake_slack.block_kit.blocks import MAX_VIEW_BYTES, check_view, view_bytes
from bot.sandbox.fake_slack.block_kit.state import filled
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.page.hub import Hub
from bot.sandbox.fake_slack.records import Json, View
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.tickets import Triggers
from bot.sandbox.fake_slack.workspace import Workspace

_MAX_STACK = 3


class Modals:
    """Opens, changes and closes views. Whatever changes is shown on the person's page at once."""

    def __init__(self, ids: Ids, triggers: Triggers, hub: Hub, app_id: str, *, home_enabled: bool) -> None:
        self._ids = ids
        self._triggers = triggers
        self._hub = hub
        self._app_id = app_id
        self._home_enabled = home_enabled
        self._stacks: dict[tuple[str, str], list[View]] = {}
        self._homes: dict[tuple[str, str], View] = {}

    def kept(self) -> object:
        """Who has which views open."""
        return self._stacks, self._homes

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        self._stacks, self._homes = kept

    def stack(self, workspace: Workspace, user: str) -> list[View]:
        """The person's open modals, the top one last."""
        return self._stacks.setdefault((workspace.id, user), [])

    def home(self, workspace: Workspace, user: str) -> View | None:
        """The person's Home view, if the app published one."""
        return self._homes.get((workspace.id, user))

    def open(self, workspace: Workspace, trigger_id: str, payload: Any) -> View:
        """views.open.

        Raises:
            Refusal: The view is invalid, or the trigger is.
        """
        self._check(workspace, payload)
        trigger = self._triggers.exchange(trigger_id, workspace.id)
        view = self._new(workspace, trigger.user, payload, below=None)
        self._stacks[(workspace.id, trigger.user)] = [view]
        self.show(workspace, trigger.user)
        return view

    def push(self, workspace: Workspace, trigger_id: str, payload: Any) -> View:
        """views.push: the trigger must come from the modal on top.

        Raises:
            Refusal: push_limit_reached at three views, not_found without an open modal.
        """
        self._check(workspace, payload)
        trigger = self._triggers.exchange(trigger_id, workspace.id)
        stack = self.stack(workspace, trigger.user)
        if trigger.view_id is None or not stack:
            raise Refusal("not_found")
        return self.push_on(workspace, trigger.user, payload)

    def push_on(self, workspace: Workspace, user: str, payload: Any) -> View:
        """Put a view on a person's stack (also the answer `push` to a submission)."""
        self._check(workspace, payload)
        stack = self.stack(workspace, user)
        if len(stack) >= _MAX_STACK:
            raise Refusal("push_limit_reached")
        view = self._new(workspace, user, payload, below=stack[-1])
        stack.append(view)
        self.show(workspace, user)
        return view

    def update(
        self,
        workspace: Workspace,
        payload: Any,
        *,
        view_id: str | None = None,
        external_id: str | None = None,
        known_hash: str | None = None,
    ) -> View:
        """views.update. What the person filled in stays where block_id and action_id stay.

        Raises:
            Refusal: not_found for a closed view, hash_conflict for a stale hash, or the view is invalid.
        """
        view = self._find(workspace, view_id, external_id)
        if known_hash and known_hash != view.hash:
            raise Refusal("hash_conflict")
        self._check(workspace, payload, kind=view.payload["type"], besides=view)
        self._fill(workspace, view, payload)
        self.show(workspace, view.user)
        return view

    def publish(self, workspace: Workspace, user: str, payload: Any, known_hash: str | None) -> View:
        """views.publish: the person's Home view. It stays the same view however often it is published.

        Raises:
            Refusal: not_enabled where the manifest has no Home tab, invalid_arguments for somebody unknown,
                hash_conflict, or the view is invalid.
        """
        if not self._home_enabled:
            raise Refusal("not_enabled")
        if user not in workspace.users:
            raise Refusal("invalid_arguments", messages=("invalid `user_id`",))
        view = self.home(workspace, user)
        if known_hash and view and known_hash != view.hash:
            raise Refusal("hash_conflict")
        self._check(workspace, payload, kind="home", besides=view)
        if view is None:
            view = self._homes[(workspace.id, user)] = self._new(workspace, user, payload, below=None)
        else:
            self._fill(workspace, view, payload)
        self._hub.publish("home", team=workspace.id, user=user, view=self.as_json(view, workspace))
        return view

    def close_top(self, workspace: Workspace, user: str) -> View | None:
        """Close the view on top; the one below comes back."""
        stack = self.stack(workspace, user)
        view = stack.pop() if stack else None
        self.show(workspace, user)
        return view

    def clear(self, workspace: Workspace, user: str) -> list[View]:
        """Close everything; returns what was open, top first."""
        closed = self.stack(workspace, user)[::-1]
        self._stacks[(workspace.id, user)] = []
        self.show(workspace, user)
        return closed

    def view_of(self, workspace: Workspace, user: str, view_id: str) -> View:
        """An open view (or the Home view) of one person.

        Raises:
            Refusal: not_found.
        """
        home = self.home(workspace, user)
        for view in [*self.stack(workspace, user), *([home] if home else [])]:
            if view.id == view_id:
                return view
        raise Refusal("not_found", status=404)

    def show(self, workspace: Workspace, user: str) -> None:
        """Show the person's stack on the page."""
        views = [self.as_json(view, workspace) for view in self.stack(workspace, user)]
        self._hub.publish("view", team=workspace.id, user=user, views=views)

    def as_json(self, view: View, workspace: Workspace) -> Json:
        """The view object that the Web API answers and payloads carry."""
        payload = view.payload
        body: Json = {
            "id": view.id,
            "team_id": workspace.id,
            "type": payload["type"],
            "blocks": payload["blocks"],
            "private_metadata": payload.get("private_metadata", ""),
            "callback_id": payload.get("callback_id", ""),
            "state": {"values": view.state},
            "hash": view.hash,
            "title": payload.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
            "clear_on_close": payload.get("clear_on_close", False),
            "notify_on_close": payload.get("notify_on_close", False),
            "close": payload.get("close"),
            "submit": payload.get("submit"),
            "previous_view_id": view.previous_id,
            "root_view_id": view.root_id,
            "app_id": self._app_id,
            "external_id": payload.get("external_id", ""),
            "app_installed_team_id": workspace.id,
            "bot_id": workspace.config.bot_id,
        }
        return body

    def _check(
        self,
        workspace: Workspace,
        payload: Any,
        *,
        kind: Literal["modal", "home"] = "modal",
        besides: View | None = None,
    ) -> None:
        problems = check_view(payload, kind)
        if problems:
            raise Refusal("invalid_arguments", messages=tuple(problems))
        if view_bytes(payload) > MAX_VIEW_BYTES:
            raise Refusal("view_too_large")
        external_id = payload.get("external_id")
        others = [view for view in self._open_views(workspace) if view is not besides]
        if external_id and any(view.external_id == external_id for view in others):
            raise Refusal("duplicate_external_id")

    def has(self, workspace: Workspace, view_id: Any, external_id: Any) -> bool:
        """Whether that view is open in the workspace."""
        return any(
            view.id == view_id or (view.external_id and view.external_id == external_id)
            for view in self._open_views(workspace)
        )

    def _open_views(self, workspace: Workspace) -> list[View]:
        stacks = [stack for (team, _), stack in self._stacks.items() if team == workspace.id]
        homes = [view for (team, _), view in self._homes.items() if team == workspace.id]
        return [view for stack in stacks for view in stack] + homes

    def _find(self, workspace: Workspace, view_id: str | None, external_id: str | None) -> View:
        for view in self._open_views(workspace):
            if view.id == view_id or (external_id and view.external_id == external_id):
                return view
        raise Refusal("not_found")

    def _new(self, workspace: Workspace, user: str, payload: Json, *, below: View | None) -> View:
        view_id = self._ids.object_id("V")
        view = View(
            id=view_id,
            user=user,
            payload={},
            hash="",
            root_id=below.root_id if below else view_id,
            previous_id=below.id if below else None,
        )
        self._fill(workspace, view, payload)
        return view

    def _fill(self, workspace: Workspace, view: View, payload: Json) -> None:
        view.payload = {**payload, "blocks": workspace.with_ids(payload["blocks"])}
        view.hash = self._ids.view_hash()
        view.state = filled(view.payload["blocks"], view.state)
