"""Texts on their way: out of the code, into a translator's file, compiled, and back to a reader."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.messages.catalogue import ENGLISH, words_of
from tests import catalogue

CODE = """
from bot.messages.catalogue import N_, Words

STANDS = {"queued": N_("in the queue")}

def line(t: Words, place: int) -> str:
    return t("You are number {place} "
             "in line.", place=place)

def characters(t: Words, number: int) -> str:
    return t.n("{count} character", "{count} characters", number)

def stands(t: Words) -> str:
    return t(STANDS["queued"])
"""
POLISH: dict[str, str | tuple[str, ...]] = {
    "in the queue": "w kolejce",
    "You are number {place} in line.": "Jesteś {place}. w kolejce.",
    "{count} character": ("{count} znak", "{count} znaki", "{count} znaków"),
}


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Code with texts in it."""
    (tmp_path / "line.py").write_text(CODE)
    return tmp_path


def translated(texts: Path) -> Path:
    """The folder of languages after a translator has worked on Polish."""
    locales = texts / "locale"
    path = locales / "pl" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text("")
    catalogue.write(texts, locales)
    with path.open("rb") as file:
        polish = read_po(file, locale="pl")
    for text, translation in POLISH.items():
        polish[text].string = translation
    path.write_bytes(catalogue.plain(polish))
    catalogue.write(texts, locales)
    return locales


def test_the_catalogue_has_every_text_of_the_code_and_no_other() -> None:
    assert list(catalogue.stale()) == [], "run `make words`"


def test_texts_are_gathered_whole_with_their_plurals_and_without_dates_or_places(texts: Path) -> None:
    (texts / "locale").mkdir()
    catalogue.write(texts, texts / "locale")

    assert (texts / "locale" / "messages.pot").read_text() == (
        '#, python-brace-format\nmsgid "You are number {place} in line."\nmsgstr ""\n\n'
        'msgid "in the queue"\nmsgstr ""\n\n'
        '#, python-brace-format\nmsgid "{count} character"\nmsgid_plural "{count} characters"\n'
        'msgstr[0] ""\nmsgstr[1] ""\n\n'
    )


def test_a_reader_gets_the_translation_with_plurals_and_numbers_as_the_language_has_them(texts: Path) -> None:
    t = words_of("pl", translated(texts))

    assert t("You are number {place} in line.", place=3) == "Jesteś 3. w kolejce."
    assert t("in the queue") == "w kolejce"
    counted = [t.n("{count} character", "{count} characters", number) for number in (1, 2, 5, 12_000)]
    assert counted == ["1 znak", "2 znaki", "5 znaków", "12\xa0000 znaków"]


def test_what_is_not_translated_yet_is_said_in_english(texts: Path) -> None:
    t = words_of("pl", translated(texts))

    assert t("Made in {time}.", time="5 min") == "Made in 5 min."


def test_new_texts_come_to_the_translator_and_what_is_translated_stays(texts: Path) -> None:
    locales = translated(texts)
    assert list(catalogue.stale(texts, locales)) == []

    (texts / "more.py").write_text('def more(t):\n    return t("Look again")\n')
    changed = {path.name for path in catalogue.stale(texts, locales)}
    catalogue.write(texts, locales)

    assert changed == {"messages.pot", "messages.po"}
    polish = (locales / "pl" / "LC_MESSAGES" / "messages.po").read_text()
    assert 'msgid "Look again"\nmsgstr ""' in polish
    assert 'msgid "in the queue"\nmsgstr "w kolejce"' in polish


def test_a_place_that_the_text_does_not_name_is_refused(texts: Path) -> None:
    locales = translated(texts)
    path = locales / "pl" / "LC_MESSAGES" / "messages.po"
    path.write_text(path.read_text().replace("{place}. w kolejce", "{miejsce}. w kolejce"))

    with pytest.raises(ValueError, match="has no miejsce"):
        catalogue.write(texts, locales)


def test_a_language_that_is_not_spoken_yet_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        words_of("pl", tmp_path)


def test_english_needs_no_file() -> None:
    assert ENGLISH.n("{count} character", "{count} characters", 1) == "1 character"
    assert ENGLISH.n("{count} character", "{count} characters", 1_200) == "1,200 characters"
