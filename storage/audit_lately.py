"""The last rows of a log, for people to read; nothing here holds them together, see `storage.audit_check`."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from heapq import nlargest
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import audit

_LATEST: Final = (
    select(audit.c.at, audit.c.action, audit.c.details, audit.c.personal, audit.c.personal_hash)
    .where(audit.c.team_id == bindparam("of_team"))
    .order_by(audit.c.seq.desc())
    .limit(bindparam("at_most"))
)


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done."""

    at: float
    """Seconds since the epoch."""
    action: str
    """A `storage.audit.Action`, or a word that this version does not know."""
    details: Mapping[str, Any]
    personal: Mapping[str, Any]
    """What tells of people; empty where there is none."""
    is_removed: bool = False
    """Whether there was, and it was removed."""

    @property
    def actor(self) -> str | None:
        """The user's id, or `storage.audit.OPERATOR`; None: the app by itself, or it was removed."""
        actor = self.personal.get("actor")
        return actor if isinstance(actor, str) else None


async def latest(conn: AsyncConnection, log_ids: Collection[str], *, at_most: int) -> list[Done]:
    """The last of some logs together, the newest first."""
    found: list[Done] = []
    for log_id in log_ids:
        rows = await conn.execute(_LATEST, {"of_team": log_id, "at_most": at_most})
        found += [_done(*row) for row in rows]
    return nlargest(at_most, found, key=lambda done: done.at)


def _done(at: float, action: str, details: str, personal: str | None, personal_hash: str) -> Done:
    is_removed = personal is None and personal_hash != ""
    return Done(at, action, _parsed(details), _parsed(personal), is_removed)


def _parsed(stored: str | None) -> Mapping[str, Any]:
    """Nothing where somebody changed it into something else."""
    with suppress(ValueError):
        parsed = json.loads(stored or "{}")
        return parsed if isinstance(parsed, dict) else {}
    return {}
