"""Small checks that compose into Block Kit's rules; problems are worded and located as Slack words them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

Problems = list[str]
Check = Callable[[Any, str, Problems], None]


def problem(problems: Problems, at: str, words: str) -> None:
    """Note one problem with its JSON pointer."""
    problems.append(f"[ERROR] {words} [json-pointer:{at}]")


def anything(_value: Any, _at: str, _problems: Problems) -> None:
    """Accept any value."""


def string(maximum: int, *, minimum: int = 0) -> Check:
    """A string of `minimum` to `maximum` characters."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problem(problems, at, f"must provide a string; got {type(value).__name__}")
        elif len(value) > maximum:
            problem(problems, at, f"must be less than {maximum + 1} characters")
        elif len(value) < minimum:
            problem(problems, at, f"must be more than {minimum - 1} characters")

    return check


def boolean(value: Any, at: str, problems: Problems) -> None:
    """True or false, not "true"."""
    if not isinstance(value, bool):
        problem(problems, at, "must provide a boolean")


def integer(minimum: int, maximum: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problem(problems, at, "must provide an integer")
        elif not minimum <= value <= maximum:
            problem(problems, at, f"must be between {minimum} and {maximum}")

    return check


def choice(*values: str) -> Check:
    """One of a few words."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if value not in values:
            problem(problems, at, f"must be a valid enum value ({', '.join(values)})")

    return check


def array(item: Check, *, maximum: int, minimum: int = 1) -> Check:
    """A list whose every item passes."""

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problem(problems, at, "must provide an array")
            return
        if len(value) > maximum:
            problem(problems, at, f"no more than {maximum} items allowed")
        if len(value) < minimum:
            problem(problems, at, f"no fewer than {minimum} items allowed")
        for index, entry in enumerate(value):
            item(entry, f"{at}/{index}", problems)

    return check


def fields(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these keys and no others (`type` is always allowed)."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problem(problems, at, "must provide an object")
            return
        for key in required.keys() - value.keys():
            problem(problems, at, f"missing required field: {key}")
        for key, part in value.items():
            if key in known:
                known[key](part, f"{at}/{key}", problems)
            elif key != "type":
                problem(problems, at, f"invalid additional property: {key}")

    return check


def by_type(kinds: Mapping[str, Check], allowed: Collection[str] | None = None) -> Check:
    """An object whose `type` chooses its rule."""

    def check(value: Any, at: str, problems: Problems) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds or (allowed is not None and kind not in allowed):
            problem(problems, f"{at}/type", f"unsupported type: {kind}")
        else:
            kinds[kind](value, at, problems)

    return check


def text(maximum: int, *, kinds: tuple[str, ...] = ("plain_text", "mrkdwn"), minimum: int = 1) -> Check:
    """A text object (Slack: block kit, text object)."""
    length = string(maximum, minimum=minimum)

    def check(value: Any, at: str, problems: Problems) -> None:
        if not isinstance(value, dict) or value.get("type") not in kinds:
            problem(problems, at, f"must provide a text object of type {' or '.join(kinds)}")
            return
        flag = "emoji" if value["type"] == "plain_text" else "verbatim"
        fields({"text": length}, {flag: boolean})(value, at, problems)

    return check


def plain(maximum: int) -> Check:
    """A plain_text object."""
    return text(maximum, kinds=("plain_text",))


def both(*checks: Check) -> Check:
    """Every one of several checks."""

    def check(value: Any, at: str, problems: Problems) -> None:
        for part in checks:
            part(value, at, problems)

    return check
