"""Settle: read the truth of many generations at once and move their jobs."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import structlog

from bot.errors import NotConnected
from bot.steps.guarded import sort_trouble
from bot.steps.refusals import looked_into
from bot.steps.sides import side_by_side
from bot.steps.tools import SLOW_AFTER_TRIES, Tools, patience_s, wait_for
from bot.steps.trouble import GIVEN_TIME_S, Again, Stage, verdict
from bot.steps.watch import Watch
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import Generation, GenerationStatus
from bot.teams.accounts import Account
from bot.troubles import cause_of
from storage import bills, job_batches
from storage.errors import Undecryptable
from storage.job_batches import Move, Rest
from storage.jobs import Job, JobChanges, JobStatus

_log = structlog.get_logger(__name__)

_NAMED_IN_A_LINE = 5

_READS_AT_ONCE = 8
READ_AT_ONCE = 100
"""Ids in one list call (sync.so: `limit` 1-100)."""
_ALONE_AT_ONCE = 8
"""Generations that are asked for one by one after one list has missed them."""


class Settle:
    """The step of `processing`: a webhook or a poll made the job due, the API says what is true."""

    def __init__(self, tools: Tools, watch: Watch | None = None) -> None:
        """`watch` is told what sync.so is still at work on; None: webhooks come."""
        self._tools = tools
        self._watch = watch

    async def __call__(self, jobs: list[Job]) -> None:
        """One read for up to a hundred jobs of an account, one transaction for what they tell.

        Side by side, so that an account that sync.so answers slowly does not hold up the others.
        """
        turns = asyncio.Semaphore(_READS_AT_ONCE)

        async def settle(account: Account, some: Sequence[Job]) -> None:
            async with turns:
                await self._settle(account, some)

        accounts = await self._by_account(jobs)
        reads = [settle(account, some) for account, of_account in accounts for some in _chunks(of_account)]
        await side_by_side(reads)

    async def _by_account(self, jobs: Sequence[Job]) -> list[tuple[Account, list[Job]]]:
        """The jobs under the keys that read them."""
        alike: dict[tuple[str | None, str, str], list[Job]] = defaultdict(list)
        for job in jobs:
            alike[job.enterprise_id, job.team_id, job.account_key].append(job)
        found: dict[str, tuple[Account, list[Job]]] = {}
        for some in alike.values():
            try:
                account = await self._tools.account_of_sent(some[0])
            except (NotConnected, Undecryptable) as error:
                for job in some:
                    await sort_trouble(self._tools, job, error, Stage.MAKING)
            else:
                found.setdefault(account.credential, (account, []))[1].extend(some)
        return list(found.values())

    async def _settle(self, account: Account, jobs: Sequence[Job]) -> None:
        now = self._tools.clock()
        try:
            known = await read_generations(account.client, [job.generation_id or "" for job in jobs])
        except SyncApiError as error:
            _log_unread(jobs, error)
            await looked_into(self._tools, jobs[0], error)
            told = [_unread(job, error, now) for job in jobs]
        else:
            asked = _asked_alone(job for job in jobs if job.generation_id not in known)
            known |= await _read_alone(account.client, [job.generation_id or "" for job in asked])
            told = [
                _told(job, known.get(job.generation_id or ""), now, asked_alone=job in asked) for job in jobs
            ]
            if self._watch is not None:
                self._watch.over(account, [each.job for each in told if isinstance(each, Rest)])
        await self._store(told, now=now, lease_token=jobs[0].lease_token or "")

    async def _store(self, told: Sequence[Move | Rest], *, now: float, lease_token: str) -> None:
        # Also for a job that another holder has taken over: what sync.so told is true all the same.
        over = [bills.bill_of(each.job, now) for each in told if isinstance(each, Move) and _is_over(each)]
        async with self._tools.database.write() as conn:
            await job_batches.store(conn, told, now=now, lease_token=lease_token)
            await bills.open_many(conn, over)


async def read_generations(client: SyncClient, ids: Sequence[str]) -> dict[str, Generation]:
    """The generations that sync.so knows by these ids, in one request. Raises SyncApiError."""
    return {item.id: item for item in await client.list(ids=ids, limit=len(ids))}


def _asked_alone(missed: Iterable[Job]) -> list[Job]:
    """Of the jobs that a list has missed, those to ask about by their own ids: the newest, and once each.

    A list may not show yet what was made a moment ago.
    """
    first_missed = [job for job in missed if job.attempts == 0]
    return sorted(first_missed, key=lambda job: job.submitted_at or 0.0, reverse=True)[:_ALONE_AT_ONCE]


async def _read_alone(client: SyncClient, ids: Sequence[str]) -> dict[str, Generation]:
    """The generations that sync.so knows when each is asked for by itself."""
    answers = await asyncio.gather(*(client.get(each) for each in ids), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, SyncApiError):
            raise answer
    return {answer.id: answer for answer in answers if isinstance(answer, Generation)}


def _log_unread(jobs: Sequence[Job], error: SyncApiError) -> None:
    """One line for the whole read; it names as many jobs as a line has room for."""
    _log.info(
        "generations not read; trying again",
        cause=cause_of(error),
        jobs=[job.id for job in jobs[:_NAMED_IN_A_LINE]],
        of=len(jobs),
        next_try_s=min(wait_for(error, job.attempts) for job in jobs),
    )


def _unread(job: Job, error: SyncApiError, now: float) -> Move | Rest:
    """What becomes of a job that cannot be asked about: tried again; after too long a person decides."""
    age_s = now - (job.submitted_at or now)
    answer = verdict(error, Stage.MAKING, attempts=job.attempts, age_s=age_s)
    if not isinstance(answer, Again):
        return Move(job, JobStatus.UNRESOLVED, {"failure_code": "sync_unavailable"})
    is_slow = not job.slow and job.attempts + 1 >= SLOW_AFTER_TRIES
    changes: JobChanges = {"slow": True} if is_slow else {}
    return Rest(job, due_at=now + answer.wait_s, changes=changes, visible=is_slow, failed=answer.counts)


def _told(job: Job, generation: Generation | None, now: float, *, asked_alone: bool) -> Move | Rest:
    """What sync.so's word means for the job; no word, or the same as before, means waiting."""
    if generation is None:
        return _missed(job, now, asked_alone=asked_alone)
    if not generation.terminal:
        return _waited(job, generation, now)
    status = generation.status
    if status == GenerationStatus.COMPLETED:
        return Move(job, JobStatus.DELIVERING, {"generation_status": status, "due_at": now})
    failure: JobChanges = {
        "generation_status": status,
        "failure_code": generation.error_code or f"generation_{status.lower()}",
        "failure_detail": generation.error,
    }
    return Move(job, JobStatus.FAILED, failure)


