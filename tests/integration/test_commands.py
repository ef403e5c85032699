"""What an admin types at a terminal, against a real database."""

import asyncio
import os
import pty
import sys
import termios
import time
from asyncio.subprocess import create_subprocess_exec
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.sandbox.fake_sync import GROWTH, Org
from storage import sync_keys
from storage.database import migrate, open_database
from storage.encryption import Cipher, new_key
from storage.errors import Undecryptable
from storage.installations import Installation, Installations
from storage.sync_keys import key_at
from tests.integration.fake_sync.service import served_apart
from tests.integration.storage.builders import installation

OLD, NEW = new_key(), new_key()
API_KEY = "sk-acme-0123456789abcdef"
SHORT_KEY = "sk-short"

pytestmark = pytest.mark.usefixtures("usual_logging")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with one workspace, stored under the old key."""
    url = f"sqlite:///{tmp_path / 'lipsync.db'}"

    async def store() -> None:
        async with open_database(url) as database:
            await migrate(database)
            await Installations(database, Cipher([OLD])).save(installation())

    asyncio.run(store())
    return url


def stored(url: str, key: str) -> list[Installation]:
    async def read() -> list[Installation]:
        async with open_database(url) as database:
            return await Installations(database, Cipher([key])).all()

    return asyncio.run(read())


def reencrypt(url: str, *keys: str) -> Result:
    environment = {"DATABASE_URL": url, "ENCRYPTION_KEYS": ",".join(keys)}
    return CliRunner(env=environment).invoke(main, ["reencrypt"])


def test_after_reencrypt_the_old_key_can_be_dropped(url: str) -> None:
    told = reencrypt(url, NEW, OLD)
    assert (told.exit_code, told.output) == (0, "Secrets that are under the newest key: 1.\n")
    assert stored(url, NEW) == [installation()]
    with pytest.raises(Undecryptable):
        stored(url, OLD)


def test_reencrypt_without_the_old_key_says_so_and_changes_nothing(url: str) -> None:
    told = reencrypt(url, NEW)
    assert told.exit_code == 1
    assert "ENCRYPTION_KEYS" in told.output
    assert stored(url, OLD) == [installation()]


@pytest.fixture
def sync_url(tmp_path: Path) -> Iterator[str]:
    """A sync.so that knows one key."""
    acme = Org("org_acme", "Acme Studio", GROWTH)
    with served_apart(tmp_path / "sync", dict.fromkeys((API_KEY, SHORT_KEY), acme)) as address:
        yield address


def connect(url: str, sync_url: str, *arguments: str, typed: str = "") -> Result:
    environment = {"DATABASE_URL": url, "ENCRYPTION_KEYS": OLD, "SYNC_API_URL": sync_url}
    return CliRunner(env=environment).invoke(main, ["connect", *arguments], input=typed)


def keys_in(url: str) -> list[tuple[str, str, str]]:
    async def read() -> list[tuple[str, str, str]]:
        async with open_database(url) as database, database.read() as conn:
            found = await sync_keys.every(conn)
            opened = Cipher([OLD])
            return [
                (key.owner_id, key.account_key, opened.open(key.api_key, key_at(key.id)))
                for key in found
                if key.in_use
            ]

    return asyncio.run(read())


def test_a_key_that_is_piped_in_is_checked_and_kept(url: str, sync_url: str) -> None:
    told = connect(url, sync_url, typed=f"{API_KEY}\n")

    assert told.exit_code == 0
    assert "connected to Acme Studio, by the key that ends in …cdef" in told.output
    assert API_KEY not in told.output
    assert keys_in(url) == [("T1", "org:org_acme", API_KEY)]


async def test_a_key_that_is_typed_at_a_terminal_does_not_show_there(url: str, sync_url: str) -> None:
    environment = {"DATABASE_URL": url, "ENCRYPTION_KEYS": OLD, "SYNC_API_URL": sync_url}
    terminal, end = pty.openpty()
    command = (sys.executable, "-m", "bot", "connect")
    process = await create_subprocess_exec(
        *command, env=os.environ | environment, stdin=end, stdout=end, stderr=end, start_new_session=True
    )
    os.close(end)
    try:
        await asyncio.to_thread(wait_until_nothing_shows, terminal)
        os.write(terminal, f"{API_KEY}\n".encode())
        async with asyncio.timeout(30):
            assert await process.wait() == 0
        shown = os.read(terminal, 10_000).decode()
    finally:
        if process.returncode is None:
            process.kill()
        os.close(terminal)

    assert "sync.so API key (it does not show)" in shown
    assert "by the key that ends in …cdef" in shown
    assert API_KEY not in shown
    assert await asyncio.to_thread(keys_in, url) == [("T1", "org:org_acme", API_KEY)]


def wait_until_nothing_shows(terminal: int) -> None:
    """Until what is typed is not shown; at the latest when it should have been for long."""
    ends_at = time.monotonic() + 20
    while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < ends_at:
        time.sleep(0.05)


@pytest.mark.parametrize("line", [(API_KEY,), (f"--api-key={API_KEY}",), ("--api-key", API_KEY)])
def test_a_key_is_no_argument_and_one_that_was_typed_as_one_is_not_repeated(
    url: str, sync_url: str, line: tuple[str, ...]
) -> None:
    told = connect(url, sync_url, *line, typed=API_KEY)

    assert told.exit_code == 2
    assert API_KEY not in told.output
    assert keys_in(url) == []


def test_of_a_short_key_no_end_is_told(url: str, sync_url: str) -> None:
    told = [connect(url, sync_url, typed=SHORT_KEY), connect(url, sync_url, "--remove")]

    assert "Acme (T1) is connected to Acme Studio.\n" in told[0].output
    assert "The key that was connected pays for nothing more of Acme (T1)" in told[1].output


@pytest.mark.parametrize("typed", ["sk-nobody-0123456789\n", "two words\n", ""])
def test_a_key_that_is_not_good_is_not_kept(url: str, sync_url: str, typed: str) -> None:
    told = connect(url, sync_url, typed=typed)

    assert told.exit_code == 1
    assert "Nothing was changed" in told.output
    assert keys_in(url) == []


def test_a_key_is_taken_away_again(url: str, sync_url: str) -> None:
    connect(url, sync_url, typed=API_KEY)

    told = connect(url, sync_url, "--remove")

    assert "pays for nothing more" in told.output
    assert keys_in(url) == []


def test_another_workspace_has_to_be_there(url: str, sync_url: str) -> None:
    told = connect(url, sync_url, "--team", "T9", typed=API_KEY)

    assert told.exit_code == 1
    assert "The app is not installed in T9. It is in:\n  • T1  Acme" in told.output
    assert keys_in(url) == []
