"""Bills: ask sync.so what ended generations did cost, until its record is complete."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.errors import NotConnected
from bot.steps.loops import look_now_and_then
from bot.steps.sides import side_by_side
from bot.steps.tools import Tools
from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import Costs
from bot.troubles import cause_of
from storage import bills
from storage.bills import Bill, Total
from storage.errors import Undecryptable
from storage.leases import LEASE_S

_log = structlog.get_logger(__name__)

ASKED_FOR_S = 7 * 24 * 3600.0
"""What sync.so cannot tell within a week it will hardly tell at all."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 2.0, 3600.0
_NIGHT_S = 24 * 3600.0
"""What is older than this is asked for once a night."""
_LOOKS_EVERY_S = 2.0
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Word:
    """What there is to store of one answer."""

    availability: str | None
    total: Total | None
    due_at: float | None


class Bills:
    """Each process claims what is due."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="bills")

    async def turn(self) -> bool:
        """Ask for some that are due, side by side; whether there was any.

        Raises:
            StorageError: the database cannot be used.
        """
        claimed = await self._claim()
        await side_by_side(map(self._ask, claimed))
        return bool(claimed)

    async def _claim(self) -> Sequence[Bill]:
        now = self._tools.clock()
        async with self._tools.database.read() as conn:
            due_at = await bills.next_due(conn)
        if due_at is None or due_at > now:
            return ()
        async with self._tools.database.write() as conn:
            return await bills.claim(
                conn, now=now, lease_s=LEASE_S, token=self._tools.new_token(), limit=_AT_ONCE
            )

    async def _ask(self, bill: Bill) -> None:
        try:
            account = await self._tools.account_of_sent(bill)
            word = self._word(bill, await account.client.costs(bill.generation_id))
        except (SyncApiError, NotConnected, Undecryptable) as error:
            word = _Word(bill.availability, None, self._again_at(bill, 0.0))
            _log.info("bill not read", job=bill.job_id, cause=cause_of(error), next_try_at=word.due_at)
        async with self._tools.database.write() as conn:
            await bills.tell(
                conn,
                bill,
                availability=word.availability,
                total=word.total,
                due_at=word.due_at,
                now=self._tools.clock(),
            )

    def _word(self, bill: Bill, costs: Costs) -> _Word:
        is_final = costs.complete_usd is not None or costs.availability == "unavailable"
        due_at = None if is_final else self._again_at(bill, costs.retry_after_s or 0.0)
        usd = costs.complete_usd
        total = None if usd is None else Total(usd=usd, frames=costs.billed_frames)
        return _Word(costs.availability, total, due_at)

    def _again_at(self, bill: Bill, asked_s: float) -> float | None:
        """When to ask again: as sync.so says, later and later; None: it was asked for long enough."""
        now = self._tools.clock()
        longest_s = _LONGEST_WAIT_S if now - bill.opened_at < _NIGHT_S else _NIGHT_S
        wait_s = min(max(_FIRST_WAIT_S * 2.0 ** min(bill.attempts, 16), asked_s), longest_s)
        return None if now + wait_s > bill.opened_at + ASKED_FOR_S else now + wait_s
