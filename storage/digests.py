"""Weekly figures: of which week an installation's were told last, so that none is told of twice.

Whoever tells of a week stores first that its post begins, and then how it ended. Where no end was stored,
nobody knows whether it stands in the channel: there it is not posted again, and admins get it instead.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import digests
from storage.upserts import insert_into


@dataclass(frozen=True, slots=True)
class Digest:
    """One row of `digests`."""

    owner_id: str
    week: str
    """The Monday of the last week that was told of, or is over for it: 2026-11-23."""
    due_at: float
    """When it is looked at next, in seconds since the epoch."""
    refused_at: float | None
    """When admins were told that the channel takes none; None: it does, as far as known."""
    posting_at: float | None = None
    """When the post of that week was begun; None: it has come to an end, or none was begun."""


_COLUMNS: Final = tuple(digests.c[field.name] for field in fields(Digest))
_DUE = (
    select(*_COLUMNS)
    .where(digests.c.due_at <= bindparam("now"))
    .order_by(digests.c.due_at)
    .limit(bindparam("at_most"))
)
_AS_SEEN = and_(digests.c.owner_id == bindparam("of_owner"), digests.c.week == bindparam("seen"))
_MOVE = update(digests).where(_AS_SEEN).values(week=bindparam("new_week"), due_at=bindparam("later"))
_BEGIN = (
    update(digests)
    .where(_AS_SEEN)
    .values(week=bindparam("new_week"), due_at=bindparam("later"), posting_at=bindparam("now"))
)
_END = (
    update(digests)
    .where(digests.c.owner_id == bindparam("of_owner"), digests.c.posting_at == bindparam("begun"))
    .values(week=bindparam("new_week"), due_at=bindparam("later"), posting_at=None)
)
_REFUSED = (
    update(digests)
    .where(digests.c.owner_id == bindparam("of_owner"), digests.c.refused_at.is_(None))
    .values(refused_at=bindparam("now"))
)
_TAKEN = update(digests).where(digests.c.owner_id == bindparam("of_owner")).values(refused_at=None)
_STOP = delete(digests).where(digests.c.owner_id == bindparam("of_owner"))


async def wanted(conn: AsyncConnection, owner_id: str, *, week: str, now: float) -> None:
    """They are told from now on, or in another channel or zone; what is over by now is not told any more.

    Args:
        conn: the transaction that changes the rules.
        owner_id: the installation's.
        week: the last one that is over, by its Monday.
        now: seconds since the epoch.
    """
    row = {"owner_id": owner_id, "week": week, "due_at": now, "refused_at": None, "posting_at": None}
    await conn.execute(_want(conn.dialect.name), row)


async def unwanted(conn: AsyncConnection, owner_id: str) -> None:
    """They are told no more."""
    await conn.execute(_STOP, {"of_owner": owner_id})


async def due(conn: AsyncConnection, *, now: float, limit: int) -> list[Digest]:
    """Some of those that are to be looked at."""
    return [Digest(*row) for row in await conn.execute(_DUE, {"now": now, "at_most": limit})]


async def move(conn: AsyncConnection, owner_id: str, *, seen: str, week: str, due_at: float) -> bool:
    """Note up to which week nothing is to be told, and when the row is looked at next.

    Args:
        conn: a writing transaction.
        owner_id: the installation's.
        seen: the week that was told of last, as it was read.
        week: the one that is now; the same where it is only looked at later.
        due_at: seconds since the epoch.

    Returns:
        False: one is told of meanwhile, or none is wanted any more; nothing was changed.
    """
    values = {"of_owner": owner_id, "seen": seen, "new_week": week, "later": due_at}
    return (await conn.execute(_MOVE, values)).rowcount > 0


async def begin(conn: AsyncConnection, seen: Digest, week: str, *, now: float, until: float) -> bool:
    """Note that whoever calls posts the figures of a week now; from `until` on others ask what came of it.

    Returns:
        False: somebody else does or has, or none is wanted any more; nothing was changed.
    """
    values = {"of_owner": seen.owner_id, "seen": seen.week, "new_week": week, "later": until, "now": now}
    return (await conn.execute(_BEGIN, values)).rowcount > 0


async def end(conn: AsyncConnection, begun: Digest, *, week: str, due_at: float) -> bool:
    """Note that a post has come to an end: up to which week is told, and when the row is looked at next.

    Returns:
        False: somebody else has noted that; nothing was changed.
    """
    values = {"of_owner": begun.owner_id, "begun": begun.posting_at, "new_week": week, "later": due_at}
    return (await conn.execute(_END, values)).rowcount > 0


async def refused(conn: AsyncConnection, owner_id: str, *, now: float) -> bool:
    """The channel takes none; False: admins know already."""
    return (await conn.execute(_REFUSED, {"of_owner": owner_id, "now": now})).rowcount > 0


async def taken(conn: AsyncConnection, owner_id: str) -> None:
    """The channel takes them."""
    await conn.execute(_TAKEN, {"of_owner": owner_id})


@cache
def _want(engine: str) -> Any:
    new = insert_into(digests, engine).values({column.key: bindparam(column.key) for column in digests.c})
    anew = {"due_at": new.excluded.due_at, "refused_at": None}
    return new.on_conflict_do_update(index_elements=[digests.c.owner_id], set_=anew)
