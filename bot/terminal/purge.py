"""`lipsync-bot purge`: what is over by time is deleted now, or counted."""

from collections.abc import Callable, Sequence

from bot.settings import Settings
from bot.steps.forgetting import Forgetting
from bot.terminal.workspace import opened
from storage import input_store, lives, retention
from storage.data_map import LINKS_KEPT_S
from storage.database import Database, migrate


async def purge(settings: Settings, clock: Callable[[], float], *, dry_run: bool) -> Sequence[str]:
    """Delete what is over, some at a time, until nothing is; the app may work on meanwhile.

    Args:
        settings: where the database is.
        clock: seconds since the epoch.
        dry_run: whether it is only counted.

    Returns:
        Lines for the person at the terminal: each kind with how much of it was over.

    Raises:
        StorageError: the database cannot be used.
    """
    async with opened(settings) as database:
        await migrate(database)
        forgetting = Forgetting(database, clock=clock)
        counted = await _counted(database, forgetting, clock())
        while not dry_run and await forgetting.turn():
            pass
    done = "would be deleted" if dry_run else "deleted"
    return [f"{number:>8}  {what}" for what, number in counted.items()] + [
        f"{sum(counted.values()):>8}  {done}. What sync.so has of it, the running app deletes there."
    ]


async def _counted(database: Database, forgetting: Forgetting, now: float) -> dict[str, int]:
    counted: dict[str, int] = {}
    kinds = await forgetting.over()
    async with database.read() as conn:
        counted["orders' links"] = await retention.count_addresses(conn, ended_before=now - LINKS_KEPT_S)
        counted["files at sync.so"] = await input_store.count_old(conn, now=now)
        for kind in kinds:
            counted[kind.what] = counted.get(kind.what, 0) + await lives.count(conn, kind)
    return counted
