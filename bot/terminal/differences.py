"""The differences at the terminal: JSON lines for whoever runs the app, who closes what is no team's."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

from bot.data_folder import close_data_folder
from bot.settings import Settings
from bot.terminal.reading import reading
from bot.use_cases.bookkeeping import close as close_one
from storage import differences, listings, reviews
from storage.audit import OPERATOR
from storage.columns import from_micro
from storage.database import open_database
from storage.differences import Difference
from storage.listings import Night

SCHEMA = "lipsync-difference/1"
"""Names the form of a line."""
ELSEWHERE = "lipsync-elsewhere/1"
"""As above, of a line on what others made in the same account."""
_NIGHTS = 400


async def lines(settings: Settings, team_id: str | None, *, with_closed: bool) -> AsyncIterator[str]:
    """One line for each difference, the oldest first: of one installation, or of all.

    Of all, also one for each night of each account in which others made something there, the newest first.

    Raises:
        StorageError: the database cannot be used as it stands, or is not of this version.
    """
    async with reading(settings) as conn:
        found = await differences.every(conn, with_closed=with_closed)
        accounts = await reviews.accounts(conn) if team_id is None else ()
        nights = await listings.nights(conn, accounts, at_most=_NIGHTS)
    for each in found:
        if team_id in {None, each.owner_id}:
            yield _line(each)
    for night in nights:
        yield _night(night)


async def close(settings: Settings, team_id: str, generation_id: str, reason: str) -> int:
    """Close what is open of an installation's, or with an empty id of nobody's, about one generation.

    Returns:
        How many that were.
    """
    close_data_folder(settings)
    async with open_database(settings.database_url) as database:
        async with database.read() as conn:
            found = await differences.every(conn, with_closed=False)
        wanted = [each for each in found if (each.owner_id, each.generation_id) == (team_id, generation_id)]
        for each in wanted:
            await close_one(
                database, team_id, each.kind, generation_id, by=OPERATOR, reason=reason, now=time.time()
            )
    return len(wanted)


def _night(each: Night) -> str:
    told = {
        "schema": ELSEWHERE,
        "account": each.account_key,
        "until": each.night_at,
        "number": each.number,
        "usd": str(each.usd),
    }
    return json.dumps(told, separators=(",", ":"))


def _line(each: Difference) -> str:
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "team_id": each.owner_id or None,
        "account": each.account_key,
        "kind": each.kind,
        "generation_id": each.generation_id,
        "order_id": each.order_id,
        "position": each.position,
        "ours_usd": str(from_micro(each.ours)),
        "theirs_usd": None if each.theirs is None else str(from_micro(each.theirs)),
        "found_at": each.found_at,
        "closed_at": each.closed_at,
        "closed_by": each.closed_by,
        "reason": each.reason,
    }
    return json.dumps(told, separators=(",", ":"))
