"""The files of the catalogue, as code and translators would have them; run as a module, it writes them.

The template and what it is merged into name no places and no dates, so that they change with the texts alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

MESSAGES = Path(__file__).parents[1] / "bot" / "messages"
LOCALES = MESSAGES / "locale"
_CALLS = {"t": None, "n": (1, 2), "N_": None}
"""What a text stands in, and which arguments it is: `t("…")`, `t.n("…", "…", number)`, `N_("…")`."""


def files_of(texts: Path = MESSAGES, locales: Path = LOCALES) -> Mapping[Path, bytes]:
    """What each file has to hold: the template, and each language's texts, plain and compiled.

    Raises:
        ValueError: a translation has a place for something that its text does not name.
    """
    template = _extracted(texts)
    files = {locales / "messages.pot": plain(template, omit_header=True)}
    for path in sorted(locales.glob("*/LC_MESSAGES/messages.po")):
        language = read_po(BytesIO(path.read_bytes()), locale=path.parts[-3])
        language.update(template, no_fuzzy_matching=True, update_creation_date=False)
        for message in language:
            if message.id:  # the header has none
                _check(message)
        files |= {path: plain(language), path.with_suffix(".mo"): _compiled(language)}
    return files


def stale(texts: Path = MESSAGES, locales: Path = LOCALES) -> Iterator[Path]:
    """The files that hold something else."""
    for path, held in files_of(texts, locales).items():
        if not path.exists() or path.read_bytes() != held:
            yield path


def write(texts: Path = MESSAGES, locales: Path = LOCALES) -> None:
    """Make each file what it has to be."""
    for path, held in files_of(texts, locales).items():
        path.write_bytes(held)


def _check(message: Message) -> None:
    unknown = _places(message.string or "") - _places(message.id)
    if unknown:
        raise ValueError(f"{message.id!r} has no {', '.join(sorted(unknown))}: {message.string!r}")


def _places(texts: str | Sequence[str]) -> set[str]:
    forms = [texts] if isinstance(texts, str) else texts
    return {field for form in forms for _, field, _, _ in Formatter().parse(form) if field is not None}


def _extracted(texts: Path) -> Catalog:
    catalog = Catalog()
    for _, _, text, _, _ in extract_from_dir(str(texts), [("**.py", "python")], keywords=_CALLS):
        catalog.add(text)
    return catalog


def plain(catalog: Catalog, *, omit_header: bool = False) -> bytes:
    """A catalogue as translators read it."""
    file = BytesIO()
    write_po(file, catalog, width=0, no_location=True, omit_header=omit_header, sort_output=True)
    return file.getvalue()


def _compiled(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


if __name__ == "__main__":
    write()
