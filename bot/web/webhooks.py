"""sync.so's webhooks: a verified one makes its job due; what is true is read from the API."""

from collections.abc import Callable

from bot.errors import NotConnected
from bot.sync_api.errors import BadSignature
from bot.sync_api.webhook import check_age, verify
from bot.teams.accounts import Accounts
from storage import job_store
from storage.database import Database
from storage.jobs import Job, JobStatus

_WAITING = frozenset({JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.UNRESOLVED})
"""A webhook may come before the reply to the create call."""


class Webhooks:
    """Takes what is posted to `/sync/webhook/{job_id}`; the id in the address is opaque."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        *,
        secret: str | None,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        """`secret` is of the account whose key stands in the settings; None: sync.so tells it, too."""
        self._database = database
        self._accounts = accounts
        self._secret = secret
        self._clock = clock
        self._wake = wake

    def check_age(self, signature: str | None) -> None:
        """Look at a signature before its body. Raises BadSignature: no body can make it good."""
        check_age(signature, now=self._clock())

    async def take(self, job_id: str, raw: bytes, signature: str | None) -> None:
        """Verify a webhook with its job's account and make the job due; one of another job changes nothing.

        Raises:
            BadSignature, Unreadable: it is not what sync.so sends.
            SyncApiError: Any other: the secret cannot be had now, and the poll will tell.
        """
        async with self._database.read() as conn:
            job = await job_store.find(conn, job_id)
        if job is None:
            raise BadSignature(message="The webhook names no job of ours.")
        now = self._clock()
        payload = verify(raw, signature, secret=await self._secret_of(job), now=now)
        if job.generation_id not in {None, payload.id}:
            return
        async with self._database.write() as conn:
            due = await job_store.make_due(conn, job_id, now=now, statuses=_WAITING)
        if due:
            self._wake()

    async def _secret_of(self, job: Job) -> str:
        try:
            account = await self._accounts.of_sent(job)
        except NotConnected:
            raise BadSignature(message="No key of the webhook's account is kept any more.") from None
        if self._secret is not None and account.is_apps_own:
            return self._secret
        return await self._accounts.webhook_secret(account)
