"""Who somebody is: asked once, remembered, stored, and never guessed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.errors import NotInstalled
from bot.slack import ScopeMissing, SlackUnreachable
from bot.teams.people import AT_WORST_S, FRESH_S, People
from bot.teams.rulebook import Rulebook
from bot.teams.rules import Rules
from storage.errors import StorageUnreachable
from storage.installations import Installation
from storage.people import Membership
from tests.integration.core.world import World, installation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

ASKER = Asker(None, NORTH.id, ADA)


class Told:
    """What Slack says of people, and how often it was asked."""

    def __init__(self, **says: Any) -> None:
        self.says: Mapping[str, Any] | Exception | None = {"team_id": NORTH.id, **says}
        self.asked: list[tuple[str, str]] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def __call__(self, installed: Installation, user_id: str) -> Mapping[str, Any] | None:
        self.asked.append((installed.id, user_id))
        await self.goes_on.wait()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def told() -> Told:
    return Told()


def people_of(there: World, told: Told) -> People:
    """As another process has them: with nothing in memory."""
    return People(there.db, there.tools.teams, rulebook_of(there), told, clock=there.clock)


def rulebook_of(there: World) -> Rulebook:
    return Rulebook(there.db, there.tools.teams, clock=there.clock, elapsed=there.clock)


@pytest.fixture
def people(there: World, told: Told) -> People:
    return people_of(there, told)


async def test_many_who_want_to_know_at_once_ask_slack_once(people: People, told: Told) -> None:
    told.goes_on.clear()
    waiting = [asyncio.create_task(people.of(ASKER, ADA)) for _ in range(50)]
    await asyncio.sleep(0.05)
    told.goes_on.set()
    profiles = await asyncio.gather(*waiting)

    assert told.asked == [(NORTH.id, ADA)]
    assert {profile.membership for profile in profiles} == {Membership.MEMBER}


async def test_one_who_gives_up_waiting_leaves_the_answer_to_the_others(people: People, told: Told) -> None:
    told.goes_on.clear()
    hurried = asyncio.create_task(people.of(ASKER, ADA))
    patient = asyncio.create_task(people.of(ASKER, ADA))
    await asyncio.sleep(0.01)
    hurried.cancel()
    told.goes_on.set()

    assert (await patient).membership is Membership.MEMBER
    assert len(told.asked) == 1


async def test_what_was_told_lasts_an_hour_and_other_processes_find_it(
    there: World, people: People, told: Told
) -> None:
    await people.of(ASKER, ADA)
    there.clock.pass_by(FRESH_S)
    await people.of(ASKER, ADA)
    await people_of(there, told).of(ASKER, ADA)
    assert len(told.asked) == 1

    there.clock.pass_by(1)
    told.says = {"team_id": NORTH.id, "is_restricted": True}

    assert (await people.of(ASKER, ADA)).membership is Membership.GUEST
    assert len(told.asked) == 2


async def test_without_a_request_nothing_is_known_and_nobody_is_asked(
    there: World, people: People, told: Told
) -> None:
    assert await people.remembered(ASKER, ADA) is None
    await people.of(ASKER, ADA)
    known = await people.remembered(ASKER, ADA)
    assert known is not None
    assert known.membership is Membership.MEMBER

    there.clock.pass_by(AT_WORST_S + 1)
    assert await people.remembered(ASKER, ADA) is None
    assert len(told.asked) == 1


@pytest.mark.parametrize("trouble", [SlackUnreachable("users.info: TimeoutError"), RuntimeError("odd")])
async def test_a_silent_slack_leaves_what_it_said_last_for_a_day(
    there: World, people: People, told: Told, trouble: Exception
) -> None:
    with_nothing = Told()
    with_nothing.says = trouble
    with pytest.raises(type(trouble)):
        await people_of(there, with_nothing).of(ASKER, ADA)
    await people.of(ASKER, ADA)
    told.says = trouble

    there.clock.pass_by(AT_WORST_S)
    assert (await people.of(ASKER, ADA)).membership is Membership.MEMBER
    assert (await people_of(there, told).of(ASKER, ADA)).membership is Membership.MEMBER
    there.clock.pass_by(1)
    with pytest.raises(type(trouble)):
        await people.of(ASKER, ADA)


async def test_of_a_clock_that_was_set_back_nothing_is_believed(
    there: World, people: People, told: Told
) -> None:
    await people.of(ASKER, ADA)
    there.clock.pass_by(-60)
    await people.of(ASKER, ADA)

    assert len(told.asked) == 2


async def test_a_database_that_is_away_costs_questions_and_no_answers(
    there: World, people: People, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> Any:
        raise StorageUnreachable("away")

    await there.tools.teams.need(None, NORTH.id)
    monkeypatch.setattr(there.db, "read", away)
    monkeypatch.setattr(there.db, "write", away)

    assert (await people.of(ASKER, ADA)).membership is Membership.MEMBER
    assert (await people.of(ASKER, ADA)).membership is Membership.MEMBER
    assert len(told.asked) == 1


async def test_a_person_is_known_by_the_workspace_that_told_of_them(people: People, told: Told) -> None:
    await people.of(ASKER, ADA)
    other = await people.of(Asker(None, SOUTH.id, ADA), ADA)

    assert other.membership is Membership.OUTSIDER
    assert told.asked == [(NORTH.id, ADA), (SOUTH.id, ADA)]
    with pytest.raises(NotInstalled):
        await people.of(Asker(None, "T0NOBODY", ADA), ADA)


@pytest.mark.parametrize(
    ("says", "named", "may"),
    [
        ({"is_owner": True}, False, True),
        ({"is_admin": True}, False, True),
        ({}, False, False),
        ({}, True, True),
        ({"is_restricted": True}, True, False),
        ({"team_id": "T9"}, True, False),
        ({"deleted": True, "is_owner": True}, True, False),
    ],
)
async def test_admins_and_those_they_named_administer(
    there: World, says: dict[str, Any], *, named: bool, may: bool
) -> None:
    if named:
        rulebook = rulebook_of(there)
        assert await rulebook.change(await rulebook.of(ASKER), Rules(admins=(ADA,)), by="U9")

    assert await people_of(there, Told(**says)).may_administer(ASKER) is may


@pytest.mark.parametrize(
    "trouble",
    [
        SlackUnreachable("users.info: TimeoutError"),
        ScopeMissing("users.info", "missing_scope", needed="users:read"),
    ],
)
async def test_whom_slack_does_not_tell_of_does_not_administer(
    there: World, people: People, told: Told, trouble: Exception
) -> None:
    unknown = Told()
    unknown.says = trouble
    assert not await people_of(there, unknown).may_administer(ASKER)

    told.says = {"team_id": NORTH.id, "is_admin": True}
    assert await people.may_administer(ASKER)
    told.says = trouble
    there.clock.pass_by(15 * 60)
    assert await people.may_administer(ASKER)
    there.clock.pass_by(1)
    assert not await people.may_administer(ASKER)


async def test_who_is_no_admin_any_more_is_none_a_minute_later(
    there: World, people: People, told: Told
) -> None:
    told.says = {"team_id": NORTH.id, "is_admin": True}
    assert await people.may_administer(ASKER)
    told.says = {"team_id": NORTH.id}

    there.clock.pass_by(61)
    assert not await people.may_administer(ASKER)


async def test_an_organisations_install_asks_in_its_own_name(there: World, told: Told) -> None:
    await there.tools.teams.save(installation(id="E1", enterprise_id="E1", team_id=None))
    told.says = {"team_id": "T2", "enterprise_user": {"enterprise_id": "E1", "is_admin": True}}
    people = people_of(there, told)

    assert await people.may_administer(Asker("E1", "T2", ADA))
    assert await people.may_administer(Asker("E1", "T3", ADA))
    assert told.asked == [("E1", ADA)]


async def test_slack_is_asked_with_a_token_that_has_not_expired(there: World) -> None:
    async def renew(old: Installation) -> Installation:
        return replace(old, bot_token=NORTH.bot_token)

    await there.tools.teams.save(installation(bot_token="xoxb-expired", expires_at=1.0))
    there.tools.teams._renew = renew

    assert (await there.tools.roles.people.of(ASKER, ADA)).membership is Membership.MEMBER
