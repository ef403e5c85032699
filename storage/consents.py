"""The consent record: who is shown in videos, and on what ground face and voice are used. Pure."""

from dataclasses import dataclass
from enum import StrEnum

MOST_SHOWN = 5
"""People that are told of one order."""
NAME_LIMIT = 100
"""Characters of a name."""


class Ground(StrEnum):
    """On what ground a face and a voice are used."""

    OWN = "own"
    """It is whoever says so."""
    COLLEAGUE = "colleague"
    """Somebody of the workspace has agreed."""
    RELEASE = "release"
    """Somebody else has signed a release, which is kept on file."""
    NOT_REAL = "not_real"
    """It is no real person."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody who is shown, and the ground."""

    ground: Ground
    user_id: str | None = None
    """Who, by Slack's id; None: nobody of the workspace."""
    name: str | None = None
    """Who, in the words of whoever says so; None: the id tells, or it is nobody."""


@dataclass(frozen=True, slots=True)
class Consent:
    """The same as it was said, and by whom: for this order, or for another one of the same video before."""

    shown: Shown
    said_by: str
    said_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of `consents`, with what it is about."""

    order_id: str
    position: int
    enterprise_id: str | None
    team_id: str
    ground: Ground
    user_id: str | None
    name: str | None
    said_by: str
    said_at: float
    asked_by: str | None
    """Whose the order is; None: it is no longer kept."""
    confirmed_at: float | None
    """When they said yes; None: they did not, or as above."""
    videos: tuple[str, ...] = ()
    """By what tells a file from all others of its team."""
