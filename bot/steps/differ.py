"""Differ: tell admins, once, where the ledger and sync.so's record were found not to meet."""

from collections import defaultdict

import structlog

from bot.messages.differences import found
from bot.steps.admins import to_admins
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from storage import answers, differences
from storage.columns import from_micro
from storage.differences import NOBODYS, Difference

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 60.0
_AT_ONCE = 1_000


class Differ:
    """Hands on what is to be told in the transaction in which it counts as told: cut anywhere, it comes once.

    It is said as answers are: see `bot.answering`. Where no admin is known, it stands in the log and in Home.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="differences")

    async def turn(self) -> bool:
        """Hand on some; whether there may be more.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._tools.database.read() as conn:
            new = await differences.untold(conn, at_most=_AT_ONCE)
        by_owner: defaultdict[str, list[Difference]] = defaultdict(list)
        for each in new:
            by_owner[each.owner_id].append(each)
        for owner_id, of_owner in by_owner.items():
            await self._tell(owner_id, of_owner)
        return len(new) == _AT_ONCE

    async def _tell(self, owner_id: str, new: list[Difference]) -> None:
        now, last = self._tools.clock(), new[-1]
        sum_usd = from_micro(sum(abs((each.theirs or 0) - each.ours) for each in new))
        _log.warning(
            "sync.so's record and the ledger do not meet", owner=owner_id, number=len(new), usd=str(sum_usd)
        )
        message = found(self._tools.words, len(new), sum_usd)
        key = f"differences:{last.kind}:{last.generation_id}:{last.found_at!r}"
        to_tell = [] if owner_id == NOBODYS else await to_admins(self._tools, owner_id, message, key=key)
        async with self._tools.database.write() as conn:
            if await differences.told(conn, owner_id, until=last.found_at, now=now):
                for answer in to_tell:
                    await answers.begin(conn, answer, due_at=now)
