"""Differences are told to admins once, whoever is cut off; what is nobody's is told to none of them."""

from dataclasses import replace

import pytest

from bot.steps.differ import Differ
from storage import differences
from storage.differences import NOBODYS, Difference
from storage.money import DifferenceKind
from storage.people import Membership, Profile
from storage.people_store import keep
from storage.schema import answers
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import ADA, NORTH


def difference(generation_id: str, owner_id: str = NORTH.id, found_at: float = 1.0) -> Difference:
    return Difference(
        generation_id=generation_id,
        kind=DifferenceKind.UNKNOWN_TO_US,
        owner_id=owner_id,
        account_key="org:1",
        ours=0,
        theirs=3_330_000,
        found_at=found_at,
    )


@pytest.fixture(autouse=True)
async def admin(there: World) -> None:
    async with there.db.write() as conn:
        await keep(conn, Profile(NORTH.id, ADA, Membership.ADMIN, there.clock()))


async def said(there: World) -> list[tuple[str, str]]:
    async with there.db.read() as conn:
        rows = await conn.execute(answers.select().order_by(answers.c.asked_at, answers.c.key))
        return [(row.user_id, row.text) for row in rows]


async def test_a_night_is_told_once_with_number_and_sum(there: World) -> None:
    async with there.db.write() as conn:
        await differences.note(conn, [difference("gen-1"), difference("gen-2"), difference("x", NOBODYS)])
    for _ in range(2):
        assert not await Differ(there.tools).turn()

    ((person, words),) = await said(there)
    assert person == ADA
    assert "2 videos do not meet; they are about $6.66" in words
    async with there.db.read() as conn:
        assert await differences.owners_untold(conn) == []


async def test_what_is_found_later_is_told_by_itself(there: World) -> None:
    for number in (1, 2):
        async with there.db.write() as conn:
            await differences.note(conn, [difference(f"gen-{number}", found_at=float(number))])
        await Differ(there.tools).turn()
    assert [words.count("One video does not meet") for _, words in await said(there)] == [1, 1]


async def test_what_was_closed_before_is_not_told(there: World) -> None:
    async with there.db.write() as conn:
        await differences.note(conn, [difference("gen-1")])
        kind = DifferenceKind.UNKNOWN_TO_US
        await differences.close(conn, NORTH.id, "gen-1", kind, by=ADA, reason="Known", now=2.0)
    await Differ(there.tools).turn()
    assert await said(there) == []


async def test_what_was_told_meanwhile_by_another_is_not_told_again(there: World) -> None:
    async with there.db.write() as conn:
        await differences.note(conn, [difference("gen-1")])
    await Differ(there.tools).turn()
    await Differ(there.tools)._tell(NORTH.id)
    assert len(await said(there)) == 1


async def test_however_many_a_night_has_all_are_counted(there: World) -> None:
    async with there.db.write() as conn:
        await differences.note(conn, [difference(f"gen-{number}") for number in range(1_500)])
    await Differ(there.tools).turn()
    ((_, words),) = await said(there)
    assert "1,500 videos do not meet; they are about $4,995.00" in words


async def test_one_that_has_changed_since_is_told_again(there: World) -> None:
    for theirs in (3_330_000, 1_000_000):
        async with there.db.write() as conn:
            await differences.note(conn, [replace(difference("gen-1"), theirs=theirs)])
        await Differ(there.tools).turn()
        there.clock.pass_by(60)
    assert ["$3.33" in words for _, words in await said(there)] == [True, False]
