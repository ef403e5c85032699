"""Values in words: escaping, cutting, money, lengths and dates."""

from decimal import Decimal
from gettext import NullTranslations

import pytest
from babel.core import Locale
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.catalogue import ENGLISH, Words
from bot.messages.text import (
    about,
    ago,
    cut,
    date,
    escape,
    head,
    length,
    listed,
    one_line,
    size,
    usd,
    user_text,
    waited,
    width,
)
from tests.unit.messages.builders import HOSTILE, any_text, markup

GERMAN = Words(Locale("de"), NullTranslations())
"""Its figures; no texts are translated yet."""


@given(any_text, st.integers(1, 100))
def test_cut_text_fits_and_is_a_beginning(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert width(short) <= limit
    assert short == text or text.startswith(short.removesuffix("…"))


@given(any_text, st.integers(0, 100))
def test_a_head_fits_and_loses_at_most_half_an_emoji(text: str, limit: int) -> None:
    begin = head(text, limit)
    assert text.startswith(begin)
    assert begin == text or limit - 1 <= width(begin) <= limit


def test_text_is_cut_behind_a_word() -> None:
    assert cut("Spring welcome video", 16) == "Spring welcome…"
    assert cut("A Donaudampfschifffahrt", 16) == "A Donaudampfsch…"


@given(any_text)
def test_user_text_makes_no_markup_and_stays_on_one_line(text: str) -> None:
    safe = user_text(text + HOSTILE, 500)
    assert markup(safe) == set()
    assert safe.splitlines() in ([safe], [])


def test_escaping_is_undone_by_slack_to_the_same_text() -> None:
    assert escape("<!here> & &lt;") == "&lt;!here&gt; &amp; &amp;lt;"


def test_controls_that_turn_the_reading_direction_are_dropped() -> None:
    assert one_line("price \u202e24.0$\u202c\n\tnow\x00") == "price 24.0$ now"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.424", "about $0.42"),
        ("0.425", "about $0.43"),
        ("0.009", "about $0.01"),
        ("0.0049", "less than $0.01"),
        ("0.000001", "less than $0.01"),
        ("0", "about $0.00"),
        ("1234.5", "about $1,234.50"),
    ],
)
def test_money_is_in_cents_and_never_a_promise(amount: str, words: str) -> None:
    assert about(ENGLISH, Decimal(amount)) == words


def test_money_never_goes_through_a_float() -> None:
    assert usd(ENGLISH, Decimal("12345678901234.565")) == "$12,345,678,901,234.57"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0:01"), (9.6, "0:10"), (59.7, "1:00"), (754, "12:34"), (3_723, "1:02:03")]
)
def test_lengths_read_as_in_a_player(seconds: float, words: str) -> None:
    assert length(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.1, "1 second"), (48, "48 seconds"), (95, "2 minutes"), (3_599, "60 minutes"), (7_200, "2 hours")],
)
def test_waiting_is_in_words(seconds: float, words: str) -> None:
    assert waited(ENGLISH, seconds) == words


@pytest.mark.parametrize(
    ("num_bytes", "words"), [(3, "3 bytes"), (340_000, "340 kB"), (41_000_000, "41 MB"), (10**9, "1.0 GB")]
)
def test_sizes_are_rounded(num_bytes: int, words: str) -> None:
    assert size(ENGLISH, num_bytes) == words


def test_a_date_is_in_the_readers_zone_with_utc_to_fall_back_on() -> None:
    assert (
        date(ENGLISH, 1_800_000_000.9)
        == "<!date^1800000000^{date_short_pretty} at {time}|15 Jan 2027, 08:00 UTC>"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second ago"),
        (3_000, "50 minutes ago"),
        (3_600, "1 hour ago"),
        (47 * 3_600, "47 hours ago"),
        (48 * 3_600, "2 days ago"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_that_it_fills(seconds: float, words: str) -> None:
    assert ago(ENGLISH, seconds) == words


def test_a_list_has_no_last_one() -> None:
    assert listed(ENGLISH, ["a"]) == "a"
    assert listed(ENGLISH, ["a", "b", "c"]) == "a, b, c"
    assert listed(GERMAN, ["a", "b", "c"]) == "a, b und c"


def test_figures_are_written_as_the_reader_writes_them() -> None:
    assert usd(GERMAN, Decimal("1234.5")) == "1.234,50\xa0$"
    assert size(GERMAN, 1_200_000_000) == "1,2\xa0GB"
    assert waited(GERMAN, 48) == "48 Sekunden"
    assert ago(GERMAN, 300) == "vor 5 Minuten"
    assert date(GERMAN, 1_800_000_000).endswith("|15 Jan. 2027, 08:00 UTC>")


@pytest.mark.parametrize("typed", ["*bold*", "_italic_", "~struck~", "`code`", "a *b* c"])
def test_marks_that_people_type_are_shown_and_not_obeyed(typed: str) -> None:
    shown = user_text(typed)
    assert shown.replace("\u2060", "") == typed
    assert all(shown[at - 1] == "\u2060" for at, char in enumerate(shown) if char in "*_~`")
