"""The weeks that figures are told of: Monday to Sunday, each on the next morning. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from storage import money

_TOLD_AT = time(9)
_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """One of them, in a zone by its IANA name."""

    monday: date
    zone: str

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    @property
    def begins_at(self) -> float:
        """Seconds since the epoch."""
        return _moment(self.monday, time(), self.zone)

    @property
    def ends_at(self) -> float:
        """When the next one begins."""
        return _moment(self.monday + _DAYS, time(), self.zone)

    @property
    def next_told_at(self) -> float:
        """When the week after it is told of, if it is the last that was."""
        return _moment(self.monday + 2 * _DAYS, _TOLD_AT, self.zone)


def last_week(now: float, zone: str) -> Week:
    """The last one that is told of by now, in seconds since the epoch."""
    here = datetime.fromtimestamp(now, money.zone_of(zone))
    monday = here.date() - timedelta(days=here.weekday())
    if here.date() == monday and here.time() < _TOLD_AT:
        monday -= _DAYS
    return Week(monday - _DAYS, zone)


def _moment(day: date, at: time, zone: str) -> float:
    return datetime.combine(day, at, money.zone_of(zone)).timestamp()
