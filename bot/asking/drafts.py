"""What a person asked for, before it is a request to sync.so: the one draft that every way in fills."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.probe.behind import Behind
from bot.probe.facts import Facts
from bot.web_addresses import host_and_name
from storage.consents import Shown

DEFAULT_MODEL = "sync-3"
"""What is taken where neither a person nor the team says which."""
DRAFT_LIFE_S = 24 * 3600.0
"""How long an unfinished ask is kept."""
SCRIPT_LIMIT = 5_000
"""Characters in one script (sync.so, POST /v2/generate, `provider.script`)."""

PROJECT_LIMIT = 60
"""Characters of what a project is called."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SlackFile(_Frozen):
    """A file that lives in Slack; its bytes must be relayed, its URL is never given out."""

    kind: Literal["slack"] = "slack"
    file_id: str
    name: str
    mimetype: str
    size: int
    """Bytes, as Slack reports them."""
    must_be_of: str | None = None
    """Who named it in a form, and whose it has to be; None: Slack itself showed it, in a message."""
    sent_at: float | None = Field(default=None, exclude=True)
    """When a person sent it, seconds since the epoch: tells files of one name apart in a menu, not stored."""


class Link(_Frozen):
    """A public https link that sync.so's workers fetch by themselves.

    Its address is a secret, for paths and queries carry tokens: it is never a part of the stored JSON, and
    `bot.asking.addresses` keeps it. What may be read, shown and logged is where it leads: host and file name.
    """

    kind: Literal["link"] = "link"
    url: str | None = Field(default=None, exclude=True, repr=False)
    """None: not at hand here, or no longer kept."""
    host: str = ""
    name: str = ""
    """The file's name; empty where the address does not end in one."""

    def model_post_init(self, _context: Any, /) -> None:
        """Say where it leads."""
        if self.url is not None:
            host, name = host_and_name(self.url)
            # As good as made with them: it is frozen from here on.
            object.__setattr__(self, "host", host)
            object.__setattr__(self, "name", name)


class Script(_Frozen):
    """Words to be spoken by a voice inside the generation."""

    kind: Literal["script"] = "script"
    text: str
    voice_id: str | None
    """None until a named voice was looked up (or the account's first voice is taken)."""
    voice_name: str | None = None
    stability: float | None = Field(default=None, ge=0, le=1)
    """From livelier (0) to steadier (1); None: not sent, sync.so takes its own."""
    similarity: float | None = Field(default=None, ge=0, le=1)
    """How close to the original voice; None: as above."""

    @property
    def has_settings(self) -> bool:
        """Whether the person said how the voice shall speak."""
        return self.stability is not None or self.similarity is not None


Media = Annotated[SlackFile | Link, Field(discriminator="kind")]
Speech = Annotated[SlackFile | Link | Script, Field(discriminator="kind")]


class Arriving(_Frozen):
    """A message whose files the worker has to look at, since Slack had not told everything of them."""

    file_ids: tuple[str, ...] = ()
    """All files of the message, in its order."""
    root_ts: str | None = None
    """The thread whose first message is read for a video, since no row of ours knows one; its files come into
    `file_ids`."""
    written_in: str | None = None
    """The thread it was written in; None: it began none."""
    looks: int = 0
    """How often they were looked at while Slack was still at it."""


