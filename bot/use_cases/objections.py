"""The use case of objecting: whoever is named as shown may stop that, until they withdraw it."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker
from bot.steps import objected
from bot.steps.tools import Tools
from bot.teams.rights import Forbidden, Role
from bot.use_cases.askers import role_in, there
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
        """Object to being shown, wherever that is asked for there.

        What sync.so does not have yet ends, of the order that they were told of and of all others there that
        show them; later ones are refused when somebody wants to say yes. Repeated, it ends what has come
        since. It holds though that order is deleted, or names them no more: they were told of it once, and
        what they say is of themselves alone.

        Returns:
            The order; None: there is none any more that names them, so that nothing of it was stopped.

        Raises:
            Forbidden: people of other organisations are not named as colleagues.
        """
        role = await role_in(asker, asker, self._tools.teams, self._tools.database)
        if role is Role.OUTSIDER:
            raise Forbidden(role, asker.user_id)
        tools, now = self._tools, self._tools.clock()
        async with tools.database.write() as conn:
            order = await _naming(conn, order_id, asker, lock=True)
            person = asker if order is None else there(asker, order)
            is_new = await objections.make(conn, person, now=now)
            was_stopped = order is not None and await self._stop(conn, order)
            if order is not None and (is_new or was_stopped):
                await objected.tell(conn, tools, order, [asker.user_id], stopped=was_stopped)
            await homes.changed(conn, person, now=now)
            if is_new:
                await audit.append(conn, audited.objected(order, person), now=now)
            if order is not None and was_stopped:
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
    """Also where its words went by time: who is shown in it is said for as long as there is a row."""
    order = await order_store.deletable(
        conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=lock
    )
    said = (await consent_store.of_orders(conn, [order_id])).get(order_id, ())
    named = {each.shown.user_id for each in said if each.shown.ground is Ground.COLLEAGUE}
    return order if asker.user_id in named else None
