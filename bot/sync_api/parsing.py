"""JSON in, typed replies out: money as decimals, and no error that quotes what it could not read."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.sync_api.errors import Unreadable

T = TypeVar("T")

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(content: bytes) -> Any:
    """Parse JSON, fractions as `Decimal`, halves of characters replaced.

    Raises:
        ValueError: it is no JSON, or JSON beyond any sense (nesting, exponents).
    """
    try:
        value = json.loads(content, parse_float=Decimal)
        return _with_whole_characters(value) if _SURROGATE.search(content) else value
    except (RecursionError, InvalidOperation):
        msg = "JSON beyond what can be held"
        raise ValueError(msg) from None


def read(adapter: TypeAdapter[T], content: bytes, *, status: int | None = None) -> T:
    """Read a body as what it should be.

    Raises:
        Unreadable: it is not; without a cause, since that would quote the body.
    """
    try:
        return adapter.validate_python(parse_json(content))
    except ValidationError as error:
        flaws = ", ".join(sorted({_place(flaw["loc"]) for flaw in error.errors(include_input=False)}))
        problem = f"sync.so's reply lacks what it should hold ({flaws})."
    except ValueError:
        problem = "sync.so's reply is not JSON."
    raise Unreadable(message=problem, status=status)


def _with_whole_characters(value: Any) -> Any:
    # A JavaScript server that cuts a text inside an emoji sends half of it, which no UTF-8 can hold.
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_with_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_with_whole_characters(k): _with_whole_characters(v) for k, v in value.items()}
    return value


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "everything"
