"""Other payers: what was not sent leaves an account at once that pays no more for its workspace.

    where it stands       another account pays              none does
    offered               prepared again, for a new price   stays, should the account come back
    awaiting approval     cancelled, asked anew             stays, as above
    confirmed             cancelled, asked anew             failed, released
    queued                cancelled, asked anew             failed, released

What may have been sent is looked for by its step. The steps see by themselves who pays, too: what is said yes
to, or sent, in the very moment of a change is never paid by another account than its price is of.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import NO_OFFER, account_of_offer
from bot.errors import NotInstalled
from bot.steps.anew import ask_confirmed, ask_unsent
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from bot.teams.keys import Owners
from storage import endings, order_store, removals, states, sync_keys, unsent
from storage.errors import StorageError, Undecryptable
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from storage.owners import Owner
from storage.waiting import NOT_CONNECTED

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 5.0
ONCE_MORE_S = 45.0
"""By then no replica remembers who paid before, and nothing more comes under that account."""
_READ_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Payer:
    """Who pays for a workspace now."""

    owners: Owners
    account_key: str | None
    """None: nobody."""


_Leave = Callable[[AsyncConnection, str, _Payer], Awaitable[None]]


class OtherPayers:
    """Each process looks by itself: whatever it does may be done twice, or cut anywhere."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._seen: object = None
        """What told of keys and installations at the last sweep; None: there was none, so all is news."""
        self._once_more_at: float | None = None

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="other payers")

    async def turn(self) -> bool:
        """Sweep once after each change, and once more when everybody knows of it; nothing is ever left.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._tools.database.read() as conn:
            told = (await sync_keys.changes(conn), await removals.left(conn))
        is_news, now = told != self._seen, self._tools.clock()
        if not is_news and (self._once_more_at is None or now < self._once_more_at):
            return False
        if is_news:
            self._tools.teams.forget()
            self._tools.accounts.keys.forget()
        await self._sweep()
        self._seen, self._once_more_at = told, now + ONCE_MORE_S if is_news else None
        return False

    async def _sweep(self) -> None:
        async with self._tools.database.read() as conn:
            payers = await sync_keys.payers(conn)
            lines, priced = await unsent.in_line(conn), await unsent.priced(conn)
        for line in lines:
            payer = await self._payer_of(line, payers)
            if payer is not None and payer.account_key != line.account_key:
                await self._change(line.order_id, payer, self._leave_line)
        for start in range(0, len(priced), _READ_AT_ONCE):
            async with self._tools.database.read() as conn:
                orders = await unsent.orders_of(conn, priced[start : start + _READ_AT_ONCE])
            for order in orders:
                payer = await self._payer_of(order, payers)
                if payer is not None and _is_elsewhere(order, payer):
                    await self._change(order.id, payer, self._leave_offer)

    async def _payer_of(self, of: Owner, payers: dict[str, str]) -> _Payer | None:
        """None: nothing is to be done there now."""
        try:
            owners = await self._tools.accounts.payers_of(of)
        except NotInstalled:
            return None  # see `bot.steps.removals`
        except Undecryptable as error:
            # Its steps will meet the same, and tell; no other team waits for it.
            _log.warning("who pays for a team cannot be told", team=of.team_id, cause=str(error))
            return None
        account_key = sync_keys.first_of(payers, owners)
        if account_key is None and self._tools.accounts.may_pay_soon(owners):
            return None
        return _Payer(owners, account_key)

    async def _change(self, order_id: str, payer: _Payer, leave: _Leave) -> None:
        """In a transaction for each order, so that no lock of one is waited for with those of another."""
        try:
            async with self._tools.database.write() as conn:
                # Who pays stays so while this lasts. Somebody else by now is news, and looked at next.
                if await sync_keys.paying(conn, payer.owners) == payer.account_key:
                    await leave(conn, order_id, payer)
        except Exception as error:
            if isinstance(error, StorageError) and not isinstance(error, Undecryptable):
                raise
            # Its step will meet the same, and tell; no other order waits for it.
            _log.warning("could not leave an account that pays no more", order=order_id, cause=repr(error))

    async def _leave_line(self, conn: AsyncConnection, order_id: str, payer: _Payer) -> None:
        now = self._tools.clock()
        if payer.account_key is None:
            await endings.end_unsent(conn, order_id, now=now, to=JobStatus.FAILED, failure_code=NOT_CONNECTED)
        elif state := await states.find(conn, order_id):
            await ask_unsent(conn, self._tools, state)

    async def _leave_offer(self, conn: AsyncConnection, order_id: str, payer: _Payer) -> None:
        now, order = self._tools.clock(), await order_store.find(conn, order_id, lock=True)
        if order is None or not _is_elsewhere(order, payer):
            return
        if order.status is OrderStatus.OFFERED:
            await order_store.move(conn, order, OrderStatus.PREPARING, now=now, due_at=now, **NO_OFFER)
        elif payer.account_key is None:
            await order_store.move(conn, order, OrderStatus.FAILED, now=now, failure_code=NOT_CONNECTED)
        else:
            await ask_confirmed(conn, self._tools, await states.state_of(conn, order))


def _is_elsewhere(order: Order, payer: _Payer) -> bool:
    """Whether what an order shows or was said yes to is of an account that pays no more."""
    waits = {OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL}
    leaves = {OrderStatus.CONFIRMED} | (set() if payer.account_key is None else waits)
    return order.status in leaves and account_of_offer(order) != payer.account_key
