"""A budget's end is told by the month so far, and only where that tells."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.forecast import ends_on
from storage.limits import Standing

LIMIT = Decimal(30)


def at(day: int, hour: int = 0, *, month: int = 11) -> float:
    return datetime(2026, month, day, hour, tzinfo=UTC).timestamp()


def used(spent: str, held: str = "0", *, raised: str = "0") -> Standing:
    return Standing("team", LIMIT, Decimal(raised), Decimal(held), Decimal(spent))


def test_twice_the_pace_that_it_is_for_ends_it_in_the_middle_of_the_month() -> None:
    assert ends_on(used("20"), at(11), "UTC") == date(2026, 11, 16)


def test_what_is_set_aside_counts_and_so_does_what_it_was_raised_by() -> None:
    assert ends_on(used("10", "10"), at(11), "UTC") == date(2026, 11, 16)
    assert ends_on(used("20", raised="10"), at(11), "UTC") == date(2026, 11, 21)
    assert ends_on(used("20", raised="30"), at(11), "UTC") is None


def test_at_the_pace_that_it_is_for_it_lasts() -> None:
    assert ends_on(used("10"), at(11), "UTC") is None
    assert ends_on(used("10.01"), at(11), "UTC") == date(2026, 11, 30)


@pytest.mark.parametrize("spent", ["0", "30", "31"], ids=["nothing", "all", "more"])
def test_of_what_is_not_used_or_used_up_there_is_nothing_to_forecast(spent: str) -> None:
    assert ends_on(used(spent), at(11), "UTC") is None


def test_a_limit_of_nothing_ends_on_no_day() -> None:
    assert ends_on(Standing("team", Decimal(0)), at(11), "UTC") is None


def test_the_first_three_days_tell_no_pace() -> None:
    assert ends_on(used("20"), at(3, 23), "UTC") is None
    assert ends_on(used("20"), at(4), "UTC") == date(2026, 11, 5)


def test_days_and_months_are_those_of_the_teams_zone() -> None:
    now = at(30, 16)  # in Tokyo the next month has begun
    assert ends_on(used("29.9"), now, "UTC") == date(2026, 11, 30)
    assert ends_on(used("29.9"), now, "Asia/Tokyo") is None
    assert ends_on(used("20"), at(11), "Pacific/Kiritimati") == date(2026, 11, 16)
    assert ends_on(used("20"), at(11), "No/Such_Zone") == date(2026, 11, 16)


def test_a_month_in_which_the_clocks_change_is_as_long_as_it_is() -> None:
    now = datetime(2026, 10, 31, 12, tzinfo=UTC).timestamp()
    assert ends_on(used("29.9"), now, "Europe/Berlin") == date(2026, 10, 31)


@given(
    now=st.floats(at(1, month=1), at(31, month=12)),
    spent=st.decimals("0", "1000000", places=6),
    limit=st.decimals("0", "1000000", places=6),
    zone=st.sampled_from(["UTC", "America/St_Johns", "Pacific/Apia", "Europe/Berlin"]),
)
def test_it_is_always_a_day_of_this_month_from_today_on(
    now: float, spent: Decimal, limit: Decimal, zone: str
) -> None:
    day = ends_on(Standing("team", limit, spent_usd=spent), now, zone)

    if day is not None:
        today = datetime.fromtimestamp(now, ZoneInfo(zone)).date()
        assert today <= day
        assert (day.year, day.month) == (today.year, today.month)
        assert spent * 11 >= limit, "a tenth or so is used"
