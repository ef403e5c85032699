"""What can be left elsewhere of an order that nobody can come to any more. Pure."""

from enum import StrEnum


class LeftoverKind(StrEnum):
    """What it is, which says who is asked to delete it."""

    ASSET = "asset"
    """A file that was sent to sync.so, or registered there."""
    GENERATION = "generation"
    """What sync.so made of it, as it keeps it."""
    FILE = "file"
    """The same video, as the app has put it into Slack."""
