"""The map of what is held about people names every column once, and the docs are written from it."""

from collections.abc import Iterable

from storage.data_map import PERSONAL, PLAIN
from storage.schema import metadata
from tests.data_map import DATA, text


def named(tables: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    return sorted(f"{table}.{column}" for table, columns in tables for column in columns)


def test_every_column_is_in_it_once() -> None:
    """A new one: is it about people, what is it for, and when does it go? Then `make data`."""
    every = named((table.name, table.c.keys()) for table in metadata.sorted_tables)

    assert sorted(named(PERSONAL.items()) + named(PLAIN.items())) == every


def test_the_docs_are_as_the_map_is() -> None:
    """`make data` writes them anew."""
    assert DATA.read_text() == text()
