"""Settle: read the truth of many generations at once and move their jobs."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.errors import NotInstalled
from bot.steps.tools import Tools, sort_trouble
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import Generation, GenerationStatus
from storage.job_batches import Move, Rest, move_many, rest_many
from storage.jobs import Job, JobStatus

READ_AT_ONCE = 100
"""Ids in one list call (sync.so: `limit` 1-100)."""


class Settle:
    """The step of `processing`: a webhook or a poll made the job due, the API says what is true."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, jobs: list[Job]) -> None:
        """One read for up to a hundred jobs of an account, one transaction for what they tell."""
        by_account = sorted(jobs, key=lambda job: job.account_key or "")
        for _, of_account in groupby(by_account, key=lambda job: job.account_key):
            for some in _chunks(list(of_account)):
                await self._settle(some)

    async def _settle(self, jobs: Sequence[Job]) -> None:
        try:
            account = await self._tools.accounts.of_team(jobs[0].enterprise_id, jobs[0].team_id)
            known = await read_generations(account.client, [job.generation_id or "" for job in jobs])
        except (SyncApiError, NotInstalled) as error:
            for job in jobs:
                await sort_trouble(self._tools, job, error)
            return
        now = self._tools.clock()
        told = [_told(job, known.get(job.generation_id or ""), now) for job in jobs]
        async with self._tools.database.write() as conn:
            lease = jobs[0].lease_token or ""
            await move_many(
                conn, [move for move in told if isinstance(move, Move)], now=now, lease_token=lease
            )
            await rest_many(
                conn, [rest for rest in told if isinstance(rest, Rest)], now=now, lease_token=lease
            )


async def read_generations(client: SyncClient, ids: Sequence[str]) -> dict[str, Generation]:
    """The generations that sync.so knows by these ids, in one request. Raises SyncApiError."""
    return {item.id: item for item in await client.list(ids=ids, limit=len(ids))}


def _told(job: Job, generation: Generation | None, now: float) -> Move | Rest:
    """What sync.so's word means for the job; no word, or the same as before, means waiting."""
    if generation is None:
        return Rest(job.id, due_at=now + poll_wait_s(job, now))
    status = generation.status
    if status == GenerationStatus.COMPLETED:
        return Move(job.id, JobStatus.DELIVERING, {"generation_status": status, "due_at": now})
    if generation.terminal:
        failure = {
            "generation_status": status,
            "failure_code": generation.error_code or f"generation_{status.lower()}",
            "failure_detail": generation.error,
        }
        return Move(job.id, JobStatus.FAILED, failure)
    changes = {} if status == job.generation_status else {"generation_status": status}
    return Rest(job.id, due_at=now + poll_wait_s(job, now), changes=changes, visible=bool(changes))


def poll_wait_s(job: Job, now: float) -> float:
    """Seconds until the next read: quick while somebody may be watching, then patient."""
    age_s = now - (job.submitted_at or now)
    return min(max(2.0, age_s / 10), 30.0)


def _chunks(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    return (jobs[start : start + READ_AT_ONCE] for start in range(0, len(jobs), READ_AT_ONCE))
