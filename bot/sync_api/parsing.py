"""JSON in, typed replies out: money as decimals, and no error that quotes what it could not read."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.sync_api.errors import Unreadable

T = TypeVar("T")


def parse_json(content: bytes) -> Any:
    """Parse JSON, fractions as `Decimal`.

    Raises:
        ValueError: it is no JSON, or JSON beyond any sense (nesting, exponents).
    """
    try:
        return json.loads(content, parse_float=Decimal)
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


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "everything"
