"""Differ: tell admins, once, where the ledger and sync.so's record were found not to meet."""

import structlog

from bot.messages.differences import found
from bot.steps.admins import admins_of
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from storage import answers, differences
from storage.columns import from_micro
from storage.differences import NOBODYS
from storage.errors import Undecryptable

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 5.0


class Differ:
    """Hands on what is to be told in the transaction in which it counts as told: cut anywhere, it comes once.

    It is said as answers are: see `bot.use_cases.answering`. Where no admin is known, it stands in the log
    and in Home.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="differences")

    async def turn(self) -> bool:
        """Hand on all that is new, one message for each team; there is never more.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._tools.database.read() as conn:
            owners = await differences.owners_untold(conn)
        for owner_id in owners:
            try:
                await self._tell(owner_id)
            except Undecryptable as error:
                # They are told once they can be; nobody else waits for that.
                _log.warning("a team cannot be told of differences", owner=owner_id, cause=str(error))
        return False

    async def _tell(self, owner_id: str) -> None:
        now = self._tools.clock()
        admins = None if owner_id == NOBODYS else await admins_of(self._tools, owner_id)
        async with self._tools.database.write() as conn:
            new = await differences.told(conn, owner_id, now=now)
            if not new:
                return
            sum_usd = from_micro(sum(abs((each.theirs or 0) - each.ours) for each in new))
            message = found(self._tools.words, len(new), sum_usd)
            key = f"differences:{new[-1].kind}:{new[-1].generation_id}:{now!r}"
            for answer in () if admins is None else admins.told(message, key=key, now=now):
                await answers.begin(conn, answer, due_at=now)
        _log.warning(
            "sync.so's record and the ledger do not meet", owner=owner_id, number=len(new), usd=str(sum_usd)
        )
