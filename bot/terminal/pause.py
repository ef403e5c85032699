"""`lipsync-bot pause` and `resume`: an operator stops all new spending at the terminal, and lets it go on."""

from collections.abc import Callable, Sequence

from bot.keys import encryption_keys
from bot.settings import Settings
from bot.terminal.workspace import chosen, opened
from bot.use_cases import switching
from storage import pause_store
from storage.audit import OPERATOR
from storage.database import Database, migrate
from storage.encryption import Cipher
from storage.installations import Installations
from storage.pauses import ALL, Pause


async def pause(
    settings: Settings, team_id: str | None, reason: str | None, clock: Callable[[], float]
) -> str:
    """Send nothing more to sync.so that costs anything.

    Args:
        settings: where the database is.
        team_id: of this workspace or organisation alone; None: of all.
        reason: told to everybody who asks; None: none.
        clock: seconds since the epoch.

    Returns:
        Words for the person at the terminal.

    Raises:
        click.ClickException: there is no such workspace; nothing was changed.
        StorageError: the database cannot be used.
    """
    async with opened(settings) as database:
        await migrate(database)
        scope_id, whose = await _meant(database, settings, team_id)
        await switching.pause(database, Pause(scope_id, OPERATOR, clock(), reason))
    return (
        f"Paused: nothing new is sent to sync.so for {whose}. What it has already is finished and brought; "
        "`lipsync-bot resume` lets the rest go on."
    )


async def resume(settings: Settings, team_id: str | None, clock: Callable[[], float]) -> str:
    """Let what waits go on; for arguments and errors see `pause`."""
    async with opened(settings) as database:
        await migrate(database)
        scope_id, whose = await _meant(database, settings, team_id)
        ended = await switching.resume(database, scope_id, by=OPERATOR, now=clock())
        async with database.read() as conn:
            standing = await pause_store.every(conn)
    done = f"Nothing was paused for {whose}." if ended is None else f"Goes on: no longer paused for {whose}."
    return " ".join(filter(None, (done, _still(scope_id, standing))))


async def _meant(database: Database, settings: Settings, team_id: str | None) -> tuple[str, str]:
    """The scope, and words for whom it is about."""
    if team_id is None:
        return ALL, "all teams"
    team = chosen(await Installations(database, Cipher(encryption_keys(settings))).all(), team_id)
    return team.id, f"{team.team_name} ({team.id})"


def _still(scope_id: str, standing: Sequence[Pause]) -> str | None:
    """What stays paused all the same; None: nothing that it was about."""
    if scope_id == ALL:
        teams = ", ".join(dict.fromkeys(pause.scope_id for pause in standing))
        return f"Still paused by themselves: {teams}." if teams else None
    still = []
    if any(pause.scope_id == scope_id for pause in standing):
        still.append("Still paused by an admin there: the same command, once more, ends that as well.")
    if any(pause.scope_id == ALL for pause in standing):
        still.append("Still paused with all teams: `lipsync-bot resume` ends that.")
    return " ".join(still) or None
