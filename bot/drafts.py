"""What a person asked for, before it is a request to sync.so: the one draft that every way in fills."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_MODEL = "sync-3"
SCRIPT_LIMIT = 5_000
"""Characters in one script (sync.so, POST /v2/generate, `provider.script`)."""


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
    duration_s: float | None = None
    """Seconds, from Slack's undocumented `duration_ms`; None where Slack did not say."""
    sent_at: float | None = Field(default=None, exclude=True)
    """When a person sent it, seconds since the epoch: tells files of one name apart in a menu, not stored."""


class Link(_Frozen):
    """A public https link that sync.so's workers fetch by themselves."""

    kind: Literal["link"] = "link"
    url: str


class Script(_Frozen):
    """Words to be spoken by a voice inside the generation."""

    kind: Literal["script"] = "script"
    text: str
    voice_id: str | None
    """None until a named voice was looked up (or the account's first voice is taken)."""
    voice_name: str | None = None


Media = Annotated[SlackFile | Link, Field(discriminator="kind")]
Speech = Annotated[SlackFile | Link | Script, Field(discriminator="kind")]


class Draft(_Frozen):
    """One wish: a video, what it shall say, and how. Half-filled while a form is open."""

    video: Media | None = None
    speech: Speech | None = None
    model: str = DEFAULT_MODEL
    sync_mode: str | None = None
    """None lets sync.so decide (`bounce`)."""
    name: str | None = None
    """What the person calls the result; names the file in the thread."""

    @property
    def complete(self) -> bool:
        """Whether there is enough to prepare and price it."""
        return self.video is not None and self.speech is not None


class PreparedInput(_Frozen):
    """Where sync.so finds one input of the draft, after relaying."""

    asset_id: str | None = None
    url: str | None = None
    duration_s: float | None = None


class Prepared(_Frozen):
    """The relayed inputs of a draft, stored one by one so that a retry repeats nothing."""

    video: PreparedInput | None = None
    audio: PreparedInput | None = None
