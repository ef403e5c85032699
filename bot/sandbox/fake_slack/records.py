"""The things a workspace holds. Mutable where Slack changes them; JSON is made when somebody reads them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Json = dict[str, Any]


ChannelKind = Literal["channel", "private", "mpim", "im"]
_EVENT_TYPES: dict[ChannelKind, str] = {"channel": "channel", "private": "group", "mpim": "mpim", "im": "im"}
_HIDDEN_NAMES: dict[ChannelKind, str] = {"private": "privategroup", "im": "directmessage"}


@dataclass(slots=True)
class Channel:
    """A public or private channel (`C…`), a group of direct messages (`C…` too) or a direct message (`D…`).

    `user` is the person of a direct message with the app; one between two people has none.
    """

    id: str
    name: str
    kind: ChannelKind
    bot_is_member: bool
    members: set[str]
    user: str | None = None
    archived: bool = False

    @property
    def event_type(self) -> str:
        """The Events API's `channel_type`."""
        return _EVENT_TYPES[self.kind]

    @property
    def told_name(self) -> str:
        """How commands and interactions name it: what is private is not named (Slack: slash commands)."""
        return _HIDDEN_NAMES.get(self.kind, self.name)

    @property
    def is_open_to_the_bot(self) -> bool:
        """Whether the app may know that it exists: public, or it is in it."""
        return self.kind == "channel" or self.bot_is_member


@dataclass(slots=True)
class Message:
    """A message of a person or of the bot; `user` is the bot's user id for the latter."""

    ts: str
    channel: str
    user: str
    by_bot: bool
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list["File"] = field(default_factory=list)
    thread_ts: str | None = None
    edited_ts: str | None = None
    subtype: str | None = None
    reply_users: list[str] = field(default_factory=list)
    reply_count: int = 0
    latest_reply: str | None = None
    reactions: list[str] = field(default_factory=list)
    metadata: Json | None = None

    @property
    def is_reply(self) -> bool:
        """Whether it stands inside a thread, not at its top."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class Ephemeral:
    """A message that one person sees; its id is its ts. Gone at a reload in Slack, kept here for the page."""

    id: str
    user: str
    message: Message


@dataclass(slots=True)
class File:
    """An uploaded file. `path` is None for external ones, whose bytes Slack does not have."""

    id: str
    team: str
    user: str
    name: str
    title: str
    mimetype: str
    size: int
    created: int
    path: Path | None
    by_bot: bool = False
    external_url: str | None = None
    alt_txt: str | None = None
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None
    shares: dict[str, list[Json]] = field(default_factory=dict)
    voice_clip: bool = False
    """Recorded in Slack, which calls it `video/mp4` all the same."""
    given_in_form: bool = False
    completed: bool = False
    deleted: bool = False

    @property
    def is_video(self) -> bool:
        """Whether Slack takes it for a video."""
        return self.mimetype.startswith("video/")


@dataclass(slots=True)
class View:
    """A modal or Home view as Slack keeps it. `state` is what the person has filled in so far."""

    id: str
    user: str
    payload: Json
    hash: str
    root_id: str
    previous_id: str | None
    state: dict[str, Json] = field(default_factory=dict)

    @property
    def external_id(self) -> str:
        """The app's own id for the view, unique in a team; may be empty."""
        return str(self.payload.get("external_id") or "")


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call as it was received and answered. Tokens are left out."""

    method: str
    team: str | None
    args: Json
    ok: bool
    error: str | None
    at: float


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One payload sent to the app and what came back."""

    kind: str
    payload: Json
    retry: int
    outcome: str
    reply: Json | None
    at: float


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that Slack itself shows to a person."""

    team: str
    user: str
    text: str
    level: Literal["info", "warning", "error"]
