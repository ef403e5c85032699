"""Turning values into words that Slack shows safely: escaping, cutting, money, lengths, dates."""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

ELLIPSIS = "…"
_CENT = Decimal("0.01")
_MINUTE = 60
_HOUR = 3_600
_KILO = 1_000
_SHARE_OF_WORDS = 0.6
"""A cut goes back to the last space only while it keeps this share of the text."""
# Controls that turn the reading direction could make a price or a name read as another.
_MARKS = re.compile("[*_~`]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x08\x0b-\x1f\x7f]")


def width(text: str) -> int:
    """Length as Slack's clients count it at worst: UTF-16 units, so an emoji counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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


def date(moment: float) -> str:
    """A time in the reader's own zone, in UTC where Slack cannot show dates.

    Args:
        moment: Seconds since the epoch.
    """
    fallback = datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y, %H:%M UTC")
    return f"<!date^{int(moment)}^{{date_short_pretty}} at {{time}}|{fallback}>"


def usd(amount: Decimal) -> str:
    """A price in cents; `less than $0.01` where rounding would hide it."""
    cents = amount.quantize(_CENT, ROUND_HALF_UP)
    if amount > 0 and cents < _CENT:
        return "less than $0.01"
    return f"${cents:,}"


def about(amount: Decimal) -> str:
    """A price that nobody promises: `about $1.28`."""
    price = usd(amount)
    return price if price.startswith("less") else f"about {price}"


def length(seconds: float) -> str:
    """A media length as a player shows it: `0:04`, `12:30`, `1:02:03`."""
    whole = max(1, round(seconds)) if seconds > 0 else 0
    hours, rest = divmod(whole, _HOUR)
    minutes, secs = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def waited(seconds: float) -> str:
    """How long something took, in words: `48 seconds`, `3 minutes`."""
    if seconds < _MINUTE:
        return count(max(1, round(seconds)), "second")
    if seconds < _HOUR:
        return count(round(seconds / _MINUTE), "minute")
    return count(round(seconds / _HOUR), "hour")


def size(num_bytes: int) -> str:
    """A file size as Slack shows it, in powers of ten: `18 bytes`, `340 kB`, `41 MB`, `1.2 GB`."""
    if num_bytes < _KILO:
        return count(num_bytes, "byte")
    if num_bytes < _KILO**2:
        return f"{round(num_bytes / _KILO)} kB"
    if num_bytes < _KILO**3:
        return f"{round(num_bytes / _KILO**2)} MB"
    return f"{num_bytes / _KILO**3:.1f} GB"


def count(number: int, noun: str) -> str:
    """`1 second`, `1,200 characters`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
