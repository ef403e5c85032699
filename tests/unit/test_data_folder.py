"""What the app keeps on disk is its own to read, whatever the umask and whatever was there before."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.data_folder import close_data_folder, prepare_data_folder
from bot.errors import BadSettings
from bot.keys import encryption_keys
from bot.settings import Settings
from storage import private_files


def settings_for(database: Path) -> Settings:
    return Settings.model_validate({"database_url": f"sqlite:///{database}", "encryption_keys": ()})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_a_first_start_makes_a_folder_and_a_key_of_its_own(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data" / "lipsync.db")
    with umask(0):
        prepare_data_folder(settings)
        encryption_keys(settings)
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / "lipsync.key") == 0o600


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is in the way")
    with pytest.raises(BadSettings, match="data cannot be made"):
        prepare_data_folder(settings_for(tmp_path / "data" / "lipsync.db"))


def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    database = folder / "lipsync.db"
    with umask(0o022), closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (x)")
        (folder / "lipsync.key").write_text("key")
        files = list(folder.iterdir())
        assert {file.suffix for file in files} == {".db", ".db-wal", ".db-shm", ".key"}
        assert close_data_folder(settings_for(database)) == []
        assert {mode(file) for file in files} == {0o600}
    assert mode(folder) == 0o700


def test_a_folder_that_others_work_in_is_left_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path / "project")
    [left] = close_data_folder(settings_for(tmp_path / "lipsync.db"))
    assert "a folder of its own" in left
    assert mode(tmp_path) == 0o755


def test_a_file_is_private_from_its_first_moment(tmp_path: Path) -> None:
    made: list[int] = []
    with umask(0):
        private_files.make_private(tmp_path / "lipsync.db")
        made.append(mode(tmp_path / "lipsync.db"))
        file = private_files.open_private(tmp_path / "lipsync.lock")
        made.append(stat.S_IMODE(os.fstat(file).st_mode))
        os.close(file)
    assert made == [0o600, 0o600]


def test_what_stands_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lipsync.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        private_files.open_private(tmp_path / "lipsync.lock")
