"""What a modal brings back, as Slack may send it."""

from typing import Any

import pytest
from pydantic import BaseModel

from bot.errors import Malformed
from bot.messages.ids import MOST_REASON, Reply
from handlers.modals import carried, reason_in


class Carried(BaseModel):
    gate: str


def with_reason(value: object) -> dict[str, Any]:
    return {"state": {"values": {Reply.REASON: {Reply.REASON: {"value": value}}}}}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Use lipsync-2.", "Use lipsync-2."),
        (" \n Not this week \t", "Not this week"),
        (" \n ", ""),
        (None, ""),
        ("x" * (MOST_REASON + 1), "x" * MOST_REASON),
    ],
)
def test_a_reason_is_what_is_left_without_blanks_as_long_as_its_field(written: object, read: str) -> None:
    assert reason_in(with_reason(written)) == read


@pytest.mark.parametrize("view", [{}, {"state": None}, {"state": {"values": {}}}])
def test_no_field_for_a_reason_is_no_form_of_ours(view: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        reason_in(view)


@pytest.mark.parametrize("metadata", [None, "", "{}", "gate", '{"gate": 1}'])
def test_what_is_carried_is_what_was_given(metadata: str | None) -> None:
    assert carried(Carried, {"private_metadata": '{"gate": "g1"}'}) == Carried(gate="g1")
    with pytest.raises(Malformed):
        carried(Carried, {"private_metadata": metadata})
