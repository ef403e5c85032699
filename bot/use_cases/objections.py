"""The use case of objecting: whoever is named as shown may stop that, until they withdraw it."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker
from bot.steps import objected
from bot.steps.tools import Tools
from bot.use_cases.askers import there
from bot.use_cases.consents import show_consents
from storage import audit, consent_store, homes, objections, order_store
from storage.consents import Ground
from storage.orders import Order


class Objections:
    """Makes and withdraws objections; of oneself alone. `wake` tells the worker that something is due."""

    def __init__(self, tools: Tools, *, wake: Callable[[], None]) -> None:
        self._tools = tools
        self._wake = wake

    async def find(self, order_id: str, asker: Asker) -> Order | None:
        """An order that names whoever asks as a colleague who is shown; None: there is none."""
        async with self._tools.database.read() as conn:
            return await _naming(conn, order_id, asker)

    async def object(self, order_id: str, asker: Asker) -> Order | None:
        """Object to being shown, where an order names the person.

        What sync.so does not have yet ends, of that order and of all others there that show them; later
        ones are refused when somebody wants to say yes. Repeated, it ends what has come since.

        Returns:
            The order; None: it does not name them, and nothing was changed.
        """
        tools = self._tools
        async with tools.database.write() as conn:
            order = await _naming(conn, order_id, asker, lock=True)
            if order is None:
                return None
            person, now = there(asker, order), tools.clock()
            is_new = await objections.make(conn, person, now=now)
            was_stopped = await self._stop(conn, order)
            if is_new or was_stopped:
                await objected.tell(conn, tools, order, [asker.user_id], stopped=was_stopped)
            await homes.changed(conn, person, now=now)
            if is_new:
                await audit.append(conn, audited.objected(order, asker), now=now)
            if was_stopped:
                await audit.append(conn, audited.stopped(order, asker), now=now)
        for other_id in await self._open(person):
            await self._stop_other(other_id, asker)
        self._wake()
        return order

    async def withdraw(self, asker: Asker) -> None:
        """It is settled: the person may be shown again in what others ask for."""
        tools, now = self._tools, self._tools.clock()
        async with tools.database.write() as conn:
            if not await objections.withdraw(conn, asker):
                return
            await homes.changed(conn, asker, now=now)
            await audit.append(conn, audited.objection_withdrawn(asker), now=now)
        for order_id in await self._open(asker):
            async with tools.database.write() as conn:
                order = await order_store.find(conn, order_id, lock=True)
                if order is not None:
                    await show_consents(conn, order, now=now)
        self._wake()

    async def _open(self, person: Asker) -> list[str]:
        async with self._tools.database.read() as conn:
            return list(await objections.open_orders(conn, person))

    async def _stop_other(self, order_id: str, asker: Asker) -> None:
        """In a transaction of its own: who changes several could wait for somebody who waits for them."""
        async with self._tools.database.write() as conn:
            order = await order_store.find(conn, order_id, lock=True)
            if order is not None and await self._stop(conn, order):
                await objected.tell(conn, self._tools, order, [asker.user_id], stopped=True)
                await audit.append(conn, audited.stopped(order, asker), now=self._tools.clock())

    async def _stop(self, conn: AsyncConnection, order: Order) -> bool:
        """End what was not sent, and have the cards say who objects."""
        now = self._tools.clock()
        was_stopped = await objected.end_unsent(conn, order, now=now)
        await show_consents(conn, order, now=now)
        return was_stopped


async def _naming(conn: AsyncConnection, order_id: str, asker: Asker, *, lock: bool = False) -> Order | None:
    order = await order_store.get(
        conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=lock
    )
    said = (await consent_store.of_orders(conn, [order_id])).get(order_id, ())
    named = {each.shown.user_id for each in said if each.shown.ground is Ground.COLLEAGUE}
    return order if asker.user_id in named else None
