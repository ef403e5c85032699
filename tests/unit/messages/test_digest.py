"""The figures of a week: all of them, for readers who are not called by being named."""

from datetime import date

from bot.messages.catalogue import ENGLISH
from bot.messages.digest import digest
from bot.teams.weeks import Week
from storage.pseudonyms import GONE
from storage.reports import Line
from tests.unit.messages.builders import shown_text
from tests.unit.messages.test_usage import line

WEEK = Week(date(2026, 11, 30), "Europe/Berlin")


def told(*lines: Line, **names: str) -> str:
    message = digest(ENGLISH, WEEK, lines, names)
    shown = shown_text(message.blocks)
    assert all(part in shown for part in message.text.splitlines())
    return message.text


def test_it_is_told_by_person_model_and_project_the_dearest_first() -> None:
    text = told(
        line("1.50", month="2026-11"),
        line("4", month="2026-12", user="U2", model="lipsync-2", project="Spring <sale>", videos=2),
        U1="Ada *Lovelace*",
        U2="Ben",
    )

    assert text.startswith(
        "*Lipsync, Nov 30\N{THIN SPACE}–\N{THIN SPACE}Dec 6, 2026:* $5.50 for 3 videos.\n"
        "*By person*\n• Ben: $4.00 for 2 videos\n• Ada "
    )
    assert "*By model*\n• All-round (lipsync-2): $4.00 for 2 videos\n• Best quality (sync-3): $1.50" in text
    assert "*By project*\n• Spring &lt;sale&gt;: $4.00 for 2 videos\n• No project: $1.50 for 1 video" in text
    assert "in the time zone Europe/Berlin" in text
    assert "<@" not in text


def test_who_slack_does_not_name_is_named_by_slack_and_who_is_gone_by_nobody() -> None:
    text = told(line("2"), line("1", user=f"{GONE}x"))

    assert "• <@U1>: $2.00 for 1 video\n• Somebody whose data was deleted: $1.00 for 1 video" in text


def test_a_week_without_anything_is_one_sentence() -> None:
    assert (
        told().splitlines()[0]
        == "*Lipsync, Nov 30\N{THIN SPACE}–\N{THIN SPACE}Dec 6, 2026:* nothing was spent."
    )
    assert "By " not in told()


def test_a_correction_alone_is_told_as_well() -> None:
    assert "-$0.02 for 0 videos" in told(line("-0.02", videos=0))
