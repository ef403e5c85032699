"""Lines of one word or two, behind `/lipsync` or to the app: what people ask about themselves. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from storage.people import USER_ID

_SHORT = 80
"""Characters; what is longer asks for neither help, list nor status."""
_HELP = frozenset({"help", "?", "hilfe", "-h", "--help"})


@dataclass(frozen=True, slots=True)
class AskHelp:
    """The help text is asked for."""


@dataclass(frozen=True, slots=True)
class AskList:
    """The asker's own videos are asked for."""

    word: str = ""
    """A status, as it was typed; empty: all."""


@dataclass(frozen=True, slots=True)
class AskStatus:
    """What is running is asked for."""


@dataclass(frozen=True, slots=True)
class AskUsage:
    """What was spent is asked for: one's own, or the team's by an admin."""

    as_csv: bool = False
    """As a file."""


@dataclass(frozen=True, slots=True)
class AskForget:
    """Somebody wants what is kept of them deleted, or an admin what is kept of another."""

    user_id: str | None = None
    """Whose data; None: the asker's own."""


Own = AskList | AskStatus | AskUsage | AskForget
"""What people ask about what they have made."""
_ALONE: Mapping[str, Own] = {
    "list": AskList(),
    "status": AskStatus(),
    "usage": AskUsage(),
    "usage csv": AskUsage(as_csv=True),
    "delete my data": AskForget(),
}

_OF_ANOTHER = re.compile(
    rf"delete (?:the )?data of (?:<@)?((?=[UW].{{4}}){USER_ID})(?:\|[^>]*)?>?", re.IGNORECASE
)
"""By a mention, or by a member's id, since nobody who has left can be mentioned."""


def word_alone(line: str) -> AskHelp | Own | None:
    """What is asked for by a line that has no more than that; None: it is a line of another kind."""
    if len(line) > _SHORT:
        return None
    if line.casefold() in _HELP:
        return AskHelp()
    words = line.rstrip(".!?").split(maxsplit=3)
    match words:
        case [word, status] if word.casefold() == "list":
            return AskList(status)
    if another := _OF_ANOTHER.fullmatch(" ".join(line.rstrip(".!?").split())):
        return AskForget(another[1].upper())
    return _ALONE.get(" ".join(words).casefold())
