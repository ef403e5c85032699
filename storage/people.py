"""What Slack tells of a person, as far as the app needs it. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

USER_ID: Final = "[A-Z0-9][A-Z0-9-]{0,39}"
"""What an id of a person's looks like, as a pattern; Slack's own samples have some with a hyphen."""


class Membership(StrEnum):
    """What somebody is to the workspace or organisation that the app is installed in."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    GUEST = "guest"
    """Invited to some of its channels."""
    OUTSIDER = "outsider"
    """Of another organisation, in a channel that both share."""
    GONE = "gone"
    """Nobody: deactivated, an app, or not to be seen there."""


ADMINISTRATORS = frozenset({Membership.OWNER, Membership.ADMIN})
COLLEAGUES = ADMINISTRATORS | {Membership.MEMBER}


@dataclass(frozen=True, slots=True)
class Profile:
    """One row of `people`."""

    installation_id: str
    user_id: str
    membership: Membership
    told_at: float
    """Seconds since the epoch."""
