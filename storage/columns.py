"""The kinds of columns that the engines do not have by themselves."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Dialect, Enum, Text, TypeDecorator

from storage.encryption import Sealed, SealedFor
from storage.orders import Part

MICRO: Final = Decimal("0.000001")


def to_micro(usd: Decimal) -> int:
    """Dollars to whole micro-dollars, rounded half up."""
    return int(usd.quantize(MICRO, ROUND_HALF_UP).scaleb(6))


def from_micro(micro: int) -> Decimal:
    """Micro-dollars to dollars."""
    return Decimal(micro).scaleb(-6)


class Usd(TypeDecorator[Decimal]):
    """US dollars as whole micro-dollars: exact sums on every engine, and no float on the way."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Dollars to micro-dollars."""
        return None if value is None else to_micro(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Micro-dollars to dollars."""
        return None if value is None else from_micro(value)


def storable(text: str) -> str:
    """What a column of type `AnyText` keeps of a text."""
    if text.isascii() and "\0" not in text:
        return text
    whole_pairs = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole_pairs.replace("\0", "\N{REPLACEMENT CHARACTER}")


class AnyText(TypeDecorator[str]):
    """Whatever people and other systems send as text.

    PostgreSQL takes no NUL, and no engine half a surrogate pair: both become U+FFFD, where they are stored
    and where they are looked for.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text with everything in it storable."""
        return None if value is None else storable(value)


class Secret(TypeDecorator[Sealed]):
    """What nobody may read who has the database alone: sealed and opened by whoever holds the cipher.

    Rows bring it sealed, so that reading many costs nothing; a clear text, and what was sealed for another
    column, is refused before it reaches the database. `storage.reencryption` finds every column of this type
    by itself.

    Args:
        table: the column's table.
        column: its name there.
    """

    impl = Text
    cache_ok = True

    def __init__(self, table: str, column: str) -> None:
        super().__init__()
        self.table = table
        self.column = column

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """What is stored. Raises TypeError for anything that was not sealed for this column."""
        if value is None:
            return None
        if not isinstance(value, SealedFor):
            raise TypeError("only a secret that was sealed for its place may be stored here")
        if (value.where.table, value.where.column) != (self.table, self.column):
            raise TypeError(f"what was sealed for {value.where} is no {self.table}.{self.column}")
        return value.token

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sealed | None:  # noqa: ARG002
        """As it was stored, still sealed."""
        return None if value is None else Sealed(value)


class Parts(TypeDecorator[tuple[Part, ...]]):
    """What an order will make, and at which price each: few and read as one, so one column of JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[Part, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The parts as JSON; money in it is text, and so exact."""
        return None if value is None else _PARTS.dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Part, ...] | None:  # noqa: ARG002
        """As they were stored."""
        return None if value is None else _PARTS.validate_json(value)


_PARTS: Final = TypeAdapter(tuple[Part, ...])


def named(kind: type[StrEnum], name: str, *, length: int = 32) -> Enum:
    """One of few words, with a CHECK of that name."""
    options: dict[str, Any] = {"values_callable": lambda words: [word.value for word in words]}
    return Enum(kind, native_enum=False, create_constraint=True, name=name, length=length, **options)
