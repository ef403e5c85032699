"""The ledger at the terminal: each entry as a line of JSON or CSV, for whoever adds it up elsewhere."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from bot.messages.csv_table import csv_line
from bot.settings import Settings
from bot.terminal.reading import reading
from storage.money import Entry
from storage.reports import entries

SCHEMA = "lipsync-ledger/1"
"""Names the form of a line; a line of another form has another name. `docs/ledger.md` tells it."""
_MONEY = {"held_delta": "held_micro_usd", "spent_delta": "spent_micro_usd"}
_COLUMNS = ("schema", "time", *(_MONEY.get(each.name, each.name) for each in fields(Entry)))


async def json_lines(
    settings: Settings, team_id: str | None, since: float | None = None
) -> AsyncIterator[str]:
    """One line for each entry, in the order of its key; for `since` see `storage.reports.entries`.

    Raises:
        StorageError: the database cannot be used as it stands, or is not of this version.
    """
    async with reading(settings) as conn:
        async for entry in entries(conn, team_id, since=since):
            yield json.dumps(told(entry), separators=(",", ":"))


async def csv_lines(
    settings: Settings, team_id: str | None, since: float | None = None
) -> AsyncIterator[str]:
    """The same with the names of the columns first. Raises as above."""
    yield csv_line(_COLUMNS)
    async with reading(settings) as conn:
        async for entry in entries(conn, team_id, since=since):
            yield csv_line(list(told(entry).values()))


def told(entry: Entry) -> dict[str, Any]:
    """An entry as it is exported; money stays in whole micro-dollars, so that sums of it are exact."""
    time = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    columns = {_MONEY.get(name, name): value for name, value in asdict(entry).items()}
    return {"schema": SCHEMA, "time": time, **columns}
