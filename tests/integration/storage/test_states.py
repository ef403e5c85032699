"""A person's own orders: only theirs, only those with a card, newest first, each once over all pages."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from storage import card_store, endings, order_store, states
from storage.cards import OrderState, Statuses
from storage.database import Database
from storage.jobs import ENDED, JobStatus
from storage.orders import OrderStatus
from storage.schema import orders
from storage.states import NEWEST, Mark
from tests.integration.storage.builders import NOW, Somebody, job_in, order_in

EVERY = Statuses(frozenset(OrderStatus) - {OrderStatus.RUNNING, OrderStatus.ENDED}, frozenset(JobStatus))


async def stored(db: Database, status: JobStatus = JobStatus.DELIVERED, **columns: Any) -> str:
    async with db.write() as conn:
        return (await job_in(conn, status, **columns)).order_id


async def own(db: Database, **given: Any) -> list[OrderState]:
    usual: dict[str, Any] = {"statuses": EVERY, "before": NEWEST, "limit": 100}
    async with db.read() as conn:
        return await states.own(conn, Somebody(), **usual | given)


async def ids(db: Database, **given: Any) -> list[str]:
    return [state.order.id for state in await own(db, **given)]


async def test_nobody_sees_anothers_orders_nor_a_form_that_was_only_opened(db: Database) -> None:
    mine = await stored(db)
    await stored(db, user_id="U2")
    await stored(db, team_id="T2")
    async with db.write() as conn:
        await order_in(conn, OrderStatus.DRAFT, card_revision=0)

    assert await ids(db) == [mine]


async def test_an_order_comes_with_its_card_and_its_jobs(db: Database) -> None:
    mine = await stored(db)

    (state,) = await own(db)

    assert state.card is not None
    assert [(job.id, job.status) for job in state.jobs] == [(f"{mine}-00", JobStatus.DELIVERED)]


async def test_statuses_are_picked_of_orders_before_the_yes_and_of_jobs_after_it(db: Database) -> None:
    failed = await stored(db, JobStatus.FAILED)
    await stored(db, JobStatus.QUEUED)
    async with db.write() as conn:
        expired = await order_in(conn, OrderStatus.EXPIRED, card_revision=1)
        await order_in(conn, OrderStatus.FAILED, card_revision=1)

    both = Statuses(frozenset({OrderStatus.EXPIRED}), frozenset({JobStatus.FAILED}))
    assert set(await ids(db, statuses=both)) == {failed, expired.id}
    assert await ids(db, statuses=Statuses(frozenset(), frozenset())) == []


async def test_an_order_ends_when_its_card_has_shown_the_end_of_its_last_job(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.DELIVERING)
        await endings.end(conn, job, JobStatus.DELIVERED, now=NOW)
        (card,) = await card_store.claim_cards(conn, now=NOW, lease_s=30, token="t")
        await endings.end_order(conn, job.order_id, now=NOW, shown=replace(card, revision=card.revision - 1))
        older_words = await order_store.find(conn, job.order_id)
        await endings.end_order(conn, job.order_id, now=NOW, shown=card)
        ended = await order_store.find(conn, job.order_id)

    assert older_words is not None
    assert older_words.status is OrderStatus.RUNNING
    assert ended is not None
    assert (ended.status, ended.ended_at) == (OrderStatus.ENDED, NOW)


@pytest.mark.parametrize("status", sorted(set(JobStatus) - ENDED))
async def test_an_order_does_not_end_before_its_last_job(db: Database, status: JobStatus) -> None:
    async with db.write() as conn:
        job = await job_in(conn, status)
        await endings.end_order(conn, job.order_id, now=NOW, shown=None)
        order = await order_store.find(conn, job.order_id)

    assert order is not None
    assert order.status is OrderStatus.RUNNING


async def test_page_by_page_each_comes_once_and_the_newest_first(db: Database) -> None:
    made = [await stored(db) for _ in range(7)]
    async with db.write() as conn:
        for age, order_id in enumerate(made):
            when = orders.c.id == order_id
            await conn.execute(update(orders).where(when).values(created_at=NOW - age // 3))
    whole = await ids(db)

    pages: list[str] = []
    before = NEWEST
    while page := await own(db, before=before, limit=2):
        pages += [state.order.id for state in page]
        before = Mark.after(page[-1])

    assert pages == whole
    assert set(whole[:3]) == set(made[:3])
    assert len(whole) == len(set(whole)) == 7
