"""Watch: hold a few reads open at sync.so, which end with their videos, where no webhook can be had.

Like a webhook, such a read only makes its job due: what is true, the next look says. It holds no lease, so
another process may look meanwhile; and the looks that are due by the clock go on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

import structlog

from bot.steps.tools import Tools
from bot.sync_api.client import LONGEST_WAIT_S
from bot.sync_api.errors import SyncApiError
from bot.teams.accounts import Account
from bot.troubles import cause_of
from storage import job_store
from storage.errors import StorageError
from storage.jobs import Job, JobStatus

_log = structlog.get_logger(__name__)

FEW = 3
"""Reads of one account that are held open at once. Each asks every 12 s: a few of the 600 requests a minute
that sync.so allows a key (sync.so: rate limits)."""
_IN_ALL = 24
_IN_A_ROW = 50
"""Ten minutes; a look that is due by the clock begins anew."""
_BETWEEN_S = 2.0
"""What sync.so wishes to pass before the next (sync.so: GET /v2/generate/{id}, `Retry-After`)."""
_AFTER_TROUBLE_S = 60.0
"""So long an account is left to the looks that are due by the clock."""


class Watch:
    """The reads that this process holds open; they end with `run`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._asked: asyncio.Queue[tuple[Account, Job]] = asyncio.Queue()
        self._held: defaultdict[str, set[str]] = defaultdict(set)
        self._left_alone_until: dict[str, float] = {}

    def over(self, account: Account, jobs: Sequence[Job]) -> None:
        """Watch over jobs of an account that sync.so is at work on, as long as they are few."""
        held = self._held[account.key]
        if len(jobs) > FEW or self._is_left_alone(account):
            return
        for job in jobs:
            is_room = len(held) < FEW and sum(map(len, self._held.values())) < _IN_ALL
            if is_room and job.id not in held:
                held.add(job.id)
                self._asked.put_nowait((account, job))

    async def run(self, wake: Callable[[], None]) -> None:
        """Hold what is asked for, until cancelled. `wake`: see `Worker.wake`."""
        async with asyncio.TaskGroup() as reads:
            while True:
                account, job = await self._asked.get()
                reads.create_task(self._hold(account, job, wake), name=f"watch {job.id}")

    async def _hold(self, account: Account, job: Job, wake: Callable[[], None]) -> None:
        try:
            if await self._has_ended(account, job):
                wake()
        except (SyncApiError, StorageError) as error:
            _log.info("no longer watched; looked at now and then", job=job.id, cause=cause_of(error))
            asked_s = getattr(error, "retry_after_s", None) or 0.0
            until = asyncio.get_running_loop().time() + max(asked_s, _AFTER_TROUBLE_S)
            self._left_alone_until[account.key] = until
        except Exception:  # noqa: BLE001 - it must not end the others
            _log.exception("watching broke", job=job.id)
        finally:
            self._held[account.key].discard(job.id)

    async def _has_ended(self, account: Account, job: Job) -> bool:
        """Wait for its end at sync.so; whether that is news, and no look by the clock was first."""
        for _ in range(_IN_A_ROW):
            if (await account.client.get(job.generation_id or "", wait_s=LONGEST_WAIT_S)).terminal:
                return await self._made_due(job)
            await asyncio.sleep(_BETWEEN_S)
        return False

    async def _made_due(self, job: Job) -> bool:
        now, statuses = self._tools.clock(), frozenset({JobStatus.PROCESSING})
        async with self._tools.database.write() as conn:
            return await job_store.make_due(conn, job.id, now=now, statuses=statuses)

    def _is_left_alone(self, account: Account) -> bool:
        until = self._left_alone_until.get(account.key)
        return until is not None and asyncio.get_running_loop().time() < until
