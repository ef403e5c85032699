"""What the documents name is there: settings, commands with their options, files, and targets of make."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.__main__ import main
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
_COMMAND = re.compile(r"lipsync-bot\s+([a-z][a-z-]*)([^`\n]*)")
_SETTINGS = re.compile(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|", re.MULTILINE)


def unknown_commands(text: str) -> Iterator[str]:
    for name, rest in _COMMAND.findall(text):
        command = main.commands.get(name)
        if command is None:
            yield name
            continue
        known = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
        yield from (f"{name} {option}" for option in re.findall(r"--[a-z-]+", rest) if option not in known)


def lost_files(text: str, folder: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", re.sub(r"(?<=[^\]])`[^`\n]*`", "", text)):
        if "://" not in link and not (folder / link).exists():
            yield link


def unknown_targets(text: str) -> Iterator[str]:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    yield from set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) - known


def test_the_table_of_the_readme_has_each_setting_once() -> None:
    rows = _SETTINGS.findall((ROOT / "README.md").read_text())

    named = [name for row in rows for name in re.findall(r"[A-Z_]+", row)]
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text()

    assert list(unknown_commands(text)) == []
    assert list(lost_files(text, document.parent)) == []
    assert list(unknown_targets(text)) == []


def test_what_is_not_there_is_found() -> None:
    assert list(unknown_commands("`lipsync-bot sing` and `lipsync-bot audit --loud --verify`")) == [
        "sing",
        "audit --loud",
    ]
    assert list(lost_files("[a](nowhere.md) and [b](README.md)", ROOT)) == ["nowhere.md"]
    assert list(unknown_targets("`make tea` and `make test`")) == ["tea"]


def test_each_command_is_told_of() -> None:
    told = "\n".join(document.read_text() for document in DOCUMENTS)

    assert set(main.commands) - {name for name, _ in _COMMAND.findall(told)} == set()
