"""The use cases of a conversation: what messages bring, taken once, made whole and answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.addresses import open_draft, stored
from bot.asking.asks import Asker
from bot.asking.drafts import Draft
from bot.asking.joining import Origin, Part, Taking, put_into
from bot.roles import Roles
from bot.use_cases.askers import order_of, there
from storage import open_drafts, order_store
from storage.database import Database
from storage.encryption import Cipher
from storage.orders import Order, OrderStatus
from storage.owners import Owner


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message."""

    joined: tuple[Order, ...] = ()
    """Orders begun by an earlier message, which it brought what they lacked."""
    nothing: tuple[Draft, ...] = ()
    """What no order could be made of: its sender has to be told what would work."""


class Conversations:
    """Takes messages; each is one transaction, and its second delivery changes nothing.

    `wake` tells the worker that something is due; `new_id` makes opaque ids.
    """

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        roles: Roles,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._roles = roles
        self._clock = clock
        self._new_id = new_id
        self._wake = wake

    async def take(self, origin: Origin, drafts: Sequence[Draft]) -> Taken:
        """Give what a message brought to the cards that ask for it; make orders of the rest.

        Raises:
            RuledOut: a rule of the team's stands against it.
        """
        await self._roles.gate.at_once(origin, origin.channel_id, *drafts)
        async with self._database.write() as conn:
            taking = self._taking(conn, origin)
            result = await taking.join(drafts)
            nothing = await taking.begin(result.left)
        self._wake()
        return Taken(tuple(result.hosts), _drafts(nothing))

    async def arrive(self, origin: Origin, file_ids: Sequence[str], said: Draft) -> None:
        """Keep a message until the worker has looked at its files, of which Slack has not told everything.

        Raises:
            RuledOut: a rule of the team's stands against it.
        """
        await self._roles.gate.at_once(origin, origin.channel_id, said)
        async with self._database.write() as conn:
            await self._taking(conn, origin).arrive(file_ids, said)
        self._wake()

    async def pick(self, order_id: str, asker: Asker, index: int) -> Order | None:
        """Settle which of its choices a draft shall say. None: not the asker's, or it asks that no more.

        Raises:
            RuledOut: a rule of the team's stands against it.
        """
        async with self._database.read() as conn:
            known = await order_of(conn, order_id, asker)
        chosen = None if known is None else self._chosen(known, asker, index)
        if known is None or chosen is None:
            return None
        await self._roles.gate.at_once(there(asker, known), known.channel_id, chosen)
        async with self._database.write() as conn:
            order = await order_of(conn, order_id, asker, lock=True)
            chosen = None if order is None else self._chosen(order, asker, index)
            if order is None or chosen is None:
                return None
            moved = await put_into(conn, order, chosen, self._cipher, now=self._clock())
        self._wake()
        return moved

    def _chosen(self, order: Order, asker: Asker, index: int) -> Draft | None:
        """The draft with one of its choices made. None: not the asker's, or it has no such choice."""
        if order.user_id != asker.user_id or order.status is not OrderStatus.DRAFT:
            return None
        draft = open_draft(order, self._cipher)
        if not 0 <= index < len(draft.choices):
            return None
        return draft.model_copy(update={"speech": draft.choices[index], "choices": ()})

    async def settle(self, order: Order, draft: Draft) -> Order | None:
        """Store what the files of a draft are, once Slack has told it. None: it is no open draft any more."""
        async with self._database.write() as conn:
            return await order_store.save(
                conn,
                order,
                now=self._clock(),
                lease_token=None,
                **stored(draft, self._cipher, order.id, given_by=order.user_id),
            )

    async def in_thread(self, owner: Owner, channel_id: str, thread_ts: str) -> Sequence[Order]:
        """The orders whose cards stand in a thread, the newest first."""
        async with self._database.read() as conn:
            return await open_drafts.in_thread(conn, owner, channel_id, thread_ts)

    def _taking(self, conn: AsyncConnection, origin: Origin) -> Taking:
        return Taking(conn, origin, self._cipher, now=self._clock(), new_id=self._new_id)


def _drafts(parts: Sequence[Part]) -> tuple[Draft, ...]:
    return tuple(draft for _, draft in parts)
