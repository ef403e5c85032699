"""Reprice: look at the price once more when a confirmed job's turn has come, before anything is sent.

Between the yes and its turn the list of prices may have changed, and the file behind a link. Only what was
certainly not taken by sync.so comes here: what may have been sent is looked for, and never priced.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.asking.drafts import Draft, Prepared
from bot.asking.plan import Take, plan, with_only
from bot.messages.repriced import LINK_CHANGED, PRICE_CHANGED
from bot.steps.anew import once_more, paying_for
from bot.steps.estimate import Quote, estimate
from bot.steps.guarded import guarded
from bot.steps.limits import Limits
from bot.steps.links import changed_links
from bot.steps.lost import is_lost
from bot.steps.prepare import ESTIMATE_LIFE_S
from bot.steps.prices import is_dearer
from bot.steps.rebind import rebind
from bot.steps.takes import longest_s, priced
from bot.steps.tools import Tools, wait_for
from bot.steps.trouble import Answer, Stage, row_of
from bot.steps.wishes import Wish, wish_of
from bot.sync_api.errors import RateLimited, Refused, SyncApiError
from bot.teams.accounts import Account
from bot.teams.consents import recall
from storage import endings, input_store, order_store
from storage.cards import OrderState
from storage.jobs import Job, JobStatus
from storage.orders import Guessed, NewOrder, Offer, OrderStatus, Part, sum_of

WITHIN_S = 120.0
"""How long a price is asked for; then the job is offered anew without one."""
_ONE_TRY_S = 30.0
"""How long one answer is waited for, so that a price that does not come holds up few others for long."""
_ASKED_AT_ONCE = 6
"""Prices of other parts of the same order."""
_COMING_S = 2.0
"""Between looks at an input that sync.so had lost."""
_LEAST_TRY_S = 5.0
"""What one answer may take though the time is over: after a standstill of ours it is asked all the same."""


@dataclass(frozen=True, slots=True)
class _NoPrice:
    """sync.so named no price that could be held against the one that was said yes to."""

    wait_s: float
    """When to ask again."""
    why: object
    """For the log: an error, or some words."""


@dataclass(frozen=True, slots=True)
class _Now:
    """A part of an order as it is now."""

    quote: Quote | None
    """None: sync.so names no price any more."""
    changed: Prepared | None
    """What is behind its links by now, where that is not what its price was for."""
    longest_s: float | None
    """What the account's plan allows; None: not known."""


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
        account = await paying_for(tools, job)
        if account is None:
            return
        # Before the price: nothing that may take long comes between that and the send.
        await self._limits.ask_if_old(account)
        if job.estimate_usd is None:
            # It was accepted without a price, which nothing can exceed.
            await self._holds(job, None)
            return
        state = await tools.state_of(job)
        wish = wish_of(state.order, tools.cipher)
        changed = await changed_links(tools.looks, *wish.of(job))
        left_s = (job.pricing_since or tools.clock()) + WITHIN_S - tools.clock()
        try:
            answer = await self._ask(account, job, wish, changed, left_s)
        except Refused as error:
            if not (is_lost(error) and await rebind(tools, account, job, state.order)):
                raise
            # Its time begins anew: an upload may take longer than a price.
            await tools.later(job, _COMING_S, count=False, pricing_since=None)
            return
        if isinstance(answer, _NoPrice):
            if left_s > 0:
                await tools.later(job, min(answer.wait_s, left_s), why=answer.why)
            else:
                within_s = await longest_s(account, wish.draft.maker)
                await self._offer_anew(job, wish, {job.position: _Now(None, changed, within_s)})
        elif changed is not None or (answer.usd is not None and is_dearer(answer.usd, job.estimate_usd)):
            seen = await self._look_at_others(account, wish, state, job)
            await self._offer_anew(job, wish, {**seen, job.position: _Now(answer, changed, None)})
        else:
            await self._holds(job, answer)

    async def _ask(
        self, account: Account, job: Job, wish: Wish, changed: Prepared | None, left_s: float
    ) -> Quote | _NoPrice:
        """The price of the very request that waits to be sent.

        Raises:
            SyncApiError: the request is refused, or the account may not.
            JobFailed: the voices are out of service.
        """
        draft, prepared = wish.of(job)
        try:
            async with asyncio.timeout(min(_ONE_TRY_S, max(left_s, _LEAST_TRY_S))):
                quote = await estimate(account.client, draft, changed or prepared, patient=left_s > 0)
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
            quote.guessed is Guessed.PRICE and wish.order.parts[job.position].guessed is not Guessed.PRICE
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

    async def _look_at_others(
        self, account: Account, wish: Wish, state: OrderState, job: Job
    ) -> dict[int, _Now]:
        """What the other parts that were not sent cost now, by position, so that one yes is for all of them.

        Of what is not told in time the old price is offered; it is looked at when its own turn comes.
        """
        turns = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def look(other: Job) -> _Now:
            draft, prepared = wish.of(other)
            async with turns:
                changed = await changed_links(self._tools.looks, draft, prepared)
                quote = await estimate(account.client, draft, changed or prepared, patient=True)
            within_s = await longest_s(account, wish.draft.maker) if quote.usd is None else None
            return _Now(quote, changed, within_s)

        others = [each for each in state.jobs if each.status is JobStatus.QUEUED and each.id != job.id]
        asked = {other.position: asyncio.create_task(look(other)) for other in others}
        if not asked:
            return {}
        _, late = await asyncio.wait(asked.values(), timeout=_ONE_TRY_S)
        for task in late:
            task.cancel()
        told = await asyncio.gather(*asked.values(), return_exceptions=True)
        return {position: now for position, now in zip(asked, told, strict=True) if isinstance(now, _Now)}

    async def _offer_anew(self, job: Job, wish: Wish, seen: Mapping[int, _Now]) -> None:
        """End the job for nothing, and put the same under its new price, or under none, before its asker.

        With it go the parts of its order that were not sent either: what was one yes is asked as one. `seen`
        tells what these are now, by position. One transaction, so that there is one new offer however often
        this is repeated.
        """
        tools, now, own = self._tools, self._tools.clock(), seen[job.position]
        state = await tools.state_of(job)
        async with tools.database.write() as conn:
            ended = await endings.end_unsent(
                conn,
                job.order_id,
                now=now,
                held=job,
                of_held={
                    "failure_detail": LINK_CHANGED if own.changed else None,
                    "repriced_usd": own.quote.usd if own.quote else None,
                },
                failure_code=PRICE_CHANGED,
            )
            if not ended:
                return
            stopped = sorted(each.position for each in ended)
            anew = self._anew(state, wish, stopped, seen)
            if await order_store.insert(conn, anew, now=now):
                await input_store.name_as(conn, anew.id, like=job.order_id)
                await recall(conn, anew, with_only(wish.draft, stopped), now=now)

    def _anew(
        self, state: OrderState, wish: Wish, stopped: Sequence[int], seen: Mapping[int, _Now]
    ) -> NewOrder:
        """The order of the stopped parts, under their prices."""
        order, new = state.order, once_more(self._tools, state, stopped, why="repriced")
        draft = Draft.model_validate_json(new.draft)
        old = tuple(order.parts[position] for position in stopped)
        parts = tuple(
            _part(take, order.parts[position], seen.get(position))
            for position, take in zip(stopped, plan(draft), strict=True)
        )
        changed = {place: seen[place].changed for place in stopped if place in seen}
        until = self._tools.clock() + ESTIMATE_LIFE_S
        return replace(
            new,
            status=OrderStatus.OFFERED,
            prepared=wish.prepared_with(changed).model_dump_json(),
            due_at=until,
            offer=Offer(
                offer_id=self._tools.new_id()[:12],
                parts=parts,
                expires_at=until,
                accepted_usd=sum_of(old),
            ),
        )


def _part(take: Take, offered: Part, now: _Now | None) -> Part:
    """A part as it is offered once more, under its new price if that was asked for."""
    if now is None:
        return replace(offered, label=take.label)
    return priced(take.label, take.draft.maker, now.quote, now.longest_s)
