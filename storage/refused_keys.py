"""Keys in use that sync.so does not accept: nothing new is paid with one until it does, or another is put."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import sync_keys as keys
from storage.schema import sync_keys
from storage.sync_keys import SyncKey

_IS_IT = (sync_keys.c.id == bindparam("key")) & sync_keys.c.replaced_at.is_(None)
_REFUSED = (
    update(sync_keys).where(_IS_IT, sync_keys.c.refused_at.is_(None)).values(refused_at=bindparam("now"))
)
_ACCEPTED = update(sync_keys).where(_IS_IT, sync_keys.c.refused_at.is_not(None)).values(refused_at=None)
_SINCE = select(sync_keys.c.owner_id).where(
    sync_keys.c.replaced_at.is_(None), sync_keys.c.refused_at > bindparam("moment")
)


async def refused(conn: AsyncConnection, key: SyncKey, *, now: float) -> bool:
    """Store that sync.so does not accept a key; whether that is news of one in use."""
    return (await conn.execute(_REFUSED, {"key": key.id, "now": now})).rowcount > 0


async def accepted(conn: AsyncConnection, key: SyncKey) -> bool:
    """Store that sync.so accepts a key; whether that is news of one in use."""
    return (await conn.execute(_ACCEPTED, {"key": key.id})).rowcount > 0


async def since(conn: AsyncConnection, moment: float) -> Sequence[SyncKey]:
    """Those in use that were first refused after a moment, and are not accepted again."""
    owners = (await conn.execute(_SINCE, {"moment": moment})).scalars().all()
    found = await keys.of_owners(conn, owners) if owners else []
    return [key for key in found if key.in_use and key.refused_at is not None and key.refused_at > moment]
