"""The takes of an order: what they need at sync.so, what each will cost, and which of them cannot be made."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from bot.asking.drafts import Draft, Prepared, PreparedInput
from bot.asking.lengths import Span, result_length_s
from bot.asking.plan import Take, plan
from bot.errors import JobFailed, NotInstalled
from bot.messages.fit import too_long
from bot.steps.estimate import Quote, estimate
from bot.steps.lost import is_lost
from bot.steps.spoken import speaks
from bot.steps.take import StillComing
from bot.steps.tools import LeaseLost, Tools
from bot.steps.trouble import Fail, Stage, verdict
from bot.sync_api.errors import NotAuthorised, PaymentNeeded, SyncApiError
from bot.sync_api.plans import longest_output_s, most_it_costs
from bot.teams.accounts import Account
from storage.orders import Guessed, Order, Part

_PATIENT_TRIES = 2
"""After these the card comes without a price rather than not at all."""
_A_HAIR_S = 0.5
"""By so much a length may be over a limit and sync.so still be the judge: its own measure may be another."""
_PRICED_AT_ONCE = 6
"""Parts of one order: what they came to is stored, and then come the next."""
_OF_ALL = (LeaseLost, StillComing, NotInstalled, NotAuthorised, PaymentNeeded)
"""What is wrong with no take, but with the account or with who asks, or just not there yet."""


async def or_its_problem(order: Order, work: Awaitable[PreparedInput]) -> PreparedInput:
    """An input, or why it cannot be used; what another try may mend is raised."""
    try:
        return await work
    except Exception as error:
        failed = _of_one(error, order)
        if failed is None:
            raise
        return PreparedInput(problem=failed.code, problem_detail=failed.detail)


async def price_parts(
    tools: Tools, order: Order, account: Account, draft: Draft, prepared: Prepared, *, anew: bool = False
) -> tuple[Part, ...]:
    """The parts of an order under their prices, some at a time, so that a retry prices none of them again.

    While an input is on its way a price rests on lengths alone, and none is kept; nor is it where those that
    the order has are looked at `anew`.

    Raises:
        JobFailed: none can be made.
        StillComing: there is no certain price before all inputs are there.
        SyncApiError: trouble that is about all of them.
    """
    is_kept = not (anew or prepared.is_coming)
    takes, parts = plan(draft), order.parts if is_kept else ()
    pricing = _Pricing(tools, account, await longest_s(account, draft.maker))
    if len(takes) == 1:
        return (await pricing.price(order, takes[0], takes[0].prepared(prepared)),)
    while len(parts) < len(takes):
        some = takes[len(parts) : len(parts) + _PRICED_AT_ONCE]
        asked = (pricing.price_or_problem(order, take, take.prepared(prepared)) for take in some)
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
            parts = (*parts, outcome)
        if is_kept:
            order = await tools.save(order, parts=parts)
        await tools.renew(order)
    if all(part.problem is not None for part in parts):
        raise JobFailed(parts[0].problem or "internal", parts[0].problem_detail)
    return parts


@dataclass(frozen=True, slots=True)
class _Pricing:
    """Prices takes; `longest_s` is what the account's plan allows, None where it is not told."""

    tools: Tools
    account: Account
    longest_s: float | None

    async def price_or_problem(self, order: Order, take: Take, prepared: Prepared) -> Part:
        """A part of several: one that cannot be made stands beside the others, with its reason."""
        try:
            return await self.price(order, take, prepared)
        except Exception as error:
            failed = _of_one(error, order)
            if failed is None:
                raise
        return Part(
            label=take.label, usd=None, length_s=None, problem=failed.code, problem_detail=failed.detail
        )

    async def price(self, order: Order, take: Take, prepared: Prepared) -> Part:
        """A take under the price of the real request. Raises JobFailed, SyncApiError."""
        draft, client = take.draft, self.account.client
        for given in (prepared.video, prepared.audio):
            if given is not None and given.problem is not None:
                raise JobFailed(given.problem, given.problem_detail)
        await speaks(self.tools, self.account, draft.speech)
        length_s = result_length_s(draft, prepared)
        if length_s is not None:
            self._allow(draft.maker, length_s)
        quote = await estimate(client, draft, prepared, patient=order.attempts < _PATIENT_TRIES)
        if prepared.is_coming and (quote.usd is None or quote.guessed is not None):
            raise StillComing
        if length_s is None and quote.length_s is not None:
            is_guessed = quote.guessed is Guessed.LENGTH
            least_s = Span.of_frames(quote.length_s).shortest_s if is_guessed else quote.length_s
            self._allow(draft.maker, least_s)
        return priced(take.label, draft.maker, quote, self.longest_s)

    def _allow(self, model: str, length_s: float) -> None:
        """See that sync.so makes a result of this length, before anybody is told a price.

        Raises:
            JobFailed: the result would be longer than the account's plan allows.
        """
        if self.longest_s is not None and length_s > self.longest_s + _A_HAIR_S:
            raise JobFailed(
                "result_too_long",
                too_long(self.tools.words, length_s, self.longest_s, model),
            )


def priced(label: str, model: str, quote: Quote | None, longest_s: float | None) -> Part:
    """A part under its price; where there is none, with the most that it can cost."""
    if quote is None or quote.usd is None:
        length_s = None if quote is None else quote.length_s
        most_usd = most_it_costs(model, longest_s)
        return Part(label=label, usd=None, most_usd=most_usd, length_s=length_s)
    return Part(label=label, usd=quote.usd, length_s=quote.length_s, guessed=quote.guessed)


async def longest_s(account: Account, model: str) -> float | None:
    """What the account's plan allows.

    Where sync.so tells nothing of the account nothing is claimed: it refuses by itself.
    """
    try:
        return longest_output_s(await account.client.account(), model)
    except SyncApiError:
        return None


def _of_one(error: Exception, order: Order) -> Fail | None:
    """Why one take of several cannot be made; None: it is about all of them, or another try may mend it."""
    if isinstance(error, _OF_ALL) or is_lost(error):
        return None
    answer = verdict(error, Stage.ASKED, attempts=order.attempts, age_s=0.0)
    return answer if isinstance(answer, Fail) else None
