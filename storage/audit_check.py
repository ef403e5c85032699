"""Holds an audit log together: what was changed, removed, swapped or cut off since it was written.

What cannot be told from the database alone: whether somebody who may write to it made the chain anew from
some row on, or cut its end off and set its head back. Both show against a copy kept elsewhere, which has the
hash of each row.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit import COLUMNS, Row
from storage.schema import audit, audit_heads

_PAGE: Final = 1000
_BEFORE_ALL: Final = -(2**63)
_ROWS = (
    select(*COLUMNS)
    .where(
        or_(
            audit.c.team_id > bindparam("after_team"),
            (audit.c.team_id == bindparam("after_team")) & (audit.c.seq > bindparam("after_seq")),
        )
    )
    .order_by(audit.c.team_id, audit.c.seq)
    .limit(bindparam("at_most"))
)
_OF_TEAM = _ROWS.where(audit.c.team_id == bindparam("team_id"))
_HEADS = select(audit_heads.c.team_id, audit_heads.c.seq, audit_heads.c.hash)


class Wrong(StrEnum):
    """What is wrong with a log at one of its rows."""

    CHANGED = "changed"
    """The row is not as it was written."""
    MISSING = "missing"
    """It is not there."""
    OUT_OF_PLACE = "out of place"
    """It does not follow the row before it: one of the two was put there, or written anew."""
    HEAD = "head"
    """It is not the last one that was written."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a log."""

    wrong: Wrong
    seq: int
    """The number of the row, or of the first of several."""
    until: int
    """The number of the last of them."""


@dataclass(slots=True)
class Chain:
    """What was found of one team's log."""

    team_id: str
    rows: int = 0
    removed: int = 0
    """How many rows had a personal part that was removed."""
    last_seq: int = 0
    last_hash: str = ""
    faults: list[Fault] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Hold the next row against those before it."""
        self.rows += 1
        self.removed += row.is_removed
        if row.seq > self.last_seq + 1:
            self.faults.append(Fault(Wrong.MISSING, self.last_seq + 1, row.seq - 1))
        elif row.seq <= self.last_seq or row.prev_hash != self.last_hash:
            self.faults.append(Fault(Wrong.OUT_OF_PLACE, row.seq, row.seq))
        if not row.holds:
            self.faults.append(Fault(Wrong.CHANGED, row.seq, row.seq))
        self.last_seq, self.last_hash = row.seq, row.hash

    def end(self, seq: int, head_hash: str) -> None:
        """Hold the last row against the head that is kept of the log; 0: none is."""
        if seq > self.last_seq:
            self.faults.append(Fault(Wrong.MISSING, self.last_seq + 1, seq))
        elif (seq, head_hash) != (self.last_seq, self.last_hash):
            self.faults.append(Fault(Wrong.HEAD, self.last_seq, self.last_seq))


async def read(conn: AsyncConnection, team_id: str | None = None) -> AsyncIterator[Row]:
    """The rows of one log, or of all, by team and number; `conn` is a reading transaction."""
    statement: Select[tuple[object, ...]] = _ROWS if team_id is None else _OF_TEAM
    after: dict[str, str | int] = {"after_team": team_id or "", "after_seq": _BEFORE_ALL, "at_most": _PAGE}
    after |= {} if team_id is None else {"team_id": team_id}
    while True:
        page = [Row(**found) for found in (await conn.execute(statement, after)).mappings()]
        for row in page:
            yield row
        if len(page) < _PAGE:
            return
        after |= {"after_team": page[-1].team_id, "after_seq": page[-1].seq}


async def verify(conn: AsyncConnection, team_id: str | None = None) -> list[Chain]:
    """Hold one log together, or all of them, by team."""
    found = await conn.execute(_HEADS if team_id is None else _HEADS.where(audit_heads.c.team_id == team_id))
    heads = {team: (seq, head_hash) for team, seq, head_hash in found}
    chains = {team: Chain(team) for team in heads}
    async for row in read(conn, team_id):
        chains.setdefault(row.team_id, Chain(row.team_id)).add(row)
    for team, chain in chains.items():
        chain.end(*heads.get(team, (0, "")))
    return [chains[team] for team in sorted(chains)]
