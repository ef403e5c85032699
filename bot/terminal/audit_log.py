"""The audit log at the terminal: JSON lines for whoever collects them, and whether it holds together."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime

from bot.settings import Settings
from bot.terminal.reading import reading
from storage.audit import Row
from storage.audit_check import Chain, Fault, Wrong, read, verify

SCHEMA = "lipsync-audit/1"
"""Names the form of a line; a line of another form has another name. `docs/audit.md` tells it."""
_NOTE = (
    "Whoever may write to the database can make a log anew from some row on: compare the last hashes with a "
    "copy that is kept elsewhere."
)


async def lines(settings: Settings, team_id: str | None) -> AsyncIterator[str]:
    """One line for each row, by team and number.

    Raises:
        StorageError: the database cannot be used as it stands, or is not of this version.
    """
    async with reading(settings) as conn:
        async for row in read(conn, team_id):
            yield line_of(row)


async def check(settings: Settings, team_id: str | None) -> tuple[list[str], bool]:
    """What to say of one log or all, and whether nothing is wrong. Raises as `lines`.

    A log that is not there is none that holds: its id may be mistyped, or all of it was removed.
    """
    async with reading(settings) as conn:
        chains = await verify(conn, team_id)
    if team_id is not None and not chains:
        return [f"There is no log of {team_id}, so nothing was checked."], False
    return words_of(chains), not any(chain.faults for chain in chains)


def line_of(row: Row) -> str:
    """A row as JSON, in one line; the salt stays where it can be deleted."""
    personal = None if row.personal is None else _parsed(row.personal)
    people = personal if isinstance(personal, dict) else {}
    told = {
        "schema": SCHEMA,
        "team_id": row.team_id,
        "seq": row.seq,
        "time": _time(row.at),
        "at": row.at,
        "action": row.action,
        "subject": row.subject,
        "actor": people.get("actor"),
        "details": _parsed(row.details),
        "personal": personal,
        "personal_removed": row.is_removed,
        "personal_hash": row.personal_hash,
        "prev_hash": row.prev_hash,
        "hash": row.hash,
    }
    return json.dumps(told, separators=(",", ":"))


def _parsed(stored: str) -> object:
    """What is stored as JSON; as it stands, where somebody changed it into something else."""
    parsed: object = stored
    with suppress(ValueError):
        parsed = json.loads(stored)
    return parsed


def _time(at: float) -> str | None:
    """ISO 8601 in UTC; None: somebody changed it into no time."""
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return None


def words_of(chains: Iterable[Chain]) -> list[str]:
    """What was found of each log, and of all together."""
    found = list(chains)
    faults = [f"WRONG  {chain.team_id}: {_fault(fault)}" for chain in found for fault in chain.faults]
    heads = [f"{chain.team_id}: ends with row {chain.last_seq}, {chain.last_hash}" for chain in found]
    rows, removed = sum(chain.rows for chain in found), sum(chain.removed for chain in found)
    verdict = f"things that are wrong: {len(faults)}" if faults else "all as they were written"
    checked = f"Rows checked: {rows}; {verdict}. Personal parts that were removed: {removed}."
    return [*heads, *faults, checked, _NOTE]


def _fault(fault: Fault) -> str:
    which = f"row {fault.seq}" if fault.seq == fault.until else f"rows {fault.seq} to {fault.until}"
    match fault.wrong:
        case Wrong.CHANGED:
            return f"{which} is not as it was written."
        case Wrong.MISSING:
            return f"{which}: missing."
        case Wrong.OUT_OF_PLACE:
            return f"{which} does not follow the row before it."
        case Wrong.HEAD:
            return f"{which} is not the one that was kept in mind as the last."
