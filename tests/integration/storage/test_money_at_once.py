"""Many who press, end and are billed in the same moment: each hold is closed once, all sums are exact."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from bot.asking.addresses import stored
from bot.asking.asks import Asker
from bot.asking.drafts import Script
from bot.patience import Patience
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage import bills, endings, job_batches, job_store, limits, order_store
from storage.audit_check import read
from storage.bills import Total
from storage.database import Database
from storage.job_batches import Move
from storage.jobs import Job, JobStatus, job_id
from storage.limits import OverBudget
from storage.orders import NewOrder, OrderStatus, Part
from tests.integration.core.rows import change
from tests.integration.core.world import CIPHER, LINKS, PREPARED
from tests.integration.storage import books
from tests.integration.storage.builders import NOW, OPEN, ask

ORDERS, PARTS = 25, 3
SAYS = tuple(Script(text=f"Line {number}.", voice_id="v1") for number in range(1, PARTS))
DRAFT = LINKS.model_copy(update={"more_scripts": SAYS})
PRESSES = 2
PRICE = Decimal("0.43")
COST = Decimal("0.40")
LATER = NOW + 60


@pytest.fixture
def use_cases(db: Database) -> Orders:
    return orders_on(db)


def orders_on(db: Database) -> Orders:
    async def account_key(_enterprise_id: str | None, _team_id: str, _believed: str | None) -> str:
        return "account-1"

    numbers = count()
    teams: Any = None  # nobody but the askers acts
    return Orders(
        db,
        CIPHER,
        teams,
        OPEN,
        clock=lambda: NOW,
        new_id=lambda: f"new-{next(numbers)}",
        wake=lambda: None,
        account_key=account_key,
        public_url=None,
        patience=Patience(),
    )


async def offered(db: Database, number: int) -> NewOrder:
    """An order of three parts; there are few people and channels, so that all meet in the same budgets."""
    user_id = f"U{number % 3}"
    order_id = f"money{number}"
    words = stored(DRAFT, CIPHER, order_id, given_by=user_id)
    new = ask(
        id=order_id,
        user_id=user_id,
        channel_id=f"C{number % 2}",
        **words,
        prepared=PREPARED.at("account-1").model_dump_json(),
    )
    async with db.write() as conn:
        await order_store.insert(conn, new, now=NOW)
        parts = tuple(Part(label=f"Part {n}", usd=PRICE, length_s=1.0) for n in range(PARTS))
        offer = {"parts": parts, "offer_id": "e1", "offer_usd": PRICE * PARTS, "expires_at": NOW + 60}
        await change(conn, new.id, {"status": OrderStatus.OFFERED, **offer})
    return new


async def pressed(use_cases: Orders, new: NewOrder) -> Confirmation:
    return await use_cases.confirm(new.id, "e1", Asker(None, new.team_id, new.user_id))


async def all_born(db: Database, orders: list[NewOrder]) -> list[Job]:
    async with db.read() as conn:
        return await job_store.of_orders(conn, [new.id for new in orders])


async def sums_are_exact(db: Database) -> None:
    async with db.read() as conn:
        assert await books.budgeted(conn) == await books.booked(conn)


async def test_fifty_presses_at_once_hold_each_price_once(db: Database, use_cases: Orders) -> None:
    orders = [await offered(db, number) for number in range(ORDERS)]
    presses = [pressed(use_cases, new) for new in orders * PRESSES]
    random.Random(7).shuffle(presses)
    answers = await asyncio.gather(*presses)
    assert answers.count(Confirmation.ACCEPTED) == ORDERS
    assert len(await all_born(db, orders)) == ORDERS * PARTS
    await sums_are_exact(db)
    async with db.read() as conn:
        budgets = await books.budgeted(conn)
    assert budgets["T1", "team", "1970-01"] == (ORDERS * PARTS * 430_000, 0)


async def test_fifty_presses_on_three_replicas_begin_what_a_budget_is_enough_for(
    db: Database, open_again: Callable[[], Database]
) -> None:
    """Whom the budget does not cover keeps the offer, and nothing of the order has begun."""
    covered = 7
    async with db.write() as conn:
        await limits.set_many(conn, "T1", {"team": covered * PARTS * PRICE}, by="U9", now=NOW)
    orders = [await offered(db, number) for number in range(2 * ORDERS)]
    async with AsyncExitStack() as stack:
        replicas = [orders_on(await stack.enter_async_context(open_again())) for _ in range(3)]
        presses = [pressed(replicas[number % 3], new) for number, new in enumerate(orders)]
        answers = await asyncio.gather(*presses, return_exceptions=True)
    assert answers.count(Confirmation.ACCEPTED) == covered
    assert sum(isinstance(answer, OverBudget) for answer in answers) == len(orders) - covered
    await sums_are_exact(db)
    async with db.read() as conn:
        found = [await order_store.find(conn, new.id) for new in orders]
        logged = [row.subject async for row in read(conn)]
        assert (await books.budgeted(conn))["T1", "team", "1970-01"] == (covered * PARTS * 430_000, 0)
    begun = {order.id for order in found if order and order.status is OrderStatus.RUNNING}
    waiting = [order for order in found if order and order.status is OrderStatus.OFFERED]
    assert {job.order_id for job in await all_born(db, orders)} == begun == set(logged)
    assert [order.offer_id for order in waiting] == ["e1"] * (len(orders) - covered)
    assert len(begun) == covered


async def test_racing_ends_and_bills_that_come_twice_are_booked_once(db: Database, use_cases: Orders) -> None:
    """A third of the jobs is done, a third is cancelled by people, a third fails: all at once, all twice."""
    orders = [await offered(db, number) for number in range(ORDERS)]
    await asyncio.gather(*(pressed(use_cases, new) for new in orders))
    born = await all_born(db, orders)
    at_sync = [job for job in born if job.position != 1]
    async with db.write() as conn:
        for job in at_sync:
            sent = {"status": JobStatus.PROCESSING, "lease_token": "held", "generation_id": f"g-{job.id}"}
            await change(conn, job.id, sent)
    held = [job for job in await all_born(db, orders) if job.status is JobStatus.PROCESSING]

    async def settled(some: list[Job]) -> None:
        told = [Move(job, JobStatus.FAILED if job.position else JobStatus.DELIVERING) for job in some]
        async with db.write() as conn:
            await job_batches.store(conn, told, now=LATER, lease_token="held")
            await bills.open_many(conn, [bills.bill_of(job, LATER) for job in some])

    async def cancelled(new: NewOrder) -> None:
        await use_cases.cancel(new.id, Asker(None, new.team_id, new.user_id))

    async def given_up(job: Job) -> None:
        async with db.write() as conn:
            await endings.end(conn, job, JobStatus.FAILED, now=LATER)

    chance = random.Random(11)
    chance.shuffle(held)
    batches = [held[start::4] for start in range(4)]
    steps: list[Awaitable[object]] = [
        *(settled(batch) for batch in (*batches, *batches)),
        *(cancelled(new) for new in orders * PRESSES),
        *(given_up(job) for job in chance.sample([job for job in held if job.position], 10)),
    ]
    chance.shuffle(steps)
    await asyncio.gather(*steps)
    await sums_are_exact(db)

    async with db.write() as conn:
        due = await bills.claim(conn, now=LATER, lease_s=90, token="t", limit=200)
    await asyncio.gather(*(_told(db, bill) for bill in due * 2))
    await sums_are_exact(db)

    async with db.read() as conn:
        spent = {job_id(*part): amounts for part, amounts in (await books.of_parts(conn)).items()}
        assert set((await books.closed(conn)).values()) == {1}
    assert spent == {job.id: (0, 0 if job.position else 400_000) for job in born}


async def _told(db: Database, bill: bills.Bill) -> None:
    total = Decimal(0) if int(bill.job_id[-2:]) else COST
    async with db.write() as conn:
        await bills.tell(
            conn, bill, availability="complete", total=Total(usd=total, frames=None), due_at=None, now=LATER
        )


async def test_a_record_that_comes_while_the_video_is_booked_is_counted_once(
    db: Database, use_cases: Orders
) -> None:
    """Another holder may learn what it cost before the first has stored that it is done."""
    orders = [await offered(db, number) for number in range(ORDERS)]
    await asyncio.gather(*(pressed(use_cases, new) for new in orders))
    async with db.write() as conn:
        for job in await all_born(db, orders):
            await change(conn, job.id, {"status": JobStatus.PROCESSING, "generation_id": f"g-{job.id}"})
    born = await all_born(db, orders)
    async with db.write() as conn:
        await bills.open_many(conn, [bills.bill_of(job, NOW) for job in born])
        due = await bills.claim(conn, now=NOW, lease_s=90, token="t", limit=200)

    async def tell(bill: bills.Bill) -> None:
        async with db.write() as conn:
            await bills.tell(
                conn,
                bill,
                availability="complete",
                total=Total(usd=COST, frames=None),
                due_at=None,
                now=LATER,
            )

    async def made(job: Job) -> None:
        async with db.write() as conn:
            await job_store.move(conn, job, JobStatus.DELIVERING, now=LATER)

    steps: list[Awaitable[None]] = [*(tell(bill) for bill in due), *(made(job) for job in born)]
    random.Random(5).shuffle(steps)
    await asyncio.gather(*steps)
    await sums_are_exact(db)
    async with db.read() as conn:
        assert set((await books.of_parts(conn)).values()) == {(0, 400_000)}
