"""What Slack would refuse in a message or a view: its JSON schema, its length limits, its rules on ids.

Limits are from Slack's Block Kit reference. Lengths are counted in UTF-16 units, the strictest reading.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from bot.sandbox.fake_slack.block_kit.blocks import check_blocks

_SCHEMA = Path(__file__).parent / "data" / "slack" / "block_kit.schema.json"

# For the type of an object, the limits of its own keys; a text object counts by its `text`.
_LENGTHS: Mapping[str, Mapping[str, int]] = {
    "section": {"text": 3_000, "block_id": 255},
    "header": {"text": 150, "block_id": 255},
    "context": {"block_id": 255},
    "actions": {"block_id": 255},
    "input": {"label": 2_000, "hint": 2_000, "block_id": 255},
    "button": {"text": 75, "value": 2_000, "url": 3_000, "action_id": 255, "accessibility_label": 75},
    "static_select": {"placeholder": 150, "action_id": 255},
    "plain_text_input": {"placeholder": 150, "initial_value": 3_000, "action_id": 255},
    "url_text_input": {"placeholder": 150, "initial_value": 3_000, "action_id": 255},
    "file_input": {"action_id": 255},
    "modal": {"title": 24, "submit": 24, "close": 24, "private_metadata": 3_000, "callback_id": 255},
    "home": {"private_metadata": 3_000, "callback_id": 255},
}
_COUNTS: Mapping[str, Mapping[str, int]] = {
    "section": {"fields": 10},
    "context": {"elements": 10},
    "actions": {"elements": 25},
    "static_select": {"options": 100, "option_groups": 100},
    "modal": {"blocks": 100},
    "home": {"blocks": 100},
}
_OPTION = {"text": 75, "value": 150, "description": 75}
_CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
_NEWER = frozenset({"data_visualization"})
"""Blocks that came after the schema."""
_FIELD = 2_000
_VIEW_BYTES = 250_000
_MESSAGE_BLOCKS = 50
_MESSAGE_TEXT = 4_000
_INPUT_MAX = 3_000
_FILES_MAX = 10


def message_problems(text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """Why `chat.postMessage` or `chat.update` would refuse a message; empty if they would not."""
    found = _blocks_problems("KnownBlock", blocks) + _all(blocks, "blocks")
    if not text.strip():
        found.append("text: empty, so a screen reader says nothing")
    if _units(text) > _MESSAGE_TEXT:
        found.append(f"text: {_units(text)} of {_MESSAGE_TEXT}")
    if len(blocks) > _MESSAGE_BLOCKS:
        found.append(f"blocks: {len(blocks)} of {_MESSAGE_BLOCKS}")
    return found


def view_problems(view: dict[str, Any]) -> list[str]:
    """Why Slack would refuse a modal, or to publish a Home; empty if it would not."""
    frame = view | {"blocks": []}
    found = _schema_problems(str(view["type"]).capitalize(), json.dumps(frame)) + _all(view, "view")
    found += _blocks_problems("AnyBlock", view["blocks"])
    found += check_blocks([each for each in view["blocks"] if each["type"] in _NEWER], view["type"])
    num_bytes = len(json.dumps(view, ensure_ascii=False).encode())
    if num_bytes > _VIEW_BYTES:
        found.append(f"view: {num_bytes} of {_VIEW_BYTES} bytes")
    if "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        found.append("view: inputs without a submit button")
    return found


def _blocks_problems(definition: str, blocks: list[dict[str, Any]]) -> list[str]:
    """Of those that the schema knows; the others are held against the rules of the fake."""
    return [
        problem.replace("$", f"$[{at}]", 1)
        for at, block in enumerate(blocks)
        if block["type"] not in _NEWER
        for problem in _schema_problems(definition, json.dumps(block))
    ]


@cache
def _schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_SCHEMA.read_text("utf-8"))
    return loaded


@cache
def _validator(definition: str) -> Draft7Validator:
    return Draft7Validator({**_schema(), "$ref": f"#/definitions/{definition}"})


@cache
def _schema_problems(definition: str, written: str) -> list[str]:
    """The deepest reason, for a block may be one of many kinds and most of them are not meant.

    Takes long, and most blocks of a card are those of the card before: so each is looked at once.
    """
    worst = best_match(_validator(definition).iter_errors(json.loads(written)))
    return [f"{worst.json_path}: {worst.message[:200]}"] if worst else []


def _all(value: Any, path: str) -> list[str]:
    found = [problem for where, part in _objects(value, path) for problem in _of(where, part)]
    blocks = value["blocks"] if isinstance(value, dict) else value
    repeated = Counter(block["block_id"] for block in blocks if "block_id" in block)
    return found + [f"{path}: block_id {name} {times} times" for name, times in repeated.items() if times > 1]


def _objects(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from _objects(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _objects(inner, f"{path}[{at}]")


def _of(path: str, part: dict[str, Any]) -> Iterator[str]:
    kind = part.get("type", "")
    if kind in {"plain_text", "mrkdwn"}:
        if not part["text"].strip():
            yield f"{path}: empty text"
        return
    yield from _too_long(path, part, _LENGTHS.get(kind, {}))
    for key, limit in _COUNTS.get(kind, {}).items():
        if key in part and not 1 <= len(part[key]) <= limit:
            yield f"{path}.{key}: {len(part[key])} of {limit}"
    rules = _RULES.get(kind)
    if rules:
        yield from rules(path, part)
    if "confirm" in part and "deny" in part:
        yield from _too_long(path, part, _CONFIRM)


def _section(path: str, part: dict[str, Any]) -> Iterator[str]:
    fields = part.get("fields", [])
    yield from (f"{path}: field of {_length(text)}" for text in fields if _length(text) > _FIELD)


def _actions(path: str, part: dict[str, Any]) -> Iterator[str]:
    ids = Counter(element["action_id"] for element in part["elements"])
    yield from (f"{path}: action_id {name} twice" for name, times in ids.items() if times > 1)


def _text_input(path: str, part: dict[str, Any]) -> Iterator[str]:
    most = part.get("max_length", _INPUT_MAX)
    if not 1 <= most <= _INPUT_MAX:
        yield f"{path}: max_length {most}"
    if _units(part.get("initial_value", "")) > most:
        yield f"{path}: initial_value over max_length"


def _file_input(path: str, part: dict[str, Any]) -> Iterator[str]:
    if not 1 <= part.get("max_files", 1) <= _FILES_MAX:
        yield f"{path}: max_files {part['max_files']}"


def _select(path: str, part: dict[str, Any]) -> Iterator[str]:
    groups = part.get("option_groups", [])
    options = [*part.get("options", []), *(option for group in groups for option in group["options"])]
    for option in options:
        yield from _too_long(path, option, _OPTION)
    for group in groups:
        yield from _too_long(path, group, {"label": 75})
        if not 1 <= len(group["options"]) <= _COUNTS["static_select"]["options"]:
            yield f"{path}: group of {len(group['options'])}"
    if bool(groups) == ("options" in part):
        yield f"{path}: needs either options or option_groups"
    if "initial_option" in part and options.count(part["initial_option"]) != 1:
        yield f"{path}: initial_option is not one of the options"
    repeated = Counter(option["value"] for option in options)
    yield from (f"{path}: value {value} twice" for value, times in repeated.items() if times > 1)


_RULES: Mapping[str, Callable[[str, dict[str, Any]], Iterator[str]]] = {
    "section": _section,
    "actions": _actions,
    "static_select": _select,
    "plain_text_input": _text_input,
    "file_input": _file_input,
}


def _too_long(path: str, part: dict[str, Any], limits: Mapping[str, int]) -> Iterator[str]:
    for key, limit in limits.items():
        if key in part and not 1 <= _length(part[key]) <= limit:
            yield f"{path}.{key}: {_length(part[key])} of {limit}"


def _length(value: str | dict[str, Any]) -> int:
    return _units(value if isinstance(value, str) else value["text"])


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
