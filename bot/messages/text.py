"""Turning values into words that Slack shows safely: escaping, cutting, money, lengths, dates."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import inf
from typing import Literal

from babel.dates import format_datetime, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency
from babel.units import format_unit

from bot.messages.catalogue import Words

ELLIPSIS = "…"
_CENT = Decimal("0.01")
_MINUTE = 60
_HOUR = 3_600
_Unit = Literal["second", "minute", "hour", "day"]
_UNITS: Mapping[_Unit, int] = {"second": 1, "minute": _MINUTE, "hour": _HOUR, "day": 24 * _HOUR}
"""In seconds."""
_FROM: Mapping[_Unit, int] = {"day": 2}
"""From how many on a unit is used, where that is not one."""
_KILO = 1_000
_SHARE_OF_WORDS = 0.6
"""A cut goes back to the last space only while it keeps this share of the text."""
# Controls that turn the reading direction could make a price or a name read as another.
_MARKS = re.compile("[*_~`]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x08\x0b-\x1f\x7f]")


def width(text: str) -> int:
    """Length as Slack's clients count it at worst: UTF-16 units, so an emoji counts two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def escape(text: str) -> str:
    """User text for mrkdwn: no mention, channel call or link can be made of it (Slack: formatting text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """User text for mrkdwn, shown as it was typed: neither links nor bold, italic, struck or code text.

    Slack has no escape for its four marks; each opens only behind a space, a punctuation mark or nothing, and
    the invisible WORD JOINER is none of these (Slack: formatting text).
    """
    return _MARKS.sub("\u2060\\g<0>", escape(text))


def one_line(text: str) -> str:
    """User text on one line, without controls that turn the reading direction."""
    return " ".join(_TURNING.sub("", text).split())


def head(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` UTF-16 units."""
    units = text.encode("utf-16-le", "surrogatepass")[: limit * 2]
    return units.decode("utf-16-le", "ignore")


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, cut behind a word where there is one, with an ellipsis."""
    if width(text) <= limit:
        return text
    kept = head(text, limit - 1)
    words, space, _ = kept.rpartition(" ")
    if space and len(words) >= _SHARE_OF_WORDS * len(kept):
        kept = words
    return kept.rstrip() + ELLIPSIS


def user_text(text: str, limit: int = 80) -> str:
    """User text for mrkdwn: one line, cut, literal."""
    return literal(cut(one_line(text), limit))


def user(user_id: str) -> str:
    """A person, by name."""
    return f"<@{user_id}>"


CHANNELS = ("C", "G")
"""Ids that begin so are channels; a direct message has no name to show."""


def channel(channel_id: str) -> str:
    """A channel, by name."""
    return f"<#{channel_id}>"


def linked(url: str, text: str) -> str:
    """A link that shows a text, for mrkdwn."""
    return f"<{escape(url)}|{text}>"


def date(t: Words, moment: float) -> str:
    """A time in the reader's own zone, in UTC where Slack cannot show dates.

    Args:
        t: The reader's words.
        moment: Seconds since the epoch.
    """
    shown = t("{date} at {time}", date="{date_short_pretty}", time="{time}")
    return f"<!date^{int(moment)}^{shown}|{plain_date(t, moment)}>"


def plain_date(t: Words, moment: float) -> str:
    """As `date` where Slack cannot show dates, as on buttons."""
    told = format_datetime(datetime.fromtimestamp(moment, UTC), "dd MMM y, HH:mm", locale=t.locale)
    return f"{told} UTC"


def clock_time(t: Words, moment: float) -> str:
    """A time of day in the reader's own zone, as `date`."""
    fallback = format_datetime(datetime.fromtimestamp(moment, UTC), "HH:mm", locale=t.locale)
    return f"<!date^{int(moment)}^{{time}}|{fallback} UTC>"


def usd(t: Words, amount: Decimal) -> str:
    """A price in cents; `less than $0.01` where rounding would hide it."""
    cents = amount.quantize(_CENT, ROUND_HALF_UP)
    if not _is_hidden(amount):
        return format_currency(cents, "USD", locale=t.locale)
    return t("less than {price}", price=format_currency(_CENT, "USD", locale=t.locale))


def about(t: Words, amount: Decimal) -> str:
    """A price that nobody promises: `about $1.28`."""
    price = usd(t, amount)
    return price if _is_hidden(amount) else t("about {price}", price=price)


def _is_hidden(amount: Decimal) -> bool:
    return amount > 0 and amount.quantize(_CENT, ROUND_HALF_UP) < _CENT


def length(seconds: float) -> str:
    """A media length as a player shows it: `0:04`, `12:30`, `1:02:03`."""
    whole = max(1, round(seconds)) if seconds > 0 else 0
    hours, rest = divmod(whole, _HOUR)
    minutes, secs = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def waited(t: Words, seconds: float) -> str:
    """How long something took, in words: `48 seconds`, `3 minutes`."""
    unit, number = _in_units(seconds, most="hour")
    return format_unit(number, f"duration-{unit}", locale=t.locale)


def ago(t: Words, seconds: float) -> str:
    """How long it is since something: `3 minutes ago`, `2 days ago`."""
    unit, number = _in_units(seconds, most="day")
    past = timedelta(seconds=-number * _UNITS[unit])
    # The unit is chosen here: by itself it would be the next one from 85 % of it on.
    return format_timedelta(past, unit, threshold=inf, add_direction=True, locale=t.locale)


def _in_units(seconds: float, *, most: _Unit) -> tuple[_Unit, int]:
    """The largest unit that it fills, up to `most`, and how many of them; at least a second."""
    largest: _Unit = "second"
    for unit, worth in _UNITS.items():
        if seconds >= worth * _FROM.get(unit, 1):
            largest = unit
        if unit == most:
            break
    return largest, max(1, round(seconds / _UNITS[largest]))


def size(t: Words, num_bytes: int) -> str:
    """A file size as Slack shows it, in powers of ten: `18 bytes`, `340 kB`, `41 MB`, `1.2 GB`."""
    if num_bytes < _KILO:
        return format_unit(num_bytes, "digital-byte", locale=t.locale)
    if num_bytes < _KILO**2:
        return format_unit(round(num_bytes / _KILO), "digital-kilobyte", "short", locale=t.locale)
    if num_bytes < _KILO**3:
        return format_unit(round(num_bytes / _KILO**2), "digital-megabyte", "short", locale=t.locale)
    return format_unit(num_bytes / _KILO**3, "digital-gigabyte", "short", format="#,##0.0", locale=t.locale)


def listed(t: Words, items: Sequence[str]) -> str:
    """Several things of which none is the last: `a, b, c`."""
    # Babel 2.19 lacks what such lists inherit in Unicode's data: those end in "and".
    is_whole = {"start", "middle", "end"} <= t.locale.list_patterns.get("unit", {}).keys()
    return format_list(items, style="unit" if is_whole else "standard", locale=t.locale)
