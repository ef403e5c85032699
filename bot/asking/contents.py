"""Whether what was read of a file can serve as what it was given for. Pure."""

from bot.asking.file_kinds import Medium
from bot.probe.facts import Facts

LARGEST = (4_096, 2_160)
"""Pixels of the longer and of the shorter side that sync.so takes (sync.so: supported media)."""


def why_not(facts: Facts, medium: Medium) -> str | None:
    """The code of what a file lacks; None: it can be seen, or heard."""
    if facts.is_image:
        return "slack_file_picture"
    if medium == "video":
        return None if facts.has_picture else "slack_file_no_pictures"
    return None if facts.has_sound else "media_no_sound"


def is_too_large(facts: Facts) -> bool:
    """Whether its picture has more pixels than sync.so takes, however it is turned."""
    if facts.width is None or facts.height is None:
        return False
    longer, shorter = max(facts.width, facts.height), min(facts.width, facts.height)
    return longer > LARGEST[0] or shorter > LARGEST[1]
