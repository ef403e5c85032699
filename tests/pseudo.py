"""A language that nobody speaks: each text longer, marked, and with other letters than the code has.

What shows a plain letter was not extracted; what lacks a mark was cut.
"""

import re
from collections.abc import Iterator
from functools import cache
from gettext import NullTranslations
from math import ceil
from string import Formatter, ascii_letters

from babel.core import Locale

from bot.messages.catalogue import Words

BEGIN, END = "⟦", "⟧"
_RIGHT_TO_LEFT = "\u200f"
_LONGER = 0.4
_WIDE = 0xFEE0
"""From a letter to its full-width form, which is one UTF-16 unit as well."""
_LETTERS = {ord(letter): ord(letter) + _WIDE for letter in ascii_letters}
_SLACKS = re.compile(r"<[@#!][^>]*>|<https?://[^|>]*\|?|https?://\S+|[a-z]+(?:\u2060?_[a-z]+)+")
"""Mentions, dates, addresses, and codes; of a link that shows words these stay."""
_WORD = re.compile("[A-Za-z]+")


class Pseudo(NullTranslations):
    """Translates every text, and remembers which it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        """The text as that language has it."""
        self.asked.add(message)
        return _translation(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """As above; one has its own form, as in English."""
        self.asked.add(msgid1)
        return _translation(msgid1 if n == 1 else msgid2)


def pseudo() -> tuple[Words, Pseudo]:
    """The words of that language, with the figures of a real one that is written from right to left."""
    translations = Pseudo()
    return Words(Locale("ar"), translations), translations


def in_english(text: str) -> list[str]:
    """The words that no translator could have translated."""
    return _WORD.findall(_SLACKS.sub(" ", text))


def is_whole(text: str) -> bool:
    """Whether every text in it is there to its end."""
    return text.count(BEGIN) == text.count(END)


@cache
def _translation(text: str) -> str:
    return "".join(_translated(text))


def _translated(text: str) -> Iterator[str]:
    yield BEGIN + _RIGHT_TO_LEFT
    for literal, field, _, _ in Formatter().parse(text):
        yield literal.translate(_LETTERS).replace("{", "{{").replace("}", "}}")
        if field is not None:
            yield "{" + field + "}"
    yield "¦" * (ceil(len(text) * _LONGER) - len(BEGIN + _RIGHT_TO_LEFT + END)) + END
