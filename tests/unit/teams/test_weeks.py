"""Weeks that are told of: each once, on the morning after it, whatever the zone does to its length."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.weeks import last_week

HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Auckland", "Pacific/Kiritimati", "Nowhere")


def at(*moment: int, zone: str = "Europe/Berlin") -> float:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (at(2026, 11, 23, 8, 59), date(2026, 11, 9)),
        (at(2026, 11, 23, 9, 0), date(2026, 11, 16)),
        (at(2026, 11, 24, 0, 0), date(2026, 11, 16)),
        (at(2026, 11, 29, 23, 59), date(2026, 11, 16)),
        (at(2027, 1, 4, 9, 0), date(2026, 12, 28)),
    ],
)
def test_a_week_is_told_of_from_nine_on_the_monday_after_it(now: float, monday: date) -> None:
    week = last_week(now, "Europe/Berlin")
    assert (week.monday, week.begins_at) == (monday, at(*monday.timetuple()[:3]))


def test_it_ends_with_the_sunday_there_also_where_that_has_an_hour_more() -> None:
    week = last_week(at(2026, 10, 26, 12), "Europe/Berlin")
    assert (week.monday, week.sunday) == (date(2026, 10, 19), date(2026, 10, 25))
    assert week.ends_at == at(2026, 10, 26)
    assert week.ends_at - week.begins_at == 7 * DAY_S + HOUR_S
    assert week.next_told_at == at(2026, 11, 2, 9)


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
)
def test_the_next_one_follows_it_and_is_told_of_within_a_week(moment: datetime, zone: str) -> None:
    now = moment.timestamp()
    week = last_week(now, zone)
    assert week.ends_at < now < week.next_told_at <= now + 7 * DAY_S + 2 * HOUR_S
    after = last_week(week.next_told_at, zone)
    assert (after.begins_at, (after.monday - week.monday).days) == (week.ends_at, 7)
