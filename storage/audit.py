"""The audit log: who changed what counts, one chain of rows for each team.

Each row carries the hash of the one before it. The personal part, who it was and what else tells of people,
is in the chain by a salted hash alone: it can be removed together with its salt, and the chain still holds.
`storage.audit_check` tells whether it does.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from storage.columns import storable
from storage.schema import audit, audit_heads
from storage.upserts import insert_into

OPERATOR: Final = "operator"
"""The actor of what was done at the command line."""

Detail = str | int | bool | None | Sequence[str]
"""No float: money is text."""


class Action(StrEnum):
    """What was done. Never renamed: whoever watches the log goes by these words."""

    CONFIRMED = "order.confirmed"
    APPROVED = "order.approved"
    DECLINED = "order.declined"
    NOT_REACHED = "order.approver_not_reached"
    CANCELLED = "order.cancelled"
    CONSENT_SAID = "order.consent_said"
    ASKED_AGAIN = "order.asked_again"
    ASKED_ANOTHER = "order.asked_another"
    DELETED = "order.deleted"
    FORGET_ASKED = "person.deletion_asked"
    FORGOTTEN = "person.forgotten"
    OBJECTED = "person.objected"
    OBJECTION_WITHDRAWN = "person.objection_withdrawn"
    GIVEN_UP = "job.given_up"
    INSTALLED = "app.installed"
    UNINSTALLED = "app.uninstalled"
    KEY_CONNECTED = "sync_key.connected"
    KEY_REPLACED = "sync_key.replaced"
    KEY_REMOVED = "sync_key.removed"
    RULES_CHANGED = "rules.changed"
    PAUSED = "spending.paused"
    RESUMED = "spending.resumed"
    DIFFERENCE_CLOSED = "difference.closed"
    LIMITS_CHANGED = "limits.changed"
    ALLOWANCE_GIVEN = "allowance.given"
    ALLOWANCE_ENDED = "allowance.ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that was done, to be told of for ever."""

    team_id: str
    """Whose log it stands in; of what is an organisation's, the organisation."""
    action: Action
    subject: str
    """The id of what it was done to, which tells nothing of people."""
    actor: str | None
    """The user's id, or `OPERATOR`; None: the app by itself."""
    details: Mapping[str, Detail] = field(default_factory=dict)
    """What else is to be known. Nothing that tells of people: it can never be removed."""
    personal: Mapping[str, str] = field(default_factory=dict)
    """What tells of people beside the actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of `audit`, as it is stored."""

    team_id: str
    seq: int
    at: float
    """Seconds since the epoch."""
    action: str
    subject: str
    details: str
    personal: str | None
    salt: str | None
    personal_hash: str
    prev_hash: str
    hash: str

    @property
    def is_removed(self) -> bool:
        """Whether it had a personal part that was removed with its salt."""
        return self.personal is None and self.salt is None and self.personal_hash != ""

    @property
    def holds(self) -> bool:
        """Whether nothing in it was changed since it was written."""
        return self.hash == _hash_of_row(self) and (self.is_removed or self._has_its_personal_part)

    @property
    def _has_its_personal_part(self) -> bool:
        if self.personal is None or self.salt is None:
            return self.personal is None and self.salt is None and self.personal_hash == ""
        return self.personal_hash == _hash([self.salt, self.personal])


COLUMNS: Final = tuple(audit.c[each.name] for each in fields(Row))
_INSERT = insert(audit)
_ADVANCE = (
    update(audit_heads)
    .where(audit_heads.c.team_id == bindparam("of_team"))
    .values(hash=bindparam("new_hash"))
)


async def append(conn: AsyncConnection, entry: Entry, *, now: float) -> None:
    """Add to a team's log, in the transaction of what it tells of: both are stored, or neither.

    The last thing that a transaction does: it locks the end of the team's log until the commit.
    """
    head = await conn.execute(_take_turn(conn.dialect.name), {"team_id": entry.team_id})
    seq, prev_hash = head.one()
    row = _row(entry, seq, prev_hash, now)
    await conn.execute(_INSERT, {column.name: getattr(row, column.name) for column in COLUMNS})
    await conn.execute(_ADVANCE, {"of_team": entry.team_id, "new_hash": row.hash})


@cache
def _take_turn(engine: str) -> ReturningInsert[Any]:
    """Lock the end of a log, and go one further: gives the new number and the hash of the row before it.

    A row that is there is read as the last transaction that had it left it, whatever this one has seen before
    (PostgreSQL: INSERT, ON CONFLICT DO UPDATE under READ COMMITTED), so that no two get the same number.
    """
    first = insert_into(audit_heads, engine).values(team_id=bindparam("team_id"), seq=1, hash="")
    further = first.on_conflict_do_update(
        index_elements=[audit_heads.c.team_id], set_={"seq": audit_heads.c.seq + 1}
    )
    return further.returning(audit_heads.c.seq, audit_heads.c.hash)


def _row(entry: Entry, seq: int, prev_hash: str, now: float) -> Row:
    people = dict(entry.personal) | ({} if entry.actor is None else {"actor": entry.actor})
    personal, salt = (_canonical(people), secrets.token_hex(16)) if people else (None, None)
    unsigned = Row(
        team_id=storable(entry.team_id),
        seq=seq,
        at=float(now),
        action=entry.action.value,
        subject=storable(entry.subject),
        details=_canonical(dict(entry.details)),
        personal=personal,
        salt=salt,
        personal_hash=_hash([salt, personal]) if people else "",
        prev_hash=prev_hash,
        hash="",
    )
    return replace(unsigned, hash=_hash_of_row(unsigned))


def _hash_of_row(row: Row) -> str:
    """Of everything in it but the personal part and its salt, which may go."""
    told = (row.team_id, row.seq, row.at, row.action, row.subject, row.details)
    return _hash((*told, row.personal_hash, row.prev_hash))


def _hash(values: Sequence[str | float | None]) -> str:
    return sha256(_canonical(values).encode()).hexdigest()


def _canonical(value: object) -> str:
    """The one way to write it: what is hashed is what every engine gives back, so nothing but ASCII."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
