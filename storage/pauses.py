"""The record of a pause: all new spending is stopped, of one installation or of all. Pure."""

from dataclasses import dataclass
from typing import Final

ALL: Final = ""
"""The scope of every installation; for the operator alone."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One row of `pauses`."""

    scope_id: str
    """An installation's id, or `ALL`."""
    by: str
    """A user's id, or `storage.audit.OPERATOR`."""
    at: float
    """Seconds since the epoch."""
    reason: str | None
    """In the words of whoever paused; None: none was given."""


class Paused(Exception):
    """New spending is stopped: whatever the transaction was about to begin is not begun."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(f"paused since {pause.at}")
        self.pause = pause
