"""Guarded: run a step on one order or job, and do what the table of troubles says of what it meets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog

from bot.errors import JobFailed, TooManyOpen
from bot.steps.refusals import looked_into
from bot.steps.tools import SLOW_AFTER_S, LeaseLost, Tools, patience_s
from bot.steps.trouble import Again, Elsewhere, Fail, Stage, stage_of, verdict
from bot.steps.unconnected import wait_for_account
from bot.teams.rights import RuledOut
from bot.troubles import cause_of, is_ours, log_trouble
from storage.jobs import Job, JobStatus
from storage.orders import Order

_log = structlog.get_logger(__name__)

ONCE_MORE_S = 0.5
"""As SLOW_AFTER_S, for a try that follows a failed one, so that both are told within five seconds."""
Held = TypeVar("Held", Order, Job)
T = TypeVar("T")


async def guarded(
    tools: Tools, held: Held, work: Callable[[Held], Awaitable[T]], *, stage: Stage | None = None
) -> T | None:
    """Run a step on one order or job; trouble ends by the table, or in silence for a lost lease.

    Args:
        tools: what the step works with.
        held: as it was claimed, or has just become.
        work: the step.
        stage: where it stands; None: as its row says.

    Returns:
        What the step did; None: it met trouble.

    Raises:
        StorageError: not even that could be stored.
    """
    with structlog.contextvars.bound_contextvars(
        **{_name_of(held): held.id}, team=held.team_id, step=held.status.value
    ):
        try:
            async with _slowness_told(tools, held):
                return await work(held)
        except LeaseLost:
            _log.info("lease lost")
        except Exception as error:  # noqa: BLE001 - the one place where a step's trouble is sorted
            await sort_trouble(tools, held, error, stage or stage_of(held))
        return None


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


async def sort_trouble(tools: Tools, held: Order | Job, error: Exception, stage: Stage) -> None:
    """Do what the table says, and log it."""
    error = await looked_into(tools, held, error)
    age_s = _age_s(held, tools.clock())
    match verdict(error, stage, attempts=held.attempts, age_s=age_s):
        case Fail(code=code, detail=detail):
            _log_failure(error, code)
            await tools.fail(held, code, detail)
        case Again(wait_s=wait_s, counts=counts):
            if is_ours(error):
                log_trouble("step broke", error)
            await tools.later(held, wait_s, count=counts, why=error)
        case elsewhere:
            if isinstance(held, Job):
                await _LEAVE[elsewhere](tools, held, error)
            elif elsewhere is Elsewhere.ACCOUNT:
                await wait_for_account(tools, held, error)


def _log_failure(error: Exception, code: str) -> None:
    if is_ours(error) and not isinstance(error, JobFailed | TooManyOpen | RuledOut):
        log_trouble("step broke", error)
    _log.warning("failed", code=code, cause=cause_of(error))


def _age_s(held: Order | Job, now: float) -> float:
    sent_at = held.submitted_at if isinstance(held, Job) else None
    return 0.0 if sent_at is None else now - sent_at


async def _back_into_line(tools: Tools, job: Job, error: Exception) -> None:
    """What sync.so did not take waits for its turn again, and for its price to be looked at again."""
    now = tools.clock()
    wait_s = patience_s(now - job.created_at)
    _log.info("not sent", cause=cause_of(error), next_try_s=wait_s)
    await tools.move(job, JobStatus.QUEUED, due_at=now + wait_s, priced_at=None)


async def _ask_a_person(tools: Tools, job: Job, error: Exception) -> None:
    _log.warning("gave up asking", cause=cause_of(error))
    await tools.move(job, JobStatus.UNRESOLVED, failure_code="sync_unavailable")


async def _keep(tools: Tools, job: Job, _error: Exception) -> None:
    await tools.rest(job)


_LEAVE = {
    Elsewhere.LINE: _back_into_line,
    Elsewhere.PERSON: _ask_a_person,
    Elsewhere.NOWHERE: _keep,
}
