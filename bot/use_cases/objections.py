"""The use case of objecting: whoever is named as shown may stop that, until they withdraw it."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker
from bot.steps import objected
from bot.steps.tools import Tools
from bot.teams.consents import show_consents
from bot.teams.rights import Forbidden, Role
from bot.use_cases.askers import role_in, there
from storage import audit, consent_store, homes, objections, order_store
from storage.consents import Ground
from storage.orders import Order

_AT_ONCE = 500


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

        As soon as it is stored, neither a yes nor a send begins what shows them there. What sync.so does not
        have yet ends: of the order that they were told of at once, of all others soon (`bot.steps.stopping`).
        Repeated, it ends what has come since. It holds though that order is deleted, or names them no more:
        they were told of it once, and what they say is of themselves alone.

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
            was_stopped = order is not None and await objected.stop(conn, tools, order, asker, is_told=is_new)
            await homes.changed(conn, person, now=now)
            if is_new:
                await audit.append(conn, audited.objected(order, person), now=now)
            if order is not None and was_stopped:
                await audit.append(conn, audited.stopped(order, asker), now=now)
        self._wake()
        return order

    async def withdraw(self, asker: Asker) -> None:
        """It is settled: the person may be shown again in what others ask for."""
        tools, now = self._tools, self._tools.clock()
        async with tools.database.write() as conn:
            if not await objections.withdraw(conn, asker):
                return
            await self._show_settled(conn, asker)
            await homes.changed(conn, asker, now=now)
            await audit.append(conn, audited.objection_withdrawn(asker), now=now)
        self._wake()

    async def _show_settled(self, conn: AsyncConnection, person: Asker) -> None:
        """Have the cards of what shows them say that they object no more; many by few statements."""
        shown = ""
        while ids := await objections.open_orders(conn, person, after=shown, limit=_AT_ONCE):
            await show_consents(conn, ids, now=self._tools.clock())
            shown = ids[-1]


async def _naming(conn: AsyncConnection, order_id: str, asker: Asker, *, lock: bool = False) -> Order | None:
    """Also where its words went by time: who is shown in it is said for as long as there is a row."""
    order = await order_store.deletable(
        conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=lock
    )
    said = (await consent_store.of_orders(conn, [order_id])).get(order_id, ())
    named = {each.shown.user_id for each in said if each.shown.ground is Ground.COLLEAGUE}
    return order if asker.user_id in named else None
