"""The app's manifest: how Slack is told what the app has, hears and may do.

One source for both: the app of one team over Socket Mode, and the one that many teams install over HTTP.
"""

from collections.abc import Mapping
from typing import Any

from bot.messages.ids import Callback
from bot.messages.pages import PRIVACY_PATH, SUPPORT_PATH
from bot.slack.scopes import BOT_SCOPES, GROUPS_SCOPE, HELLO_SCOPES
from bot.use_cases.installing import REDIRECT_PATH
from bot.web.install import INSTALL_PATH
from bot.web.routes import SLACK_PATH

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "A mention of the app in a channel does what its direct message does.",
    "chat:write": "It posts the card with the price, and says privately what is missing.",
    "commands": "People ask by `/lipsync` and by the shortcuts.",
    "files:read": "It reads the video, audio or text that somebody gives, and sends it to sync.so.",
    "files:write": "It puts the finished video into the thread where it was asked for.",
    "im:history": "What is sent to the app in its direct message is an ask; it reads no other conversation.",
    "users:read": "It tells members, guests, admins and outsiders apart, and names people in the costs CSV.",
}
"""Why each bot scope is asked for. None is that no feature uses, and none of a user's."""
ON_DEMAND: Mapping[str, str] = {
    GROUPS_SCOPE: "A team's own rule names a user group as those who may use the app.",
    HELLO_SCOPES[0]: "It says hello in a public channel that it is added to; it looks up no channel by it.",
    HELLO_SCOPES[1]: "The same in a private channel. Names of channels are neither kept nor shown.",
}
"""Scopes that only some teams need, and why.

An app that many teams install asks for them at an address of its own (`bot.web.install`), and Slack lets the
installer leave them out; whoever runs the app of one team adds them by hand.
"""
EVENTS: Mapping[str, str] = {
    "app_home_opened": "The Home shows what waits and what runs as it is at that moment.",
    "app_mention": "Somebody mentions the app.",
    "app_uninstalled": "The app was removed: nothing more is made for that workspace.",
    "message.im": "Somebody writes to the app, or sends it a file.",
    "team_access_granted": "An organisation gave the app to one of its workspaces: what waits there goes on.",
    "team_access_revoked": "An organisation took the app out of one of its workspaces, as a removal does.",
    "tokens_revoked": "A workspace took the app's token back, which ends as a removal does.",
}
"""Why the app asks Slack to tell it of each event."""
EVENTS_ON_DEMAND: Mapping[str, str] = {
    "member_joined_channel": "The app was added to a channel; that others come and go leaves no trace.",
}
"""As above, by the scopes of `ON_DEMAND`: Slack sends them to nobody else."""
_LONG = (
    "Give Lipsync a video, and audio or words with a voice: it makes the video say them, and brings it into "
    "the thread where you asked. You see the price first, and nothing is charged until somebody presses "
    "Generate; budgets and approvals keep a team within what it wants to spend.\n\n"
    "Videos are made by AI at sync.so, with an account of your own there, which gets the video and what it "
    "should say. Results can be wrong: look at each before you pass it on. Use only faces and voices that "
    "you may use."
)
"""Slack: an app that uses AI says so where it is listed, and that it can be wrong."""
Json = dict[str, Any]


def for_one_team() -> Json:
    """The manifest of an app that one team makes for itself; it needs no public address."""
    return _manifest(None)


def for_distribution(public_url: str, *, email: str | None = None) -> Json:
    """The manifest of an app that other workspaces and organisations install.

    Args:
        public_url: where it is served.
        email: of those who help people with it; with it, what the Marketplace lists is in the manifest, too.
    """
    url = public_url.rstrip("/")
    return _manifest(url) | ({} if email is None else {"app_directory": _listing(url, email)})


def _listing(public_url: str, email: str) -> Json:
    return {
        "installation_landing_page": f"{public_url}{INSTALL_PATH}?page",
        "use_direct_install": True,
        "direct_install_url": f"{public_url}{INSTALL_PATH}",
        "privacy_policy_url": f"{public_url}{PRIVACY_PATH}",
        "support_url": f"{public_url}{SUPPORT_PATH}",
        "support_email": email,
        "supported_languages": ["en"],
        "pricing": "Free, sync.so account needed",
    }


def _manifest(public_url: str | None) -> Json:
    request_url = {} if public_url is None else {"request_url": f"{public_url}{SLACK_PATH}"}
    events = [*EVENTS, *({} if public_url is None else EVENTS_ON_DEMAND)]
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Lipsync",
            "description": "Make a video say something else; the price comes first",
            "long_description": _LONG,
            "background_color": "#1f1235",
        },
        "features": _features(public_url),
        "oauth_config": _oauth(public_url),
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": events},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": public_url is not None,
            "socket_mode_enabled": public_url is None,
            "token_rotation_enabled": False,
        },
    }


def _oauth(public_url: str | None) -> Json:
    if public_url is None:
        return {"scopes": {"bot": list(BOT_SCOPES)}}
    return {
        "redirect_urls": [f"{public_url}{REDIRECT_PATH}"],
        # Optional ones stand in both (Slack: installing with OAuth).
        "scopes": {"bot": [*BOT_SCOPES, *ON_DEMAND], "bot_optional": list(ON_DEMAND)},
    }


def _features(public_url: str | None) -> Json:
    command = {
        "command": "/lipsync",
        "description": "Make a video say something else",
        "usage_hint": '[VIDEO_URL AUDIO_URL | VIDEO_URL say "…" [voice NAME] [model NAME] [project "…"] '
        "| list [STATUS] | status | help]",
        "should_escape": True,
    }
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "lipsync", "always_online": True},
        "shortcuts": [
            {
                "name": "Lip-sync this video",
                "type": "message",
                "callback_id": str(Callback.MESSAGE_SHORTCUT),
                "description": "Make the video of this message say something else",
            },
            {
                "name": "Create a lip-sync",
                "type": "global",
                "callback_id": str(Callback.GLOBAL_SHORTCUT),
                "description": "Choose a video and what it should say",
            },
        ],
        "slash_commands": [
            command if public_url is None else {**command, "url": f"{public_url}{SLACK_PATH}"}
        ],
    }
