"""Take: what an order names, as sync.so has it. What it does not have yet is brought by `bot.steps.relay`."""

from collections.abc import Collection
from urllib.parse import urlsplit

from bot.asking.drafts import Link, Media, PreparedInput
from bot.asking.keeping import UNUSED_KEPT_S
from bot.asking.wanted import source_of
from bot.errors import JobFailed
from bot.messages.repriced import ACCOUNT_CHANGED
from bot.steps.inputs import tell
from bot.steps.tools import Tools
from bot.teams.accounts import Account
from storage import input_store, order_store
from storage.inputs import Input, InputKind, InputStatus, NewInput, address_at
from storage.orders import Order
from storage.waiting import WAITS

_OF_ACCOUNTS = WAITS | {ACCOUNT_CHANGED}
"""Failures of an input that say nothing of it."""
_LOOK_AGAIN_S = 60.0
"""Whoever brings an input wakes those who wait; nothing waits for ever should that be lost."""


class StillComing(Exception):
    """An input is on its way to sync.so; the order is woken when it is there, or more is known of it."""

    def __init__(self, *seen: Input) -> None:
        super().__init__(*(each.id for each in seen))
        self.seen = seen


async def take(tools: Tools, order: Order, account: Account, media: Media, kind: InputKind) -> PreparedInput:
    """An input of an order, which names it from now on.

    Whoever of the team asks for the same again gets what sync.so has; nobody else does, even where teams
    share a key. Each order's person must be able to use the file, whoever had it brought.

    Raises:
        StillComing: sync.so does not have it yet.
        JobFailed: it cannot be used, or not be had.
        SlackRefused, SlackUnreachable, SourceUnavailable: Slack cannot say now.
    """
    new = _new(tools, order, account, media, kind)
    async with tools.database.read() as conn:
        known = await input_store.named(conn, order.id, new)
    if known is not None and known.failure_code in _OF_ACCOUNTS:
        # Another account paid then, or none: whoever pays now has it brought anew.
        tools.accounts.keys.forget()
        async with tools.database.write() as conn:
            await input_store.try_failed_anew(conn, order.id)
        known = None
    if known is None:
        if not isinstance(media, Link):
            await tell(tools, order, media)
        async with tools.database.write() as conn:
            known = await input_store.name(conn, order.id, new, now=tools.clock(), keep_s=UNUSED_KEPT_S)
    return _prepared(known)


async def wait(tools: Tools, order: Order, seen: Collection[Input]) -> None:
    """Give a held order back until more is known of inputs than was seen of them."""
    now = tools.clock()
    async with tools.database.write() as conn:
        resting = await order_store.retry_later(
            conn,
            order,
            now=now,
            due_at=now + _LOOK_AGAIN_S,
            lease_token=order.lease_token or "",
            count=False,
        )
        found = {each.id: each.found for each in seen}
        if resting is not None and await input_store.coming(conn, list(found)) != found:
            await order_store.save(conn, resting, now=now, lease_token=None, due_at=now)


def _new(tools: Tools, order: Order, account: Account, media: Media, kind: InputKind) -> NewInput:
    """Raises JobFailed: there is no address, or one that leads to this machine."""
    address, input_id = None, tools.new_id()
    if isinstance(media, Link):
        if media.url is not None and not tools.relay.may_lead_to(urlsplit(media.url).hostname or ""):
            raise JobFailed("link_to_this_machine")
        address = None if media.url is None else tools.cipher.seal(media.url, address_at(input_id))
    return NewInput(
        id=input_id,
        enterprise_id=order.enterprise_id,
        team_id=order.team_id,
        account_key=account.key,
        source=source_of(media),
        kind=kind,
        address=address,
    )


def _prepared(known: Input) -> PreparedInput:
    if known.status is InputStatus.FAILED:
        raise JobFailed(known.failure_code or "internal", known.failure_detail)
    if known.status is InputStatus.WANTED:
        raise StillComing(known)
    return PreparedInput.model_validate_json(known.found)
