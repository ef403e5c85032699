"""What people and programs put around what is meant: blanks, invisible signs, quotes, brackets."""

import re
import unicodedata

DOUBLE_QUOTES = frozenset('"“”„‟«»＂「」『』｢｣〝〞〟❝❞')
SINGLE_QUOTES = frozenset("'‘’‚‛‹›＇`´❛❜")
QUOTES = DOUBLE_QUOTES | SINGLE_QUOTES
COLONS = frozenset(":：=")
COMMAS = frozenset(",;、，；")
SENTENCE_ENDS = frozenset(".!?…。！？")
MARKS = frozenset("*_~")
_STOPS = COMMAS | frozenset("|•·")
_ENDS = COMMAS | SENTENCE_ENDS | frozenset(":：|")
_BRACKETS = dict(zip(")]}>）］｝＞】〉》", "([{<（［｛＜【〈《", strict=True))
_BETWEEN = MARKS | _STOPS | frozenset(_BRACKETS) | frozenset(_BRACKETS.values())
_SIGN = rf"[\s{re.escape(''.join(_BETWEEN))}]"
_SIGNS = re.compile(rf"{_SIGN}*(?:&[lg]t;{_SIGN}*)*")
_LOOK_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and patterns of Unicode that show nothing."""


def is_blank(char: str) -> bool:
    """Whether a character shows nothing: a space of any width, a control, a sign of width zero."""
    if "!" <= char <= "~":  # most of them
        return False
    return char.isspace() or char in _LOOK_BLANK or unicodedata.category(char) in {"Cc", "Cf"}


def skip_blanks(text: str, at: int) -> int:
    """Where the next character stands that can be seen."""
    while at < len(text) and is_blank(text[at]):
        at += 1
    return at


def skip_signs(text: str, at: int, *, also: frozenset[str] = frozenset()) -> int:
    """Where the next word begins, behind blanks, marks, brackets and commas.

    Args:
        text: As Slack sends it, `<` and `>` perhaps escaped.
        at: Where to begin.
        also: What else is passed over.
    """
    while signs := _SIGNS.match(text, at):
        at = signs.end()
        if at == len(text) or not (text[at] in also or is_blank(text[at])):
            break
        at += 1
    return at


def strip_blanks(text: str) -> str:
    """The text without blanks and invisible signs at its ends."""
    text = text.strip()
    if "!" <= text[:1] <= "~" and "!" <= text[-1:] <= "~":  # mostly
        return text
    end = len(text)
    while end and is_blank(text[end - 1]):
        end -= 1
    return text[skip_blanks(text, 0) : end]


def strip_end(text: str, *, ends: frozenset[str] = _ENDS, also: frozenset[str] = frozenset()) -> str:
    """The text without what follows it: blanks, the signs of `ends` and `also`, brackets opened before it.

    A bracket that the text itself opens stays, as in `https://en.wikipedia.org/wiki/Sync_(album)`.
    """
    unopened: dict[str, int] = {}
    end = len(text)
    while end:
        last = text[end - 1]
        if last in _BRACKETS and last not in unopened:
            unopened[last] = text.count(last) - text.count(_BRACKETS[last])
        if unopened.get(last, 0) > 0:
            unopened[last] -= 1
        elif not (last in ends or last in also or is_blank(last)):
            break
        end -= 1
    return text[:end]
