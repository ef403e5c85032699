"""Files that a person showed the app in its direct message, so that a form can offer them."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import shared_files
from storage.upserts import upsert

SharedMedia = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class SharedFile:
    """One file of one person."""

    team_id: str
    user_id: str
    file_id: str
    media: SharedMedia
    name: str
    mimetype: str
    size: int
    """Bytes."""
    shared_at: float
    """Seconds since the epoch."""


_COLUMNS = tuple(shared_files.c[part.name] for part in fields(SharedFile))
_THEIRS = (shared_files.c.team_id == bindparam("team_id"), shared_files.c.user_id == bindparam("user_id"))
_FIND = select(*_COLUMNS).where(*_THEIRS, shared_files.c.file_id == bindparam("file_id"))
_RECENT = (
    select(*_COLUMNS)
    .where(*_THEIRS, shared_files.c.media == bindparam("media"))
    .order_by(shared_files.c.shared_at.desc())
    .limit(bindparam("at_most"))
)


async def remember(conn: AsyncConnection, file: SharedFile) -> None:
    """Store a file; one that was shown before is brought up to date."""
    await upsert(conn, shared_files, asdict(file))


async def recent(
    conn: AsyncConnection,
    team_id: str,
    user_id: str,
    *,
    media: SharedMedia,
    limit: int,
) -> list[SharedFile]:
    """A person's files of one kind, the last shown first."""
    values = {"team_id": team_id, "user_id": user_id, "media": media, "at_most": limit}
    return [SharedFile(*row) for row in await conn.execute(_RECENT, values)]


async def find(conn: AsyncConnection, team_id: str, user_id: str, file_id: str) -> SharedFile | None:
    """One file, if that person showed it."""
    values: dict[str, Any] = {"team_id": team_id, "user_id": user_id, "file_id": file_id}
    row = (await conn.execute(_FIND, values)).one_or_none()
    return None if row is None else SharedFile(*row)
