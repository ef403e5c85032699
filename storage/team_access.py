"""Of an organisation that has the app: which of its workspaces Slack has told to be in, or out.

A workspace of which nothing was told is in: what it asks came through the organisation's installation.
"""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Insert, bindparam, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import team_access
from storage.upserts import insert_into

_FORGET = delete(team_access).where(team_access.c.enterprise_id == bindparam("enterprise"))


async def tell(
    conn: AsyncConnection, enterprise_id: str, team_ids: Iterable[str], *, granted: bool, told_at: float
) -> None:
    """Store what Slack has told; what it told later stays, in whatever order both come.

    Args:
        conn: a writing transaction.
        enterprise_id: the organisation.
        team_ids: workspaces of it.
        granted: whether the app is in them from now on, or out.
        told_at: when it happened, by Slack's clock, in seconds since the epoch.
    """
    rows = [
        {"team_id": team_id, "enterprise_id": enterprise_id, "granted": granted, "told_at": told_at}
        for team_id in sorted(set(team_ids))
    ]
    if rows:
        await conn.execute(_tell(conn.dialect.name), rows)


async def forget(conn: AsyncConnection, enterprise_id: str) -> None:
    """An organisation installs the app anew: what was told of its workspaces counts no more."""
    await conn.execute(_FORGET, {"enterprise": enterprise_id})


@cache
def _tell(engine: str) -> Insert:
    new = insert_into(team_access, engine)
    changed = {name: new.excluded[name] for name in ("granted", "told_at")}
    return new.on_conflict_do_update(
        index_elements=[team_access.c.enterprise_id, team_access.c.team_id],
        set_=changed,
        where=team_access.c.told_at <= new.excluded.told_at,
    )
