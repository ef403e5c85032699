"""Rules: kept in memory, changed by whoever has seen the latest, and the same on every replica soon after."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.asking.asks import Asker
from bot.errors import NotInstalled
from bot.teams.rulebook import Rulebook
from bot.teams.rules import Rules
from storage import people_store
from storage.errors import StorageUnreachable
from storage.people import Membership, Profile
from storage.schema import audit, rules
from tests.integration.core.test_people import rulebook_of
from tests.integration.core.world import World, installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH

ASKER = Asker(None, NORTH.id, ADA)
NONE, GUESTS = Rules(), Rules(guests=True)


@pytest.fixture
def rulebook(there: World) -> Rulebook:
    return rulebook_of(there)


async def test_nobody_has_changed_any_rule_yet(rulebook: Rulebook) -> None:
    book = await rulebook.of(ASKER)

    assert (book.rules, book.revision, book.admins) == (NONE, 0, ())


async def test_a_change_holds_at_once_here_and_soon_elsewhere(there: World, rulebook: Rulebook) -> None:
    elsewhere = rulebook_of(there)
    assert (await elsewhere.of(ASKER)).rules == NONE

    assert await rulebook.change(await rulebook.of(ASKER), GUESTS, by=ADA)

    assert (await rulebook.of(ASKER)).rules == GUESTS
    assert (await elsewhere.of(ASKER)).rules == NONE
    there.clock.pass_by(31)
    assert (await elsewhere.of(ASKER)).rules == GUESTS


@pytest.mark.parametrize("revision", [0, 1, 2])
async def test_of_many_who_saw_the_same_rules_one_changes_them(
    there: World, rulebook: Rulebook, revision: int
) -> None:
    for number in range(revision):
        assert await rulebook.change(await rulebook.of(ASKER), Rules(inputs_kept_days=number + 1), by=ADA)
    book = await rulebook.of(ASKER)
    wishes = [Rules(blocked_people=(f"U{number}",)) for number in range(10)]

    saved = await asyncio.gather(*(rulebook_of(there).change(book, wish, by=BEN) for wish in wishes))

    assert sorted(saved) == [False] * 9 + [True]
    there.clock.pass_by(31)
    now = await rulebook.of(ASKER)
    assert (now.rules, now.revision) == (wishes[saved.index(True)], revision + 1)


async def test_what_a_later_version_has_stored_beside_the_rules_outlives_a_change(
    there: World, rulebook: Rulebook
) -> None:
    assert await rulebook.change(await rulebook.of(ASKER), GUESTS, by=ADA)
    of_later = json.dumps({"guests": True, "approvals": {"from_usd": "5"}})
    async with there.db.write() as conn:
        await conn.execute(update(rules).values(rules=of_later))
    there.clock.pass_by(31)

    assert await rulebook.change(await rulebook.of(ASKER), NONE, by=BEN)

    async with there.db.read() as conn:
        stored = json.loads((await conn.execute(select(rules.c.rules))).scalar_one())
    assert stored == NONE.model_dump(mode="json") | {"approvals": {"from_usd": "5"}}


async def test_a_read_that_began_before_a_change_does_not_hide_it(there: World, rulebook: Rulebook) -> None:
    book = await rulebook.of(ASKER)
    there.clock.pass_by(31)
    reads = [asyncio.create_task(rulebook.of(ASKER)) for _ in range(5)]
    changes = asyncio.create_task(rulebook.change(book, GUESTS, by=ADA))
    await asyncio.gather(*reads, changes)

    assert (await rulebook.of(ASKER)).rules == GUESTS


async def test_rules_are_the_installations_own(there: World, rulebook: Rulebook) -> None:
    await there.tools.teams.save(installation(id="E1", enterprise_id="E1", team_id=None))
    await rulebook.change(await rulebook.of(Asker("E1", "T2", ADA)), GUESTS, by=ADA)

    assert (await rulebook.of(Asker("E1", "T3", ADA))).rules == GUESTS
    assert (await rulebook.of(ASKER)).rules == NONE
    assert (await rulebook.of(Asker(None, SOUTH.id, ADA))).rules == NONE
    with pytest.raises(NotInstalled):
        await rulebook.of(Asker(None, "T0NOBODY", ADA))


async def test_who_can_change_them_are_those_named_and_admins_that_were_met(
    there: World, rulebook: Rulebook
) -> None:
    async with there.db.write() as conn:
        for number, membership in enumerate([*Membership, Membership.ADMIN, Membership.OWNER]):
            profile = Profile(NORTH.id, f"U{number}", membership, float(number))
            await people_store.keep(conn, profile)

    assert (await rulebook.of(ASKER)).admins == ("U7", "U6", "U1")
    await rulebook.change(await rulebook.of(ASKER), Rules(admins=(BEN, "U6")), by=ADA)
    assert (await rulebook.of(ASKER)).admins == (BEN, "U6", "U7")
    assert (await rulebook.of(Asker(None, SOUTH.id, ADA))).admins == ()


async def test_while_the_database_is_away_what_held_still_does(
    there: World, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> Any:
        raise StorageUnreachable("away")

    await rulebook.change(await rulebook.of(ASKER), GUESTS, by=ADA)
    await rulebook.of(ASKER)
    monkeypatch.setattr(there.db, "read", away)
    there.clock.pass_by(29)
    await there.tools.teams.need(None, NORTH.id)
    there.clock.pass_by(2)

    assert (await rulebook.of(ASKER)).rules == GUESTS
    with pytest.raises(StorageUnreachable):
        await rulebook.of(Asker(None, SOUTH.id, ADA))


async def test_each_change_stands_in_the_teams_log_what_tells_of_people_apart(
    there: World, rulebook: Rulebook
) -> None:
    book = await rulebook.of(ASKER)
    await rulebook.change(book, Rules(guests=True, models=("a",), blocked_people=(BEN,)), by=ADA)
    assert not await rulebook.change(book, Rules(), by=BEN)

    async with there.db.read() as conn:
        of_rules = select(audit).where(audit.c.action == "rules.changed")
        [row] = (await conn.execute(of_rules)).mappings().all()
    assert (row["team_id"], row["subject"]) == (NORTH.id, NORTH.id)
    assert json.loads(row["details"]) == {
        "revision": 1,
        "changed": ["guests", "blocked_people", "models"],
        "guests": True,
        "models": ["a"],
    }
    assert BEN not in row["details"]
    assert ADA in row["personal"]
    assert BEN in row["personal"]
