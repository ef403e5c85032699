"""What an export tells, stored on both engines: page by page, twice the same, and under a lease."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from storage import bills, differences, ledger, listings, reviews
from storage.bills import Total
from storage.database import Database
from storage.jobs import Job, JobStatus
from storage.listings import Item
from storage.money import DifferenceKind
from storage.reviews import Review
from tests.integration.storage.builders import NOW, job_in

ACCOUNT = "account-1"
DAY_S = 24 * 3600.0
LATER = NOW + 60.0


async def claimed(db: Database, now: float = NOW) -> Review:
    """The account's review with its range, held."""
    async with db.write() as conn:
        await reviews.begin(conn, {ACCOUNT: now})
        await reviews.begin(conn, {ACCOUNT: now})
        (review,) = await reviews.claim(conn, now=now, lease_s=9.0, token="us:1", limit=2)
        return await reviews.range_of(conn, review, now=now)


async def made(db: Database, generation_id: str, *, billed: bool = True, **columns: Any) -> Job:
    async with db.write() as conn:
        job = await job_in(
            conn,
            JobStatus.DELIVERING if billed else JobStatus.PROCESSING,
            generation_id=generation_id,
            account_key=ACCOUNT,
            estimate_usd=Decimal("0.40"),
            **columns,
        )
        if billed:
            before = replace(job, status=JobStatus.PROCESSING)
            await ledger.close(conn, [(before, JobStatus.DELIVERING)], now=NOW)
            await bills.open_many(conn, [bills.bill_of(job, NOW)])
        return job


def item(generation_id: str, usd: str | None = "0.40", key: str | None = "key_1") -> Item:
    total = None if usd is None else Decimal(usd)
    return Item(
        generation_id=generation_id,
        availability="pending" if total is None else "complete",
        total_usd=total,
        known_usd=total or Decimal(0),
        frames=100,
        finished_at=NOW - 7200.0,
        key_name=key,
    )


async def read(db: Database, review: Review, items: list[Item], *, now: float = NOW) -> None:
    """One range of one page, read to its end."""
    async with db.write() as conn:
        assert await reviews.go_on(conn, review, cursor=None, until=now + 9.0)
        await listings.store(conn, review, items, now=now)
    async with db.write() as conn:
        assert await reviews.finish(conn, review, due_at=now + DAY_S)
        await listings.conclude(conn, review, now=now)


async def test_a_page_tells_ours_from_others_and_telling_it_twice_changes_nothing(db: Database) -> None:
    ours = await made(db, "g-1")
    making = await made(db, "g-2", billed=False)
    others = [item("g-3", "1.5"), item("g-4", "2.5", "key_2"), item("g-5", "0.25", None)]
    page = [item("g-1"), item("g-2", None), *others]

    for night in range(2):
        now = NOW + night * DAY_S
        await read(db, await claimed(db, now), page, now=now)

    async with db.read() as conn:
        found = await bills.of_generations(conn, ACCOUNT, ["g-1", "g-2", "g-3"])
        named = await differences.every(conn, with_closed=True)
        (line,) = await listings.nights(conn, [ACCOUNT], at_most=9)
        entries = await ledger.of_part(conn, ours.order_id, 0)
    assert {which: bill.job_id for which, bill in found.items()} == {"g-1": ours.id, "g-2": making.id}
    assert found["g-1"].listed_at == found["g-2"].listed_at == NOW
    assert [(each.kind, each.generation_id, each.theirs) for each in named] == [
        (DifferenceKind.UNKNOWN_TO_US, "g-3", 1_500_000)
    ]
    assert (line.night_at, line.number, line.usd) == (1000.0, 2, Decimal("2.75"))
    assert {entry.finished_at for entry in entries} == {NOW - 7200.0}


async def test_totals_of_many_are_booked_at_once_and_come_back(db: Database) -> None:
    jobs = [await made(db, f"g-{number}") for number in range(3)]
    for usd in ("0.50", "0.40", "0.50"):
        async with db.write() as conn:
            totals = {job.id: Total(usd=Decimal(usd), frames=None) for job in jobs}
            await bills.complete(conn, totals, now=LATER)
            await bills.complete(conn, totals, now=LATER)
    async with db.read() as conn:
        named = await differences.every(conn, with_closed=False)
    assert [(each.kind, each.theirs) for each in named] == [(DifferenceKind.UNLIKE, 500_000)] * 3


async def test_who_lost_the_lease_stores_nothing(db: Database) -> None:
    held = await claimed(db)
    async with db.write() as conn:
        (other,) = await reviews.claim(conn, now=NOW + 9.0, lease_s=9.0, token="them:1", limit=1)
        assert not await reviews.go_on(conn, held, cursor="c", until=LATER)
        assert not await reviews.finish(conn, held, due_at=LATER)
        await reviews.later(conn, held, due_at=LATER)
        await reviews.later(conn, other, due_at=LATER, anew=True)
    async with db.read() as conn:
        now = await reviews.find(conn, ACCOUNT)
    assert now is not None
    assert (now.attempts, now.lease_token, now.due_at, now.start_at) == (1, None, LATER, None)


async def test_what_is_told_after_all_stands_at_what_was_never_told(db: Database) -> None:
    job = await made(db, "g-1")
    async with db.write() as conn:
        await bills.untold(conn, list((await bills.of_generations(conn, ACCOUNT, ["g-1"])).values()), now=NOW)
        await differences.told(conn, "T1", now=NOW)
        await bills.complete(conn, {job.id: Total(usd=Decimal("0.43"), frames=None)}, now=LATER)
        (one,) = await differences.every(conn, with_closed=False)
    assert (one.kind, one.theirs, one.told_at) == (DifferenceKind.UNTOLD, 430_000, NOW)


@pytest.mark.parametrize("owner", ["T1", "T2"])
async def test_a_difference_is_closed_by_its_owner_once(db: Database, owner: str) -> None:
    await made(db, "g-1")
    async with db.write() as conn:
        bill = (await bills.of_generations(conn, ACCOUNT, ["g-1"]))["g-1"]
        await bills.untold(conn, [bill], now=NOW)
        told = [await differences.told(conn, "T1", now=NOW) for _ in range(2)]
        ((one,), _) = told
        closed = [
            await differences.close(
                conn, owner, "g-1", DifferenceKind.UNTOLD, by="U1", reason="Asked them", now=LATER
            )
            for _ in range(2)
        ]
    assert [len(some) for some in told] == [1, 0]
    assert [each is not None for each in closed] == [owner == one.owner_id, False]
    async with db.read() as conn:
        kept = await differences.find(conn, one.owner_id, "g-1", DifferenceKind.UNTOLD)
        assert kept is not None
        assert kept.reason == ("Asked them" if owner == one.owner_id else None)
        assert await differences.count_open(conn, one.owner_id) == int(owner != one.owner_id)
        assert await differences.find(conn, "T9", "g-1", DifferenceKind.UNTOLD) is None
