"""Installations on a real database: who finds which, and what the rows give away."""

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.errors import Undecryptable
from storage.installations import Installations
from storage.reencryption import reencrypt
from tests.integration.storage.builders import NOW, installation

OLD, NEW = new_key(), new_key()


@pytest.fixture
def installations(db: Database) -> Installations:
    return Installations(db, Cipher([OLD]))


async def test_an_installation_comes_back_as_it_was_saved(installations: Installations) -> None:
    saved = installation()
    await installations.save(saved)
    assert (await installations.serving(enterprise_id=None, team_id="T1")).installation == saved
    assert await installations.all() == [saved]


async def test_one_team_does_not_find_anothers(installations: Installations) -> None:
    await installations.save(installation())
    assert (await installations.serving(enterprise_id=None, team_id="T2")).installation is None
    assert (await installations.serving(enterprise_id=None, team_id=None)).installation is None


async def test_an_organisations_installation_serves_its_teams_but_a_teams_own_comes_first(
    installations: Installations,
) -> None:
    org = installation(id="E1", enterprise_id="E1", team_id=None)
    own = installation(id="T1", enterprise_id="E1", team_id="T1")
    await installations.save(org)
    await installations.save(own)
    assert (await installations.serving(enterprise_id="E1", team_id="T2")).installation == org
    assert (await installations.serving(enterprise_id="E1", team_id="T1")).installation == own
    assert (await installations.serving(enterprise_id="E2", team_id="T2")).installation is None


async def test_installing_again_brings_the_new_token(installations: Installations) -> None:
    await installations.save(installation(bot_token="xoxb-1"))
    await installations.save(installation(bot_token="xoxb-2", scopes=()))
    found = (await installations.serving(enterprise_id=None, team_id="T1")).installation
    assert found == installation(bot_token="xoxb-2", scopes=())


async def test_what_is_removed_is_gone_and_removing_it_again_is_no_error(
    installations: Installations,
) -> None:
    await installations.save(installation())
    assert await installations.remove("T1", at=NOW, now=NOW)
    assert not await installations.remove("T1", at=NOW, now=NOW)
    assert (await installations.serving(enterprise_id=None, team_id="T1")).installation is None


async def test_what_is_stored_does_not_show_the_secrets(db: Database, installations: Installations) -> None:
    await installations.save(installation(bot_token="xoxb-secret-token"))
    async with db.read() as conn:
        (row,) = (await conn.execute(text("SELECT * FROM installations"))).all()
    assert "Acme" in row
    assert not any("secret" in str(value) for value in row)


def test_secrets_do_not_show_in_the_record() -> None:
    assert "secret" not in repr(installation())


async def test_after_reencryption_the_old_key_can_be_dropped(db: Database) -> None:
    first, second = installation(), installation(id="T2", team_id="T2")
    for each in (first, second):
        await Installations(db, Cipher([OLD])).save(each)
    assert await reencrypt(db, Cipher([NEW, OLD])) == 2
    assert await Installations(db, Cipher([NEW])).all() == [first, second]
    with pytest.raises(Undecryptable):
        await Installations(db, Cipher([OLD])).all()


async def test_reencryption_without_the_old_key_changes_nothing(
    db: Database, installations: Installations
) -> None:
    await installations.save(installation())
    with pytest.raises(Undecryptable):
        await reencrypt(db, Cipher([NEW]))
    assert await installations.all() == [installation()]


async def test_reencrypting_nothing_is_fine(db: Database) -> None:
    assert await reencrypt(db, Cipher([NEW])) == 0
