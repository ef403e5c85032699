"""Anew: what a yes was for, and was not sent, stands once more on a card of its own, for another yes."""

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import Place, out_of
from bot.asking.drafts import Draft
from bot.asking.plan import with_only
from bot.messages.repriced import ACCOUNT_CHANGED
from bot.steps.tools import LeaseLost, Tools
from bot.teams.accounts import Account
from storage import endings, job_store, order_store, states
from storage.cards import OrderState
from storage.jobs import Job, JobStatus
from storage.orders import NewOrder, Order, OrderStatus

_log = structlog.get_logger(__name__)

WITHOUT_JOBS = frozenset({OrderStatus.AWAITING_APPROVAL, OrderStatus.CONFIRMED})
"""Where an order stands that has its yes, and no jobs yet."""


def once_more(tools: Tools, state: OrderState, positions: Sequence[int], *, why: str) -> NewOrder:
    """An order of some parts of another one, in the same thread, that is prepared as any that was just asked.

    Its key names the offer, why and the first part: however often it is made, there is one, and one more for
    a part that is stopped later.
    """
    order = state.order
    return out_of(
        order,
        with_only(Draft.model_validate_json(order.draft), positions),
        Place(*state.thread, state.conversation_of_thread),
        f"{why}:{order.id}:{order.offer_id}:{positions[0]}",
        tools.cipher,
        new_id=tools.new_id,
        due_at=tools.clock(),
    )


async def paying_for(tools: Tools, job: Job) -> Account | None:
    """The account in whose line a held job waits, while it is the one that pays.

    Returns:
        None: another one pays by now, and all of its order that was not sent stands anew.

    Raises:
        NotConnected: none does.
        NotInstalled, SyncApiError: see `Accounts.of_team`.
    """
    account = await tools.account_of(job, job.account_key)
    if account.key == job.account_key:
        return account
    await stop_unsent(tools, job)
    return None


async def stop_unsent(tools: Tools, job: Job) -> None:
    """End a held job that sync.so surely has not, with what of its order waits beside it, and ask it anew.

    One transaction: cut anywhere there is either nothing or all of it, and a repetition finds it done.
    """
    state = await tools.state_of(job)
    async with tools.database.write() as conn:
        held: Job | None = job
        if job.status is JobStatus.SUBMITTING:
            held = await job_store.move(
                conn,
                job,
                JobStatus.QUEUED,
                now=tools.clock(),
                lease_token=job.lease_token,
                keep_lease=True,
                visible=False,
            )
        if held is not None:
            await ask_unsent(conn, tools, state, held=held)


async def stop_order(tools: Tools, order: Order) -> None:
    """As `stop_unsent`, for a held order with a yes whose jobs are not born."""
    async with tools.database.read() as conn:
        state = await states.find(conn, order.id)
    if state is None:
        raise LeaseLost(order.id)
    async with tools.database.write() as conn:
        await ask_confirmed(conn, tools, state, lease_token=order.lease_token)


async def ask_unsent(conn: AsyncConnection, tools: Tools, state: OrderState, held: Job | None = None) -> None:
    """End all of an order that waits in line, and ask it anew.

    Args:
        conn: a writing transaction.
        tools: what the steps work with.
        state: the order, with all that belongs to it.
        held: one of its jobs, whose holder does this; None: whoever holds them finds them gone.
    """
    ended = await endings.end_unsent(
        conn, state.order.id, now=tools.clock(), held=held, failure_code=ACCOUNT_CHANGED
    )
    await _ask(conn, tools, state, [each.position for each in ended])


async def ask_confirmed(
    conn: AsyncConnection, tools: Tools, state: OrderState, lease_token: str | None = None
) -> None:
    """As `ask_unsent`, of an order with a yes whose jobs are not born; None: held or not."""
    order = state.order
    stopped = await order_store.move(
        conn,
        order,
        OrderStatus.CANCELLED,
        now=tools.clock(),
        expect=WITHOUT_JOBS,
        lease_token=lease_token,
        failure_code=ACCOUNT_CHANGED,
    )
    if stopped is not None:
        makes = [position for position, part in enumerate(order.parts) if part.problem is None]
        await _ask(conn, tools, state, makes)


async def _ask(conn: AsyncConnection, tools: Tools, state: OrderState, positions: Sequence[int]) -> None:
    if positions:
        _log.info("another account pays: asked anew", order=state.order.id, parts=len(positions))
        await order_store.insert(
            conn, once_more(tools, state, positions, why=ACCOUNT_CHANGED), now=tools.clock()
        )
