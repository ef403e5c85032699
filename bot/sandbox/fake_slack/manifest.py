"""Reads the parts of an app manifest that decide what Slack grants, offers and sends."""

from dataclasses import dataclass
from pathlib import Path

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where it was built: a fake Slack is there in a third of the time."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command of the app."""

    command: str
    description: str
    usage_hint: str
    should_escape: bool


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A global or message shortcut of the app; `type` is "global" or "message"."""

    type: str
    callback_id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class AppManifest:
    """The app as Slack knows it after an install."""

    app_name: str
    bot_name: str
    scopes: tuple[str, ...]
    optional_scopes: frozenset[str]
    redirect_urls: tuple[str, ...]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    bot_events: frozenset[str]
    home_tab_enabled: bool
    messages_tab_enabled: bool
    org_deploy_enabled: bool
    token_rotation_enabled: bool

    def command(self, word: str) -> Command | None:
        """The command a person typed, or None where the app has no such one."""
        return next((command for command in self.commands if command.command == word), None)

    def shortcut(self, callback_id: str) -> Shortcut | None:
        """The shortcut with this callback id."""
        return next((shortcut for shortcut in self.shortcuts if shortcut.callback_id == callback_id), None)


def read_manifest(path: Path) -> AppManifest:
    """Read manifest.yml.

    Raises:
        OSError: The file cannot be read.
        KeyError: A part that every manifest has is missing.
    """
    raw = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - both loaders are safe ones
    features = raw["features"]
    home = features.get("app_home", {})
    oauth, settings = raw["oauth_config"], raw["settings"]
    return AppManifest(
        app_name=raw["display_information"]["name"],
        bot_name=features["bot_user"]["display_name"],
        scopes=tuple(oauth["scopes"]["bot"]),
        optional_scopes=frozenset(oauth["scopes"].get("bot_optional", [])),
        redirect_urls=tuple(oauth.get("redirect_urls", [])),
        commands=tuple(
            Command(
                command=command["command"],
                description=command["description"],
                usage_hint=command.get("usage_hint", ""),
                should_escape=command.get("should_escape", False),
            )
            for command in features.get("slash_commands", [])
        ),
        shortcuts=tuple(
            Shortcut(
                type=shortcut["type"],
                callback_id=shortcut["callback_id"],
                name=shortcut["name"],
                description=shortcut.get("description", ""),
            )
            for shortcut in features.get("shortcuts", [])
        ),
        bot_events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        home_tab_enabled=home.get("home_tab_enabled", False),
        messages_tab_enabled=home.get("messages_tab_enabled", False),
        org_deploy_enabled=settings.get("org_deploy_enabled", False),
        token_rotation_enabled=settings.get("token_rotation_enabled", False),
    )
