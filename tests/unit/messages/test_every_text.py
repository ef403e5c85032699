"""Every builder of texts in a made-up language: nothing is left in English, cut, or refused by Slack.

A new builder is found by itself; what it is handed comes from `samples`.
"""

import ast
import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from babel.messages.pofile import read_po

import bot.messages
from bot.messages import fields as words_at_fields
from bot.messages.blocks import Choice, Message
from bot.messages.catalogue import Words
from bot.messages.failures import Failure
from bot.messages.pages import Action
from tests.block_limits import message_problems, view_problems
from tests.catalogue import LOCALES, MESSAGES
from tests.pseudo import in_english, is_whole, pseudo
from tests.unit.messages.samples import HANDED_IN, samples_of
from tests.unit.test_house_rules import code_of, sentences

Builder = Callable[..., Any]
_MOST = 2_500
"""Ways to call one builder; of more, so many by chance, always the same."""
_NOT_SHOWN = {(Choice, "value"), (Failure, "charged"), (Action, "url")}


def builders() -> Iterator[Builder]:
    """Every function of `bot.messages` that others may call and that is handed the reader's words."""
    for found in pkgutil.iter_modules(bot.messages.__path__, "bot.messages."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            is_own = function.__module__ == module.__name__ and not name.startswith("_")
            if is_own and first is not None and first.annotation is Words:
                yield function


def calls_of(builder: Builder, t: Words, *, most: int = _MOST) -> Iterator[Any]:
    """What it makes of all that it may be handed; where that is too much, of `most` of it."""
    hints = get_type_hints(builder)
    parameters = list(inspect.signature(builder).parameters.values())[1:]
    pools = [samples_of(each.name, hints[each.name]) for each in parameters]
    # None of them twice, so that few are left out of those that are somewhat more.
    number = prod(map(len, pools))
    chosen = random.Random(builder.__qualname__).sample(range(number), min(number, most))
    calls = (_call(pools, each) for each in chosen)
    for values in calls:
        by_name = {each.name: value for each, value in zip(parameters, values, strict=True)}
        yield builder(t, *_positional(parameters, by_name), **_keyword(parameters, by_name))


def _call(pools: Sequence[Sequence[Any]], number: int) -> tuple[Any, ...]:
    """One of all that can be handed in, by its number."""
    values = []
    for pool in pools:
        number, place = divmod(number, len(pool))
        values.append(pool[place])
    return tuple(values)


def _positional(parameters: list[inspect.Parameter], values: dict[str, Any]) -> list[Any]:
    return [values[each.name] for each in parameters if each.kind is not each.KEYWORD_ONLY]


def _keyword(parameters: list[inspect.Parameter], values: dict[str, Any]) -> dict[str, Any]:
    return {each.name: values[each.name] for each in parameters if each.kind is each.KEYWORD_ONLY}


def texts(value: Any) -> Iterator[str]:
    """All that somebody reads of it."""
    match value:
        case str():
            yield value
        case {"type": "plain_text" | "mrkdwn", "text": str() as text}:
            yield text
        case dict():
            for inner in value.values():
                parts = inner if isinstance(inner, list) else [inner]
                yield from texts([part for part in parts if isinstance(part, dict)])
        case list() | tuple():
            for inner in value:
                yield from texts(inner)
        case _ if is_dataclass(value):
            for field in fields(value):
                if (type(value), field.name) not in _NOT_SHOWN:
                    yield from texts(getattr(value, field.name))


def refused(value: Any) -> list[str]:
    """Why Slack would not take it, where it is something that Slack takes."""
    match value:
        case Message(text=text, blocks=blocks):
            return message_problems(text, blocks)
        case {"type": "modal" | "home"}:
            return view_problems(value)
    return []


@dataclass(frozen=True)
class Tried:
    """What came of all calls of a builder."""

    asked: frozenset[str]
    """Texts of the catalogue."""
    in_english: Mapping[str, Sequence[str]]
    """Words that nobody could have translated, by their text."""
    cut: Sequence[str]
    refused: Sequence[str]


@cache
def tried(builder: Builder) -> Tried:
    t, translations = pseudo()
    seen: set[str] = set()
    problems: list[str] = []
    for made in calls_of(builder, t):
        new = {text for text in texts(made) if text not in seen}
        if new:
            problems += refused(made)
        seen |= new
    left = {text: [word for word in in_english(text) if word not in HANDED_IN] for text in seen}
    return Tried(
        asked=frozenset(translations.asked),
        in_english={text: words for text, words in left.items() if words},
        cut=[text for text in seen if not is_whole(text)],
        refused=problems,
    )


@pytest.mark.parametrize(
    "builder", list(builders()), ids=lambda each: f"{each.__module__[13:]}.{each.__name__}"
)
def test_every_text_can_be_translated_into_longer_words(builder: Builder) -> None:
    found = tried(builder)
    assert found.in_english == {}
    assert found.cut == []
    assert found.refused == []


def test_every_text_of_the_catalogue_is_tried_and_none_is_missing_there() -> None:
    asked = {text for builder in builders() for text in tried(builder).asked}
    with (LOCALES / "messages.pot").open("rb") as file:
        gathered = {text.id if isinstance(text.id, str) else text.id[0] for text in read_po(file) if text.id}

    assert asked - gathered == set(), "written where it is not gathered: in an f-string, perhaps"
    assert gathered - asked - _BY_HANDLERS == set()


_BY_HANDLERS = {value for value in vars(words_at_fields).values() if isinstance(value, str)}
"""Texts that stand as they are at the fields of forms."""


def marked(tree: ast.Module) -> set[int]:
    """What is handed to the catalogue."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        id(inner)
        for call in calls
        if ast.unparse(call.func) in {"t", "t.n", "N_"}
        for argument in call.args
        for inner in ast.walk(argument)
    }


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.py")), ids=lambda path: path.name)
def test_no_sentence_passes_the_catalogue_by(path: Path) -> None:
    tree = code_of(path)
    assert list(sentences(tree, besides=marked(tree))) == []
