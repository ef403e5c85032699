"""Sums that admins name where the record never told: booked once, whoever else closes or learns it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from bot.use_cases.bookkeeping import Closing, close
from storage import bills, differences, ledger
from storage.bills import Total
from storage.database import Database
from storage.jobs import Job, Money
from storage.money import NAMED, DifferenceKind
from tests.integration.storage import books
from tests.integration.storage.builders import NOW
from tests.integration.storage.test_listings import ACCOUNT, LATER, made

NAMED_USD = Decimal("0.123456")


@pytest.fixture
async def replicas(open_again: Callable[[], Database]) -> AsyncIterator[list[Database]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_again()) for _ in range(3)]


async def untold(db: Database) -> tuple[Job, str]:
    """A video of which the record will not tell, and whose it is."""
    job = await made(db, "g-1")
    async with db.write() as conn:
        bill = (await bills.of_generations(conn, ACCOUNT, ["g-1"]))["g-1"]
        await bills.untold(conn, [bill], now=NOW)
        (one,) = await differences.every(conn, with_closed=False)
    return job, one.owner_id


async def named(db: Database, owner_id: str, usd: Decimal | None = NAMED_USD) -> Closing:
    return await close(
        db, owner_id, DifferenceKind.UNTOLD, "g-1", by="U1", reason="Support said so", usd=usd, now=LATER
    )


async def corrections(db: Database, job: Job) -> list[tuple[int, str | None]]:
    async with db.read() as conn:
        entries = await ledger.of_part(conn, job.order_id, job.position)
        assert await books.booked(conn) == await books.budgeted(conn)
    return [(each.spent_delta, each.why) for each in entries if each.kind is Money.CORRECTION]


async def test_of_several_who_close_it_at_once_one_names_its_sum(replicas: list[Database]) -> None:
    job, owner_id = await untold(replicas[0])

    sums = [NAMED_USD, Decimal(2), None, NAMED_USD, Decimal(3), None]
    outcomes = await asyncio.gather(
        *(named(replicas[number % 3], owner_id, usd) for number, usd in enumerate(sums))
    )

    assert sorted(outcomes) == [Closing.DONE, *[Closing.GONE] * 5]
    won = sums[outcomes.index(Closing.DONE)]
    booked = [] if won is None else [(int(won * 1_000_000) - 400_000, NAMED)]
    assert await corrections(replicas[0], job) == booked


async def test_what_the_record_tells_meanwhile_counts_and_the_named_sum_is_refused(db: Database) -> None:
    job, owner_id = await untold(db)
    async with db.write() as conn:
        await bills.complete(conn, {job.id: Total(usd=Decimal("0.43"), frames=None)}, now=LATER)

    assert await named(db, owner_id) is Closing.TOLD
    assert await corrections(db, job) == [(30_000, None)]
    assert await named(db, owner_id, usd=None) is Closing.DONE


async def test_a_record_that_tells_after_all_has_the_last_word(db: Database) -> None:
    job, owner_id = await untold(db)
    assert await named(db, owner_id) is Closing.DONE
    async with db.write() as conn:
        await bills.complete(conn, {job.id: Total(usd=Decimal("0.43"), frames=None)}, now=LATER)

    assert sorted(await corrections(db, job)) == [(-276_544, NAMED), (306_544, None)]


async def test_one_who_closes_and_a_record_that_tells_never_wait_for_each_other(
    replicas: list[Database],
) -> None:
    job, owner_id = await untold(replicas[0])

    async def tell() -> None:
        async with replicas[1].write() as conn:
            await bills.complete(conn, {job.id: Total(usd=Decimal("0.43"), frames=None)}, now=LATER)

    outcome, _ = await asyncio.gather(named(replicas[0], owner_id), tell())

    assert outcome in {Closing.DONE, Closing.TOLD}
    assert sum(spent for spent, _ in await corrections(replicas[0], job)) == 30_000


async def test_of_another_team_there_is_none(db: Database) -> None:
    job, _ = await untold(db)
    assert await named(db, "T-other") is Closing.GONE
    assert await corrections(db, job) == []
