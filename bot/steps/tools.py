"""What every step works with, and what becomes of a job whose step meets trouble."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Unpack

import structlog

from bot.errors import LONGEST_ASKED_S, JobFailed, NotInstalled, TooManyOpen
from bot.heartbeat import Heartbeat
from bot.media import Looks, MediaError, MediaRelay, Unusable
from bot.slack import (
    CallBroken,
    NotAllowed,
    PlaceClosed,
    ScopeMissing,
    Slack,
    SlackBusy,
    SlackError,
    SlackRateLimited,
    SlackRefused,
    SlackTeam,
    TokenDead,
    UploadRefused,
)
from bot.steps.live_cards import LiveCards
from bot.sync_api.errors import (
    ConcurrencyReached,
    NotAuthorised,
    OutcomeUnknown,
    PaymentNeeded,
    RateLimited,
    Refused,
    SyncApiError,
    Unavailable,
    Unreadable,
)
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from bot.troubles import cause_of, is_ours, log_trouble
from storage import job_store, leases
from storage.database import Database
from storage.encryption import Cipher
from storage.errors import StorageError
from storage.jobs import Changes, Job, JobStatus, Scheduled
from storage.leases import LEASE_S

_log = structlog.get_logger(__name__)

MOST_TRIES = 14
"""Tries of one step before it is given up; with the waits between them about a quarter of an hour."""
GIVEN_TIME_S = 12 * 3600.0
"""sync.so's jobs take minutes; one of which nothing is known for so long will hardly end by itself."""
MOST_TRIES_TO_BRING = 180
"""About six hours: what was paid for is worth waiting for."""
_AT_SYNC = frozenset({JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.UNRESOLVED})
"""Where sync.so may have the job, and may charge for it."""
_UPLOAD_REFUSED = {
    "file_upload_size_restricted": "slack_upload_too_large",
    "storage_limit_reached": "slack_storage_full",
}
"""Refusals of an upload that are not about what kind of file it is."""
_NO_REASON = frozenset({Refused.code, "not_found"})
"""Codes of refusals that sync.so gave no code."""
SLOW_AFTER_TRIES, SLOW_AFTER_S = 2, 3.0
"""Failed tries of a step, or seconds of a try or a wait, after which the card says that it takes longer."""
STORED_WITHIN_S = 1.0
"""What takes longer to be stored is told from memory: the database is away, or somebody locks it."""
ONCE_MORE_S = 0.5
"""As above for a try that follows a failed one, so that together they are told within five seconds."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The outside world and the store, as the steps use them."""

    database: Database
    cipher: Cipher
    teams: Teams
    accounts: Accounts
    slack: Slack
    relay: MediaRelay
    clock: Callable[[], float]
    new_id: Callable[[], str]
    heartbeat: Heartbeat
    looks: Looks
    live_cards: LiveCards = field(default_factory=LiveCards)

    async def slack_of(self, job: Job) -> SlackTeam:
        """Slack as the job's workspace lets the app use it. Raises NotInstalled."""
        return self.slack.team(await self.teams.need(job.enterprise_id, job.team_id))

    def new_token(self) -> str:
        """A token for a lease of this process's."""
        return leases.new_token(self.heartbeat.holder, self.new_id())

    async def move(
        self,
        job: Job,
        to: JobStatus,
        *,
        visible: bool = True,
        keep_lease: bool = False,
        **changes: Unpack[Scheduled],
    ) -> Job | None:
        """Move a job that this holder still leases; None when the lease was lost: then nothing changed."""
        async with self.database.write() as conn:
            return await job_store.move(
                conn,
                job,
                to,
                now=self.clock(),
                lease_token=job.lease_token,
                visible=visible,
                keep_lease=keep_lease,
                **changes,
            )

    async def save(
        self, job: Job, *, visible: bool = False, anew: bool = False, **changes: Unpack[Scheduled]
    ) -> Job:
        """Change a leased job in its status; `anew`: its tries are counted from here.

        Raises:
            LeaseLost: another holder has the job now; this one stops.
        """
        async with self.database.write() as conn:
            saved = await job_store.save(
                conn,
                job,
                now=self.clock(),
                lease_token=job.lease_token,
                visible=visible,
                anew=anew,
                **changes,
            )
        if saved is None:
            raise LeaseLost(job.id)
        return saved

    async def renew(self, job: Job) -> None:
        """Keep the lease of a job whose work takes long. Raises LeaseLost."""
        async with self.database.write() as conn:
            kept = await leases.JOBS.renew(
                conn, [job.id], job.lease_token or "", until=self.clock() + LEASE_S
            )
        if not kept:
            raise LeaseLost(job.id)

    async def make_sure(self, job: Job) -> None:
        """See that the job is still held, right before what cannot be undone: a paid call, a share.

        Whoever stood still for a while, or comes to the end of the lease, asks the database; for all others
        the answer is in memory, since nobody takes over from a holder whose heart has just beaten.

        Raises:
            LeaseLost: another holder has the job now; this one sends nothing.
        """
        left_s = (job.due_at or 0.0) - self.clock()
        if not self.heartbeat.is_fresh:
            await self.heartbeat.beat()
        elif left_s > LEASE_S / 2:
            return
        await self.renew(job)

    async def later(
        self, job: Job, wait_s: float, *, count: bool = True, why: object = None, **changes: Unpack[Changes]
    ) -> None:
        """Let the job's step run again after `wait_s` seconds.

        `count` where this was a failed try. `why` names the trouble: it is logged, and after a while the card
        says that it takes longer.
        """
        visible = False
        if why is not None:
            _log.info("trying again", cause=cause_of(why), tries=job.attempts + 1, next_try_s=wait_s)
            again_and_again = count and job.attempts + 1 >= SLOW_AFTER_TRIES
            if not job.slow and (again_and_again or wait_s > SLOW_AFTER_S):
                changes["slow"] = visible = True
        await self._give_back(job, self.clock() + wait_s, count=count, visible=visible, **changes)

    async def tell_slow(self, job: Job) -> None:
        """Have the card say that the present step takes longer, while this holder is still at it."""
        try:
            async with asyncio.timeout(STORED_WITHIN_S):
                await self.save(job, visible=True, slow=True)
        except LeaseLost:
            return
        except (StorageError, TimeoutError):
            self.live_cards.tell()

    async def rest(self, job: Job, *, until: float | None = None) -> None:
        """Give the job back until somebody acts, or a time comes."""
        await self._give_back(job, until, count=False)

    async def _give_back(
        self,
        job: Job,
        due_at: float | None,
        *,
        count: bool,
        visible: bool = False,
        **changes: Unpack[Changes],
    ) -> None:
        async with self.database.write() as conn:
            await job_store.retry_later(
                conn,
                job,
                now=self.clock(),
                due_at=due_at,
                lease_token=job.lease_token or "",
                count=count,
                visible=visible,
                **changes,
            )


