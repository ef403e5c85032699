"""No text of anybody's makes a pattern work for long: every pattern of the app, over texts made to do so."""

import ast
import importlib
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType, ModuleType
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot
import handlers
import storage
from bot.asking.command_line import LINE_LIMIT, parse_command, parse_speech, parse_words
from bot.asking.drafts import Draft, project_name
from bot.asking.inputs import output_name
from bot.asking.links import find_link, link_problem
from bot.asking.options import read_options
from bot.asking.small_talk import small_talk
from bot.asking.spoken import NamesSomebody, spoken
from bot.asking.voices import meant, told_apart
from bot.log import mask
from bot.messages.form import split_script
from bot.messages.text import cut, literal, one_line, user_text
from bot.sync_api.models import Voice
from handlers.conversation_words import read_words
from tests.pattern_steps import Steps, TooManySteps

LENGTH = 100_000
MOST_A_CHARACTER = 40
"""Steps; a pattern that is quadratic takes hundreds over one of the short texts."""
_ROWS = (
    ("", " "), ("say ", " "), (" voice", "\t"), ("a", "a"), (":", "a"), ("", ":a"), ("https://a", "/"),
    ("", "*"), ("a*", "_~`"), ('say "', '"'), ("", "“"), ("'", "it's "), ("<", "<"), ("<https://a|", "|"),
    ("<", "<("), ("", "("), ("token=", "1"), ("", "\u200b"), (".", "a1."), ("&", "&amp;"),
    ('say "', '" voice "'), ('say "', '"voice x'), ("say '", "' voice 'a'a"), ("", " voice"), ("", "voice:"),
    (" project", "\t"), ("", ' project "'), ("", "project:"),
    (" shown", "\t"), ("", " shown own"), ("", "shown <@"),
)  # fmt: skip
"""What patterns look for, and signs that go on behind it without an end."""
_MIXED = ' "*<(say :_`“ voice\t|>)\u200b&amp;https://a.b/'


def rows(length: int) -> list[str]:
    """Each ends with what is in no pattern: many find the end of a text at once."""
    return [(begin + signs * length)[: length - 1] + "§" for begin, signs in _ROWS]


def mixed(length: int) -> str:
    return (_MIXED * length)[:length]


SHORT = (*rows(1_000), mixed(10_000))
LONG = {"rows": "".join(rows(LENGTH // len(_ROWS))), "mixed": mixed(LENGTH)}


def modules() -> Iterator[ModuleType]:
    for package in (bot, handlers, storage):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith("storage.migrations.") and not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


MODULES = {module.__name__: module for module in modules()}
PATTERNS = {
    f"{name}.{variable}": value
    for name, module in MODULES.items()
    for variable, value in vars(module).items()
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
}


def test_the_patterns_are_found() -> None:
    assert {"bot.log._SECRET", "bot.asking.spoken._ENTITY"} <= PATTERNS.keys()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_pattern_stands_where_it_is_found(name: str) -> None:
    """Compiled for the whole module; one that is written into a call would pass by these tests."""
    tree = ast.parse(Path(str(MODULES[name].__file__)).read_text())
    inline = [
        call.lineno
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "re"
        and call.func.attr not in {"compile", "escape"}
    ]
    assert inline == []


@pytest.mark.steps
@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_takes_a_few_steps_for_each_character(name: str) -> None:
    for text in SHORT:
        Steps(PATTERNS[name], text, most=MOST_A_CHARACTER * len(text)).search()
        Steps(PATTERNS[name], text, most=MOST_A_CHARACTER * len(text)).fullmatch()


@pytest.mark.steps
@pytest.mark.parametrize(
    "pattern", [r"(?:^|\s+)(voice|model)\s+", r"\(+x", r"(a|a1|\.)*b", r'".*".*"x', r"\w+:!"]
)
def test_the_count_finds_a_pattern_that_goes_back_and_forth(pattern: str) -> None:
    def run() -> None:
        for text in SHORT:
            Steps(re.compile(pattern, re.DOTALL), text, most=MOST_A_CHARACTER * len(text)).search()

    with pytest.raises((TooManySteps, RecursionError)):
        run()


class _Lines:
    """Counts the lines of Python that run."""

    def __init__(self) -> None:
        self.run = 0

    def __call__(self, _frame: FrameType, event: str, _arg: object) -> "_Lines":
        self.run += event == "line"
        return self


READERS: dict[str, Callable[[str], object]] = {
    "a line": parse_command,
    "a line behind a video": lambda text: parse_command(f"https://example.com/v.mp4 {text}"[:LINE_LIMIT]),
    "a script": lambda text: parse_command(f'https://example.com/v.mp4 say "{text}'[: LINE_LIMIT - 1] + '"'),
    "a script in single quotes": lambda text: parse_speech(f"say '{text}"[: LINE_LIMIT - 1] + "'"),
    "a script without quotes": lambda text: parse_speech(f"say a{text}"[:LINE_LIMIT]),
    "words in a conversation": lambda text: (
        read_words(text[:LINE_LIMIT], beside_video=True),
        read_words(text[:LINE_LIMIT], beside_video=False),
    ),
    "words without say": lambda text: parse_words(text[:LINE_LIMIT]),
    "small talk": small_talk,
    "options": lambda text: read_options(text, 0),
    "words beside a video": lambda text: parse_speech(text[:LINE_LIMIT]),
    "a link": lambda text: (link_problem(text), find_link(text, 0), find_link(f"https://{text}", 0)),
    "a script's words": spoken,
    "the name of a voice": lambda text: meant(
        text, told_apart([Voice(id="v1", name=text), Voice(id="v2", name=text)])
    ),
    "the name of a project": project_name,
    "the name of a result": lambda text: output_name(Draft(name=text), "j1"),
    "words in a message": lambda text: (user_text(text), literal(text), one_line(text), cut(text, 80)),
    "a script in two fields": split_script,
    "a line of the log": mask,
}


@pytest.mark.steps
@pytest.mark.parametrize("hostile", LONG)
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_of_foreign_text_walks_over_it_a_few_times(reader: str, hostile: str) -> None:
    text, lines = LONG[hostile], _Lines()
    before = sys.gettrace()
    sys.settrace(lines)
    try:
        with suppress(NamesSomebody):
            READERS[reader](text)
    finally:
        sys.settrace(before)
    assert lines.run <= MOST_A_CHARACTER * len(text)


def test_only_short_names_are_brought_into_a_normal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accents in a row take the square of their number there (Unicode: canonical ordering)."""
    real, seen = unicodedata.normalize, list[int]()

    def noted(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        seen.append(len(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", noted)
    accents = "a" + "\u0316\u0301" * (LENGTH // 2)
    meant(accents, told_apart([Voice(id="v1", name=accents)]))
    output_name(Draft(name=accents), "j1")
    assert seen
    assert max(seen) <= 1_000


@given(
    st.sampled_from(sorted(PATTERNS)),
    st.text(st.sampled_from("say :*_\"“<>|()@#!ab1./https&;token=-xob['\u200b"), max_size=60),
)
def test_the_steps_are_those_of_a_matcher_that_finds_what_python_finds(name: str, text: str) -> None:
    pattern = PATTERNS[name]
    assert Steps(pattern, text, most=10_000).search() == [match.span() for match in pattern.finditer(text)]
    assert Steps(pattern, text, most=10_000).fullmatch() == (pattern.fullmatch(text) is not None)
