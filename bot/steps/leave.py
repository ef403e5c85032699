"""Leave to send: what costs money leaves right after it was read that nobody has paused, or not at all."""

from typing import Final

from bot.steps import objected
from bot.steps.tools import Tools
from storage import pause_store
from storage.jobs import Job

LEAVES_WITHIN_S: Final = 1.0
"""From before it was read until it is out, by a clock that goes on while the process stands still."""


class NotSent(Exception):
    """Surely not a byte of the request has left that could make sync.so begin."""


class Leave:
    """That one job may be sent; it grows old by itself, and is taken anew as often as it takes."""

    def __init__(self, tools: Tools, job: Job, *, read_at: float = float("-inf")) -> None:
        """`read_at`: before it was read that nothing is paused, by `Tools.elapsed`; as given: never."""
        self._tools = tools
        self._job = job
        self._read_at = read_at

    async def take(self) -> None:
        """See, right before the request goes out, that it still may.

        Raises:
            NotSent: new spending is paused, somebody who is shown objects, or it took too long to learn that.
            LeaseLost: another holder has the job now.
            StorageError: it cannot be learnt.
        """
        if self._is_fresh:
            return
        await self._tools.make_sure(self._job)
        self._read_at = self._tools.elapsed()
        async with self._tools.database.read() as conn:
            pause = await pause_store.of_job(conn, self._job.id)
            people = await objected.of_job(conn, self._tools, self._job)
        if pause is not None:
            raise NotSent("paused")
        if people:
            raise NotSent("somebody who is shown objects")
        if not self._is_fresh:
            raise NotSent("it was read too long ago that nothing is paused")

    @property
    def _is_fresh(self) -> bool:
        return self._tools.elapsed() - self._read_at < LEAVES_WITHIN_S
