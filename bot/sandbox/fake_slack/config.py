"""What a fake workspace is made of: teams, people, channels, tokens, clocks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Role = Literal["member", "admin", "owner", "primary_owner", "guest", "single_channel_guest"]


@dataclass(frozen=True, slots=True)
class UserConfig:
    """A person whom a team sees. `color` is the page's avatar colour.

    Attributes:
        role: What the person is in the team that sees them.
        home_team: The id of the workspace that the person belongs to, where that is another one: a sister of
            the same organisation, or somebody else's, met in a shared channel. Empty: the team's own.
        deleted: Their account was deactivated.
    """

    id: str
    name: str
    real_name: str
    color: str
    role: Role = "member"
    home_team: str = ""
    tz: str = "Etc/UTC"
    locale: str = "en-US"
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """A conversation beside those of each person with the app.

    Attributes:
        kind: A public or private channel, a group of direct messages, or a direct message of two people.
        members: Ids of the people in it; None: everybody of the team.
        bot_is_member: Whether the app is in it.
    """

    id: str
    name: str
    bot_is_member: bool = True
    kind: Literal["channel", "private", "mpim", "im"] = "channel"
    members: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class UsergroupConfig:
    """A user group (`S…`); `users` are ids of the team's people."""

    id: str
    handle: str
    users: tuple[str, ...]
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class TeamConfig:
    """One workspace.

    Attributes:
        bot_token: The token of an install that stands from the start; empty: the app is not installed here.
        scopes: What that install was granted; None: whatever the manifest asks for.
    """

    id: str
    name: str
    domain: str
    bot_token: str
    bot_id: str
    bot_user_id: str
    users: tuple[UserConfig, ...]
    channels: tuple[ChannelConfig, ...]
    scopes: tuple[str, ...] | None = None
    usergroups: tuple[UsergroupConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganisationConfig:
    """An Enterprise organisation. One bot user of the app serves all its workspaces, whoever installed it.

    Attributes:
        id: Begins with E.
        teams: Ids of its workspaces.
        admins: Ids of the people who may install apps for all of it.
        bot_token: The token of an install for the whole organisation; empty: there is none from the start.
        added_to: Ids of the workspaces that an admin has added the app to; an install alone adds it to none.
    """

    id: str
    name: str
    domain: str
    teams: tuple[str, ...]
    admins: tuple[str, ...] = ()
    bot_token: str = ""
    added_to: tuple[str, ...] = ()


SampleKind = Literal["video", "audio", "image"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A media file that lies ready on disk for people to share without uploading it."""

    name: str
    kind: SampleKind
    mimetype: str
    path: Path


@dataclass(frozen=True, slots=True)
class Timings:
    """Slack's clocks in seconds. Only the pauses between event retries are shortened (Slack: 0, 60, 300)."""

    ack_s: float = 3.0
    trigger_s: float = 3.0
    response_url_s: float = 30 * 60
    event_retries_s: tuple[float, ...] = (0.0, 6.0, 30.0)
    share_s: float = 1.5
    heartbeat_s: float = 15.0
    code_s: float = 10 * 60
    token_s: float = 43_200
    refresh_grace_s: float = 0.0
    """How long a spent refresh token is taken again. Slack leaves a short time of unknown length: none here,
    so that two rotators show."""


@dataclass(frozen=True, slots=True)
class FakeSlackConfig:
    """Everything `create_fake_slack` needs.

    Args:
        manifest: The app's manifest.yml: its scopes, commands, shortcuts and events are what Slack grants.
        base_url: Where this server is reached, e.g. `http://127.0.0.1:4001`; URLs handed out begin with it.
        data: Folder for uploaded bytes; made if missing.
        delivery: How payloads reach the app, as in the app's settings.
        request_url: The app's one request URL, for `http` delivery.
        sync_control_url: fake sync.so's `/_control`, which the page reaches through `/ui/sync`.
        machine_url: where the page finds the switches of the app's machine; empty: there are none.
        install_url: Where the app's own install begins; the page links there. Empty: no link.
        page: Folder of the static page served at `/`; None serves none.
        organisations: Enterprise organisations that some of the teams belong to.
        client_id, client_secret: The app's own, for OAuth.
        redirect_urls: Registered beside those of the manifest: a sandbox's ports are known only when it runs.
        is_distributed: Whether workspaces other than the first may install it (Slack: manage distribution).
        now: Unix seconds. A test hands in its own clock to pass 30 minutes.
    """

    manifest: Path
    base_url: str
    data: Path
    teams: tuple[TeamConfig, ...]
    app_id: str = "A0LIPSYNC1"
    app_token: str = "xapp-1-A0LIPSYNC1-1-sandbox"
    signing_secret: str = "5a9d0b0c0ffee0sandbox0signing0sec"
    client_id: str = "1111111111111.2222222222222"
    client_secret: str = "c0ffee0sandbox0client0secret0000"
    redirect_urls: tuple[str, ...] = ()
    is_distributed: bool = True
    organisations: tuple[OrganisationConfig, ...] = ()
    delivery: Literal["socket", "http"] = "socket"
    request_url: str = ""
    sync_control_url: str = ""
    machine_url: str = ""
    install_url: str = ""
    page: Path | None = None
    samples: tuple[Sample, ...] = ()
    timings: Timings = field(default_factory=Timings)
    now: Callable[[], float] = time.time
