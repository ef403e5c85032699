"""Items of the export: what has no documented name is looked for, and what cannot be read hides nothing."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.sync_api.models import Usage, UsagePage
from bot.sync_api.parsing import read

ITEM = {"generationId": "gen-1", "availability": "complete", "totalCostUsd": "0.40"}


def page_of(*items: Any, cursor: Any = None) -> UsagePage:
    body = {"items": items, "nextCursor": cursor}
    return read(TypeAdapter(UsagePage), json.dumps(body).encode())


def only(item: dict[str, Any]) -> Usage:
    (found,) = page_of(ITEM | item).items
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ({"apiKey": "key_1"}, "key_1"),
        ({"apiKeyId": "key_1"}, "key_1"),
        ({"apiKey": {"id": "key_1", "name": "Slack"}}, "key_1"),
        ({"apiKey": {"name": "Slack"}}, "Slack"),
        ({"apiKey": {"prefix": "sk-1", "b": 2}}, '{"b": 2, "prefix": "sk-1"}'),
        ({"apiKey": None}, None),
        ({"apiKey": ""}, None),
        ({"apiKey": 7}, None),
        ({"createdBy": "ada@example.com"}, None),
        ({}, None),
    ],
)
def test_a_key_has_one_name_however_it_is_written(key: dict[str, Any], name: str | None) -> None:
    assert only(key).made_by == name


@pytest.mark.parametrize("field", ["finishedAt", "completedAt", "endedAt"])
@pytest.mark.parametrize(
    "written", ["2026-11-27T00:00:10Z", "2026-11-27T00:00:10", "2026-11-27T01:00:10+01:00"]
)
def test_a_finish_is_read_in_utc(field: str, written: str) -> None:
    assert only({field: written}).finished_at == 1_795_737_610.0


def test_a_finish_that_is_not_told_is_none() -> None:
    assert only({"finishedAt": "soon"}).finished_at is None


def test_an_item_that_cannot_be_read_hides_no_other() -> None:
    page = page_of({"id": 7}, ITEM, None)
    assert [each and each.generation_id for each in page.items] == [None, "gen-1", None]


@pytest.mark.parametrize("cursor", [None, "", 7])
def test_no_cursor_ends_the_pages(cursor: Any) -> None:
    assert page_of(cursor=cursor).next_cursor is None
