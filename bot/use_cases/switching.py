"""The switch that stops all new spending, thrown: stored, told in the audit log, and shown on the cards."""

from storage import audit, pause_store
from storage.audit import OPERATOR, Action, Entry
from storage.database import Database
from storage.pauses import Pause


async def pause(database: Database, wanted: Pause) -> None:
    """Stop new spending; when this returns, it has stopped, but for what leaves within a second.

    An earlier pause of an admin's stays, and so does an operator's, which nobody else may end.
    """
    async with database.write() as conn:
        if await pause_store.stop(conn, wanted):
            await audit.append(conn, _entry(Action.PAUSED, wanted, wanted.by), now=wanted.at)
    async with database.write() as conn:
        await pause_store.show(conn, wanted.scope_id, now=wanted.at)


async def resume(database: Database, scope_id: str, *, by: str, now: float) -> Pause | None:
    """Let new spending go on, and what waits. Returns what ended; None: nothing that `by` may end stood."""
    async with database.write() as conn:
        ended = await pause_store.lift(conn, scope_id, by=by, now=now)
        if ended is not None:
            await audit.append(conn, _entry(Action.RESUMED, ended, by), now=now)
    async with database.write() as conn:
        await pause_store.show(conn, scope_id, now=now)
    return ended


def _entry(action: Action, about: Pause, by: str) -> Entry:
    """In the log of the installation; what is about all of them in the operator's own."""
    return Entry(
        team_id=about.scope_id or OPERATOR,
        action=action,
        subject=about.scope_id or "all",
        actor=by,
        personal={"reason": about.reason} if about.reason else {},
    )
