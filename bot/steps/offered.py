"""Offered: an offer made ahead of its files is held against the real price once these are at sync.so."""

from bot.asking.addresses import open_draft
from bot.asking.asks import NO_OFFER, account_of_offer
from bot.asking.drafts import Prepared
from bot.steps.asked import ask_those_named
from bot.steps.bring import Brought, bring
from bot.steps.expire import Expire
from bot.steps.guarded import guarded
from bot.steps.prepare import ESTIMATE_LIFE_S
from bot.steps.prices import is_dearer
from bot.steps.take import wait
from bot.steps.takes import price_parts
from bot.steps.tools import LeaseLost, Tools
from bot.steps.trouble import Fail, Stage, verdict
from storage.orders import Order, OrderStatus, Part, sum_of


class Offered:
    """The step of what waits for a yes: due when its time is over, and when files of it have come.

    The files of what waits for an approver are looked at once it has begun; until then it is due when the
    rules have changed that say who is asked.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._expire = Expire(tools)

    async def __call__(self, orders: list[Order]) -> None:
        """End those that are old; look at the files of the others."""
        old = [order for order in orders if self._is_over(order)]
        await self._expire(old)
        for order in orders:
            if order not in old:
                await guarded(self._tools, order, self._look)

    def _is_over(self, order: Order) -> bool:
        return (order.expires_at or 0.0) <= self._tools.clock()

    async def _look(self, order: Order) -> None:
        if order.status is OrderStatus.AWAITING_APPROVAL:
            await ask_those_named(self._tools, order)
            return
        if not Prepared.model_validate_json(order.prepared).is_coming:
            await self._tools.rest(order, until=order.expires_at)
            return
        try:
            await self._compare(order)
        except LeaseLost:
            raise
        except Exception as error:
            if not isinstance(verdict(error, Stage.ASKED, attempts=order.attempts, age_s=0.0), Fail):
                raise
            await self._withdraw(order)

    async def _compare(self, order: Order) -> None:
        """Price the real request as soon as there is one: the offer stays, unless that is dearer.

        What has come is stored together with what it led to: cut in between, all of it is done again.
        """
        tools = self._tools
        draft, before = open_draft(order, tools.cipher), account_of_offer(order)
        account = await tools.account_of(order, before)
        if account.key != before:
            # It is priced there, and nobody says yes to the old price meanwhile.
            await self._withdraw(order)
            return
        brought = await bring(tools, order, account, draft, store=False)
        if brought.coming:
            await wait(tools, order, brought.coming)
            return
        parts = await price_parts(tools, order, account, draft, brought.prepared, anew=True)
        if any(_is_another(before, now) for before, now in zip(order.parts, parts, strict=True)):
            await self._renew(brought, parts)
        else:
            await tools.save(order, visible=True, prepared=brought.prepared.model_dump_json())
            await tools.rest(order, until=order.expires_at)

    async def _renew(self, brought: Brought, parts: tuple[Part, ...]) -> None:
        """Put the real price before the asker under a new id: a press on the old button spends nothing."""
        order, until = brought.order, self._tools.clock() + ESTIMATE_LIFE_S
        prepared = brought.prepared.model_copy(update={"offered_usd": order.offer_usd})
        renewed = await self._tools.save(
            order,
            visible=True,
            prepared=prepared.model_dump_json(),
            parts=parts,
            offer_id=self._tools.new_id()[:12],
            offer_usd=sum_of(parts),
            expires_at=until,
        )
        await self._tools.rest(renewed, until=until)

    async def _withdraw(self, order: Order) -> None:
        """It cannot be made as it was offered: it is prepared again, which tells why."""
        await self._tools.move_order(order, OrderStatus.PREPARING, due_at=self._tools.clock(), **NO_OFFER)


def _is_another(before: Part, now: Part) -> bool:
    """Whether a part cannot be made any more, or would cost more than it was offered for.

    Where sync.so names no price now, the look before the create has the last word.
    """
    if now.problem != before.problem:
        return True
    return before.usd is not None and now.usd is not None and is_dearer(now.usd, before.usd)
