"""Stopping: end what sync.so does not have yet of all that shows somebody who has objected.

An objection holds as soon as it is stored: what it has not come to yet is refused wherever it would go on.
This frees the money that is held for it, tells its askers, and has its cards say why.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker
from bot.steps import objected
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from bot.troubles import log_trouble
from storage import audit, objected_videos, objections, order_store
from storage.errors import StorageError, Undecryptable
from storage.objections import Objection

_LOOKS_EVERY_S = 2.0
_AT_ONCE = 20
"""Orders, after which it is stored how far it has come."""
_AGAIN_S = 60.0


class Stopping:
    """Each process looks by itself: whatever it does may be done twice, or cut anywhere."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="objections")

    async def turn(self) -> bool:
        """Stop some of what is left to stop; whether there may be more.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._tools.database.read() as conn:
            due = await objections.due(conn, now=self._tools.clock())
        if due is not None:
            await self._guarded(due)
        return due is not None

    async def _guarded(self, made: Objection) -> None:
        """What breaks for one person is tried again later: the others do not wait for it."""
        try:
            await self._go_on(made)
        except Exception as error:
            if isinstance(error, StorageError) and not isinstance(error, Undecryptable):
                raise
            log_trouble("an objection broke", error, team=made.team_id, next_try_s=_AGAIN_S)
            again_at = self._tools.clock() + _AGAIN_S
            async with self._tools.database.write() as conn:
                await objections.go_on(conn, made, reached=made.reached, due_at=again_at)

    async def _go_on(self, made: Objection) -> None:
        """In a transaction each: who changes several could wait for somebody who waits for them."""
        async with self._tools.database.read() as conn:
            ids = await objections.open_orders(conn, made, after=made.reached, limit=_AT_ONCE)
        for order_id in ids:
            async with self._tools.database.write() as conn:
                await self._stop(conn, order_id, made)
        async with self._tools.database.write() as conn:
            due_at = made.due_at if len(ids) == _AT_ONCE else None
            await objected_videos.keep(conn, made)  # of what was said in the moment of the objection, too
            await objections.go_on(conn, made, reached=ids[-1] if ids else made.reached, due_at=due_at)

    async def _stop(self, conn: AsyncConnection, order_id: str, made: Objection) -> None:
        if not await objections.stands(conn, made):
            return
        order = await order_store.find(conn, order_id, lock=True)
        if order is not None and await objected.stop(conn, self._tools, order, made, is_told=False):
            objector = Asker(made.enterprise_id, made.team_id, made.user_id)
            await audit.append(conn, audited.stopped(order, objector), now=self._tools.clock())
