"""What a fake workspace is made of: teams, people, channels, tokens, clocks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class UserConfig:
    """A person of a team. `color` is the page's avatar colour."""

    id: str
    name: str
    real_name: str
    color: str


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """A public channel. Everybody of the team is in it; the bot only where `bot_is_member` says so."""

    id: str
    name: str
    bot_is_member: bool = True


@dataclass(frozen=True, slots=True)
class TeamConfig:
    """One workspace in which the app is installed, with its own bot token."""

    id: str
    name: str
    domain: str
    bot_token: str
    bot_id: str
    bot_user_id: str
    users: tuple[UserConfig, ...]
    channels: tuple[ChannelConfig, ...]


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
        page: Folder of the static page served at `/`; None serves none.
        now: Unix seconds. A test hands in its own clock to pass 30 minutes.
    """

    manifest: Path
    base_url: str
    data: Path
    teams: tuple[TeamConfig, ...]
    app_id: str = "A0LIPSYNC1"
    app_token: str = "xapp-1-A0LIPSYNC1-1-sandbox"
    signing_secret: str = "5a9d0b0c0ffee0sandbox0signing0sec"
    delivery: Literal["socket", "http"] = "socket"
    request_url: str = ""
    sync_control_url: str = ""
    machine_url: str = ""
    page: Path | None = None
    samples: tuple[Sample, ...] = ()
    timings: Timings = field(default_factory=Timings)
    now: Callable[[], float] = time.time
