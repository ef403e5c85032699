"""How much room a sync.so account has for one more job, and when it will have some. Pure."""

import math
from dataclasses import dataclass

CREATES_A_MINUTE = 60
"""What one key may send (sync.so docs, rate limits; newer pages say 100, or nothing)."""
MINUTE_S = 62.0
"""A minute, and what one request may take longer on its way than the one after it."""
SENT_AT_ONCE = 6
"""Create calls of one account that are on their way: a slow account leaves room for the others."""
PRICED_AT_ONCE = 6
"""Prices of one account that are being asked for."""
PRICED_SLOWLY_S = 3.0
"""Who waits longer than this for a price lets the next one in the line be priced for the same slot."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in whose line jobs wait. Times are seconds since the epoch."""

    key: str
    known: bool
    """Whether it has a row."""
    unpriced_since: float | None
    """When the first of its jobs whose price is to be looked at was, or will be, due; None: there is none."""
    ready_since: float | None
    """When the first of its jobs whose price holds was, or will be, due; None: there is none."""
    ready: int
    """Its jobs whose price holds and that are due: the next slots are theirs."""
    pricing: int
    """Its jobs whose price a worker is asking for."""
    pricing_slowly: int
    """Those of them that have waited long for it."""
    running: int
    """Its jobs that may hold a slot at sync.so."""
    held: int
    """Its queued jobs that a worker is about to send."""
    sending: int
    """Its jobs that a worker holds in order to send them, those included."""
    sent: int
    """Create calls of the last minute."""
    budget_from: float | None
    """When one of the minute's create calls is old enough for another; None: not all are used up."""
    concurrency: int | None
    """Its limit, as last reported; None: never told."""
    rate_limited_until: float | None
    room: int | None
    """How many jobs may run until `room_until`; None: as many as the limit."""
    room_until: float | None
    looked_at: float | None
    """When its limit was asked for; None: it has to be asked for first."""

    def room_at(self, now: float) -> int:
        """How many jobs may be sent now; nothing or less than that: none."""
        if _ahead(self.rate_limited_until, now):
            return 0
        return min(self._slots(now), CREATES_A_MINUTE - self.sent - self.held)

    def room_to_price_at(self, now: float) -> int:
        """How many jobs may be priced now: those for which there is a slot, so that no price grows old."""
        coming = self.ready + self.pricing - self.pricing_slowly
        return min(self.room_at(now) - coming, PRICED_AT_ONCE - self.pricing)

    def opens_at(self, now: float) -> float | None:
        """When a job can be sent, by the clock alone; None: not before some job moves on."""
        return self._opens_at(self.ready_since, now)

    def opens_to_price_at(self, now: float) -> float | None:
        """When a job can be priced, by the clock alone; None: not before some job moves on."""
        if self.room_at(now) > 0 >= self.room_to_price_at(now):
            return None
        return self._opens_at(self.unpriced_since, now)

    def _opens_at(self, waits_since: float | None, now: float) -> float | None:
        if waits_since is None:
            return None
        waits = [waits_since]
        if _ahead(self.rate_limited_until, now):
            waits.append(self.rate_limited_until or now)
        if self.sent + self.held >= CREATES_A_MINUTE:
            waits.append(math.inf if self.budget_from is None else self.budget_from)
        if self._slots(now) <= 0:
            relieved = self._slots(self.room_until or now) > 0
            waits.append(self.room_until if relieved and self.room_until is not None else math.inf)
        latest = max(waits)
        return None if math.isinf(latest) else latest

    def _slots(self, now: float) -> int:
        # Where the limit is to be asked for, one job goes ahead and asks. A limit of nothing is tried out all
        # the same: sync.so says by its refusal how long to wait, and waiting would not.
        slots = [(1 if self.looked_at is None else SENT_AT_ONCE) - self.sending]
        if self.concurrency is not None:
            slots.append(max(1, self.concurrency) - self.running - self.held)
        if self.room is not None and _ahead(self.room_until, now):
            slots.append(self.room - self.running - self.held)
        return min(slots)


def _ahead(moment: float | None, now: float) -> bool:
    return moment is not None and moment > now