class Draft(_Frozen):
    """One wish: a video, what it shall say, and how. Half-filled while a form is open."""

    video: Media | None = None
    speech: Speech | None = None
    choices: tuple[Speech, ...] = ()
    """What it may say, where that is not settled: of several things the card asks which."""
    more_videos: tuple[Media, ...] = ()
    """Further videos that shall say the same."""
    more_scripts: tuple[Script, ...] = ()
    """Further things to say, each for every video."""
    only: tuple[int, ...] | None = None
    """Which of all that it asks for is meant, by place in `bot.asking.plan`; None: all."""
    arriving: Arriving | None = None
    model: str | None = None
    """None: nobody said which; what is priced has one."""
    sync_mode: str | None = None
    """None: nobody said which, and sync.so decides (`bounce`) where the team does not."""
    name: str | None = None
    """What the person calls the result; names the file in the thread."""
    project: str | None = Field(default=None, max_length=PROJECT_LIMIT)
    """What the person calls the project that it is for: its costs are told by it; None: nothing."""

    shown: Shown | None = None
    """Who is shown in its videos, where the line says it; kept with the order once it is offered."""

    @property
    def settled(self) -> "Draft":
        """The same, with the only thing that it may say taken for what it shall say."""
        if self.speech is None and len(self.choices) == 1:
            return self.model_copy(update={"speech": self.choices[0], "choices": ()})
        return self

    @property
    def maker(self) -> str:
        """The model that makes it."""
        return self.model or DEFAULT_MODEL

    @property
    def complete(self) -> bool:
        """Whether there is enough to prepare and price it."""
        return self.video is not None and self.speech is not None

    @property
    def videos(self) -> tuple[Media, ...]:
        """All its videos, in order."""
        return (() if self.video is None else (self.video,)) + self.more_videos

    @property
    def speeches(self) -> tuple[Speech, ...]:
        """All that each video shall say, in order."""
        return (() if self.speech is None else (self.speech,)) + self.more_scripts

    @property
    def links(self) -> dict[str, Link]:
        """Its links by the name of their field; one of several in a field by its place there as well."""
        parts = {"video": self.video, "speech": self.speech}
        if self.choices or self.more_videos:  # seldom
            parts |= {f"choice {place}": choice for place, choice in enumerate(self.choices)}
            parts |= {f"video {place}": video for place, video in enumerate(self.more_videos)}
        return {part: media for part, media in parts.items() if isinstance(media, Link)}

    def with_addresses(self, urls: Mapping[str, str]) -> "Draft":
        """The same, its links with their addresses, as far as these are given by the names of `links`."""
        links = {part: Link(url=urls[part]) for part in self.links.keys() & urls.keys()}
        return self.model_copy(
            update={
                "video": links.get("video", self.video),
                "speech": links.get("speech", self.speech),
                "choices": tuple(links.get(f"choice {at}", each) for at, each in enumerate(self.choices)),
                "more_videos": tuple(
                    links.get(f"video {at}", each) for at, each in enumerate(self.more_videos)
                ),
            }
        )


def project_name(typed: str) -> str | None:
    """What a project is called, in one line and without what shows nothing; None: that is nothing."""
    return " ".join("".join(char for char in typed if char.isprintable() or char.isspace()).split()) or None


class PreparedInput(_Frozen):
    """One input of the draft after it was looked at, and relayed if it lived in Slack."""

    asset_id: str | None = None
    """Where sync.so has it; None: it is a link, which is used as it is, or still on its way."""
    is_coming: bool = False
    """Whether it is still on its way, and this is what its index told ahead: enough for a price."""
    duration_s: float | None = None
    """Seconds, as sync.so measured it; None: it did not say."""
    facts: Facts | None = None
    """What the app's own look found; None: nothing, or it could not look."""
    behind: Behind | None = None
    """Which file a link led to when it was looked at; None: it is no link, or could not be read."""
    problem: str | None = None
    """Why it cannot be used, as a failure's code; None: it can."""
    problem_detail: str | None = None
    """A sentence for the user that came with the code, as plain text."""

    @property
    def length_s(self) -> float | None:
        """Seconds by sync.so's measure, else by our own."""
        return self.duration_s or (self.facts.duration_s if self.facts else None)


class Prepared(_Frozen):
    """The relayed inputs of a draft, stored one by one so that a retry repeats nothing."""

    account_key: str | None = None
    """The account that has them, and whose prices are asked; None: nothing is prepared yet."""
    video: PreparedInput | None = None
    audio: PreparedInput | None = None
    more_videos: tuple[PreparedInput | None, ...] = ()
    """Those of the draft's further videos, by place; not all of them before all are prepared."""
    about_usd: tuple[Decimal, Decimal] | None = None
    """From what to what it will cost, told while no price is exact; None: nothing is known of it."""
    offered_usd: Decimal | None = None
    """What was offered while they were on their way, where it turned out dearer; None: it did not."""

    @property
    def is_coming(self) -> bool:
        """Whether any of them is still on its way to sync.so."""
        return any(each is not None and each.is_coming for each in (self.audio, *self.videos))

    @property
    def videos(self) -> tuple[PreparedInput | None, ...]:
        """By place among the draft's videos."""
        return (self.video, *self.more_videos)

    def video_at(self, place: int) -> PreparedInput | None:
        """That of one of the draft's videos; None: it is not prepared."""
        return self.videos[place] if place < len(self.videos) else None

    def at(self, account_key: str) -> "Prepared":
        """What the account has of it: nothing of what another one has."""
        if self.account_key is None:
            return self.model_copy(update={"account_key": account_key})
        return self if self.account_key == account_key else Prepared(account_key=account_key)

    def with_video(self, place: int, video: PreparedInput | None) -> "Prepared":
        """The same with one video more."""
        videos = {**dict(enumerate(self.videos)), place: video}
        first, *more = (videos.get(at) for at in range(max(videos) + 1))
        return self.model_copy(update={"video": first, "more_videos": tuple(more)})
