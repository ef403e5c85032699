"""What was spent, told to one person: their own figures, or to an admin the team's."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from babel.dates import format_skeleton

from bot.messages import blocks
from bot.messages.blocks import Block, Message
from bot.messages.catalogue import Words
from bot.messages.csv_table import csv_line
from bot.messages.ids import Action
from bot.messages.notices import say
from bot.messages.text import CHANNELS, channel, cut, one_line, usd, user, user_text
from bot.messages.words import model_words
from storage.pseudonyms import GONE
from storage.reports import Line, Report, Sums, added, by, together

MOST: Final = 6
"""Lines of one breakdown; what does not fit stands added up in the last."""
_MOST_TEXT = 4_000
_CSV = (
    "month",
    "person",
    "person_name",
    "channel",
    "model",
    "project",
    "videos",
    "spent_usd",
    "set_aside_usd",
)
_ELSEWHERE = ""
"""What all direct messages are added up under."""
OWN = "own"
"""What that button carries where nobody else's figures are shown."""
NO_PROJECT = ""
"""What all that names no project is added up under."""


def usage(t: Words, report: Report) -> Message:
    """This month in a sentence, what it is made of, and the months before."""
    told = [summary(t, report), *breakdowns(t, report)]
    note = remark(t)
    shown = [*map(blocks.section, told), blocks.context(note), blocks.actions([as_csv(t, report)])]
    return Message(cut("\n".join([*told, note]), _MOST_TEXT), shown)


def as_csv(t: Words, report: Report) -> Block:
    """The button that has it sent as a file; an admin who is shown their own figures gets these."""
    return blocks.button(t("Send me this as CSV"), Action.USAGE_CSV, "team" if report.is_teams else OWN)


def summary(t: Words, report: Report) -> str:
    """What this month comes to; mrkdwn."""
    month, spent = month_words(t, report.month), amount(t, added(report.now))
    if report.is_teams:
        return t("*Your team in {month}:* {spent}.", month=month, spent=spent)
    return t("*You in {month}:* {spent}.", month=month, spent=spent)


def breakdowns(t: Words, report: Report) -> list[str]:
    """What this month is made of, then what it and those before it come to; mrkdwn, none is empty."""
    now = report.now
    whose = by(now, lambda line: line.user_id) if report.is_teams else {}
    told = [
        breakdown(t, t("By person"), whose, lambda user_id: person_words(t, user_id)),
        breakdown(t, t("By channel"), by(now, place), lambda channel_id: place_words(t, channel_id)),
        breakdown(t, t("By model"), by(now, lambda line: line.model), lambda name: model_words(t, name)),
        breakdown(t, t("By project"), by_project(now), lambda name: project_words(t, name)),
        breakdown(t, t("By month"), by_month(report), lambda name: month_words(t, name)),
    ]
    return [each for each in told if each]


def remark(t: Words) -> str:
    """How the figures are to be read."""
    return t(
        "A video counts in the month of its yes: as estimated, until sync.so's record tells what it cost. "
        "Amounts here are rounded to the cent; the CSV has them exactly."
    )


def amount(t: Words, sums: Sums) -> str:
    """What some videos cost, and what is set aside for others."""
    spent = usd(t, sums.spent_usd)
    told = t.n("{spent} for {count} video", "{spent} for {count} videos", sums.videos, spent=spent)
    if not sums.held:
        return told
    return t("{spent}; {held} more is set aside", spent=told, held=usd(t, sums.held_usd))


def is_gone(user_id: str) -> bool:
    """Whether a pseudonym stands where a person's id stood; Slack knows nobody by it."""
    return user_id.startswith(GONE)


def person_words(t: Words, user_id: str) -> str:
    """Who asked for a video, as the books know it; mrkdwn."""
    return gone(t) if is_gone(user_id) else user(user_id)


def gone(t: Words) -> str:
    """Somebody whom the books do not name any more."""
    return t("Somebody whose data was deleted")


def place(line: Line) -> str:
    """A channel's id; of all direct messages it is the same."""
    return line.channel_id if line.channel_id.startswith(CHANNELS) else _ELSEWHERE


def place_words(t: Words, channel_id: str) -> str:
    """A place by its name; mrkdwn."""
    return t("Direct messages") if channel_id == _ELSEWHERE else channel(channel_id)


def project_words(t: Words, project: str) -> str:
    """A project as its people call it; mrkdwn."""
    return t("No project") if project == NO_PROJECT else user_text(project)


def name_projects(lines: Sequence[Line]) -> bool:
    """Whether anything was spent for a project that has a name."""
    return any(line.project for line in lines)


def by_project(lines: Sequence[Line]) -> Mapping[str, Sums]:
    """Nothing where nobody names one."""
    return by(lines, lambda line: line.project or NO_PROJECT) if name_projects(lines) else {}


def by_month(report: Report) -> Mapping[str, Sums]:
    """What each month comes to in which something was booked, the newest first."""
    return dict(sorted(by(report.lines, lambda line: line.month).items(), reverse=True))


def month_words(t: Words, month: str) -> str:
    """A month with its year, from `2026-11`."""
    year, of_year = map(int, month.split("-"))
    return format_skeleton("yMMMM", date(year, of_year, 1), locale=t.locale)


def breakdown(t: Words, title: str, sums: Mapping[str, Sums], words: Callable[[str], str]) -> str:
    """A breakdown; of many lines the last ones in one, so that all of them come to the whole."""
    if not sums:
        return ""
    shown = dict(list(sums.items())[: MOST if len(sums) <= MOST else MOST - 1])
    lines = [f"• {words(name)}: {amount(t, each)}" for name, each in shown.items()]
    others = [each for name, each in sums.items() if name not in shown]
    if others:
        rest = t("{count} others", count=t.number(len(others)))
        lines.append(f"• {rest}: {amount(t, together(others))}")
    return "\n".join([f"*{title}*", *lines])


def people(lines: Sequence[Line]) -> Sequence[str]:
    """Whose they are, the dearest first; those whom the books do not name any more are nobody."""
    return [user_id for user_id in by(lines, lambda line: line.user_id) if not is_gone(user_id)]


def csv_file(report: Report, names: Mapping[str, str]) -> tuple[str, bytes]:
    """The name and the bytes of a file with all lines of a report, to the micro-dollar.

    `names` are those of people, by their ids, as far as they are known.
    """
    rows = [csv_line(_CSV), *(_row(line, names) for line in report.lines)]
    return f"lipsync-usage-{report.month}.csv", "".join(f"{row}\r\n" for row in rows).encode()


def _row(line: Line, names: Mapping[str, str]) -> str:
    who = [line.user_id, one_line(names.get(line.user_id, ""))]
    of_what = [line.month, *who, line.channel_id, line.model, line.project]
    return csv_line([*of_what, line.sums.videos, line.sums.spent_usd, line.sums.held_usd])


def csv_comment(t: Words) -> str:
    """Stands above the file."""
    return t("What was spent in the last twelve months, by month, person, channel, model and project.")


def csv_sent(t: Words) -> Message:
    """Where the file is."""
    return say(t("The CSV is in our direct message."))


def csv_not_sent(t: Words) -> Message:
    """Slack did not take the file."""
    return say(t("Slack does not take the file just now. Nothing was changed. Try again in a minute."))
