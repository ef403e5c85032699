"""The use cases of what nobody knows the end of: whether sync.so has made a video; look again, or give up."""

from collections.abc import Callable

from bot import audited
from bot.asking.asks import Asker
from bot.steps.tools import Tools
from bot.teams.rights import Deed
from bot.use_cases.askers import check
from storage import audit, endings, job_store
from storage.jobs import Job, JobStatus
from storage.orders import Order

_UNKNOWN = frozenset({JobStatus.UNRESOLVED})


class Unresolved:
    """Settles what only a person can. `wake` tells the worker that something is due."""

    def __init__(self, tools: Tools, *, wake: Callable[[], None]) -> None:
        self._tools = tools
        self._wake = wake

    async def look_again(self, job: Job, order: Order, asker: Asker) -> None:
        """Have a job whose fate is unknown looked up at sync.so once more. Raises Forbidden."""
        await self._check(Deed.LOOK_AGAIN, order, asker)
        async with self._tools.database.write() as conn:
            await job_store.make_due(conn, job.id, now=self._tools.clock(), statuses=_UNKNOWN)
        self._wake()

    async def give_up(self, job: Job, order: Order, asker: Asker) -> bool:
        """End a job whose fate is unknown, on a person's word; False: it has been resolved meanwhile.

        Raises:
            Forbidden: only its asker may.
        """
        await self._check(Deed.GIVE_UP, order, asker)
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            ended = await endings.end(
                conn, job, JobStatus.FAILED, now=now, expect=_UNKNOWN, failure_code="given_up"
            )
            if ended is not None:
                await audit.append(conn, audited.given_up(ended, asker), now=now)
        self._wake()
        return ended is not None

    async def _check(self, deed: Deed, order: Order, asker: Asker) -> None:
        await check(deed, order, asker, self._tools.teams, self._tools.database)
