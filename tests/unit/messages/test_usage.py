"""What was spent, in words and as a file: no line is lost, nor another's shown."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import usage
from bot.messages.catalogue import ENGLISH
from bot.messages.csv_table import csv_line
from bot.messages.text import one_line
from bot.messages.usage_page import usage_page
from bot.sandbox.fake_slack.block_kit.blocks import check_view
from storage.reports import Line, Report, Sums, added, by, months_before
from tests.block_limits import view_problems
from tests.unit.messages.builders import buttons, shown_text

NOW = "2026-11"


def line(spent: str = "1.50", *, held: str = "0", videos: int = 1, month: str = NOW, **given: str) -> Line:
    who, where = given.get("user", "U1"), given.get("channel", "C1")
    sums = Sums(videos, int(Decimal(held) * 10**6), int(Decimal(spent) * 10**6))
    return Line(month, who, where, given.get("model", "sync-3"), sums, given.get("project"))


def told(*lines: Line, is_teams: bool = False) -> str:
    return usage.usage(ENGLISH, Report(NOW, is_teams, lines)).text


def test_ones_own_month_stands_in_the_first_line() -> None:
    text = told(line("1.50"), line("0.75", held="0.42", channel="C2", videos=2), line(month="2026-10"))

    assert text.splitlines()[0] == "*You in November 2026:* $2.25 for 3 videos; $0.42 more is set aside."
    assert "By person" not in text


def test_the_teams_is_told_by_person_channel_model_and_month_the_dearest_first() -> None:
    shown = told(
        line("1.50"),
        line("4", user="U2", channel="D7", model="lipsync-2", videos=2),
        line("9", month="2026-09", user="U3"),
        is_teams=True,
    )

    assert shown.startswith("*Your team in November 2026:* $5.50 for 3 videos.\n")
    assert "*By person*\n• <@U2>: $4.00 for 2 videos\n• <@U1>: $1.50 for 1 video\n*" in shown
    assert "*By channel*\n• Direct messages: $4.00 for 2 videos\n• <#C1>: $1.50 for 1 video\n*" in shown
    assert "*By model*\n• All-round (lipsync-2): $4.00 for 2 videos\n• Best quality (sync-3): $1.50" in shown
    assert "*By month*\n• November 2026: $5.50 for 3 videos\n• September 2026: $9.00 for 1 video" in shown


def test_where_a_project_has_a_name_it_is_told_by_project_too() -> None:
    shown = told(line("1.50"), line("4", project="Spring <sale>"), line("9", month="2026-09", project="Old"))

    assert (
        "*By project*\n• Spring &lt;sale&gt;: $4.00 for 1 video\n• No project: $1.50 for 1 video\n*" in shown
    )
    assert "By project" not in told(line("1.50"), line("9", month="2026-09", project="Old"))


def test_all_direct_messages_are_one_place_of_which_nobody_learns_whose() -> None:
    shown = told(line(channel="D7"), line(channel="U2", user="U2"), is_teams=True)

    assert "• Direct messages: $3.00 for 2 videos" in shown
    assert "D7" not in shown


def test_what_does_not_fit_is_added_up_so_that_nothing_is_missing() -> None:
    people = [line(f"{number}.25", user=f"U{number}") for number in range(9)]

    shown = told(*people, is_teams=True)

    assert "• <@U4>: $4.25 for 1 video\n• 4 others: $7.00 for 4 videos" in shown
    assert "<@U3>" not in shown


def test_nothing_is_said_where_nothing_was_spent() -> None:
    message = usage.usage(ENGLISH, Report(NOW, is_teams=False, lines=()))

    assert message.text.startswith("*You in November 2026:* $0.00 for 0 videos.\nA video counts")
    assert "Send me this as CSV" in buttons(message.blocks)


def test_the_file_has_every_line_to_the_micro_dollar() -> None:
    lines = (
        line("1.000001", project="=Spring"),
        line("0", held="0.42", channel="D7", month="2026-10", user="U2"),
        line("-0.000001", month="2026-09"),
    )

    name, content = usage.csv_file(Report(NOW, is_teams=True, lines=lines), {"U1": "=Ada\nÖzil", "U9": "Eve"})

    assert name == "lipsync-usage-2026-11.csv"
    assert list(csv.reader(content.decode().splitlines())) == [
        [
            *("month", "person", "person_name", "channel", "model", "project"),
            *("videos", "spent_usd", "set_aside_usd"),
        ],
        ["2026-11", "U1", "'=Ada Özil", "C1", "sync-3", "'=Spring", "1", "1.000001", "0.000000"],
        ["2026-10", "U2", "", "D7", "sync-3", "", "1", "0.000000", "0.420000"],
        ["2026-09", "U1", "'=Ada Özil", "C1", "sync-3", "", "1", "-0.000001", "0.000000"],
    ]


@pytest.mark.parametrize("begins", list("=+-@\t\r"))
def test_whatever_a_spreadsheet_takes_for_a_formula_is_text_in_the_file(begins: str) -> None:
    assert read_back([f"{begins}1+2", "U1", 5, None]) == [[f"'{begins}1+2", "U1", "5", ""]]


@pytest.mark.parametrize("typed", ['Ada\nEve, "both"', "Ada\rEve", "Ada\r\n"])
def test_a_cell_of_several_lines_stays_in_its_row(typed: str) -> None:
    assert read_back([typed, -5]) == [[typed, "-5"]]


def read_back(cells: Sequence[str | int | None]) -> list[list[str]]:
    """What a spreadsheet reads."""
    return list(csv.reader(io.StringIO(f"{csv_line(cells)}\r\n", newline="")))


AMOUNTS = st.integers(min_value=0, max_value=10**9)
LINES = st.lists(
    st.builds(
        Line,
        st.sampled_from([NOW, "2026-10", "2025-12"]),
        st.sampled_from([f"U{number}" for number in range(9)]),
        st.sampled_from(["C1", "G2", "D3", "U4"]),
        st.sampled_from(["sync-3", "lipsync-2"]),
        st.builds(Sums, st.integers(min_value=0, max_value=99), AMOUNTS, AMOUNTS),
        st.none() | st.text(max_size=60).map(one_line).filter(bool),
    )
)


@given(LINES)
def test_whatever_lines_are_told_by_they_come_to_the_same(lines: list[Line]) -> None:
    keys = (
        lambda each: each.month,
        lambda each: each.user_id,
        usage.place,
        lambda each: each.model,
        lambda each: each.project or "",
    )
    whole = (
        sum(each.sums.videos for each in lines),
        sum(each.sums.held for each in lines),
        sum(each.sums.spent for each in lines),
    )

    assert added(lines) == whole
    for key in keys:
        parts = by(lines, key).values()
        assert tuple(map(sum, zip(*parts, strict=True))) in ({whole} if lines else {()})


@given(LINES)
def test_the_file_adds_up_to_what_is_told(lines: list[Line]) -> None:
    _, content = usage.csv_file(Report(NOW, is_teams=True, lines=lines), {})
    rows = list(csv.DictReader(content.decode().splitlines()))

    assert sum((Decimal(row["spent_usd"]) for row in rows), Decimal(0)) == added(lines).spent_usd
    assert sum((Decimal(row["set_aside_usd"]) for row in rows), Decimal(0)) == added(lines).held_usd


@pytest.mark.parametrize(
    ("number", "month"), [(0, "2026-11"), (10, "2026-01"), (11, "2025-12"), (23, "2024-12")]
)
def test_months_are_counted_back_over_the_year(number: int, month: str) -> None:
    assert months_before(NOW, number) == month


def page(*lines: Line, is_teams: bool = True) -> list[dict[str, Any]]:
    view = usage_page(ENGLISH, Report(NOW, is_teams, lines), 1_794_000_000.0)
    assert view_problems(view) == []
    assert check_view(view, "home") == []
    found: list[dict[str, Any]] = view["blocks"]
    return found


def kinds(shown: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [block for block in shown if block["type"] == kind]


def test_the_page_says_in_words_what_its_chart_and_table_show() -> None:
    shown = page(line("1.50"), line("9", month="2026-09", user="U3"))

    [chart] = kinds(shown, "data_visualization")
    assert chart["chart"]["axis_config"]["categories"] == ["Sep 2026", "Oct 2026", "Nov 2026"]
    assert [point["value"] for point in chart["chart"]["series"][0]["data"]] == [9.0, 0, 1.5]
    assert "November 2026: $1.50 for 1 video\n• September 2026: $9.00" in shown_text(shown)
    [table] = kinds(shown, "table")
    assert [cell["text"] for cell in table["rows"][1][2:]] == ["Best quality", "1", "$1.50"]
    assert list(buttons(shown)) == ["Back", "Send me this as CSV"]


def test_the_table_names_projects_where_there_are_some() -> None:
    [table] = kinds(page(line("4", project="Spring sale"), line("1.50")), "table")

    assert [cell["text"] for cell in table["rows"][0]][2:5] == ["Model", "Project", "Videos"]
    assert [row[3]["text"] for row in table["rows"][1:]] == ["Spring sale", "–"]
    assert len(table["column_settings"]) == len(table["rows"][0]) == 6


def test_the_table_of_ones_own_names_nobody_and_says_what_is_set_aside() -> None:
    [table] = kinds(page(line("4", held="0.42", project="Spring sale"), is_teams=False), "table")

    assert [[cell.get("text") for cell in row][-2:] for row in table["rows"]] == [
        ["Videos", "Spent"],
        ["1", "$4.00, and $0.42 set aside"],
    ]
    assert "Person" not in [cell["text"] for cell in table["rows"][0]]


def test_whom_the_books_do_not_name_any_more_is_told_in_words() -> None:
    """Slack knows nobody by a pseudonym: it would refuse the page, and show a mention of nobody."""
    gone = line(user="gone-0123456789abcdef", channel="gone-0123456789abcdef")
    shown = page(gone, line("0.10"))

    assert "gone-" not in str(shown)
    assert "Somebody whose data was deleted" in str(kinds(shown, "table"))
    assert "• Somebody whose data was deleted: $1.50 for 1 video" in told(gone, is_teams=True)
    assert usage.people([gone, line()]) == ["U1"]


def test_a_page_of_nothing_has_neither_chart_nor_table() -> None:
    shown = page()

    assert kinds(shown, "data_visualization") + kinds(shown, "table") == []
    assert "$0.00 for 0 videos" in shown_text(shown)


def test_a_table_of_many_ends_with_what_the_others_come_to() -> None:
    [table] = kinds(page(*(line(f"{number}.25", user=f"U{number}") for number in range(40))), "table")

    assert len(table["rows"]) == 1 + 30 + 1
    assert [cell["text"] for cell in table["rows"][-1]] == ["Others", "–", "–", "10", "$47.50"]


@given(LINES)
def test_slack_takes_whatever_page_there_is(lines: list[Line]) -> None:
    assert page(*lines)
