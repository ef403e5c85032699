"""The files a person showed the app in its direct message, so that a form can offer them."""

from collections.abc import Callable
from typing import Literal

from bot.asking.drafts import SlackFile
from bot.asking.file_inputs import medium_of
from storage import shared_files
from storage.database import Database
from storage.owners import Person
from storage.shared_files import SharedFile

_OFFERED = 20


class RecentFiles:
    """What the form's menus offer; bytes stay with Slack."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def remember(self, person: Person, file: SlackFile) -> None:
        """Keep a video or audio file; texts are not offered."""
        medium = medium_of(file)
        if medium == "text":
            return
        shared = SharedFile(
            enterprise_id=person.enterprise_id,
            team_id=person.team_id,
            user_id=person.user_id,
            file_id=file.file_id,
            media=medium,
            name=file.name,
            mimetype=file.mimetype,
            size=file.size,
            shared_at=self._clock(),
        )
        async with self._database.write() as conn:
            await shared_files.remember(conn, shared)

    async def of(self, person: Person, media: Literal["video", "audio"]) -> tuple[SlackFile, ...]:
        """The person's latest files of one kind, newest first."""
        async with self._database.read() as conn:
            found = await shared_files.recent(conn, person, media=media, limit=_OFFERED)
        return tuple(
            SlackFile(
                file_id=file.file_id,
                name=file.name,
                mimetype=file.mimetype,
                size=file.size,
                sent_at=file.shared_at,
            )
            for file in found
        )
