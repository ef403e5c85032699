"""Reprice: look at the price once more when a confirmed job's turn has come, before anything is sent.

Between the yes and its turn the list of prices may have changed, and the file behind a link. Only what was
certainly not taken by sync.so comes here: what may have been sent is looked for, and never priced.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.asking.addresses import open_draft
from bot.asking.drafts import Prepared
from bot.messages.repriced import LINK_CHANGED, PRICE_CHANGED
from bot.steps.estimate import Quote, estimate
from bot.steps.guarded import guarded
from bot.steps.limits import Limits
from bot.steps.links import changed_links
from bot.steps.prepare import ESTIMATE_LIFE_S
from bot.steps.prices import is_dearer
from bot.steps.tools import Tools, wait_for
from bot.steps.trouble import Answer, Stage, row_of
from bot.sync_api.errors import RateLimited, SyncApiError
from bot.teams.accounts import Account
from storage import endings, order_store
from storage.cards import OrderState
from storage.jobs import Job
from storage.orders import Guessed, NewOrder, Offer, Order, OrderStatus, Part, sum_of

WITHIN_S = 120.0
"""How long a price is asked for; then the job is offered anew without one."""
_ONE_TRY_S = 30.0
"""How long one answer is waited for, so that a price that does not come holds up few others for long."""
_LEAST_TRY_S = 5.0
"""What one answer may take though the time is over: after a standstill of ours it is asked all the same."""


@dataclass(frozen=True, slots=True)
class _NoPrice:
    """sync.so named no price that could be held against the one that was said yes to."""

    wait_s: float
    """When to ask again."""
    why: object
    """For the log: an error, or some words."""


class Reprice:
    """The step of `queued` jobs whose turn has come."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._limits = Limits(tools)

    async def __call__(self, jobs: list[Job]) -> None:
        """Ask for the prices side by side, so that none waits for another's."""
        asked = (guarded(self._tools, job, self._reprice) for job in jobs)
        for error in await asyncio.gather(*asked, return_exceptions=True):
            if error is not None:
                raise error

    async def _reprice(self, job: Job) -> None:
        tools = self._tools
        account = await tools.accounts.of_team(job.enterprise_id, job.team_id)
        if job.account_key != account.key:
            # The workspace has another key since the yes: its jobs wait in that account's line.
            await tools.later(job, 0.0, count=False, account_key=account.key, pricing_since=None)
            return
        # Before the price: nothing that may take long comes between that and the send.
        await self._limits.ask_if_old(account)
        if job.estimate_usd is None:
            # It was accepted without a price, which nothing can exceed.
            await self._holds(job, None)
            return
        order = (await tools.state_of(job)).order
        changed = await changed_links(tools, order)
        left_s = (job.pricing_since or tools.clock()) + WITHIN_S - tools.clock()
        answer = await self._ask(account, job, order, changed, left_s)
        if isinstance(answer, _NoPrice):
            if left_s > 0:
                await tools.later(job, min(answer.wait_s, left_s), why=answer.why)
            else:
                await self._offer_anew(job, None, changed)
        elif changed is not None or (answer.usd is not None and is_dearer(answer.usd, job.estimate_usd)):
            await self._offer_anew(job, answer, changed)
        else:
            await self._holds(job, answer)

    async def _ask(
        self, account: Account, job: Job, order: Order, changed: Prepared | None, left_s: float
    ) -> Quote | _NoPrice:
        """The price of the very request that waits to be sent.

        Raises:
            SyncApiError: the request is refused, or the account may not.
            JobFailed: the voices are out of service.
        """
        draft = open_draft(order, self._tools.cipher)
        prepared = changed or Prepared.model_validate_json(order.prepared)
        try:
            async with asyncio.timeout(min(_ONE_TRY_S, max(left_s, _LEAST_TRY_S))):
                quote = await estimate(account.client, draft, prepared, patient=left_s > 0)
        except TimeoutError:
            return _NoPrice(wait_for(None, job.attempts), "no price came in time")
        except SyncApiError as error:
            if row_of(error).at(Stage.ASKED) is Answer.FAIL:
                await self._limits.heed(account.key, error)
                raise
            if isinstance(error, RateLimited):
                await self._limits.wait_for_rate(account.key, wait_s=wait_for(error, job.attempts))
            return _NoPrice(wait_for(error, job.attempts), error)
        if quote.usd is None or (
            quote.guessed is Guessed.PRICE and order.parts[job.position].guessed is not Guessed.PRICE
        ):
            # A price by length knows nothing of what lies behind a link by now, nor of its frames.
            return _NoPrice(wait_for(None, job.attempts), "sync.so does not price the request")
        return quote

    async def _holds(self, job: Job, quote: Quote | None) -> None:
        """It may be sent, as soon as there is a slot."""
        await self._tools.later(
            job,
            0.0,
            count=False,
            pricing_since=None,
            priced_at=self._tools.clock(),
            repriced_usd=quote.usd if quote else None,
        )

    async def _offer_anew(self, job: Job, quote: Quote | None, changed: Prepared | None) -> None:
        """End the job for nothing, and put the same under its new price, or under none, before its asker.

        With it go the parts of its order that were not sent either: what was one yes is asked as one.
        `changed` is what is behind its links by now, where that is not what its price was for. One
        transaction, so that there is one new offer however often this is repeated.
        """
        tools, now = self._tools, self._tools.clock()
        state = await tools.state_of(job)
        async with tools.database.write() as conn:
            stopped = await endings.end_unsent(
                conn,
                job.order_id,
                now=now,
                held=job,
                of_held={
                    "failure_detail": LINK_CHANGED if changed else None,
                    "repriced_usd": quote.usd if quote else None,
                },
                failure_code=PRICE_CHANGED,
            )
            if not stopped:
                return
            offer = self._offer(state, stopped, {job.position: quote}, now)
            await order_store.insert(conn, self._anew(state, offer, changed), now=now)

    def _offer(
        self, state: OrderState, stopped: Sequence[Job], quotes: Mapping[int, Quote | None], now: float
    ) -> Offer:
        return Offer(
            offer_id=self._tools.new_id()[:12],
            parts=tuple(_part(state.order.parts[job.position], job, quotes) for job in stopped),
            expires_at=now + ESTIMATE_LIFE_S,
            accepted_usd=sum_of(tuple(state.order.parts[job.position] for job in stopped)),
        )

    def _anew(self, state: OrderState, offer: Offer, changed: Prepared | None) -> NewOrder:
        order, (channel_id, thread_ts) = state.order, state.thread
        return NewOrder(
            id=self._tools.new_id(),
            request_key=f"repriced:{order.id}:{order.offer_id}",
            enterprise_id=order.enterprise_id,
            team_id=order.team_id,
            user_id=order.user_id,
            channel_id=channel_id,
            thread_ts=thread_ts,
            conversation=state.conversation_of_thread,
            status=OrderStatus.OFFERED,
            draft=order.draft,
            addresses=order.addresses,
            prepared=changed.model_dump_json() if changed else order.prepared,
            due_at=offer.expires_at,
            show_card=True,
            offer=offer,
        )


def _part(offered: Part, job: Job, quotes: Mapping[int, Quote | None]) -> Part:
    """A part as it is offered once more, under its new price if that was asked for."""
    if job.position not in quotes:
        return offered
    quote = quotes[job.position]
    if quote is None:
        return Part(label=offered.label, usd=None, length_s=None)
    return Part(label=offered.label, usd=quote.usd, length_s=quote.length_s, guessed=quote.guessed)
