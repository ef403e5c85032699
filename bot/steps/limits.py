"""What sync.so allows an account: asked for now and then, and learnt from its refusals."""

import structlog

from bot.steps.tools import Tools
from bot.sync_api.errors import ConcurrencyReached, RateLimited, SyncApiError
from bot.teams.accounts import Account
from storage import accounts, job_store
from storage.jobs import Job, JobStatus

_log = structlog.get_logger(__name__)

_FRESH_S = 600.0
"""Plans change seldom, and a limit that is too high is corrected by sync.so's first refusal."""
_MAY_HAVE_CHANGED = frozenset({402, 403})
"""Refusals after which the account is looked at again (sync.so docs, account); 429 has its own ways."""


class Limits:
    """Keeps what is known of the accounts' limits, for the claims of queued jobs."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def ask_if_old(self, account: Account) -> None:
        """Ask for the account's limit, if nobody has lately; sync.so's silence leaves it as it was.

        Where nothing is known, one job is sent at a time, so that its asking is the only one.
        """
        now = self._tools.clock()
        async with self._tools.database.read() as conn:
            if await accounts.is_fresh(conn, account.key, now=now, for_s=_FRESH_S):
                return
        concurrency = None
        try:
            concurrency = (await account.client.account()).concurrency
        except SyncApiError as error:
            _log.warning("limits not told", error=repr(error))
        async with self._tools.database.write() as conn:
            await accounts.tell_limit(conn, account.key, concurrency=concurrency, now=now)

    async def heed(self, account_key: str, error: SyncApiError) -> None:
        """Have the limit asked for again after a refusal that may come from a change of the plan."""
        if error.status in _MAY_HAVE_CHANGED:
            async with self._tools.database.write() as conn:
                await accounts.look_again(conn, account_key)

    async def wait_for_rate(self, account_key: str, *, wait_s: float) -> None:
        """Leave the account alone for `wait_s` seconds: a rate limit is about every request of its key."""
        async with self._tools.database.write() as conn:
            await accounts.wait_for_rate(conn, account_key, until=self._tools.clock() + wait_s)

    async def no_slot(
        self,
        job: Job,
        account_key: str,
        error: RateLimited | ConcurrencyReached,
        *,
        wait_s: float,
        back: bool,
    ) -> None:
        """Hold the account's line back for `wait_s` seconds, as far as the refusal of `job` goes.

        A rate limit is about every request; without a free slot, jobs may still start where others end.

        Args:
            job: the one that was refused, held.
            account_key: whose key it was sent with.
            error: which of the two refusals.
            wait_s: for how long.
            back: whether the job goes back to its place in the line; otherwise it just waits as long.
        """
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            if isinstance(error, RateLimited):
                await accounts.wait_for_rate(conn, account_key, until=now + wait_s)
            else:
                await accounts.lower_limit(conn, account_key, limit=error.limit)
            token = job.lease_token or ""
            if back:
                # What it costs is looked at again, however short the wait: sync.so has not taken it.
                await job_store.move(
                    conn, job, JobStatus.QUEUED, now=now, lease_token=token, due_at=now, priced_at=None
                )
            else:
                await job_store.retry_later(conn, job, now=now, due_at=now + wait_s, lease_token=token)
            if isinstance(error, ConcurrencyReached):
                await accounts.keep_to_running(conn, account_key, until=now + wait_s)
