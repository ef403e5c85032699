"""What was done is told in words that people use, and the same in a table and without one."""

from typing import Any

import pytest

from bot.messages.audit_page import DEEDS, audit_page
from bot.messages.catalogue import ENGLISH
from storage.audit import OPERATOR, Action
from storage.audit_lately import Done
from tests.block_limits import view_problems
from tests.self_review import faults_of_view


def done(action: str = Action.CONFIRMED, **changes: Any) -> Done:
    usual: dict[str, Any] = {"details": {"usd": "4.20"}, "personal": {"actor": "U1", "channel": "C1"}}
    return Done(1_790_000_000.0, action, **usual | changes)


def parts(*told: Done) -> tuple[str, list[Any]]:
    """What it says in words, and the rows of its table below their names."""
    view = audit_page(ENGLISH, told, 1_790_000_060.0)
    assert view_problems(view) == faults_of_view(view) == []
    tables = [block for block in view["blocks"] if block["type"] == "data_table"]
    said = "\n".join(block["text"]["text"] for block in view["blocks"] if block["type"] == "section")
    return said, [row for table in tables for row in table["rows"][1:]]


@pytest.mark.parametrize("action", Action)
def test_each_thing_that_is_logged_has_words(action: Action) -> None:
    assert action in DEEDS


def test_both_say_when_who_what_and_for_how_much() -> None:
    said, ((when, who, what, more),) = parts(done())

    assert "<@U1> · said yes to a price · $4.20 · <#C1>" in said
    assert when["elements"][0]["elements"][0]["timestamp"] == 1_790_000_000
    assert who["elements"][0]["elements"] == [{"type": "user", "user_id": "U1"}]
    assert what["text"] == "said yes to a price"
    assert [each["type"] for each in more["elements"][0]["elements"]] == ["text", "channel"]


def test_who_has_no_name_there_is_told_as_far_as_it_is_known() -> None:
    gone = done(personal={}, is_removed=True)
    said, rows = parts(done(personal={"actor": OPERATOR}), gone, done(personal={}))

    assert [row[1]["text"] for row in rows] == [
        "whoever runs the app",
        "no name is kept",
        "the app by itself",
    ]
    assert "whoever runs the app" in said


def test_a_direct_message_is_not_named_and_what_people_wrote_is_shown_as_it_is() -> None:
    said, _ = parts(done(personal={"actor": "U1", "channel": "D1", "reason": "<!here> & more"}))

    assert "D1" not in said
    assert "“&lt;!here&gt; &amp; more”" in said


def test_a_word_of_another_version_is_told_as_it_stands() -> None:
    said, ((_, _, what, _),) = parts(done("thing.done", details={"usd": "much"}))

    assert what["text"] == "thing.done"
    assert "thing.done" in said


def test_all_are_in_the_table_and_the_last_in_words() -> None:
    said, rows = parts(*[done()] * 50)

    assert (len(rows), said.count("said yes to a price")) == (50, 10)


def test_where_nothing_was_done_there_is_no_table() -> None:
    assert parts()[1] == []
    assert "Nothing was done yet." in parts()[0]
