"""Bring: all inputs of an order, as sync.so has them, or as much as is certain of what is on its way."""

from dataclasses import dataclass

from bot.asking.drafts import Draft, Prepared, PreparedInput
from bot.asking.wanted import ahead, wanted_of
from bot.errors import JobFailed
from bot.steps.take import StillComing, take
from bot.steps.takes import or_its_problem
from bot.steps.tools import Tools
from bot.teams.accounts import Account
from storage.inputs import Input, InputKind
from storage.orders import Order


@dataclass(frozen=True, slots=True)
class Brought:
    """How far the inputs of an order are."""

    order: Order
    """As it is stored now."""
    prepared: Prepared
    coming: tuple[Input, ...]
    """Those that sync.so does not have yet, as they were seen."""
    is_certain: bool
    """Whether enough is known of all of them for a price."""


async def bring(tools: Tools, order: Order, account: Account, draft: Draft, *, store: bool = True) -> Brought:
    """Take all inputs of an order as they are now.

    Args:
        tools: what every step works with.
        order: held by this process.
        account: sync.so's, that pays for it.
        draft: its wish, with the links' addresses.
        store: whether each is kept with the order as soon as it is there, or known, and so is what is wrong
            with one, of several videos the others go on without it; else that is left to who asks.

    Raises:
        JobFailed: one that nothing can be made without cannot be used, or not be had.
        SlackRefused, SlackUnreachable, SourceUnavailable: Slack cannot say now.
        LeaseLost: another holder has the order.
    """
    known = Prepared.model_validate_json(order.prepared)
    prepared, coming, is_certain = known.at(account.key), list[Input](), True
    if store and known.account_key not in {None, account.key}:
        # What was brought and priced is another account's.
        order = await tools.save(order, prepared=prepared.model_dump_json(), parts=())
    for wanted in wanted_of(draft):
        before = wanted.of(prepared)
        if before is not None and not before.is_coming:
            continue
        work = take(tools, order, account, wanted.media, InputKind(wanted.kind))
        given: PreparedInput | None
        try:
            given = await or_its_problem(order, work)
        except StillComing as error:
            coming += error.seen  # the others come beside it
            given = ahead(error.seen[0])
            is_certain = is_certain and given is not None
        if given is None or given == before:
            continue
        prepared = wanted.put(prepared, given)
        if store:
            order = await tools.save(order, prepared=prepared.model_dump_json())
        await tools.renew(order)
        if given.problem is not None and wanted.by_all:
            raise JobFailed(given.problem, given.problem_detail)
    return Brought(order, prepared, tuple(coming), is_certain)
