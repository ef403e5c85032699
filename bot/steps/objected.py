"""Objected: what is not at sync.so yet of an order ends, where somebody who is shown objects."""

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.addresses import open_draft
from bot.messages.objection import OBJECTED, for_asker
from bot.steps.telling import in_direct_message
from bot.steps.tools import Tools
from bot.teams.consents import against, show_consents
from storage import answers, audit, consent_store, endings, order_store
from storage.jobs import Job
from storage.orders import Order, OrderStatus
from storage.owners import Person

_log = structlog.get_logger(__name__)


async def of_job(conn: AsyncConnection, tools: Tools, job: Job) -> tuple[str, ...]:
    """Who objects by now to being shown in what a job makes.

    Raises:
        Undecryptable: it was sealed with a key that is no longer given.
    """
    order = await order_store.find(conn, job.order_id)
    if order is None:
        return ()
    said = (await consent_store.of_orders(conn, [order.id])).get(order.id, ())
    objected = await against(conn, order, open_draft(order, tools.cipher), said)
    return () if objected is None else objected.people


async def stop_objected(conn: AsyncConnection, tools: Tools, job: Job) -> bool:
    """Before a held job is sent: end all of its order that was not, if somebody who is shown objects by now.

    The objection itself ends what it finds; this is for a yes that it has just missed.

    Returns:
        Whether the job is not to be sent.
    """
    people = await of_job(conn, tools, job)
    order = await order_store.find(conn, job.order_id, lock=True) if people else None
    if order is None:
        return False
    if await end_unsent(conn, order, now=tools.clock(), held=job):
        await tell(conn, tools, order, people, stopped=True)
        await audit.append(conn, audited.stopped(order, None), now=tools.clock())
        _log.info("not sent: somebody who is shown objects", order=order.id)
    return True


async def end_unsent(conn: AsyncConnection, order: Order, *, now: float, held: Job | None = None) -> bool:
    """End what had its yes and is not at sync.so, and free its money; False: there is nothing of that.

    Args:
        conn: a writing transaction.
        order: as it was read.
        now: seconds since the epoch.
        held: one of its jobs, whose holder does this; None: whoever holds them finds them gone.
    """
    if order.status is OrderStatus.CONFIRMED:
        moved = await order_store.move(
            conn,
            order,
            OrderStatus.CANCELLED,
            now=now,
            expect={OrderStatus.CONFIRMED},
            failure_code=OBJECTED,
        )
        return moved is not None
    if order.status is OrderStatus.RUNNING:
        return bool(await endings.end_unsent(conn, order.id, now=now, held=held, failure_code=OBJECTED))
    return False


async def stop(conn: AsyncConnection, tools: Tools, order: Order, objector: Person, *, is_told: bool) -> bool:
    """End what was not sent of an order that shows whoever objects, and have its cards say that they do.

    Its asker hears of it where something ended, or if `is_told`.

    Returns:
        Whether something ended.
    """
    now = tools.clock()
    was_stopped = await end_unsent(conn, order, now=now)
    await show_consents(conn, [order.id], now=now)
    if was_stopped or is_told:
        await tell(conn, tools, order, [objector.user_id], stopped=was_stopped)
    return was_stopped


async def tell(
    conn: AsyncConnection, tools: Tools, order: Order, people: Sequence[str], *, stopped: bool
) -> None:
    """Have an order's asker told who objects, once for each order; see `for_asker`."""
    now = tools.clock()
    message = for_asker(tools.words, order, people, stopped=stopped)
    answer = in_direct_message(order, message, key=f"objected:{order.id}", now=now)
    await answers.begin(conn, answer, due_at=now)
