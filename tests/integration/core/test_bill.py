"""Bills: what sync.so's record says that a generation cost comes onto the job and its card."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from bot.steps.bill import ASKED_FOR_S, Bills
from bot.steps.settle import Settle
from storage import bills, endings, leases, ledger
from storage.bills import Bill, Total
from storage.jobs import Job, JobStatus, Money
from storage.money import DifferenceKind
from storage.schema import bills as bills_table
from storage.schema import differences
from storage.schema import ledger as ledger_table
from tests.integration.core.world import World, error, generation

RECORD = "/v2/generate/gen-1/costs"


def costs(availability: str = "complete", total: str | None = "0.43", **more: Any) -> httpx.Response:
    """sync.so's record of one generation, as it writes it."""
    told = {"generationId": "gen-1", "generationStatus": "COMPLETED", "currency": "USD"}
    return httpx.Response(200, json=told | {"availability": availability, "totalCostUsd": total} | more)


PENDING = costs("pending", None, retryAfterSeconds=20)


@pytest.fixture
def asking(there: World) -> Bills:
    return Bills(there.tools)


async def ended(there: World, status: str = "COMPLETED", **columns: Any) -> Job:
    """A job whose generation was just seen to have ended."""
    there.sync.get("/v2/generations").respond(json=[generation("gen-1", status)])
    job = await there.job(
        JobStatus.PROCESSING,
        generation_id="gen-1",
        submitted_at=there.clock(),
        **columns,
    )
    return await there.run(Settle(there.tools), job)


async def bill_of(there: World, job: Job) -> Bill:
    async with there.db.read() as conn:
        found = await bills.find(conn, job.id)
    assert found is not None
    return found


async def test_a_completed_record_is_the_jobs_cost_and_is_asked_for_once(there: World, asking: Bills) -> None:
    record = there.sync.get(RECORD).mock(return_value=costs(total="0.4321"))
    job = await ended(there)

    assert await asking.turn()
    assert not await asking.turn()

    assert (await there.now(job)).cost_usd == Decimal("0.4321")
    assert (await bill_of(there, job)).due_at is None
    assert record.call_count == 1


@pytest.mark.parametrize("status", ["FAILED", "REJECTED"])
async def test_what_failed_is_asked_about_as_well_and_its_card_shows_it(
    there: World, asking: Bills, status: str
) -> None:
    there.sync.get(RECORD).mock(return_value=costs(total="0"))
    job = await ended(there, status)
    await there.change(job, card_due_at=None)
    before = (await there.card(job)).revision

    await asking.turn()

    assert (await there.now(job)).cost_usd == Decimal(0)
    card = await there.card(job)
    assert (card.revision, card.due_at) == (before + 1, there.clock())


async def test_a_job_that_is_still_brought_is_not_shown_for_its_cost_alone(
    there: World, asking: Bills
) -> None:
    there.sync.get(RECORD).mock(return_value=costs())
    job = await ended(there)
    before = (await there.card(job)).revision
    await asking.turn()
    assert (await there.card(job)).revision == before


async def test_a_pending_record_is_asked_for_when_sync_so_says_so_and_then_later_and_later(
    there: World, asking: Bills
) -> None:
    record = there.sync.get(RECORD).mock(return_value=PENDING)
    job = await ended(there)
    waits = []
    for _ in range(14):
        assert await asking.turn()
        due_at = (await bill_of(there, job)).due_at
        assert due_at is not None
        waits.append(due_at - there.clock())
        there.clock.pass_by(waits[-1])
    record.mock(return_value=costs())
    await asking.turn()

    assert waits[:6] == [20.0, 20.0, 20.0, 20.0, 32.0, 64.0]
    assert waits[-1] == 3600.0
    assert (await there.now(job)).cost_usd == Decimal("0.43")


@pytest.mark.parametrize(
    "answer",
    [
        costs("partial", "0.20", retryAfterSeconds=2),
        costs("in_review", "0.20"),
        costs("complete", None),
        costs("complete", "much"),
        error(404, "generation_not_found"),
        error(500, "internal_error"),
        httpx.Response(200, text="<html>"),
    ],
)
async def test_nothing_but_a_complete_record_is_believed(
    there: World, asking: Bills, answer: httpx.Response
) -> None:
    there.sync.get(RECORD).mock(return_value=answer)
    job = await ended(there)

    await asking.turn()

    bill = await bill_of(there, job)
    assert (await there.now(job)).cost_usd is None
    assert bill.due_at is not None
    assert bill.due_at > there.clock()
    assert bill.lease_token is None


async def test_after_a_week_nobody_asks_any_more(there: World, asking: Bills) -> None:
    there.sync.get(RECORD).mock(return_value=PENDING)
    job = await ended(there)
    there.clock.pass_by(ASKED_FOR_S)

    await asking.turn()

    bill = await bill_of(there, job)
    assert (bill.due_at, bill.availability) == (None, "pending")


async def test_what_is_not_to_be_had_is_not_asked_for_again(there: World, asking: Bills) -> None:
    there.sync.get(RECORD).mock(return_value=costs("unavailable", None))
    job = await ended(there)
    await asking.turn()
    assert (await bill_of(there, job)).due_at is None
    assert (await there.now(job)).cost_usd is None


