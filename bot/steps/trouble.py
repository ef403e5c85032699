"""Trouble: what becomes of an order or a job whose step meets an error."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog

from bot.errors import JobFailed, NotInstalled, TooManyOpen
from bot.media import MediaError, Unusable
from bot.slack import (
    CallBroken,
    NotAllowed,
    PlaceClosed,
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackRateLimited,
    SlackRefused,
    TokenDead,
    UploadRefused,
)
from bot.steps.tools import SLOW_AFTER_S, LeaseLost, Tools, wait_for
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
from bot.troubles import cause_of, is_ours, log_trouble
from storage.jobs import Job, JobStatus
from storage.orders import Order

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
ONCE_MORE_S = 0.5
"""As above for a try that follows a failed one, so that together they are told within five seconds."""


Held = TypeVar("Held", Order, Job)


async def guarded(tools: Tools, held: Held, work: Callable[[Held], Awaitable[None]]) -> None:
    """Run a step on one order or job; trouble ends in a retry, a clear failure, or silence for a lost lease.

    Raises:
        StorageError: not even that could be stored.
    """
    with structlog.contextvars.bound_contextvars(
        **{_name_of(held): held.id}, team=held.team_id, step=held.status.value
    ):
        try:
            async with _slowness_told(tools, held):
                await work(held)
        except LeaseLost:
            _log.info("lease lost")
        except Exception as error:  # noqa: BLE001 - the one place where a step's trouble is sorted
            await sort_trouble(tools, held, error)


def _name_of(held: Order | Job) -> str:
    return "order" if isinstance(held, Order) else "job"


@asynccontextmanager
async def _slowness_told(tools: Tools, held: Order | Job) -> AsyncIterator[None]:
    """While a try takes long, by itself or with those that failed before it, the card says so."""
    telling: list[asyncio.Task[None]] = []
    after_s = ONCE_MORE_S if held.attempts else SLOW_AFTER_S
    loop = asyncio.get_running_loop()
    watch = loop.call_later(after_s, lambda: telling.append(loop.create_task(tools.tell_slow(held))))
    if held.slow:
        watch.cancel()
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.gather(*telling)


async def sort_trouble(tools: Tools, held: Order | Job, error: Exception) -> None:
    """Fail it, or let its step run again later, by what the error means."""
    final = final_failure(error)
    if final is not None and not _may_have_cost(held, error):
        _log.warning("failed", code=final.code)
        await tools.fail(held, final.code, final.detail)
        return
    if isinstance(held, Job):
        if held.status is JobStatus.UNRESOLVED:
            await tools.rest(held)
            return
        if final is not None and held.status in _AT_SYNC and _is_old(tools, held):
            _log.warning("gave up asking", cause=cause_of(error))
            await tools.move(held, JobStatus.UNRESOLVED, failure_code="sync_unavailable")
            return
    if isinstance(error, SlackRateLimited):
        # Slack has only asked to wait, which says nothing against the job however often it does.
        await tools.later(held, wait_for(error, held.attempts), count=False, why=error)
        return
    # sync.so may be working for money: trouble on the way there is no end of the job.
    if held.attempts + 1 >= _most_tries(held, error) and held.status not in _AT_SYNC:
        _log.warning("gave up", cause=cause_of(error))
        await tools.fail(held, _last_word(error), None)
        return
    if is_ours(error):
        log_trouble("step broke", error)
    await tools.later(held, wait_for(error, held.attempts), why=error)


def _may_have_cost(job: Order | Job, error: Exception) -> bool:
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


def _most_tries(job: Order | Job, error: Exception) -> int:
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


def _last_word(error: Exception) -> str:
    match error:
        case SyncApiError():
            return "sync_unavailable"
        case SlackError():
            return "slack_unavailable"
        case MediaError():
            return error.code
    return "internal"
