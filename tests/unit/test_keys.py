"""The encryption key that nobody had to make."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.errors import BadSettings
from bot.keys import encryption_keys
from bot.settings import Settings

_MAKE_KEY = """
import sys
from bot.keys import encryption_keys
from bot.settings import Settings
settings = Settings(_env_file=None, database_url=sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(encryption_keys(settings)[0])
"""


def settings_for(folder: Path) -> Settings:
    return Settings.model_validate({"database_url": f"sqlite:///{folder}/lipsync.db", "encryption_keys": ()})


def test_a_key_is_made_once_and_kept_beside_the_database(tmp_path: Path) -> None:
    first, again = encryption_keys(settings_for(tmp_path)), encryption_keys(settings_for(tmp_path))

    assert first == again == ((tmp_path / "lipsync.key").read_text(),)
    Fernet(first[0])  # raises where it is no key


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    encryption_keys(settings_for(tmp_path))

    assert (tmp_path / "lipsync.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["lipsync.key"]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _MAKE_KEY, f"sqlite:///{tmp_path}/lipsync.db"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    racers = [subprocess.Popen(command, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()

    made = {racer.communicate(timeout=30)[0].splitlines()[-1] for racer in racers}

    assert made == {(tmp_path / "lipsync.key").read_text()}


def test_keys_from_the_settings_are_taken_as_they_are_and_no_file_is_made(tmp_path: Path) -> None:
    settings = settings_for(tmp_path).model_copy(
        update={"encryption_keys": (SecretStr("new"), SecretStr("old"))}
    )

    assert encryption_keys(settings) == ("new", "old")
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_to_keep_it_beside_a_key_has_to_be_given() -> None:
    settings = Settings.model_validate({"database_url": "postgresql://db/lipsync", "encryption_keys": ()})

    with pytest.raises(BadSettings, match="lipsync-bot new-key"):
        encryption_keys(settings)
