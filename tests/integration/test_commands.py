"""What an admin types at a terminal, against a real database."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from storage.database import migrate, open_database
from storage.encryption import Cipher, new_key
from storage.errors import Undecryptable
from storage.installations import Installation, Installations
from tests.integration.storage.builders import installation

OLD, NEW = new_key(), new_key()

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
