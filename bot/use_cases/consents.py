"""The use case of consent: who is shown in an order's videos, and on what ground; asked and said."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.addresses import open_draft
from bot.asking.asks import Asker
from bot.asking.drafts import Draft
from bot.roles import Roles
from bot.teams.consents import recall, sources_of
from bot.teams.installations import Teams
from bot.teams.rights import MAY, Deed, Forbidden
from bot.teams.rulebook import Book
from bot.use_cases.askers import role_of
from bot.use_cases.confirmation import Confirmation
from storage import audit, card_store, consent_store, gate_store, order_store
from storage.consents import Consent, Ground, Shown
from storage.database import Database
from storage.encryption import Cipher
from storage.orders import Order, OrderStatus

_OPEN = frozenset({OrderStatus.DRAFT, OrderStatus.PREPARING, OrderStatus.OFFERED})
"""Before the asker's yes, which is given to what was said as well."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of an order, and what was said already."""

    order: Order
    said: tuple[Consent, ...]
    required: bool
    """Whether the team's rules want it said before the yes."""
    videos: str
    """Tells the videos that it is asked of from all others."""


async def unsaid(
    conn: AsyncConnection, order: Order, book: Book, cipher: Cipher, now: float
) -> Confirmation | None:
    """Why a yes is too early by the rule on consent; None: it is not. See `bot.teams.consents`."""
    said = await recall(conn, order, open_draft(order, cipher), now=now)
    return Confirmation.CONSENT_UNSAID if book.rules.consent_required and not said else None


class Consents:
    """Asks who is shown, and keeps what is said. `wake` tells the worker that something is due."""

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        teams: Teams,
        roles: Roles,
        *,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._teams = teams
        self._roles = roles
        self._clock = clock
        self._wake = wake

    async def ask(self, order_id: str, asker: Asker) -> Asked | None:
        """What there is to ask of an order. None: there is none, or it is too late to say it.

        Raises:
            Forbidden: only its asker may.
        """
        async with self._database.read() as conn:
            order = await order_store.get(
                conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id
            )
            said = await consent_store.of_orders(conn, [order_id])
        if order is None:
            return None
        await self._check(order, asker)
        of_it = said.get(order_id, ())
        if not _may_be_said(order, of_it):
            return None
        rules = (await self._roles.rulebook.of(order)).rules
        videos = told_apart(sources_of(open_draft(order, self._cipher)))
        return Asked(order, of_it, rules.consent_required, videos)

    async def say(self, order_id: str, asker: Asker, people: Sequence[Shown], *, videos: str) -> bool:
        """Keep who is shown, in place of what was said.

        False: there is no such order, it is too late, or it is not of those `videos` (any more): see `Asked`.

        Raises:
            Forbidden: only its asker may.
        """
        asked = await self.ask(order_id, asker)
        if asked is None:
            return False
        now = self._clock()
        async with self._database.write() as conn:
            order = await order_store.get(
                conn, order_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=True
            )
            before = (await consent_store.of_orders(conn, [order_id])).get(order_id, ())
            if order is None or not _may_be_said(order, before):
                return False
            whom = dict.fromkeys(_own(each, asker) for each in people)
            said = [Consent(each, asker.user_id, now) for each in whom]
            sources = sources_of(open_draft(order, self._cipher))
            if told_apart(sources) != videos:
                return False
            await consent_store.put(conn, order, sources, said, now=now)
            await self._show(conn, order, now)
            await audit.append(conn, audited.consent_said(order, asker, said), now=now)
        self._wake()
        return True

    async def _show(self, conn: AsyncConnection, order: Order, now: float) -> None:
        """On the order's card, and on those that ask approvers."""
        await card_store.newer(conn, order.id, now=now)
        gates = await gate_store.of_orders(conn, [order.id])
        if (gate := gates.get(order.id)) is not None:
            await gate_store.show(conn, gate, order, now=now)

    async def _check(self, order: Order, asker: Asker) -> None:
        role = await role_of(order, asker, self._teams, self._database)
        if role not in MAY[Deed.CHANGE]:
            raise Forbidden(role, order.user_id)


def told_apart(sources: Collection[str]) -> str:
    """What tells videos from all others, for a form to carry."""
    return hashlib.sha256("\n".join(sorted(sources)).encode()).hexdigest()


def _may_be_said(order: Order, said: Sequence[Consent]) -> bool:
    """What approvers have seen is not changed any more, but what is lacking can be said."""
    if Draft.model_validate_json(order.draft).video is None:
        return False
    return order.status in _OPEN or (order.status is OrderStatus.AWAITING_APPROVAL and not said)


def _own(person: Shown, asker: Asker) -> Shown:
    """Whoever means themselves, under whatever ground they may name themselves."""
    is_asker = person.ground is Ground.OWN or person.user_id == asker.user_id
    return Shown(Ground.OWN, asker.user_id) if is_asker else person
