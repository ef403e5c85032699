"""The checker that the other tests trust: it finds what Slack would refuse."""

from typing import Any

import pytest

from bot.messages.blocks import (
    Choice,
    actions,
    button,
    context,
    input_field,
    menu,
    mrkdwn,
    section,
    text_input,
)
from bot.messages.catalogue import ENGLISH
from bot.messages.form import loading_form
from tests.block_limits import message_problems, view_problems

PRESS = button("Go", "go", "1")


def view_with(*blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return loading_form(ENGLISH, "J1") | {"blocks": list(blocks)} | changes


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([section("a" * 3_001)], "3001 of 3000"),
        ([section("😀" * 1_501)], "3002 of 3000"),
        ([section(" ")], "empty text"),
        ([{"type": "section", "fields": [mrkdwn("a" * 2_001)]}], "field of 2001"),
        ([{"type": "section", "fields": [mrkdwn("a")] * 11}], "11 of 10"),
        ([actions([PRESS, PRESS])], "action_id go twice"),
        ([actions([])], "0 of 25"),
        ([actions([PRESS | {"value": "v" * 2_001}])], "2001 of 2000"),
        ([section("a") | {"colour": "red"}], "$[0]"),
        ([context("a")] * 51, "51 of 50"),
        ([section("a") | {"block_id": "b"}] * 2, "block_id b 2 times"),
    ],
)
def test_a_message_that_slack_refuses_is_found(blocks: list[dict[str, Any]], reason: str) -> None:
    assert any(reason in problem for problem in message_problems("words", blocks))


def test_a_message_needs_a_text_that_can_be_updated() -> None:
    assert message_problems(" ", [section("a")])
    assert message_problems("a" * 4_001, [section("a")])
    assert message_problems("a" * 4_000, [section("a")]) == []


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (view_with(section("a"), title={"type": "plain_text", "text": "t" * 25}), "25 of 24"),
        (view_with(section("a"), private_metadata="m" * 3_001), "3001 of 3000"),
        (view_with(input_field("n", "Name", text_input(initial=None, limit=80))), "without a submit"),
        (view_with(input_field("n", "Name", text_input(initial="long", limit=3))), "over max_length"),
        (view_with(*[section("a")] * 101), "101 of 100"),
        (view_with(*[section("字" * 3_000)] * 30), "bytes"),
        (view_with(input_field("m", "Menu", menu([Choice("v", "V")] * 2, initial=None))), "value v twice"),
        (
            view_with(
                input_field("m", "Menu", menu([Choice(str(n), "V") for n in range(101)], initial=None))
            ),
            "101 of 100",
        ),
        (view_with(input_field("m", "Menu", menu([Choice("v" * 151, "V")], initial=None))), "151 of 150"),
    ],
)
def test_a_view_that_slack_refuses_is_found(view: dict[str, Any], reason: str) -> None:
    assert any(reason in problem for problem in view_problems(view))
