"""Who is shown, and on what ground, at the terminal: each person of each order as a line of JSON or CSV."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from bot.messages.csv_table import csv_line
from bot.settings import Settings
from bot.terminal.reading import reading
from storage.consent_store import kept
from storage.consents import Kept

SCHEMA = "lipsync-consents/1"
"""Names the form of a line; a line of another form has another name. `docs/consents.md` tells it."""
_COLUMNS = ("schema", "time", *(each.name for each in fields(Kept)))


async def json_lines(settings: Settings, team_id: str | None) -> AsyncIterator[str]:
    """One line for each person that is shown, in the order of its key.

    Raises:
        StorageError: the database cannot be used as it stands, or is not of this version.
    """
    async with reading(settings) as conn:
        async for each in kept(conn, team_id):
            yield json.dumps(told(each), separators=(",", ":"))


async def csv_lines(settings: Settings, team_id: str | None) -> AsyncIterator[str]:
    """The same with the names of the columns first. Raises as above."""
    yield csv_line(_COLUMNS)
    async with reading(settings) as conn:
        async for each in kept(conn, team_id):
            yield csv_line(list((told(each) | {"videos": " ".join(each.videos)}).values()))


def told(each: Kept) -> dict[str, Any]:
    """One as it is exported."""
    time = datetime.fromtimestamp(each.said_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"schema": SCHEMA, "time": time, **asdict(each)}
