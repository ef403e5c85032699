"""On which day a month's budget ends, if it goes on being spent as it was until now. Pure."""

from datetime import date, datetime, timedelta

from storage import money
from storage.limits import Standing

_TELLS_FROM_S = 3 * 86_400.0
"""How much of a month tells its pace. What ends within that month is by then used to a tenth at least."""
_PAST_ANY_MONTH = timedelta(days=32)


def ends_on(budget: Standing, now: float, zone: str) -> date | None:
    """The day on which nothing is left of it at the pace of the month so far.

    What is set aside counts as spent, as it does against the limit.

    Args:
        budget: As it stands this month.
        now: Seconds since the epoch.
        zone: By its IANA name, the one of the team's months.

    Returns:
        None: it lasts the month, is used up, or is too young or too little used to tell.
    """
    here = money.zone_of(zone)
    first = datetime.fromtimestamp(now, here).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begun, over = first.timestamp(), (first + _PAST_ANY_MONTH).replace(day=1).timestamp()
    if now - begun < _TELLS_FROM_S or not 0 < budget.used_usd < budget.most_usd:
        return None
    ends = begun + (now - begun) * float(budget.most_usd / budget.used_usd)
    return datetime.fromtimestamp(ends, here).date() if ends < over else None
