"""The consent record: who is shown in videos, and on what ground face and voice are used. Pure."""

from collections.abc import Iterable
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
    objects: bool = False
    """Whether whoever is shown objects by now to being shown in what others ask for."""


class Objected(Exception):
    """Somebody who is shown objects: whatever the transaction was about to begin is not begun."""

    def __init__(self, people: tuple[str, ...], *, unnamed: bool = False) -> None:
        super().__init__("somebody who is shown objects")
        self.people = people
        """By their ids in Slack."""
        self.unnamed = unnamed
        """Whether one of them is not named as shown, but was before, of one of the same videos."""


def objectors(said: Iterable[Consent], asker_id: str) -> tuple[str, ...]:
    """Who stands against an order of `asker_id`'s; of what somebody asks for themselves it is not they."""
    people = (each.shown.user_id for each in said if each.objects)
    return tuple(dict.fromkeys(each for each in people if each is not None and each != asker_id))


def of_asker(person: Shown, asker_id: str) -> Shown:
    """Whoever means themselves, under whatever ground they may name themselves."""
    is_asker = person.ground is Ground.OWN or person.user_id == asker_id
    return Shown(Ground.OWN, asker_id) if is_asker else person


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
