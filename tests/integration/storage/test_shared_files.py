"""Files shown to the app, in a real database."""

from storage import shared_files
from storage.database import Database
from tests.integration.storage.builders import NOW, Somebody, shared_file


async def test_a_file_is_remembered_once_however_often_it_is_shown(db: Database) -> None:
    async with db.write() as conn:
        await shared_files.remember(conn, shared_file())
        again = shared_file(name="talk, again.mp4", shared_at=NOW + 1)
        await shared_files.remember(conn, again)
        assert await shared_files.recent(conn, Somebody(), media="video", limit=5) == [again]


async def test_files_of_one_kind_come_last_shown_first_and_not_too_many(db: Database) -> None:
    videos = [shared_file(file_id=f"V{number}", shared_at=NOW + number) for number in range(4)]
    audio = shared_file(file_id="A1", media="audio", name="speech.mp3", mimetype="audio/mpeg")
    async with db.write() as conn:
        for file in (*videos, audio):
            await shared_files.remember(conn, file)
        assert await shared_files.recent(conn, Somebody(), media="video", limit=3) == videos[:0:-1]
        assert await shared_files.recent(conn, Somebody(), media="audio", limit=3) == [audio]


async def test_only_the_one_who_showed_a_file_finds_it(db: Database) -> None:
    file = shared_file()
    async with db.write() as conn:
        await shared_files.remember(conn, file)
        assert await shared_files.find(conn, Somebody(), "F1") == file
        assert await shared_files.find(conn, Somebody("T2"), "F1") is None
        assert await shared_files.find(conn, Somebody(user_id="U2"), "F1") is None
        assert await shared_files.recent(conn, Somebody("T2"), media="video", limit=3) == []
        assert await shared_files.recent(conn, Somebody(user_id="U2"), media="video", limit=3) == []


async def test_a_file_shown_under_two_names_of_an_organisation_is_offered_once(db: Database) -> None:
    here = shared_file(enterprise_id="E1")
    there = shared_file(team_id="T2", enterprise_id="E1", shared_at=NOW + 1)
    async with db.write() as conn:
        for file in (here, there, shared_file(team_id="T3", enterprise_id="E2", file_id="F2")):
            await shared_files.remember(conn, file)
        for team in ("T1", "T2", "T9"):
            one = Somebody(team, enterprise_id="E1")
            assert await shared_files.recent(conn, one, media="video", limit=5) == [there]
            assert await shared_files.find(conn, one, "F1") == there
        assert await shared_files.find(conn, Somebody("T9", enterprise_id="E2"), "F1") is None
        assert await shared_files.find(conn, Somebody("T9"), "F1") is None
