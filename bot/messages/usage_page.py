"""The page of a Home that shows what was spent: in words, as bars by month, and line by line."""

from collections.abc import Sequence
from datetime import date

from babel.dates import format_skeleton

from bot.messages import blocks, usage
from bot.messages.blocks import Block
from bot.messages.catalogue import Words
from bot.messages.forecast import in_small
from bot.messages.ids import Action, Callback
from bot.messages.text import cut, one_line, usd
from bot.messages.text import date as moment
from bot.messages.words import MODELS
from storage.limits import Standing
from storage.reports import MONTHS, Line, Report, added, months_before

_MOST = 30
"""Lines of the table; the others stand added up in its last (Slack: table block, at most 100 rows)."""
_LABEL = 20
"""Characters of a label in a chart (Slack: data visualization block)."""
_NOTHING = "–"
"""In a cell: there is no name for it, or more than one."""


def usage_page(
    t: Words, report: Report, now: float, *, budgets: Sequence[Standing] = (), zone: str = "UTC"
) -> Block:
    """The view (Slack: `views.publish`). Whoever sees no charts or tables reads the same in words.

    Args:
        t: The reader's words.
        report: What that reader may see.
        now: Seconds since the epoch.
        budgets: Those of which that reader sees what is left, as they stand this month.
        zone: The one of the team's months.
    """
    back = blocks.button(t("Back"), Action.HOME_NEWEST, "newest")
    shown = [
        blocks.header(t("Usage")),
        blocks.section(usage.summary(t, report)),
        *in_small(t, budgets, zone, now),
        *_chart(t, report),
        *map(blocks.section, usage.breakdowns(t, report)),
        *_table(t, report),
        blocks.context(usage.remark(t)),
        blocks.actions([back, usage.as_csv(t, report)]),
        blocks.context(t("As of {moment}", moment=moment(t, now))),
    ]
    return {"type": "home", "callback_id": Callback.HOME, "blocks": shown}


def _chart(t: Words, report: Report) -> list[Block]:
    """A bar for each month since the first in which something was spent; none where nothing was."""
    spent = {month: sums for month, sums in usage.by_month(report).items() if sums.spent}
    if not spent:
        return []
    all_months = [months_before(report.month, back) for back in reversed(range(MONTHS))]
    months = [month for month in all_months if month >= min(spent)]
    labels = [_short(t, month) for month in months]
    # A bar is drawn to the cent: what counts stands in the words beside it, and in the ledger.
    heights = [float(round(spent[month].spent_usd, 2)) if month in spent else 0 for month in months]
    data = [{"label": label, "value": value} for label, value in zip(labels, heights, strict=True)]
    return [
        {
            "type": "data_visualization",
            "title": cut(t("Spent by month"), 50),
            "chart": {
                "type": "bar",
                "series": [{"name": cut(t("Spent"), _LABEL), "data": data}],
                "axis_config": {"categories": labels, "y_label": cut(t("US dollars"), 50)},
            },
        }
    ]


def _short(t: Words, month: str) -> str:
    year, of_year = map(int, month.split("-"))
    return cut(format_skeleton("yMMM", date(year, of_year, 1), locale=t.locale), _LABEL)


def _table(t: Words, report: Report) -> list[Block]:
    """This month line by line, the dearest first; nothing where there is none."""
    lines = sorted(report.now, key=lambda line: (-line.sums.spent, -line.sums.held))
    if not lines:
        return []
    by_project = usage.name_projects(lines)
    whose = [t("Person")] if report.is_teams else []
    of_what = [*whose, t("Channel"), t("Model"), *([t("Project")] if by_project else [])]
    rows = [list(map(_text, [*of_what, t("Videos"), t("Spent")]))]
    for line in lines[:_MOST]:
        person = [_person(t, line.user_id)] if report.is_teams else []
        project = [_text(one_line(line.project or "") or _NOTHING)] if by_project else []
        rows.append([*person, *_names(t, line), *project, *_figures(t, [line])])
    if len(lines) > _MOST:
        others = [t("Others"), *[_NOTHING] * (len(of_what) - 1)]
        rows.append([*map(_text, others), *_figures(t, lines[_MOST:])])
    settings = [*[{}] * len(of_what), *[{"align": "right"}] * 2]
    return [{"type": "table", "column_settings": settings, "rows": rows}]


def _person(t: Words, user_id: str) -> Block:
    return _text(usage.gone(t)) if usage.is_gone(user_id) else _named("user", "user_id", user_id)


def _names(t: Words, line: Line) -> list[Block]:
    where = usage.place(line)
    place = _named("channel", "channel_id", where) if where else _text(t("Direct messages"))
    words = MODELS.get(line.model)
    model = _text(cut(line.model, 80) if words is None else t(words[0]))
    return [place, model]


def _figures(t: Words, lines: Sequence[Line]) -> list[Block]:
    sums = added(lines)
    spent = usd(t, sums.spent_usd)
    if sums.held:
        spent = t("{spent}, and {held} set aside", spent=spent, held=usd(t, sums.held_usd))
    return [_text(t.number(sums.videos)), _text(spent)]


def _text(text: str) -> Block:
    return {"type": "raw_text", "text": text}


def _named(kind: str, key: str, name: str) -> Block:
    """A person or a channel by name, in a cell."""
    part = {"type": "rich_text_section", "elements": [{"type": kind, key: name}]}
    return {"type": "rich_text", "elements": [part]}
