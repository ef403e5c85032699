"""The payloads Slack sends to an app, built from what a person did (Slack: interaction payloads, events)."""

from collections.abc import Callable

from bot.sandbox.fake_slack.config import UserConfig
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.installs.records import Install
from bot.sandbox.fake_slack.records import Channel, Json
from bot.sandbox.fake_slack.workspace import Workspace

# The deprecated verification token; apps must not trust it, and Slack still sends it.
_VERIFICATION_TOKEN = "sandbox-verification-token"


class Payloads:
    """Builds payloads; what they are about is handed in as JSON."""

    def __init__(self, ids: Ids, app_id: str, now: Callable[[], float]) -> None:
        self._ids = ids
        self._app_id = app_id
        self._now = now

    def slash_command(
        self,
        workspace: Workspace,
        user: UserConfig,
        channel: Channel,
        command: str,
        text: str,
        tickets: tuple[str, str],
    ) -> Json:
        """A slash command; `tickets` are its trigger_id and its response_url. All values are strings."""
        organisation = workspace.organisation
        enterprise = (
            {"enterprise_id": organisation.id, "enterprise_name": organisation.config.name}
            if organisation
            else {}
        )
        return {
            "token": _VERIFICATION_TOKEN,
            "team_id": workspace.id,
            "team_domain": workspace.config.domain,
            **enterprise,
            "channel_id": channel.id,
            "channel_name": channel.told_name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self._app_id,
            "is_enterprise_install": "true" if _is_enterprise(workspace) else "false",
            "response_url": tickets[1],
            "trigger_id": tickets[0],
        }

    def _common(self, kind: str, workspace: Workspace, user: UserConfig) -> Json:
        """What every interaction carries.

        An app that serves a whole organisation is told no team, only the person's (bolt-python, its tests of
        `team: null`).
        """
        home = user.home_team or workspace.id
        organisation = workspace.organisation
        is_enterprise = _is_enterprise(workspace)
        return {
            "type": kind,
            "token": _VERIFICATION_TOKEN,
            "team": None if is_enterprise else _team(workspace),
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": home},
            "api_app_id": self._app_id,
            "enterprise": organisation.as_json() if organisation else None,
            "is_enterprise_install": is_enterprise,
        }

    def _of_view(self, kind: str, workspace: Workspace, user: UserConfig, view: Json) -> Json:
        """What every interaction in a view carries.

        Somebody of another workspace sees the view in their own; where the app is installed stands in
        `app_installed_team_id` (Slack: views; recorded in bolt-python's tests of shared channels).
        """
        body = self._common(kind, workspace, user)
        if not user.home_team:
            return body | {"view": view}
        seen_in = {"id": user.home_team, "domain": user.home_team.lower()}
        team = None if body["team"] is None else seen_in
        return body | {"team": team, "view": {**view, "team_id": user.home_team}}

    def message_action(
        self,
        workspace: Workspace,
        user: UserConfig,
        channel: Channel,
        message: Json,
        state: Json,
        action: Json,
    ) -> Json:
        """A click on a message. An ephemeral message is not repeated in the payload.

        `action` carries `action`, `trigger_id`, `response_url` and `is_ephemeral`.
        """
        ephemeral = action["is_ephemeral"]
        container: Json = {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": channel.id,
            "is_ephemeral": ephemeral,
        }
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        body = self._common("block_actions", workspace, user) | {
            "container": container,
            "trigger_id": action["trigger_id"],
            "channel": _channel(channel),
            "state": {"values": state},
            "response_url": action["response_url"],
            "actions": [action["action"]],
        }
        return body if ephemeral else body | {"message": message}

    def view_action(
        self, workspace: Workspace, user: UserConfig, view: Json, action: Json, trigger_id: str
    ) -> Json:
        """An action inside a modal or Home view. It has no response_url."""
        return self._of_view("block_actions", workspace, user, view) | {
            "container": {"type": "view", "view_id": view["id"]},
            "trigger_id": trigger_id,
            "actions": [action],
        }

    def view_submission(self, workspace: Workspace, user: UserConfig, view: Json, trigger_id: str) -> Json:
        """A form sent."""
        return self._of_view("view_submission", workspace, user, view) | {
            "trigger_id": trigger_id,
            "response_urls": [],
        }

    def view_closed(self, workspace: Workspace, user: UserConfig, view: Json, *, is_cleared: bool) -> Json:
        """A form closed, for views with `notify_on_close`. It has no trigger_id."""
        return self._of_view("view_closed", workspace, user, view) | {"is_cleared": is_cleared}

    def global_shortcut(
        self, workspace: Workspace, user: UserConfig, callback_id: str, trigger_id: str
    ) -> Json:
        """A shortcut from the composer's menu: no channel, no response_url."""
        return self._common("shortcut", workspace, user) | {
            "callback_id": callback_id,
            "trigger_id": trigger_id,
            "action_ts": self._ids.ts(),
        }

    def message_shortcut(
        self, workspace: Workspace, user: UserConfig, channel: Channel, message: Json, shortcut: Json
    ) -> Json:
        """A shortcut used on a message; `shortcut` has callback_id, trigger_id, response_url."""
        return self._common("message_action", workspace, user) | {
            **shortcut,
            "action_ts": self._ids.ts(),
            "message_ts": message["ts"],
            "channel": _channel(channel),
            "message": message,
        }

    def event(self, workspace: Workspace, event: Json, install: Install) -> Json:
        """An Events API envelope with its own `event_id`, of something in a workspace."""
        organisation = workspace.organisation
        where = {
            "team_id": workspace.id,
            "context_team_id": workspace.id,
            "context_enterprise_id": organisation.id if organisation else None,
            "is_ext_shared_channel": False,
        }
        return self._envelope(event, install) | where

    def install_event(self, install: Install, event: Json) -> Json:
        """An envelope of what befell the install itself; an organisation's names no team."""
        return self._envelope(event, install) | ({"team_id": install.team} if install.team else {})

    def _envelope(self, event: Json, install: Install) -> Json:
        enterprise = {"enterprise_id": install.enterprise} if install.enterprise else {}
        return enterprise | {
            "token": _VERIFICATION_TOKEN,
            "api_app_id": self._app_id,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev" + self._ids.object_id(""),
            "event_time": int(self._now()),
            "authorizations": [
                {
                    "enterprise_id": install.enterprise,
                    "team_id": install.team,
                    "user_id": install.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": install.is_enterprise,
                }
            ],
            "event_context": f"4-{event['type']}-{install.team or install.enterprise}",
        }


def _is_enterprise(workspace: Workspace) -> bool:
    return workspace.install is not None and workspace.install.is_enterprise


def _team(workspace: Workspace) -> Json:
    body: Json = {"id": workspace.id, "domain": workspace.config.domain}
    if workspace.organisation is None:
        return body
    organisation = workspace.organisation
    return body | {"enterprise_id": organisation.id, "enterprise_name": organisation.config.name}


def _channel(channel: Channel) -> Json:
    return {"id": channel.id, "name": channel.told_name}