class LeaseLost(Exception):
    """Another holder took the job over; whatever this one still knows is old."""


def backoff_s(attempts: int) -> float:
    """Seconds to wait after so many failed tries: 1, 2, 4 … 120."""
    return min(2.0 ** min(attempts, 7), 120.0)


def patience_s(age_s: float) -> float:
    """Seconds until the next look at what takes long: quick while somebody may be watching, then patient."""
    return min(max(2.0, age_s / 10), 15.0)


async def guarded(tools: Tools, job: Job, work: Callable[[Job], Awaitable[None]]) -> None:
    """Run a step on one job; trouble ends in a retry, in a clear failure, or in silence for a lost lease.

    Raises:
        StorageError: not even that could be stored.
    """
    with structlog.contextvars.bound_contextvars(job=job.id, team=job.team_id, step=job.status.value):
        try:
            async with _slowness_told(tools, job):
                await work(job)
        except LeaseLost:
            _log.info("lease lost")
        except Exception as error:  # noqa: BLE001 - the one place where a step's trouble is sorted
            await sort_trouble(tools, job, error)


@asynccontextmanager
async def _slowness_told(tools: Tools, job: Job) -> AsyncIterator[None]:
    """While a try takes long, by itself or with those that failed before it, the card says so."""
    telling: list[asyncio.Task[None]] = []
    after_s = ONCE_MORE_S if job.attempts else SLOW_AFTER_S
    loop = asyncio.get_running_loop()
    watch = loop.call_later(after_s, lambda: telling.append(loop.create_task(tools.tell_slow(job))))
    if job.slow:
        watch.cancel()
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.gather(*telling)


