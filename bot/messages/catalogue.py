"""The catalogue: every text in the reader's language, and in English where it has no other yet.

Texts stand in the code in English, as `t("You are number {place} in line.", place=place)`. `make words`
gathers them in `locale/messages.pot`, merges them into each language's `messages.po`, and compiles that to
the `messages.mo` that is read here.
"""

from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.core import Locale
from babel.numbers import format_decimal

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "messages"
"""What a language's files are called."""


class Words:
    """The language of one reader. Every builder of texts takes it first, as `t`."""

    def __init__(self, locale: Locale, translations: NullTranslations) -> None:
        """Take what counts, sorts and writes numbers as the reader does, and the texts."""
        self.locale = locale
        self._translations = translations

    def __call__(self, text: str, /, **values: object) -> str:
        """The text, with `values` in the places that are named for them.

        Args:
            text: In English, written out where it is extracted: here, or in `N_`.
            values: Ready to be read: escaped, and written as the reader does.
        """
        return self._translations.gettext(text).format(**values)

    def n(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The text that fits a number, which stands at `{count}`."""
        text = self._translations.ngettext(one, many, number)
        return text.format(count=self.number(number), **values)

    def number(self, number: float, places: str = "#,##0.###") -> str:
        """A number as the reader writes it; `places`: a pattern of Unicode's: `0.0` has one decimal."""
        return format_decimal(number, places, self.locale)


def words_of(language: str, locales: Path = LOCALES) -> Words:
    """The words of a language that the app speaks.

    Args:
        language: As `de` or `pt_BR`.
        locales: Where its folder is.

    Raises:
        LookupError: there is no such language, or it is not spoken yet.
    """
    compiled = locales / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if not compiled.is_file():
        raise LookupError(language)
    with compiled.open("rb") as file:
        return Words(Locale.parse(language), GNUTranslations(file))


def N_(text: str, /) -> str:  # noqa: N802 - gettext's own name for it
    """Marks a text of a table to be extracted; it is translated where it is used."""
    return text


ENGLISH = Words(Locale("en"), NullTranslations())
