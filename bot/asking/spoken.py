"""The words of a script without the signs that Slack puts between them. Pure, in one walk over the text."""

import re

_ENTITY = re.compile(r"<(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_EMOJI = re.compile(r" ?(?<!\w):(?:[+-]1|[a-z][a-z0-9_'+-]*)(?:::skin-tone-[2-6])?:(?!\w)")
_KIND = re.compile(r"(?:!|mailto:|tel:)")
"""What stands before the target of an entity without a label."""
_NAMES = ("@", "#", "!subteam")
_MARKS = frozenset("*_~`")
_MARKED_AT_MOST = 300
"""Characters between two marks that belong together; farther apart they are just signs."""


class NamesSomebody(Exception):
    """The text names a person or a channel by an id that only Slack can read."""


def spoken(text: str) -> str:
    """What a voice should say: it would read out what stands for links, people, emoji and bold words.

    Args:
        text: As Slack sends it (Slack: formatting text).

    Raises:
        NamesSomebody: a person or a channel is named without the words for it.
    """
    return unescape(_without_marks(_EMOJI.sub("", _ENTITY.sub(_label, text)))).strip()


def unescape(text: str) -> str:
    """Slack's three escapes, undone once."""
    return text if "&" not in text else text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _label(entity: re.Match[str]) -> str:
    target, label = entity["target"], entity["label"]
    if label:
        return label
    if target.startswith(_NAMES):
        raise NamesSomebody
    kind = _KIND.match(target)
    return target[kind.end() :] if kind else target


def _without_marks(text: str) -> str:
    """Bold, italic, struck and code words without their marks; marks inside words or alone stay."""
    open_at: dict[str, list[int]] = {mark: [] for mark in _MARKS}
    dropped: set[int] = set()
    for at, char in enumerate(text):
        if char not in _MARKS:
            continue
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        waiting = open_at[char]
        if waiting and at - waiting[-1] > 1 and not before.isspace() and not after.isalnum():
            begun = waiting.pop()
            if at - begun <= _MARKED_AT_MOST and "\n" not in text[begun:at]:
                dropped |= {begun, at}
        elif after and not after.isspace() and not before.isalnum():
            waiting.append(at)
    return "".join(char for at, char in enumerate(text) if at not in dropped)
