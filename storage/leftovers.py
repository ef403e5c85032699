"""What is to be deleted at sync.so and in Slack: what no order can come to any more."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.inputs import Input
from storage.leases import LEFTOVERS
from storage.left import LeftoverKind
from storage.schema import leftovers
from storage.upserts import insert_into


@dataclass(frozen=True, slots=True)
class NewLeftover:
    """Something at sync.so or in Slack, and whose it was."""

    id: str
    """As whoever has it names it."""
    enterprise_id: str | None
    team_id: str
    account_key: str
    """With which it was made."""
    kind: LeftoverKind = field(default=LeftoverKind.ASSET, kw_only=True)


@dataclass(frozen=True, slots=True)
class Leftover(NewLeftover):
    """One row of `leftovers`. Times are seconds since the epoch."""

    left_at: float
    refusal: str | None
    """Why it is not deleted, by the code of whoever has it; None: nobody has refused."""
    due_at: float | None
    """When it is to be asked (again); None: it is not asked any more."""
    lease_token: str | None
    attempts: int
    """Tries that came to nothing."""


_NAMES: Final = tuple(each.name for each in fields(Leftover))
_COLUMNS: Final = tuple(leftovers.c[name] for name in _NAMES)
_DUE = (
    select(leftovers.c.id)
    .where(leftovers.c.due_at <= bindparam("now"))
    .order_by(leftovers.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = LEFTOVERS.claim(leftovers.c.id.in_(select(_DUE.c.id))).returning(*_COLUMNS)
_NEXT_DUE = select(func.min(leftovers.c.due_at)).where(leftovers.c.due_at.is_not(None))
_HELD = (leftovers.c.id == bindparam("row_id"), leftovers.c.lease_token == bindparam("held_by"))
_GONE = delete(leftovers).where(*_HELD)
_KEPT = (
    update(leftovers)
    .where(*_HELD)
    .values(
        due_at=bindparam("when"),
        refusal=bindparam("why"),
        attempts=leftovers.c.attempts + 1,
        lease_token=None,
    )
)
_REST = update(leftovers).where(*_HELD).values(due_at=bindparam("when"), lease_token=None)
_REFUSED = select(func.count()).where(leftovers.c.due_at.is_(None))


def of_input(known: Input) -> NewLeftover:
    """What is left of an input that sync.so has."""
    return NewLeftover(known.asset_id or "", known.enterprise_id, known.team_id, known.account_key)


async def leave(conn: AsyncConnection, left: Iterable[NewLeftover], *, now: float) -> None:
    """Have it deleted; what is to be deleted already stays as it is."""
    rows = [asdict(each) | {"left_at": now, "due_at": now, "attempts": 0} for each in left]
    if rows:
        await conn.execute(_leave(conn.dialect.name), rows)


async def claim(
    conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int
) -> list[Leftover]:
    """Take some that are due, the longest due first; see `storage.leases`."""
    values = {"now": now, "until": now + lease_s, "token": token, "at_most": limit}
    return [_leftover(row) for row in await conn.execute(_CLAIM, values)]


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next one is due; None: none is."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at


async def gone(conn: AsyncConnection, held: Leftover) -> None:
    """Forget what is not there any more."""
    await conn.execute(_GONE, {"row_id": held.id, "held_by": held.lease_token})


async def kept(conn: AsyncConnection, held: Leftover, *, why: str, due_at: float | None) -> None:
    """Store why it is still there, and when to ask again; None: never."""
    values = {"row_id": held.id, "held_by": held.lease_token, "why": why, "when": due_at}
    await conn.execute(_KEPT, values)


async def rest(conn: AsyncConnection, held: Leftover, *, until: float) -> None:
    """Leave alone for a while what something still depends on; that is no try."""
    await conn.execute(_REST, {"row_id": held.id, "held_by": held.lease_token, "when": until})


async def refused(conn: AsyncConnection) -> int:
    """How much is not deleted, however often it was asked for."""
    number: int = (await conn.execute(_REFUSED)).scalar_one()
    return number


def _leftover(row: Sequence[Any]) -> Leftover:
    return Leftover(**dict(zip(_NAMES, row, strict=True)))


@cache
def _leave(engine: str) -> Insert:
    return insert_into(leftovers, engine).on_conflict_do_nothing()
