"""The rules of blocks that show data: tables and charts (Slack: table block, data visualization block)."""

from typing import Any

from bot.sandbox.fake_slack.block_kit.elements import ID
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
    integer,
    problem,
    string,
)

TABLE_TOTAL = 10_000
"""Characters in the cells of all tables together."""
_LABEL = string(20, minimum=1)
_BLOCK: dict[str, Check] = {"block_id": ID}


def _number(value: Any, at: str, problems: Problems) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        problem(problems, at, "must provide a number")


def _above_zero(value: Any, at: str, problems: Problems) -> None:
    _number(value, at, problems)
    if not problems and value <= 0:
        problem(problems, at, "must be greater than 0")


_POINT = fields({"label": _LABEL, "value": _number})
_SERIES = fields({"name": _LABEL, "data": array(_POINT, maximum=20)})
_AXES = fields({"categories": array(_LABEL, maximum=20)}, {"x_label": string(50), "y_label": string(50)})
_SEGMENT = fields({"label": _LABEL, "value": _above_zero})


def _fits_its_axis(value: Any, at: str, problems: Problems) -> None:
    """Series have names of their own, and a point for each category."""
    if problems:
        return
    names = [series["name"] for series in value["series"]]
    if len(set(names)) < len(names):
        problem(problems, f"{at}/series", "series names must be unique")
    for number, series in enumerate(value["series"]):
        if [point["label"] for point in series["data"]] != value["axis_config"]["categories"]:
            problem(problems, f"{at}/series/{number}/data", "labels must match the axis categories")


_PLOT = both(fields({"series": array(_SERIES, maximum=6), "axis_config": _AXES}), _fits_its_axis)
_CHART = by_type(
    {"pie": fields({"segments": array(_SEGMENT, maximum=6)}), **dict.fromkeys(("bar", "area", "line"), _PLOT)}
)
CHART = fields({"title": string(50, minimum=1), "chart": _CHART}, _BLOCK)

_CELL = by_type(
    {
        "raw_text": fields({"text": string(TABLE_TOTAL, minimum=1)}),
        "rich_text": fields({"elements": array(anything, maximum=1000)}),
    }
)
_COLUMN = fields({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})
TABLE = fields(
    {"rows": array(array(_CELL, maximum=20), maximum=100)},
    {**_BLOCK, "column_settings": array(_COLUMN, maximum=20)},
)


DATA_TABLE_TOTAL = 20_000
"""Characters in the cells of all data tables together (Slack: data table block)."""
_NAME = by_type({"raw_text": fields({"text": string(DATA_TABLE_TOTAL, minimum=1)})})
_VALUE = by_type(
    {
        "raw_text": fields({"text": string(DATA_TABLE_TOTAL, minimum=1)}),
        "raw_number": fields({"text": string(DATA_TABLE_TOTAL, minimum=1), "value": _number}),
        "rich_text": fields({"elements": array(anything, maximum=1000)}),
    }
)


def _rows_alike(value: Any, at: str, problems: Problems) -> None:
    """A row of names, without rich text, above rows of as many cells; one of the columns heads its row."""
    if problems:
        return
    head, *rows = value["rows"]
    for number, name in enumerate(head):
        _NAME(name, f"{at}/rows/0/{number}", problems)
    for number, row in enumerate(rows, start=1):
        if len(row) != len(head):
            problem(problems, f"{at}/rows/{number}", "all rows must have the same number of cells")
    if value.get("row_header_column_index", 0) >= len(head):
        problem(problems, f"{at}/row_header_column_index", "must be a column of the table")


DATA_TABLE = both(
    fields(
        {
            "caption": string(DATA_TABLE_TOTAL, minimum=1),
            "rows": array(array(_VALUE, maximum=20), maximum=201, minimum=2),
        },
        {**_BLOCK, "page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
    ),
    _rows_alike,
)


def characters(table: dict[str, Any]) -> int:
    """How many characters the cells of a table hold."""
    return sum(len(_written(cell)) for row in table["rows"] for cell in row)


def _written(part: Any) -> str:
    if isinstance(part, dict):
        return str(part.get("text", "")) + _written(part.get("elements", []))
    return "".join(map(_written, part)) if isinstance(part, list) else ""
