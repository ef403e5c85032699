"""Admins are told once a month that a budget is nearly used up, whatever is cut and whoever else looks."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from bot.steps.warn import Warn
from bot.teams.rules import Rules
from storage import ledger, limits
from storage.limits import OverBudget
from storage.money import month_of
from storage.orders import OrderStatus, Part
from storage.schema import answers
from tests.integration.core.test_people import rulebook_of
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH


async def limited(there: World, usd: str, scope: str = "team") -> None:
    async with there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {scope: Decimal(usd)}, by=ADA, now=there.clock())


@pytest.fixture(autouse=True)
async def two_admins(there: World) -> None:
    book = await rulebook_of(there).latest(await there.order(OrderStatus.OFFERED))
    assert await rulebook_of(there).change(book, Rules(admins=(ADA, BEN)), by=ADA)


async def held(there: World, usd: str) -> None:
    order = replace(await there.order(OrderStatus.OFFERED), parts=(Part(usd=Decimal(usd), length_s=None),))
    async with there.db.write() as conn:
        await ledger.hold(conn, order, {0: "sync-3"}, owner_id=NORTH.id, now=there.clock())


async def told(there: World) -> dict[str, list[str]]:
    """What there is to be said to whom."""
    said: dict[str, list[str]] = {}
    async with there.db.read() as conn:
        for channel_id, text in await conn.execute(select(answers.c.channel_id, answers.c.text)):
            said.setdefault(channel_id, []).append(text)
    return said


async def test_whoever_passes_the_mark_first_has_the_admins_told_once(there: World) -> None:
    await limited(there, "10")
    warn = Warn(there.tools)

    await held(there, "7.99")
    assert not await warn.turn()
    assert await told(there) == {}

    await held(there, "0.01")
    await held(there, "1.00")
    await asyncio.gather(*(warn.turn() for _ in range(3)))
    await held(there, "0.10")
    await warn.turn()

    said = await told(there)
    assert said.keys() == {ADA, BEN}
    (words,) = said[ADA]
    assert words.startswith("The team's budget is nearly used up: $8.00 of $10.00 is spent, or set aside")


async def test_the_next_month_has_a_warning_of_its_own(there: World) -> None:
    await limited(there, "1")
    for _ in range(2):
        await held(there, "0.90")
        await Warn(there.tools).turn()
        there.clock.pass_by(31 * 24 * 3600)
    assert [len(said) for said in (await told(there)).values()] == [2, 2]


async def test_what_a_budget_was_raised_by_moves_the_mark(there: World) -> None:
    await limited(there, "10")
    async with there.db.write() as conn:
        month = month_of(there.clock())
        await limits.raise_for(conn, NORTH.id, "team", month, Decimal(10))
    await held(there, "15.99")
    await Warn(there.tools).turn()
    assert await told(there) == {}

    await held(there, "0.01")
    await Warn(there.tools).turn()
    (words,) = (await told(there))[ADA]
    assert "$16.00 of $20.00" in words


async def test_nobody_is_told_of_a_limit_that_was_taken_away_or_of_a_hold_that_was_refused(
    there: World,
) -> None:
    await limited(there, "1")
    await held(there, "0.90")
    async with there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {"team": None}, by=ADA, now=there.clock())
    await Warn(there.tools).turn()
    assert await told(there) == {}

    await limited(there, "1", "channel:C0OTHER")
    await limited(there, "1", "model:sync-3")
    with pytest.raises(OverBudget):
        await held(there, "0.90")
    await Warn(there.tools).turn()
    assert await told(there) == {}


async def test_a_turn_that_is_cut_is_made_up_for(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await limited(there, "1")
    await held(there, "0.90")
    with monkeypatch.context() as broken:
        broken.setattr("storage.answers.begin", _cut)
        with pytest.raises(_Cut):
            await Warn(there.tools).turn()
    await Warn(there.tools).turn()
    assert [len(said) for said in (await told(there)).values()] == [1, 1]


class _Cut(Exception):
    pass


async def _cut(*_: object, **__: object) -> bool:
    raise _Cut