async def sort_trouble(tools: Tools, job: Job, error: Exception) -> None:
    """Fail the job, or let its step run again later, by what the error means."""
    final = final_failure(error)
    if final is not None and not _may_have_cost(job, error):
        _log.warning("job failed", code=final.code)
        await tools.move(job, JobStatus.FAILED, failure_code=final.code, failure_detail=final.detail)
        return
    if job.status is JobStatus.UNRESOLVED:
        await tools.rest(job)
        return
    if final is not None and job.status in _AT_SYNC and _is_old(tools, job):
        _log.warning("gave up asking", cause=cause_of(error))
        await tools.move(job, JobStatus.UNRESOLVED, failure_code="sync_unavailable")
        return
    if isinstance(error, SlackRateLimited):
        # Slack has only asked to wait, which says nothing against the job however often it does.
        await tools.later(job, wait_for(error, job.attempts), count=False, why=error)
        return
    # sync.so may be working for money: trouble on the way there is no end of the job.
    if job.attempts + 1 >= _most_tries(job, error) and job.status not in _AT_SYNC:
        _log.warning("gave up", cause=cause_of(error))
        await tools.move(job, JobStatus.FAILED, failure_code=_last_word(error), failure_detail=None)
        return
    if is_ours(error):
        log_trouble("step broke", error)
    await tools.later(job, wait_for(error, job.attempts), why=error)


def _may_have_cost(job: Job, error: Exception) -> bool:
    """Whether the job may have been paid for, or surely was, while this error says nothing of its fate.

    `job` is as it was claimed: one that was submitting then may have been sent by a holder who died since. A
    key that is refused today may be put right, and an app that was removed may be installed again, while
    there is still a video to bring.
    """
    if job.status is JobStatus.SUBMITTING and isinstance(error, Refused):
        # Without a reason the way there may have refused, which says nothing of what was sent before.
        return error.status in {403, 404} and error.code in _NO_REASON
    if job.status in _AT_SYNC:
        return isinstance(error, NotAuthorised | PaymentNeeded | NotInstalled)
    return job.status is JobStatus.DELIVERING and isinstance(error, NotAuthorised | PaymentNeeded)


def _most_tries(job: Job, error: Exception) -> int:
    """A refusal of Slack's that no table knows may hold for good: it is not worth hours."""
    unknown = isinstance(error, SlackRefused) and not isinstance(error, SlackBusy)
    return MOST_TRIES_TO_BRING if job.status is JobStatus.DELIVERING and not unknown else MOST_TRIES


def _is_old(tools: Tools, job: Job) -> bool:
    return job.submitted_at is not None and tools.clock() - job.submitted_at > GIVEN_TIME_S


def final_failure(error: Exception) -> JobFailed | None:  # noqa: PLR0911 - one line for each kind of error
    """The failure that no further try can mend; None where trying again makes sense."""
    match error:
        case JobFailed():
            return error
        case NotInstalled():
            return JobFailed("app_removed")
        case TooManyOpen():
            return JobFailed("too_many_open")
        case SlackRefused():
            return _refused_for_good(error)
        case Unusable():
            return JobFailed(error.code)
        case RateLimited() | ConcurrencyReached() | Unavailable() | OutcomeUnknown() | Unreadable():
            return None
        case SyncApiError():
            return JobFailed(error.code, error.suggestion or error.message)
    return None


def _refused_for_good(error: SlackRefused) -> JobFailed | None:
    """The failure by a refusal of Slack's that no wait ends; whoever can mend it is named in its words."""
    match error:
        case TokenDead():
            return JobFailed("app_removed")
        case ScopeMissing():
            return JobFailed("slack_scope_missing", error.needed)
        case UploadRefused():
            return JobFailed(_UPLOAD_REFUSED.get(error.code, "slack_uploads_disabled"))
        case NotAllowed() | PlaceClosed():
            return JobFailed("slack_not_allowed", error.code)
        case CallBroken():
            log_trouble("Slack does not take a call of ours", error)
            return JobFailed("slack_call_broken", error.code)
    return None


def wait_for(answer: object, attempts: int) -> float:
    """Seconds until the next try: a growing wait, or what an error or answer asked for if that is longer.

    Tries are counted, so short waits that are asked for again and again would use them up within seconds.
    """
    asked = getattr(answer, "retry_after_s", None) or 0.0
    return max(min(float(asked), LONGEST_ASKED_S), backoff_s(attempts))


def _last_word(error: Exception) -> str:
    match error:
        case SyncApiError():
            return "sync_unavailable"
        case SlackError():
            return "slack_unavailable"
        case MediaError():
            return error.code
    return "internal"
