"""Slack's error codes: each that is documented has its meaning, and the table holds nothing by accident."""

import json
from pathlib import Path

import pytest

from bot.slack import (
    CardFixed,
    FileUnreadable,
    PlaceClosed,
    ScopeMissing,
    SlackBusy,
    SlackRefused,
    TooLate,
    UploadRefused,
)
from bot.slack.codes import _EACH_METHOD, _EVERY_METHOD, MEANINGS, refusal
from tests.unit.test_manifest import web_api_calls

DOCUMENTED: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[2] / "data" / "slack" / "errors.json").read_text()
)


@pytest.mark.parametrize("method", sorted(DOCUMENTED))
def test_every_documented_code_of_a_method_has_a_meaning(method: str) -> None:
    assert [code for code in DOCUMENTED[method] if code not in MEANINGS[method]] == []


def test_every_method_that_the_app_calls_is_in_the_table() -> None:
    assert web_api_calls().keys() <= MEANINGS.keys()
    assert MEANINGS.keys() - DOCUMENTED.keys() == {"response_url"}


@pytest.mark.parametrize("method", [None, *_EACH_METHOD])
def test_no_code_has_two_meanings_for_one_method(method: str | None) -> None:
    meanings = _EVERY_METHOD if method is None else _EACH_METHOD[method]
    codes = [code for listed in meanings.values() for code in listed.split()]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("method", "code", "meaning"),
    [
        ("chat.postMessage", "channel_not_found", PlaceClosed),
        ("files.info", "channel_not_found", FileUnreadable),
        ("chat.update", "message_not_found", CardFixed),
        ("chat.postMessage", "messages_tab_disabled", PlaceClosed),
        ("files.completeUploadExternal", "missing_scope", ScopeMissing),
        ("files.completeUploadExternal", "no_permission", PlaceClosed),
        ("files.info", "no_permission", ScopeMissing),
        ("files.getUploadURLExternal", "storage_limit_reached", UploadRefused),
        ("response_url", "http_404", TooLate),
        ("response_url", "http_502", SlackBusy),
        ("reactions.add", "fatal_error", SlackBusy),
        ("chat.postMessage", "brand_new", SlackRefused),
        ("reactions.add", "brand_new", SlackRefused),
    ],
)
def test_what_a_code_means_depends_on_the_method(method: str, code: str, meaning: type[SlackRefused]) -> None:
    error = refusal(method, code)

    assert type(error) is meaning
    assert (error.method, error.code, str(error)) == (method, code, f"{method}: {code}")


@pytest.mark.parametrize(
    ("told", "needed"), [("files:write,chat:write", "files:write,chat:write"), (None, "files:write")]
)
def test_a_missing_scope_is_named_whether_slack_names_it_or_not(told: str | None, needed: str) -> None:
    assert refusal("files.completeUploadExternal", "missing_scope", needed=told).needed == needed
