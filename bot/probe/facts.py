"""What is known of a file once its index was read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Length = Annotated[float, Field(gt=0, lt=1e6)]
_Side = Annotated[int, Field(gt=0, le=65_536)]
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


class Facts(BaseModel):
    """A file's length, rate and picture. The child that read it saw a stranger's bytes: all is bounded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    container: _Word
    """FFmpeg's name of it, its first: `mov` for MP4 and QuickTime, `matroska` for WebM; `image`."""
    duration_s: _Length | None = None
    """Seconds of the moving picture, else of the sound; None: it does not tell, or is an image."""
    frames: Annotated[int, Field(gt=0, le=100_000_000)] | None = None
    """Pictures that are shown, counted one by one; None: the file has no list of them."""
    fps: Annotated[float, Field(ge=1, le=240)] | None = None
    """Pictures a second, on an average; None: not told, or not to be believed."""
    is_varying: bool = False
    """Whether pictures stand for different times, as those of phones and screen recordings do."""
    is_exact: bool = False
    """Whether the length and, where there are pictures, their number were counted rather than estimated."""
    width: _Side | None = None
    height: _Side | None = None
    """Pixels as shown, so after a turn by 90 degrees."""
    has_picture: bool = False
    """Whether pictures move in it: neither an image nor the cover of a song do."""
    has_sound: bool = False
    codecs: Annotated[tuple[_Word, ...], Field(max_length=32)] = ()

    @property
    def is_certain(self) -> bool:
        """Whether sync.so will count the same: its index told the length, and its pictures come evenly."""
        is_even = not self.has_picture or (self.fps is not None and not self.is_varying)
        return self.is_exact and self.duration_s is not None and is_even

    @property
    def is_image(self) -> bool:
        """Whether it is one picture that does not move."""
        return self.container == "image"


class Answer(BaseModel):
    """What the child says at its end: facts, or why there are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: Facts | None = None
    why: Annotated[str, StringConstraints(pattern=r"^[A-Za-z ]{0,60}$")] = ""
