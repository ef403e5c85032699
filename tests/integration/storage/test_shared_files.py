"""Files shown to the app, in a real database."""

from storage import shared_files
from storage.database import Database
from tests.integration.storage.builders import NOW, shared_file


async def test_a_file_is_remembered_once_however_often_it_is_shown(db: Database) -> None:
    async with db.write() as conn:
        await shared_files.remember(conn, shared_file())
        again = shared_file(name="talk, again.mp4", shared_at=NOW + 1)
        await shared_files.remember(conn, again)
        assert await shared_files.recent(conn, "T1", "U1", media="video", limit=5) == [again]


async def test_files_of_one_kind_come_last_shown_first_and_not_too_many(db: Database) -> None:
    videos = [shared_file(file_id=f"V{number}", shared_at=NOW + number) for number in range(4)]
    audio = shared_file(file_id="A1", media="audio", name="speech.mp3", mimetype="audio/mpeg")
    async with db.write() as conn:
        for file in (*videos, audio):
            await shared_files.remember(conn, file)
        assert await shared_files.recent(conn, "T1", "U1", media="video", limit=3) == videos[:0:-1]
        assert await shared_files.recent(conn, "T1", "U1", media="audio", limit=3) == [audio]


async def test_only_the_one_who_showed_a_file_finds_it(db: Database) -> None:
    file = shared_file()
    async with db.write() as conn:
        await shared_files.remember(conn, file)
        assert await shared_files.find(conn, "T1", "U1", "F1") == file
        assert await shared_files.find(conn, "T2", "U1", "F1") is None
        assert await shared_files.find(conn, "T1", "U2", "F1") is None
        assert await shared_files.recent(conn, "T2", "U1", media="video", limit=3) == []
        assert await shared_files.recent(conn, "T1", "U2", media="video", limit=3) == []