def _missed(job: Job, now: float, *, asked_alone: bool) -> Move | Rest:
    """What becomes of a job that sync.so's list does not show; that it was asked for alone is counted."""
    age_s = now - (job.submitted_at or now)
    if age_s > GIVEN_TIME_S:
        return Move(job, JobStatus.UNRESOLVED, {"failure_code": "sync_unavailable"})
    return Rest(job, due_at=now + patience_s(age_s), failed=asked_alone or job.attempts > 0)


def _waited(job: Job, generation: Generation, now: float) -> Move | Rest:
    """What becomes of a job that sync.so is not done with; after too long a person decides."""
    status = generation.status
    changes: JobChanges = {} if status == job.generation_status else {"generation_status": status}
    age_s = now - (job.submitted_at or now)
    if age_s > GIVEN_TIME_S:
        return Move(job, JobStatus.UNRESOLVED, {**changes, "failure_code": "generation_stuck"})
    return Rest(job, due_at=now + patience_s(age_s), changes=changes, visible=bool(changes))


def _is_over(move: Move) -> bool:
    """Whether sync.so is done with it, and its record tells, or will tell, what it cost."""
    return move.to is JobStatus.DELIVERING or (
        move.to is JobStatus.FAILED and "generation_status" in move.changes
    )


def _chunks(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    return (jobs[start : start + READ_AT_ONCE] for start in range(0, len(jobs), READ_AT_ONCE))
