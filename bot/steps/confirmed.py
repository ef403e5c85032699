"""Confirmed: an order that somebody said yes to while its files were still on their way to sync.so."""

from dataclasses import replace

from bot.asking.addresses import open_draft
from bot.asking.asks import Births, account_of_offer
from bot.asking.begin import begin
from bot.asking.drafts import Draft, Prepared
from bot.asking.plan import plan
from bot.errors import JobFailed
from bot.steps.anew import stop_order
from bot.steps.bring import Brought, bring
from bot.steps.guarded import guarded
from bot.steps.take import wait
from bot.steps.tools import Tools
from storage import card_store, ledger
from storage.orders import Order, Part, sum_of


class Confirmed:
    """The step of `confirmed`: its jobs are born as soon as every input is at sync.so or has failed."""

    def __init__(self, tools: Tools, births: Births) -> None:
        self._tools = tools
        self._births = births

    async def __call__(self, orders: list[Order]) -> None:
        """Go on with each, or let it rest until its inputs are there."""
        for order in orders:
            await guarded(self._tools, order, self._go_on)

    async def _go_on(self, order: Order) -> None:
        """Raises JobFailed: nothing can be made; with the order ends all that was held for it."""
        tools = self._tools
        draft, before = open_draft(order, tools.cipher), account_of_offer(order)
        account = await tools.account_of(order, before)
        if account.key != before:
            await stop_order(tools, order)
            return
        brought = await bring(tools, order, account, draft)
        if brought.coming:
            await wait(tools, order, brought.coming)
            return
        parts = _with_problems(order.parts, draft, brought.prepared)
        if all(part.problem is not None for part in parts):
            raise JobFailed(parts[0].problem or "internal", parts[0].problem_detail)
        await self._begin(brought, parts, account.key)

    async def _begin(self, brought: Brought, parts: tuple[Part, ...], account_key: str) -> None:
        """Have the jobs made, and let go of what is held for parts that will never be any."""
        now, order = self._tools.clock(), brought.order
        async with self._tools.database.write() as conn:
            begun = await begin(
                conn,
                self._births,
                replace(order, parts=parts),
                account_key,
                now=now,
                lease_token=order.lease_token,
                parts=parts,
                offer_usd=sum_of(parts),
            )
            if begun is None:
                return
            for position, (before, part) in enumerate(zip(order.parts, parts, strict=True)):
                if part.problem != before.problem:
                    await ledger.release(conn, order.id, now=now, why=part.problem, positions=[position])
            await card_store.show(conn, begun, now=now)


def _with_problems(parts: tuple[Part, ...], draft: Draft, prepared: Prepared) -> tuple[Part, ...]:
    """The parts, with what is wrong by now with the inputs of some."""
    return tuple(
        _with_problem(part, take.prepared(prepared)) for part, take in zip(parts, plan(draft), strict=True)
    )


def _with_problem(part: Part, own: Prepared) -> Part:
    wrong = [given for given in (own.video, own.audio) if given is not None and given.problem is not None]
    if part.problem is not None or not wrong:
        return part
    return replace(part, problem=wrong[0].problem, problem_detail=wrong[0].problem_detail)