async def test_a_lost_lease_stores_nothing(there: World) -> None:
    job = await ended(there)
    async with there.db.write() as conn:
        (held,) = await bills.claim(conn, now=there.clock(), lease_s=1.0, token="one", limit=1)
        (taken,) = await bills.claim(conn, now=there.clock() + 1.0, lease_s=90.0, token="two", limit=1)
        late = {
            "availability": "complete",
            "total": Total(usd=Decimal(1), frames=None),
            "due_at": None,
            "now": there.clock(),
        }
        assert not await bills.tell(conn, held, **late)  # type: ignore[arg-type]
        assert await bills.tell(conn, taken, **late | {"total": Total(usd=Decimal(2), frames=None)})  # type: ignore[arg-type]
    assert (await there.now(job)).cost_usd == Decimal(2)


async def test_what_a_dead_process_held_is_asked_for_by_the_next(there: World, asking: Bills) -> None:
    there.sync.get(RECORD).mock(return_value=costs())
    job = await ended(there)
    async with there.db.write() as conn:
        await bills.claim(conn, now=there.clock(), lease_s=90.0, token="dead:1", limit=1)
    assert not await asking.turn()
    async with there.db.write() as conn:
        await leases.release_all(conn, now=there.clock())
    await asking.turn()
    assert (await there.now(job)).cost_usd == Decimal("0.43")


async def test_a_bill_without_a_key_is_asked_for_later(there: World, asking: Bills) -> None:
    job = await ended(there)
    async with there.db.write() as conn:
        await conn.execute(update(bills_table).values(account_key="org:forgotten"))
    await asking.turn()
    bill = await bill_of(there, job)
    assert bill.due_at is not None
    assert bill.availability is None


async def booked(there: World, job: Job) -> list[tuple[Money, int, int]]:
    """What was booked for a job, by kind: how much is held and spent by it."""
    async with there.db.read() as conn:
        entries = await ledger.of_part(conn, job.order_id, job.position)
    return sorted((entry.kind, entry.held_delta, entry.spent_delta) for entry in entries)


async def differences_of(there: World) -> list[tuple[str, str, int]]:
    columns = (differences.c.generation_id, differences.c.kind, differences.c.ours)
    async with there.db.read() as conn:
        return [tuple(row) for row in await conn.execute(select(*columns))]


async def test_what_the_record_tells_beyond_the_estimate_is_booked(there: World, asking: Bills) -> None:
    there.sync.get(RECORD).mock(return_value=costs(total="0.43"))
    job = await ended(there, estimate_usd=Decimal("0.40"))
    assert await booked(there, job) == [(Money.CHARGE, -400_000, 400_000), (Money.HOLD, 400_000, 0)]
    await asking.turn()
    assert await booked(there, job) == [
        (Money.CHARGE, -400_000, 400_000),
        (Money.CORRECTION, 0, 30_000),
        (Money.HOLD, 400_000, 0),
    ]
    assert await differences_of(there) == []


async def test_what_cost_something_though_it_failed_is_booked(there: World, asking: Bills) -> None:
    there.sync.get(RECORD).mock(return_value=costs(total="0.05"))
    job = await ended(there, "FAILED", estimate_usd=Decimal("0.40"))
    await asking.turn()
    assert await booked(there, job) == [
        (Money.CORRECTION, 0, 50_000),
        (Money.HOLD, 400_000, 0),
        (Money.RELEASE, -400_000, 0),
    ]


async def test_what_the_record_never_tells_is_kept_for_a_person(there: World, asking: Bills) -> None:
    there.sync.get(RECORD).mock(return_value=costs("unavailable", None))
    job = await ended(there, estimate_usd=Decimal("0.40"))
    await asking.turn()
    assert await differences_of(there) == [("gen-1", DifferenceKind.UNTOLD, 400_000)]
    assert await booked(there, job) == [(Money.CHARGE, -400_000, 400_000), (Money.HOLD, 400_000, 0)]


async def test_what_is_given_up_counts_as_spent_until_the_record_says_otherwise(
    there: World, asking: Bills
) -> None:
    there.sync.get(RECORD).mock(return_value=costs(total="0"))
    job = await there.job(JobStatus.UNRESOLVED, generation_id="gen-1", estimate_usd=Decimal("0.40"))
    async with there.db.write() as conn:
        await endings.end(conn, job, JobStatus.FAILED, now=there.clock(), failure_code="given_up")
    assert await booked(there, job) == [(Money.HOLD, 400_000, 0), (Money.WRITE_OFF, -400_000, 400_000)]
    await asking.turn()
    assert (Money.CORRECTION, 0, -400_000) in await booked(there, job)
    assert (await there.now(job)).cost_usd == Decimal(0)


async def test_nothing_that_people_wrote_is_in_the_books(there: World) -> None:
    """They outlive the order."""
    await ended(there, label="“Hello Ada”")
    async with there.db.read() as conn:
        rows = (await conn.execute(select(ledger_table))).all()
    assert rows
    kept = " ".join(str(value) for row in rows for value in row)
    assert not [words for words in ("Hello", "clip", ".mp4", "http", "https") if words in kept]
