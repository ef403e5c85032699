"""What was not sent yet, on both engines: who waits in line, and what shows a price or was said yes to."""

import pytest

from storage import endings, unsent
from storage.database import Database
from storage.jobs import ENDED, JobStatus
from storage.orders import OVER, OrderStatus
from storage.unsent import InLine
from tests.integration.storage.builders import NOW, job_in, order_in


async def test_an_order_that_waits_in_line_is_named_once_with_whose_it_is(db: Database) -> None:
    async with db.write() as conn:
        mine = await job_in(conn, JobStatus.QUEUED, due_at=NOW, account_key="org:1")
        await job_in(conn, JobStatus.QUEUED, due_at=NOW, enterprise_id="E1", account_key="org:2")
        for status in set(JobStatus) - {JobStatus.QUEUED}:
            await job_in(conn, status, ended_at=NOW if status in ENDED else None)

    async with db.read() as conn:
        first, second = await unsent.in_line(conn)

    assert first == InLine(mine.order_id, None, "T1", "org:1")
    assert (second.enterprise_id, second.account_key) == ("E1", "org:2")


async def test_only_what_shows_a_price_or_has_a_yes_and_no_jobs_is_priced(db: Database) -> None:
    async with db.write() as conn:
        by_status = {
            status: await order_in(
                conn, status, due_at=None if status in OVER else NOW, ended_at=NOW if status in OVER else None
            )
            for status in OrderStatus
        }
    priced = (OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL, OrderStatus.CONFIRMED)
    meant = [by_status[status] for status in priced]

    async with db.read() as conn:
        found = await unsent.priced(conn)
        assert await unsent.orders_of(conn, found) == sorted(meant, key=lambda order: order.id)

    assert found == sorted(order.id for order in meant)


@pytest.mark.parametrize("to", [JobStatus.CANCELLED, JobStatus.FAILED])
async def test_all_that_was_not_sent_of_an_order_ends_as_is_said(db: Database, to: JobStatus) -> None:
    async with db.write() as conn:
        waits = await job_in(conn, JobStatus.QUEUED, due_at=NOW)
        ended = await endings.end_unsent(conn, waits.order_id, now=NOW, to=to, failure_code="why")
        again = await endings.end_unsent(conn, waits.order_id, now=NOW, to=to, failure_code="why")

    assert ([job.id for job in ended], again) == ([waits.id], [])
    async with db.read() as conn:
        assert await unsent.in_line(conn) == []
