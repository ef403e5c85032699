"""Files that a person showed the app in its direct message, so that a form can offer them."""

from dataclasses import asdict, dataclass, fields
from typing import Literal

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.owners import Person, of_person, person_values
from storage.schema import shared_files
from storage.upserts import upsert

SharedMedia = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class SharedFile:
    """One file of one person."""

    enterprise_id: str | None
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
_FIND = (
    select(*_COLUMNS)
    .where(of_person(shared_files), shared_files.c.file_id == bindparam("file_id"))
    .order_by(shared_files.c.shared_at.desc())
    .limit(1)
)
_RECENT = (
    select(*_COLUMNS)
    .where(of_person(shared_files), shared_files.c.media == bindparam("media"))
    .order_by(shared_files.c.shared_at.desc())
    .limit(bindparam("at_most"))
)


async def remember(conn: AsyncConnection, file: SharedFile) -> None:
    """Store a file; one that was shown before is brought up to date."""
    await upsert(conn, shared_files, asdict(file))


async def recent(
    conn: AsyncConnection, person: Person, *, media: SharedMedia, limit: int
) -> list[SharedFile]:
    """A person's files of one kind, the last shown first; each once, though two workspaces were named."""
    values = {**person_values(person), "media": media, "at_most": limit}
    found: dict[str, SharedFile] = {}
    for row in await conn.execute(_RECENT, values):
        file = SharedFile(*row)
        found.setdefault(file.file_id, file)
    return list(found.values())


async def find(conn: AsyncConnection, person: Person, file_id: str) -> SharedFile | None:
    """One file, if that person showed it."""
    values = {**person_values(person), "file_id": file_id}
    row = (await conn.execute(_FIND, values)).one_or_none()
    return None if row is None else SharedFile(*row)
