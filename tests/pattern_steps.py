"""How many steps a backtracking matcher takes over a text: a count that is the same on every machine.

It walks the tree that Python itself makes of a pattern, choice by choice, as `re` does; where `re` knows a
short cut it counts more, never less.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

_parser = import_module("re._parser")
_names = import_module("re._constants")

_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
}
_ONE_CHARACTER = {_names.LITERAL, _names.NOT_LITERAL, _names.ANY, _names.IN}

Node = tuple[Any, Any]


class TooManySteps(Exception):
    """The text makes the pattern work harder than it may."""


class Steps:
    """One search of a text from its beginning to its end, or a match of the whole of it, counted."""

    def __init__(self, pattern: re.Pattern[str], text: str, *, most: int) -> None:
        self.taken = 0
        self._most = most
        self._text = text
        self._flags = pattern.flags
        self._nodes: Sequence[Node] = _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
        self._groups: dict[int, tuple[int, int]] = {}
        self._fits: dict[tuple[int, str], bool] = {}

    def search(self) -> list[tuple[int, int]]:
        """Every match, as `finditer` finds them."""
        found: list[tuple[int, int]] = []
        at = 0
        while at <= len(self._text):
            end = self._first(at)
            if end is not None:
                found.append((at, end))
            at = end if end is not None and end > at else at + 1
        return found

    def fullmatch(self) -> bool:
        """Whether the whole text is one match."""
        return any(end == len(self._text) for end in self._ends(self._nodes, 0, 0))

    def _first(self, at: int) -> int | None:
        begin = self._nodes[0]
        if begin[0] in _ONE_CHARACTER and not self._fits_at(begin, at):
            return None
        return next(self._ends(self._nodes, 0, at), None)

    def _step(self, count: int = 1) -> None:
        self.taken += count
        if self.taken > self._most:
            raise TooManySteps(self.taken)

    def _ends(self, nodes: Sequence[Node], index: int, at: int) -> Iterator[int]:
        """Where `nodes` from `index` on may end, begun at `at`, in the order in which `re` tries them."""
        while index < len(nodes) and nodes[index][0] in _ONE_CHARACTER:
            if not self._fits_at(nodes[index], at):
                return
            index, at = index + 1, at + 1
        if index == len(nodes):
            yield at
            return
        for end in self._node_ends(nodes[index], at):
            yield from self._ends(nodes, index + 1, end)

    def _node_ends(self, node: Node, at: int) -> Iterator[int]:
        kind, value = str(node[0]), node[1]
        self._step()
        if kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            ends = self._repeat(value, at, lazy=kind == "MIN_REPEAT")
            yield from (
                ends if kind != "POSSESSIVE_REPEAT" else [end for end, _ in zip(ends, "1", strict=False)]
            )
        elif kind == "SUBPATTERN":
            for end in self._ends(value[3], 0, at):
                self._groups[value[0]] = (at, end)
                yield end
        elif kind == "BRANCH":
            for branch in value[1]:
                yield from self._ends(branch, 0, at)
        elif kind == "AT":
            yield from [at] if self._is_at(str(value), at) else []
        elif kind in {"ASSERT", "ASSERT_NOT"}:
            begin = at if value[0] > 0 else at - value[1].getwidth()[0]
            seen = begin >= 0 and next(self._ends(value[1], 0, begin), None) is not None
            yield from [at] if seen == (kind == "ASSERT") else []
        elif kind == "GROUPREF":
            begin, end = self._groups[value]
            self._step(end - begin)
            yield from [at + end - begin] if self._text.startswith(self._text[begin:end], at) else []
        else:
            raise NotImplementedError(kind)

    def _repeat(self, value: tuple[int, Any, Sequence[Node]], at: int, *, lazy: bool) -> Iterator[int]:
        least, most, body = value
        if len(body) == 1 and body[0][0] in _ONE_CHARACTER:
            yield from self._run(body[0], at, int(least), int(most), lazy=lazy)
            return
        yield from self._repeat_group(body, at, int(least), int(most), lazy=lazy)

    def _run(self, node: Node, at: int, least: int, most: int, *, lazy: bool) -> Iterator[int]:
        """A repeat of one character: as long as it fits, then shorter, or the other way round."""
        end = at
        while end - at < least:
            if not self._fits_at(node, end):
                return
            end += 1
        if lazy:
            yield end
            while end - at < most and self._fits_at(node, end):
                end += 1
                yield end
            return
        while end - at < most and self._fits_at(node, end):
            end += 1
        for shorter in range(end, at + least - 1, -1):
            self._step()
            yield shorter

    def _repeat_group(
        self, body: Sequence[Node], at: int, least: int, most: int, *, lazy: bool
    ) -> Iterator[int]:
        self._step()
        if least <= 0 and lazy:
            yield at
        if most > 0:
            for end in self._ends(body, 0, at):
                if end > at or least > 0:
                    yield from self._repeat_group(body, end, least - 1, most - 1, lazy=lazy)
        if least <= 0 and not lazy:
            yield at

    def _fits_at(self, node: Node, at: int) -> bool:
        self._step()
        if at >= len(self._text):
            return False
        known = (id(node), char := self._text[at])
        if known not in self._fits:
            cases = {char, char.lower(), char.upper()} if self._flags & re.IGNORECASE else {char}
            self._fits[known] = self._is_of(node, cases)
        return self._fits[known]

    def _is_of(self, node: Node, cases: set[str]) -> bool:
        kind, value = str(node[0]), node[1]
        if kind == "ANY":
            return bool(self._flags & re.DOTALL) or "\n" not in cases
        if kind == "LITERAL":
            return chr(value) in cases
        if kind == "NOT_LITERAL":
            return chr(value) not in cases
        if kind == "RANGE":
            return any(value[0] <= ord(case) <= value[1] for case in cases if len(case) == 1)
        if kind == "CATEGORY":
            name = str(value)
            positive = name.replace("_NOT_", "_")
            return any(map(_CATEGORIES[positive], cases)) == (positive == name)
        negated = str(value[0][0]) == "NEGATE"
        return any(self._is_of(part, cases) for part in value[negated:]) != negated

    def _is_at(self, where: str, at: int) -> bool:
        text = self._text
        if where in {"AT_BEGINNING", "AT_BEGINNING_STRING"}:
            return at == 0
        if where in {"AT_END", "AT_END_STRING"}:
            return at == len(text) or (where == "AT_END" and text[at:] == "\n")
        word = _CATEGORIES["CATEGORY_WORD"]
        before = at > 0 and word(text[at - 1])
        after = at < len(text) and word(text[at])
        return (before != after) == (where == "AT_BOUNDARY")
