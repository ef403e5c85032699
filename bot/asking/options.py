"""`voice`, `model`, `project` and `shown` behind the speech in a line. Each sign is looked at few times."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.asking.signs import (
    COLONS,
    COMMAS,
    DOUBLE_QUOTES,
    MARKS,
    QUOTES,
    SENTENCE_ENDS,
    SINGLE_QUOTES,
    skip_blanks,
    skip_signs,
    strip_blanks,
    strip_end,
)
from bot.asking.spoken import unescape

PROJECT = rf"project(?=\s{{0,3}}[{''.join(COLONS)}]?\s{{0,3}}[{''.join(DOUBLE_QUOTES)}])"
"""A pattern: a word that people say all the time, and that is a keyword before quotes alone."""
SHOWN = (
    rf"shown(?=\s{{0,3}}[{''.join(COLONS)}]?\s{{0,3}}"
    rf"(?:(?:own|nobody)(?![\w-])|<@|[{''.join(DOUBLE_QUOTES)}]))"
)
"""As above, before what can stand behind it alone."""
_OPTION = rf"(?:voice|model)(?![\w-])|{PROJECT}|{SHOWN}"
_KEYWORD = re.compile(rf"({_OPTION})", re.IGNORECASE)
_APART = re.compile(rf"(?<![^\s\u00ad\u200b-\u200f\u2060-\u206f\ufeff])(?:{_OPTION})", re.IGNORECASE)
"""A keyword that is a word of its own."""
_STOP = re.compile(rf"[{''.join(QUOTES)}]|{_APART.pattern}", re.IGNORECASE)
"""What ends a name without quotes, or shows that it is none."""
_JOINING = ("and", "with", "using")
_JOIN = re.compile(rf"(?:{'|'.join(_JOINING)})(?=\s)", re.IGNORECASE)
_DASHES = frozenset("-–—")
_BEFORE_OPTIONS = SENTENCE_ENDS | _DASHES | frozenset("+&")
_BEHIND_NAMES = COMMAS | MARKS
_COMMON = ("project", "shown")
"""Words that people say all the time."""
_MOST = 5
"""Options that are read: one more than there are, to tell that one came twice."""
_NAME_WORDS = 4
"""Words of a voice's name where nothing else parts it from what is said."""


@dataclass(frozen=True, slots=True)
class Option:
    """What stands behind one keyword; the name may be missing."""

    keyword: str
    name: str


def read_options(text: str, at: int) -> tuple[Option, ...] | None:
    """The options from `at` to the end; None where something else stands there."""
    options: list[Option] = []
    while (at := _next_word(text, at)) < len(text):
        keyword = _KEYWORD.match(text, at)
        if keyword is None or len(options) == _MOST:
            return None
        value = _value(text, keyword.end())
        if value is None:
            return None
        name, at = value
        options.append(Option(keyword[1].lower(), name))
    return tuple(options)


def options_of_plain_words(words: str) -> tuple[str, tuple[Option, ...]]:
    """What is said without quotes, and the options at its end, where it is clear that they are some.

    "Use your voice wisely." has none: a name is of a few words and ends no sentence, a model has a number.
    'Welcome to project "Mars"' has none either: `project` and `shown` are some behind a voice or a model.
    """
    keywords = [found.start() for found in _APART.finditer(words)]
    for at in keywords[-_MOST:]:
        options = read_options(words, at)
        if options and options[0].keyword not in _COMMON and all(map(_is_clear, options)):
            return _without_join(strip_end(words[:at], ends=COMMAS | _DASHES)), options
    return words, ()


def closings(text: str, begin: int) -> Iterator[int]:
    """Where a quote that opens before `begin` may close: at one of its kind; an apostrophe closes nothing."""
    doubles = text[begin - 1] in DOUBLE_QUOTES
    for at in range(begin, len(text)):
        if text[at] in (DOUBLE_QUOTES if doubles else SINGLE_QUOTES) and (doubles or not _in_word(text, at)):
            yield at


def _next_word(text: str, at: int) -> int:
    """Behind signs, and behind the one word that joins an option to what stands before it."""
    at = skip_signs(text, at, also=_BEFORE_OPTIONS)
    joined = _JOIN.match(text, at)
    return skip_signs(text, joined.end(), also=_BEFORE_OPTIONS) if joined else at


def _without_join(text: str) -> str:
    """The text without a joining word at its end."""
    for word in _JOINING:
        if text[-len(word) - 1 :].casefold() == f" {word}":
            return strip_end(text[: -len(word)], ends=_BEHIND_NAMES)
    return text


def _value(text: str, at: int) -> tuple[str, int] | None:
    """The name behind a keyword and where the text goes on; None where a quote makes no sense there."""
    at = skip_blanks(text, at)
    if at < len(text) and text[at] in COLONS:
        at = skip_blanks(text, at + 1)
    if at < len(text) and text[at] in QUOTES:
        end = next(closings(text, at + 1), len(text))
        return strip_blanks(unescape(text[at + 1 : end])), end + 1
    end = len(text)
    for found in _STOP.finditer(text, at):
        if found[0] not in QUOTES:
            end = found.start()
            break
        if found[0] in DOUBLE_QUOTES or not _in_word(text, found.start()):
            return None
    return _without_join(strip_end(unescape(text[at:end]), ends=_BEHIND_NAMES)), end


def _is_clear(option: Option) -> bool:
    if option.keyword in _COMMON:
        return True
    if option.keyword == "model":
        return len(option.name.split()) == 1 and any(map(str.isdigit, option.name))
    return 0 < len(option.name.split()) <= _NAME_WORDS and option.name[-1] not in SENTENCE_ENDS


def _in_word(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()
