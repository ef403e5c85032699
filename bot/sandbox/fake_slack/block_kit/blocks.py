"""Block Kit's rules for messages, modals and Home views (Slack: blocks, views; limits of each field)."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from bot.sandbox.fake_slack.block_kit.data import (
    CHART,
    DATA_TABLE,
    DATA_TABLE_TOTAL,
    TABLE,
    TABLE_TOTAL,
    characters,
)
from bot.sandbox.fake_slack.block_kit.elements import ID, accessory, actions_element, input_element
from bot.sandbox.fake_slack.block_kit.shapes import (
    Check,
    Problems,
    anything,
    array,
    boolean,
    both,
    by_type,
    choice,
    fields,
    plain,
    problem,
    string,
    text,
)
from bot.sandbox.fake_slack.records import Json

Surface = Literal["message", "modal", "home"]

MAX_VIEW_BYTES = 250_000
_MARKDOWN_TOTAL = 12_000

_IMAGE: dict[str, Check] = {"alt_text": string(2000, minimum=1)}
_IMAGE_SOURCE: dict[str, Check] = {"image_url": string(3000, minimum=1), "slack_file": anything}


def _has_source(value: Any, at: str, problems: Problems) -> None:
    if isinstance(value, dict) and len(value.keys() & _IMAGE_SOURCE.keys()) != 1:
        problem(problems, at, "must provide one of image_url or slack_file")


_IMAGE_ELEMENT = both(fields(_IMAGE, _IMAGE_SOURCE), _has_source)
_BLOCK: dict[str, Check] = {"block_id": ID}


def _section(value: Any, at: str, problems: Problems) -> None:
    if isinstance(value, dict) and not value.keys() & {"text", "fields"}:
        problem(problems, at, "missing required field: text")
    fields(
        {},
        {
            **_BLOCK,
            "text": text(3000),
            "fields": array(text(2000), maximum=10),
            "accessory": _section_accessory,
            "expand": boolean,
        },
    )(value, at, problems)


def _section_accessory(value: Any, at: str, problems: Problems) -> None:
    is_image = isinstance(value, dict) and value.get("type") == "image"
    (_IMAGE_ELEMENT if is_image else accessory)(value, at, problems)


def _context_element(value: Any, at: str, problems: Problems) -> None:
    is_image = isinstance(value, dict) and value.get("type") == "image"
    (_IMAGE_ELEMENT if is_image else text(3000))(value, at, problems)


_RICH_TEXT_PART = by_type(
    dict.fromkeys(
        ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"),
        fields(
            {"elements": array(anything, maximum=1000, minimum=0)},
            {"style": anything, "indent": anything, "offset": anything, "border": anything},
        ),
    )
)

BLOCKS: dict[str, Check] = {
    "actions": fields({"elements": array(actions_element, maximum=25)}, _BLOCK),
    "alert": fields(
        {"text": text(200)}, {**_BLOCK, "level": choice("default", "info", "warning", "error", "success")}
    ),
    "context": fields({"elements": array(_context_element, maximum=10)}, _BLOCK),
    "data_table": DATA_TABLE,
    "data_visualization": CHART,
    "divider": fields({}, _BLOCK),
    "header": fields({"text": plain(150)}, _BLOCK),
    "image": both(fields(_IMAGE, {**_BLOCK, **_IMAGE_SOURCE, "title": plain(2000)}), _has_source),
    "input": fields(
        {"label": plain(2000), "element": input_element},
        {**_BLOCK, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": fields({"text": string(_MARKDOWN_TOTAL, minimum=1)}, _BLOCK),
    "rich_text": fields({"elements": array(_RICH_TEXT_PART, maximum=1000, minimum=0)}, _BLOCK),
    "section": _section,
    "table": TABLE,
}

_ON: dict[Surface, frozenset[str]] = {
    "message": frozenset(BLOCKS) - {"alert"},
    "modal": frozenset(BLOCKS) - {"markdown", "data_table", "data_visualization", "table"},
    "home": frozenset(BLOCKS) - {"alert", "markdown"},
}
_MAXIMUM: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}

_VIEW: dict[str, Check] = {
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
_MODAL = fields(
    {"title": plain(24), "blocks": anything},
    {
        **_VIEW,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = fields({"blocks": anything}, _VIEW)


def check_blocks(blocks: Any, surface: Surface, at: str = "/blocks") -> Problems:
    """Every way in which Slack would refuse these blocks on that surface; empty where it would take them."""
    problems: Problems = []
    array(by_type(BLOCKS, _ON[surface]), maximum=_MAXIMUM[surface], minimum=0)(blocks, at, problems)
    if problems:
        return problems
    _check_ids(blocks, at, problems)
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > _MARKDOWN_TOTAL:
        problem(problems, at, f"markdown blocks are longer than {_MARKDOWN_TOTAL} characters together")
    for kind, most in (("table", TABLE_TOTAL), ("data_table", DATA_TABLE_TOTAL)):
        if sum(characters(block) for block in blocks if block["type"] == kind) > most:
            problem(problems, at, f"{kind} blocks hold more than {most} characters together")
    if surface == "message" and sum(block["type"] == "table" for block in blocks) > 1:
        problem(problems, at, "only one table allowed in a message")
    if surface != "modal" and any(element["type"] == "file_input" for _, element in elements(blocks)):
        problem(problems, at, "file_input is only for modals")
    return problems


def _check_ids(blocks: list[Json], at: str, problems: Problems) -> None:
    for name in _repeated(block["block_id"] for block in blocks if "block_id" in block):
        problem(problems, at, f"`block_id` already exists: {name}")
    for block in blocks:
        for name in _repeated(e["action_id"] for _, e in elements([block]) if "action_id" in e):
            problem(problems, at, f"`action_id` {name} already exists for block_id {block.get('block_id')}")


def _repeated(names: Iterable[str]) -> list[str]:
    listed = list(names)
    return sorted({name for name in listed if listed.count(name) > 1})


def check_view(view: Any, kind: Literal["modal", "home"]) -> Problems:
    """Every way in which Slack would refuse this view."""
    problems: Problems = []
    if not isinstance(view, dict) or view.get("type") != kind:
        problem(problems, "/view/type", f"must be {kind}")
        return problems
    (_MODAL if kind == "modal" else _HOME)(view, "/view", problems)
    problems += check_blocks(view.get("blocks"), kind, "/view/blocks")
    if not problems and sum(bool(each.get("focus_on_load")) for _, each in elements(view["blocks"])) > 1:
        problem(problems, "/view/blocks", "only one element may have focus_on_load")
    if not problems and kind == "modal" and "submit" not in view and _has_inputs(view["blocks"]):
        problem(problems, "/view", "missing required field: submit (a modal with input blocks)")
    return problems


def _has_inputs(blocks: list[Json]) -> bool:
    return any(block["type"] == "input" for block in blocks)


def view_bytes(view: Json) -> int:
    """The size that counts for `view_too_large`."""
    return len(json.dumps(view, ensure_ascii=False).encode())


def elements(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with the block that holds it."""
    for block in blocks:
        inside = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
        if block.get("type") in {"actions", "section", "input"}:
            for element in inside:
                if isinstance(element, dict) and element.get("type") != "image":
                    yield block, element
