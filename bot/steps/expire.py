"""Expire: end what nobody finished: forms left open and prices nobody accepted."""

from bot.steps.tools import Tools, guarded
from storage.jobs import Job, JobStatus


class Expire:
    """The step of what waits for an answer, due when its time is over."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, jobs: list[Job]) -> None:
        """Nothing was spent: the card says so and offers to ask again."""
        for job in jobs:
            await guarded(self._tools, job, self._expire)

    async def _expire(self, job: Job) -> None:
        await self._tools.move(job, JobStatus.EXPIRED, visible=job.card_revision > 0)
