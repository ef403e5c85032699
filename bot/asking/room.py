"""How many jobs one person may have open."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import TooManyOpen
from storage.jobs import Job, NewJob
from storage.open_jobs import count_open

MOST_OPEN: Final = 20
"""Asked for, waiting for a yes, in the line, in the making."""


async def check_room(conn: AsyncConnection, job: Job | NewJob, *, for_more: bool = False) -> None:
    """Undo what made a job one too many of its asker's; `for_more`: so that there is room for one more.

    Args:
        conn: the transaction that made it.
        job: what was made.
        for_more: whether it does not count yet, since only its form is open.

    Raises:
        TooManyOpen: it is one too many; the transaction is to be given up.
    """
    if await count_open(conn, job.team_id, job.user_id, at_most=MOST_OPEN + 1) > MOST_OPEN - for_more:
        raise TooManyOpen(MOST_OPEN)
