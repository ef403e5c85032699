"""The rules of the house that no linter knows: how long things may be, and where words for people live."""

import ast
import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 400, 40
ALL = sorted(
    path.relative_to(ROOT)
    for folder in ("bot", "handlers", "storage", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
TABLES = Path("storage/migrations/versions")
"""A migration is a list of tables, and never changes again."""
ANSWERING = (
    "handlers",
    *(f"bot/{wing}" for wing in ("asking", "slack", "steps", "teams", "use_cases", "web")),
    "bot/troubles.py",
    "bot/worker.py",
)
"""What answers people, or decides what they are told: packages and modules."""
_SENTENCE = re.compile(r"(?:\W|:\w+:)*[A-Z][^\n]* \S|.*\w [^\n]*\w[.!?…]\W*$", re.DOTALL)
"""Words that begin as a sentence does, or end as one."""
_FOR_OPERATORS = {"info", "warning", "error", "exception", "bind", "log_trouble", "compile", "cast"}
"""Calls that write to the log, search, or name a type: what they say is for nobody in Slack."""
_KEPT_INSIDE = {"why", "name"}
"""Arguments for the log: why a step is tried again, what a task is called."""


def code_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code: what a docstring has to say is not counted against it."""
    first, last = function.body[0], function.end_lineno or 0
    told = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) else 0
    return last - function.lineno + 1 - told


def nobody_in_slack_sees(tree: ast.Module) -> set[int]:
    """Docstrings, annotations, and words for the log, for errors and for whoever reads them."""
    hidden: set[int] = set()

    def hide(*nodes: ast.AST | None) -> None:
        hidden.update(id(inner) for node in nodes if node is not None for inner in ast.walk(node))

    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Raise():
                hide(node)
            case ast.arg(annotation=annotation) | ast.AnnAssign(annotation=annotation):
                hide(annotation)
            case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                hide(returns)
            case ast.keyword(arg=name, value=value) if name in _KEPT_INSIDE:
                hide(value)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _FOR_OPERATORS:
                hide(node)
    return hidden


def text_of(node: ast.AST) -> str:
    """What a literal says, with an `x` for each part that comes in later."""
    match node:
        case ast.JoinedStr(values=values):
            return "".join(text_of(part) or "x" for part in values)
        case ast.Constant(value=str() as text):
            return text
    return ""


def sentences(tree: ast.Module, *, besides: Collection[int] = ()) -> Iterator[str]:
    """What people would read as a sentence; `besides`: ids of what is not looked at."""
    hidden = nobody_in_slack_sees(tree).union(besides)
    shown = (node for node in ast.walk(tree) if id(node) not in hidden)
    return (text for node in shown if _SENTENCE.match(text := text_of(node)))


@pytest.mark.parametrize("path", ALL, ids=str)
def test_a_file_and_each_of_its_functions_can_be_taken_in_at_once(path: Path) -> None:
    lines = (ROOT / path).read_text().count("\n")
    assert lines <= MOST_LINES_OF_A_FILE
    if not path.is_relative_to(TABLES):
        long = {f.name: length(f) for f in functions(code_of(path)) if length(f) > MOST_LINES_OF_A_FUNCTION}
        assert long == {}


@pytest.mark.parametrize("place", ANSWERING)
def test_words_for_people_live_in_messages(place: str) -> None:
    found = [path for path in ALL if path.is_relative_to(place)]
    assert found
    assert {path: said for path in found if (said := list(sentences(code_of(path))))} == {}


def test_every_module_has_its_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["id"] == "layers"]
    named = {name for layer in layers for name in layer.replace("|", " ").split()}
    there = {".".join(path.with_suffix("").parts[:2]) for path in ALL if path.parts[0] == "bot"}
    assert named == there - {"bot.__init__"} | {"handlers", "storage"}


@pytest.mark.parametrize(
    "code",
    [
        'tell("Your video is ready")',
        'tell(f":tada: Your {kind} is ready")',
        'tell("*Price:* about " + price)',
        'WORDS = {"a": "your video is on its way."}',
        "return {'text': 'Nothing of yours is running'}",
    ],
)
def test_words_that_somebody_would_read_are_found(code: str) -> None:
    assert list(sentences(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        '"""Tells people what is ready."""',
        '_log.info("The video is ready.")',
        'raise ValueError("It is not ready.")',
        'tools.later(job, why="Slack is not ready.")',
        'socket: "SocketMode | None" = None',
        'CODES = "channel_not_found not_in_channel"',
    ],
)
def test_words_that_nobody_in_slack_would_read_are_not(code: str) -> None:
    assert list(sentences(ast.parse(code))) == []
